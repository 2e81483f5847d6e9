"""What a line can be, and how much each sign speaks for it or against it: one table for all decisions.

`evidence` collects the signs of a line; the decision is the role with the most points, if it has enough. 100 points
are a style or a form that leaves no doubt; 20 are enough to decide where nothing else has more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

#: role -> sign -> points
POINTS: dict[str, dict[str, int]] = {
    "title": {
        "title style": 150, "only highest heading": 90, "largest type": 40, "larger type": 15, "bold": 12,
        "centred": 4, "capitals": 4, "first line": 22, "2 or 3 words": -14, "4 to 16 words": 12, "colon or question": 6,
        "stands again on a later page": 25, "begins as titles do": 6, "after a byline": -20,
        "before a byline or date": 14, "a place": -20, "heading style": 10, "before a subtitle": 30,
        "subtitle style": -60, "author style": -100, "date style": -100, "caption style": -100, "one word": -6,
        "a date": -150, "holds a date": -60, "a site": -150, "an e-mail": -150, "begins with By": -150,
        "names with roles": -90, "names": -22, "a role": -60, "an organisation": -20, "a programme": -12,
        "label": -60, "notice": -60, "list item": -40, "ends a sentence": -10, "prose": -60,
        "stands at the end too": -25, "over 25 words": -25, "smaller type": -10,
        "credit": -40, "picture label": -40, "quote": -40, "in a box": -10,
    },
    "standfirst": {
        "subtitle style": 150, "directly after the title": 14, "larger type": 12, "slanted": 14, "bold": 4,
        "4 to 16 words": 4, "before a byline or date": 10, "same look as headings": -30, "heading style": -60,
        "title style": 60, "names": -60, "names with roles": -90, "a date": -150, "a role": -20, "an organisation": -20,
        "a programme": -10, "label": -60, "notice": -60, "a site": -150, "an e-mail": -150, "begins with By": -100,
        "last before the text": -12, "before the title": -100, "one word": -10, "list item": -40, "credit": -40,
        "a place": -40, "larger than the title": -30, "holds a date": -40,
    },
    "date": {"a date": 100, "holds a date": 60, "date style": 10, "date known": -90, "prose": -60,
             "heading style": -20},
    "author": {
        "author style": 100, "begins with By": 90, "names with roles": 75, "names": 24, "after the title": 10,
        "directly after the title": 4, "before a role": 30, "next to a date": 12, "no author yet": 6,
        "author known": -14, "words stand small in the text": -70, "no capitals in its script": -6,
        "heading style": -60, "larger type": -12, "last before the text": -6, "same look as headings": -20,
        "before the title": -4, "name of the biography": 40, "title style": -100, "subtitle style": -40,
        "list item": -30, "at the end": 6, "slanted": 4, "prose": -60, "no name in it": -120,
    },
    "role": {
        "a role": 34, "after an author": 24, "2 or 3 words": 4, "before a date": 4, "one word": 2, "slanted": 4,
        "names with roles": -60, "names": -10, "ends a sentence": -20, "heading style": -60, "no author yet": -80,
        "last before the text": -6, "same look as headings": -20, "prose": -60, "begins with By": -100, "label": -30,
    },
    "organisation": {
        "an organisation": 32, "begins as titles do": -24, "before the title": 14, "first line": 16,
        "after an author": 16, "before a site": 24,
        "stands at the end too": 16, "in the header": 16, "at the end": 6, "names with roles": -60, "names": -8,
        "a role": -12, "title style": -100, "heading style": -50, "ends a sentence": -20, "over 25 words": -40,
        "a programme": -12, "last before the text": -4, "same look as headings": -15, "prose": -60, "label": -30,
        "4 to 16 words": -2, "directly after the title": -6, "begins with By": -100, "notice": -60, "a date": -100,
        "holds a date": -40, "words stand small in the text": -10,
    },
    "programme": {
        "a programme": 34, "before the title": 8, "after an organisation": 6, "programme known": -60, "a role": -40,
        "names with roles": -60, "ends a sentence": -20, "heading style": -50, "same look as headings": -20,
        "title style": -100, "prose": -60, "label": -20, "over 25 words": -40, "begins with By": -100,
    },
    "site": {"a site": 100},
    "email": {"an e-mail": 100},
    "label": {"label": 70, "heading style": -20, "title style": -100, "holds a date": -20},
    "notice": {"notice": 60, "heading style": -40, "prose": -40, "title style": -100},
    "heading": {
        "heading style": 100, "bold": 26, "larger type": 26, "capitals": 10, "slanted": 8, "gap before": 4,
        "before prose": 16, "before a heading": 8, "before a list": 16,
        "one word": 2, "2 or 3 words": 4,
        "4 to 16 words": 4, "numbered": 8, "lone number": 36,
        "over 16 words": -30, "over 25 words": -60, "last of all": -60,
        "ends a sentence": -40, "ends with a comma": -60, "begins small": -40, "headings have styles": -34,
        "headings have no look": 12,
        "headings are bold": -22, "headings are larger": -22, "next to a picture": -24, "before a table": -24,
        "before something else": -14, "several lines": -20, "same look as headings": 8, "smaller type": -12,
        "picture label": -100, "table label": -100, "a date": -100, "credit": -60,
        "a site": -100, "an e-mail": -100, "quote": -60,
        "in a box": -40, "list item": -30, "caption style": -100, "label": -30, "notice": -50, "begins with By": -60,
        "names with roles": -50, "ends with a colon": -14, "calls a note": -8, "tabs": -60, "prose": -40,
        "words stand small in the text": 4, "names": -6, "known heading": 16,
        "a place": -40,
    },
    "caption": {
        "caption style": 60, "picture label": 40, "in a box": 26, "slanted": 22, "smaller type": 18, "centred": 6,
        "ends in a credit": 34, "before a credit": 22, "same paragraph as the picture": 30, "in the picture's cell": 40,
        "below the picture": 8, "above the picture": 2, "short sentence": 10, "shorter than prose": 4,
        "prose": -16, "too long for a caption": -100, "heading style": -120, "list item": -60, "quote": -40,
        "title style": -120, "subtitle style": -60, "a date": -80, "a site": -80, "names with roles": -40,
        "begins with By": -60, "same look as headings": -12, "larger type": -30, "before another picture": -6,
        "calls a note": -4, "all by the credit": 0, "bold": -4, "before prose without credit": -4, "a paragraph": -30,
    },
    "credit": {
        "credit label": 60, "copyright sign": 45, "name and agency": 40, "person and agency": 70,
        "source label": 32, "below the picture": 10,
        "in the picture's cell": 10, "below the caption": 14, "smaller type": 8, "slanted": 6, "no picture": -26,
        "waits for a photo": 16, "heading style": -120, "bold": -24, "larger type": -40, "rights reserved": -120,
        "a paragraph": -60, "ends a sentence": -10, "list item": -40, "same look as headings": -30,
    },
}  # fmt: skip
#: points that a role needs
ENOUGH = {
    "title": -1000, "standfirst": 24, "date": 40, "author": 28, "role": 34, "organisation": 20, "programme": 20,
    "site": 50, "email": 50, "label": 40, "notice": 40, "heading": 30, "caption": 20, "credit": 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What a line was taken for, and why."""

    #: "" where no role has enough points
    role: str
    points: int
    #: the roles that speak next loudest, with their points
    others: tuple[tuple[str, int], ...]
    #: the signs that counted for the role, with their points
    why: tuple[tuple[str, int], ...]

    @property
    def is_sure(self) -> bool:
        """Whether it is far ahead of all others."""
        return self.points >= 60 and self.points - max((points for _, points in self.others), default=0) >= 30


def score(role: str, signs: Iterable[str]) -> int:
    """Return the points that signs give to a role."""
    table = POINTS[role]
    return sum(table.get(sign, 0) for sign in signs)


def decide(signs: Iterable[str], roles: Iterable[str]) -> Decision:
    """Return the decision among some roles."""
    signs = frozenset(signs)
    ranked = sorted(((score(role, signs), role) for role in roles), reverse=True)
    enough = [(points, role) for points, role in ranked if points >= ENOUGH[role]]
    points, role = enough[0] if enough else (0, "")
    others = tuple((other, most) for most, other in ranked if other != role and most > 0)
    return Decision(role, points, others[:3], why(role, signs) if role else ())


def why(role: str, signs: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return the signs that count for or against a role, the strongest first."""
    table = POINTS[role]
    found = [(sign, table[sign]) for sign in signs if table.get(sign)]
    return tuple(sorted(found, key=lambda sign: (-abs(sign[1]), sign[0])))
