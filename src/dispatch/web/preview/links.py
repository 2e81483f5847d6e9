"""Every link of the mails in one table: its words, its note, its section, which Editions hold it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from dispatch.compose.view import View
from dispatch.model.brief import Block, Button, Link, inlines_of, walk, walk_inlines
from dispatch.web.preview.live import Shown
from dispatch.web.preview.sheets import view_of

if TYPE_CHECKING:
    from dispatch.pipeline.link_check import LinkAnswer

_HEADINGS = ("h1", "h2", "h3", "h4")
#: the sections of links that stand before the first heading, and of those that every mail has
OPENING, FRAME = "Opening", "Head and foot"


@dataclass
class LinkRow:
    """One address, and everywhere that it stands."""

    href: str
    words: list[str] = field(default_factory=list)
    #: numbers of the Footnotes that it is the source of
    notes: list[int] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    #: names of the Audiences whose mail holds it
    audiences: list[str] = field(default_factory=list)

    @property
    def can_be_asked(self) -> bool:
        """Whether it is an address of the web that is the same for everybody."""
        return self.href.startswith(("http://", "https://"))

    def note(self, words: str, section: str, audience: str, numbers: list[int]) -> None:
        """Add one place where it stands."""
        for kept, new in ((self.words, words), (self.sections, section), (self.audiences, audience)):
            if new and new not in kept:
                kept.append(new)
        self.notes = sorted({*self.notes, *numbers})


class _Anchors(HTMLParser):
    """Gathers (address, words, section) of each link of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._href: str | None = None
        self._words: list[str] = []
        self._heading: list[str] | None = None
        self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self._href, self._words = values["href"], [values.get("aria-label", "")]
        elif tag in _HEADINGS:
            self._heading = []
        elif tag == "img" and self._href is not None and values.get("alt", "") not in self._words:
            self._words.append(values.get("alt", ""))

    def handle_data(self, data: str) -> None:
        if self._href is not None and not self._words[0]:
            self._words.append(data)
        if self._heading is not None:
            self._heading.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href is not None:
            self.found.append((self._href, " ".join(" ".join(self._words).split()), self._section))
            self._href = None
        elif tag in _HEADINGS and self._heading is not None:
            words = " ".join("".join(self._heading).split())
            self._section, self._heading = OPENING if tag == "h1" else words, None


def link_rows(shown: Shown) -> list[LinkRow]:
    """The links of all mails, each address once, in the order of the mail."""
    assert shown.prepared is not None
    rows: dict[str, LinkRow] = {}
    for audience in shown.bearings.audiences:
        seen = view_of(shown.prepared, audience)
        sources, own = _sources(seen), _own(seen)
        anchors = _Anchors()
        anchors.feed(shown.prepared.editions[audience.slug].html)
        for href, words, section in anchors.found:
            row = rows.setdefault(href, LinkRow(href))
            row.note(words, section if href in own else FRAME, audience.name, sources.get(href, []))
    return list(rows.values())


def _sources(seen: View) -> dict[str, list[int]]:
    """Address -> numbers of the notes that name it."""
    found: dict[str, list[int]] = {}
    for note in seen.notes:
        for href in {note.url, *_hrefs(note.blocks)} - {""}:
            found.setdefault(href, []).append(note.number)
    return found


def _own(seen: View) -> set[str]:
    """The addresses that the Brief itself names."""
    buttons = {block.href for block in walk(seen.blocks) if isinstance(block, Button)}
    return {*buttons, *_hrefs(seen.blocks), *_sources(seen)}


def _hrefs(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in walk(blocks):
        for inlines in inlines_of(block):
            yield from (inline.href for inline in walk_inlines(inlines) if isinstance(inline, Link))


def sheet(shown: Shown, answers: "Mapping[str, LinkAnswer]") -> dict[str, Any]:
    """The values of the page of links."""
    rows = link_rows(shown)
    return {
        "links": [(row, answers.get(row.href)) for row in rows],
        "askable": sum(row.can_be_asked for row in rows),
        "dead": sum(answer.verdict == "dead" for row in rows if (answer := answers.get(row.href))),
        "is_asked": bool(answers),
        "several_audiences": len(shown.bearings.audiences) > 1,
    }
