"""What one Audience sees of a Brief: its passages chosen, its notes numbered, each Ibid spelled out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import idna

from dispatch.compose.frame_words import FALLBACK, FrameWords, frame_words
from dispatch.compose.notes import after_ibid, links_of, marks
from dispatch.model.brand import Audience
from dispatch.model.brief import (
    Author,
    Block,
    Blocks,
    Box,
    Brief,
    Figure,
    Footnote,
    Group,
    Listing,
    Paragraph,
    Passage,
    Words,
    walk,
)


@dataclass(frozen=True, slots=True)
class Note:
    """A Footnote as one Audience sees it."""

    number: int
    blocks: Blocks
    #: the one address that its source has, "" for none or several
    url: str
    #: for an Ibid what it points to, such as `note 2: theguardian.com`
    points_to: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A Brief as one Audience sees it."""

    brief: Brief
    audience: Audience
    blocks: Blocks
    notes: tuple[Note, ...]
    #: label of a Footnote -> its number in this Edition
    numbers: Mapping[str, int]

    @property
    def words(self) -> FrameWords:
        """The words around the text."""
        return frame_words(self.brief.lang)

    @property
    def why(self) -> str:
        """Why the reader gets this: the settings' words; in another language than English, dispatch's own words."""
        words = self.words
        if self.audience.why and words.lang == FALLBACK:
            return self.audience.why
        return words.why.format(organisation=self.audience.brand.name)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The Figures of this Audience, in order."""
        return tuple(block for block in walk(self.blocks) if isinstance(block, Figure))


def view(brief: Brief, audience: Audience) -> View:
    """The Brief as an Audience sees it."""
    blocks = tuple(_chosen(brief.blocks, audience.slug))
    footnotes = {
        note.label: replace(note, blocks=tuple(_chosen(note.blocks, audience.slug))) for note in brief.footnotes
    }
    numbers = _numbers(blocks, footnotes)
    words = frame_words(brief.lang)
    notes = tuple(_note(footnotes[label], number, footnotes, numbers, words) for label, number in numbers.items())
    return View(brief, audience, blocks, notes, numbers)


def byline(author: Author, seen: View) -> tuple[str, str]:
    """Return an author's name, and role and organisation; the latter not where the foot of the mail names it."""
    named = {body.name for body in seen.brief.organisations} | {seen.audience.brand.name}
    organisation = "" if author.organisation in named else author.organisation
    return author.name, ", ".join(filter(None, (author.role, organisation)))


def host(url: str) -> str:
    """Return the host of an address as a reader knows it: in its own script, without `www.`; "" if there is none."""
    try:
        name = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return _in_own_script(name)


def shown_address(url: str) -> str:
    """Return an address as a reader knows it: its host in its own script, where a browser takes that too."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return url
    return url.replace(name, _in_own_script(name), 1) if "xn--" in name else url


def _in_own_script(name: str) -> str:
    """Return a host name with its parts decoded from punycode (RFC 5891); one that cannot be decoded stays."""
    try:
        return idna.decode(name) if "xn--" in name else name
    except idna.IDNAError:
        return name


def _chosen(blocks: Blocks, audience: str) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Passage):
            if audience in block.audiences:
                yield from _chosen(block.blocks, audience)
        elif isinstance(block, Box | Group):
            if inner := tuple(_chosen(block.blocks, audience)):
                yield replace(block, blocks=inner)
        elif isinstance(block, Listing):
            items = tuple(inner for item in block.items if (inner := tuple(_chosen(item, audience))) or not item)
            if items:
                yield replace(block, items=items)
        else:
            yield block


def _numbers(blocks: Blocks, footnotes: Mapping[str, Footnote]) -> dict[str, int]:
    order: dict[str, int] = {}
    pending = [label for label, _ in marks(blocks)]
    while pending:
        label = pending.pop(0)
        if label in footnotes and label not in order:
            order[label] = len(order) + 1
            pending.extend(inner for inner, _ in marks(footnotes[label].blocks))
    return order


def _note(
    note: Footnote,
    number: int,
    footnotes: Mapping[str, Footnote],
    numbers: Mapping[str, int],
    frame: FrameWords,
) -> Note:
    source = footnotes.get(note.ibid_of, note)
    urls = list(dict.fromkeys(link.href for link in links_of(source)))
    url = urls[0] if len(urls) == 1 else ""
    if source is note:
        return Note(number, note.blocks, url)
    if source.label not in numbers:
        # its source is called only in a passage for others: the source itself stands here
        return Note(number, _with_page(source.blocks, note), url)
    hosts = list(dict.fromkeys(filter(None, map(host, urls))))
    words = frame.points_to.format(number=numbers[source.label]) + (f": {', '.join(hosts)}" if hosts else "")
    return Note(number, note.blocks, url, words)


def _with_page(source: Blocks, ibid: Footnote) -> Blocks:
    """The blocks of a source, followed by what an Ibid adds to it, such as its page."""
    added = after_ibid(ibid)
    if not added:
        return source
    last = source[-1]
    if not isinstance(last, Paragraph):
        return (*source, Paragraph(added, line=ibid.line))
    return (*source[:-1], replace(last, inlines=(*last.inlines, Words(" "), *added)))
