"""What differs between two Editions, marked in their text word by word."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.model.brand import Audience
from dispatch.model.edition import Edition
from dispatch.web.preview.live import Shown

#: pieces of a text: (words, whether only this side has them)
Pieces = list[tuple[str, bool]]
#: a line that only divides
_RULE = re.compile(r"^[-=*]{3,}$", re.MULTILINE)
_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """The same place in two Editions; empty on the side that lacks it."""

    left: Pieces
    right: Pieces


@dataclass(frozen=True, slots=True)
class Same:
    """Paragraphs that both Editions have."""

    paragraphs: list[str]


def sheet(shown: Shown) -> dict[str, Any]:
    """The values of the page of differences: each Audience against the first."""
    assert shown.prepared is not None
    first, *others = shown.bearings.audiences
    editions = shown.prepared.editions
    pairs = [
        {
            "left": first.name,
            "right": other.name,
            "slug": other.slug,
            "heads": list(_heads(first, other, editions[first.slug], editions[other.slug])),
            "parts": list(parts(editions[first.slug].text, editions[other.slug].text)),
        }
        for other in others
    ]
    return {"pairs": pairs, "differences": sum(isinstance(part, Pair) for pair in pairs for part in pair["parts"])}


def _heads(first: Audience, other: Audience, one: Edition, two: Edition) -> Iterator[tuple[str, Pair, bool]]:
    for what, left, right in (
        ("From", first.sender, other.sender),
        ("Reply-To", first.reply_to or first.sender, other.reply_to or other.sender),
        ("Subject", one.subject, two.subject),
        ("Preheader", one.preheader, two.preheader),
    ):
        yield what, words(left, right), left == right


def parts(left: str, right: str) -> Iterator[Pair | Same]:
    """Two texts by their paragraphs: those they share in runs, and the others side by side."""
    one, two = _paragraphs(left), _paragraphs(right)
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield Same(one[a:b])
            continue
        for number in range(max(b - a, d - c)):
            yield words("".join(one[a + number : b][:1]), "".join(two[c + number : d][:1]))


def _paragraphs(text: str) -> list[str]:
    parts = (_RULE.sub("", part) for part in re.split(r"\n\s*\n", text))
    return [" ".join(part.split()) for part in parts if part.strip()]


def words(left: str, right: str) -> Pair:
    """Two paragraphs word by word."""
    one, two = _WORDS.findall(left), _WORDS.findall(right)
    pair = Pair([], [])
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        for side, piece in ((pair.left, one[a:b]), (pair.right, two[c:d])):
            if piece:
                side.append(("".join(piece), kind != "equal"))
    return pair
