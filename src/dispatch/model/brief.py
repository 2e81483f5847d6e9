"""Brief: what the author wrote, as metadata, blocks, Figures and Footnotes.

The compose folder makes it from brief.md and renders it. Text in it is text: no markup, nothing escaped.
Merge tokens stand in it as typed; `Code` shows them literally.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

# --- inline -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text; may hold merge tokens."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Emphasised or strong text."""

    kind: Literal["em", "strong"]
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Code:
    """Text shown exactly as typed; tokens in it are not filled."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an http, https or mailto address."""

    href: str
    children: "tuple[Inline, ...]"
    #: the author typed only the address, so there are no words of their own
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class NoteMark:
    """The place in the text where a Footnote is called."""

    label: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A line break that the author asked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words in another language or direction."""

    children: "tuple[Inline, ...]"
    lang: str = ""
    dir: str = ""


Inline = Words | Styled | Code | Link | NoteMark | LineBreak | Span
Inlines = tuple[Inline, ...]

# --- blocks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    inlines: Inlines
    line: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title: level 2, 3 or 4."""

    level: int
    inlines: Inlines
    line: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, numbered or not; each item holds blocks."""

    items: "tuple[tuple[Block, ...], ...]"
    #: the first number, None for a list with bullets
    start: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row."""

    head: tuple[Inlines, ...]
    rows: tuple[tuple[Inlines, ...], ...]
    #: per column `left`, `right`, `center` or ""
    aligns: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines shown exactly as typed."""

    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the column."""

    line: int = 0


@dataclass(frozen=True, slots=True)
class Button:
    """One link that asks for an act."""

    words: str
    href: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """Blocks set apart: a block quote, a pull quote, or the key points."""

    kind: Literal["quote", "pull-quote", "key-points"]
    blocks: "tuple[Block, ...]"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """Blocks that only some Audiences get."""

    #: slugs of the Audiences
    audiences: tuple[str, ...]
    blocks: "tuple[Block, ...]"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks in another language or direction."""

    blocks: "tuple[Block, ...]"
    lang: str = ""
    dir: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of a Brief."""

    #: relative to the folder of brief.md
    file: str
    alt: str
    caption: str = ""
    credit: str = ""
    is_half: bool = False
    #: stands for a picture that is still to come; real mail refuses it
    is_stand_in: bool = False
    line: int = 0


Block = Paragraph | Heading | Listing | Table | CodeBlock | Rule | Button | Box | Passage | Group | Figure
Blocks = tuple[Block, ...]

# --- the whole ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Footnote:
    """A numbered note."""

    #: as typed: `[^label]`
    label: str
    blocks: Blocks
    #: label of the note whose source an "Ibid" repeats, "" for a note with a source of its own
    ibid_of: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Author:
    """Who signs a Brief."""

    name: str
    role: str = ""
    organisation: str = ""
    biography: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A body named in the footer."""

    name: str
    #: its website as typed, with or without scheme
    site: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """An earlier brief to read next."""

    title: str
    url: str


@dataclass(frozen=True)
class Brief:
    """What the author wrote."""

    #: the folder's name where the file is brief.md, else the file's stem
    slug: str
    #: the file, relative to the workspace where it can be
    file: str
    title: str
    date: dt.date
    blocks: Blocks
    #: those that are called, in the order of their first call
    footnotes: tuple[Footnote, ...] = ()
    authors: tuple[Author, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    programme: str = ""
    #: per Audience; the key "" is for all others
    subjects: Mapping[str, str] = field(default_factory=dict)
    preheaders: Mapping[str, str] = field(default_factory=dict)
    standfirst: str = ""
    #: language tag (BCP 47) and direction of the whole
    lang: str = "en"
    dir: str = "ltr"
    read_next: tuple[Reading, ...] = ()
    #: front matter key -> its line in the file
    lines: Mapping[str, int] = field(default_factory=dict)

    def subject_for(self, audience: str) -> str:
        """The subject of an Audience's Edition; without one of its own, the title."""
        return self.subjects.get(audience) or self.subjects.get("") or self.title

    def preheader_for(self, audience: str) -> str:
        """The preheader that the author wrote for an Audience, "" for none."""
        return self.preheaders.get(audience) or self.preheaders.get("") or ""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All Figures, those of every Audience, in order."""
        return tuple(block for block in walk(self.blocks) if isinstance(block, Figure))

    @property
    def stand_ins(self) -> tuple[Figure, ...]:
        """The Figures whose pictures are still to come."""
        return tuple(figure for figure in self.figures if figure.is_stand_in)


def walk(blocks: Blocks) -> Iterator[Block]:
    """Every block, depth first, in order."""
    for block in blocks:
        yield block
        if isinstance(block, Box | Passage | Group):
            yield from walk(block.blocks)
        elif isinstance(block, Listing):
            for item in block.items:
                yield from walk(item)


def inlines_of(block: Block) -> Iterator[Inlines]:
    """The runs of inline text that a block holds itself, not those of its children."""
    if isinstance(block, Paragraph | Heading):
        yield block.inlines
    elif isinstance(block, Table):
        yield from block.head
        for row in block.rows:
            yield from row


def walk_inlines(inlines: Inlines) -> Iterator[Inline]:
    """Every inline, depth first, in order."""
    for inline in inlines:
        yield inline
        if isinstance(inline, Styled | Link | Span):
            yield from walk_inlines(inline.children)


def plain(inlines: Inlines) -> str:
    """The words of a run, without note marks."""
    parts = []
    for inline in walk_inlines(inlines):
        if isinstance(inline, Words | Code):
            parts.append(inline.text)
        elif isinstance(inline, LineBreak):
            parts.append(" ")
    return "".join(parts)
