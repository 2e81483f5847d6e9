"""A document as its author's file holds it, before anything in it is understood; and the result.

The readers (`plain`, `docx`) make a Document; `understand` turns it into a Draft; `markdown` writes the Draft down.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from dispatch.authoring.roles import Decision
from dispatch.markup import characters

#: what ends a line or a page in a document, and is no newline
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def clean(text: str) -> str:
    """Return the text with all its line and page breaks as newlines, and without characters that no file may hold."""
    return text if text.isascii() and text.isprintable() else characters.clean(_BREAKS.sub("\n", text))


_ABOVE = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_BELOW = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def is_number(text: str) -> bool:
    """Whether raised or lowered text is a number, perhaps with signs; then it is a word apart from its neighbours."""
    return any(letter.isdecimal() for letter in text) and not any(c.isalpha() and c != "n" for c in text)


def shortened(text: str, most: int = 60) -> str:
    """The text in one line, cut between words where it is longer than `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """Text of one look inside a paragraph; a newline in it is a line break that the author typed."""

    text: str
    strong: bool = False
    emphasis: bool = False
    #: "", "above" (superscript) or "below" (subscript)
    raised: str = ""
    #: the target of a link, "" for none
    link: str = ""
    #: the key of the note that is called here; the text is then what was typed for it, "" for Word's own notes
    note: str = ""
    #: the picture that stands here, as an index into Document.pictures
    picture: int | None = None

    @property
    def shown(self) -> str:
        """The text with raised and lowered numbers as raised and lowered characters; letters stay as they are."""
        if self.raised and is_number(self.text):
            return self.text.translate(_ABOVE if self.raised == "above" else _BELOW)
        return self.text


def _joined(texts: Iterable[str]) -> str:
    """Texts in one; a note mark (NUL, which no text holds) between two letters leaves a blank, elsewhere nothing."""
    joined = "".join(texts)
    return re.sub(r"(?<=\w)\0+(?=\w)", " ", joined).replace("\0", "") if "\0" in joined else joined


@dataclass(frozen=True, slots=True)
class SourceParagraph:
    """One paragraph with what its look says about it."""

    spans: tuple[SourceSpan, ...]
    #: line of the .txt, or number of the paragraph in the .docx; counts from 1
    place: int = 0
    #: the name of its style in lower case, "" for none
    style: str = ""
    #: 1 for the highest heading of the document, 0 for text
    heading: int = 0
    #: 0 for the outermost list, -1 for no list
    list_level: int = -1
    #: the number of a numbered item, None for a bullet
    number: int | None = None
    is_quote: bool = False
    #: stands in a text box
    is_boxed: bool = False
    #: an empty line or an empty paragraph stands before it
    has_gap: bool = False
    #: by how much the place grows with each typed line break: 1 in a .txt, 0 in a .docx
    step: int = 0
    #: the size of most of its text in points, 0 where the file says nothing
    size: float = 0
    #: `center`, `right` and the like, "" where the file says nothing
    align: str = ""
    #: bold and italic by its style; `spans` say only what differs
    is_strong_by_style: bool = False
    is_slanted_by_style: bool = False
    #: stands in a table that only places things
    is_placed: bool = False
    #: the next paragraph goes on where this one ends
    goes_on: bool = False
    #: a line of the head that found no place, and stays text
    is_in_head: bool = False

    @classmethod
    def of(cls, text: str, place: int = 0) -> "SourceParagraph":
        """Return a paragraph of plain text."""
        return cls((SourceSpan(text),), place)

    @property
    def text(self) -> str:
        """The words, with the typed line breaks and without the marks of Word's own notes."""
        return _joined(span.shown if span.text or not span.note else "\0" for span in self.spans)

    @property
    def words(self) -> str:
        """The words in one line, without note marks."""
        return " ".join(_joined("\0" if span.note else span.shown for span in self.spans).split())

    @property
    def pictures(self) -> list[int]:
        """The pictures that stand in it."""
        return [span.picture for span in self.spans if span.picture is not None]

    @property
    def notes(self) -> list[str]:
        """The keys of the notes that it calls, in order."""
        return [span.note for span in self.spans if span.note]

    @property
    def is_strong(self) -> bool:
        """Whether every word of it is bold."""
        texts = [span for span in self.spans if span.text.strip() and not span.note]
        return bool(texts) and (self.is_strong_by_style or all(span.strong for span in texts))

    @property
    def is_slanted(self) -> bool:
        """Whether every word of it is italic."""
        texts = [span for span in self.spans if span.text.strip() and not span.note]
        return bool(texts) and (self.is_slanted_by_style or all(span.emphasis for span in texts))

    def unlisted(self) -> "SourceParagraph":
        """The paragraph as text instead of a list's item, with its number in front."""
        spans = self.spans
        if self.number is not None and self.list_level >= 0:
            spans = (replace(spans[0], text=f"{self.number}. {spans[0].text}"), *spans[1:])
        return replace(self, spans=spans, list_level=-1, number=None)

    def without_start(self, length: int) -> "SourceParagraph":
        """The paragraph without its first characters."""
        spans: list[SourceSpan] = []
        for span in self.spans:
            spans.append(replace(span, text=span.text[length:]))
            length = max(0, length - len(span.text))
        return replace(self, spans=tuple(spans))

    def lines(self) -> list["SourceParagraph"]:
        """The lines that the author broke it into, each as a paragraph of its own."""
        if not any("\n" in span.text for span in self.spans):
            return [self]
        lines: list[list[SourceSpan]] = [[]]
        for span in self.spans:
            first, *rest = span.text.split("\n")
            lines[-1].append(replace(span, text=first))
            lines.extend([replace(span, text=part, picture=None)] for part in rest)
        return [
            replace(self, spans=tuple(spans), has_gap=self.has_gap and not at, place=self.place + at * self.step)
            for at, spans in enumerate(lines)
        ]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table: rows of cells, each cell its paragraphs."""

    rows: tuple[tuple[tuple[SourceParagraph, ...], ...], ...]
    place: int = 0

    def paragraphs(self) -> Iterator[SourceParagraph]:
        """Every paragraph in it, row by row."""
        for row in self.rows:
            for cell in row:
                yield from cell


@dataclass(frozen=True, slots=True)
class SourceFigure:
    """A picture with its lines, or the lines of a picture that is still to come."""

    caption: str = ""
    credit: str = ""
    place: int = 0
    #: index into Document.pictures, None where the document has only the lines
    picture: int | None = None
    alt: str = ""
    #: the file in the brief's folder, once it is known
    file: str = ""
    #: what else stands between the braces in brief.md, as `.half`
    classes: tuple[str, ...] = ()
    #: the block of brief.md that it stands in, as `audience center`; "" for none
    container: str = ""


SourceBlock = SourceParagraph | SourceTable | SourceFigure


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A picture out of a document or a photo that was given with it."""

    data: bytes = field(repr=False)
    #: the end of its file name: jpg, png, gif or webp
    kind: str
    #: the words for people who do not see it, as far as the document has them
    alt: str = ""
    #: the stem of its file name, "" where the document gives none
    name: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a person is told, with its place in the source."""

    text: str
    #: line of the .txt or number of the paragraph; 0 for the whole document
    place: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Words of the source that are not in brief.md, and why."""

    words: str
    reason: str
    place: int = 0


@dataclass
class Document:
    """What a reader found in a file."""

    blocks: list[SourceBlock]
    #: what a place counts: `line` or `paragraph`
    counts: str
    #: the notes that the file itself keeps apart, by key
    notes: dict[str, list[SourceParagraph]] = field(default_factory=dict)
    pictures: list[SourcePicture] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    look_at: list[Remark] = field(default_factory=list)
    #: all the words of the file, taken without any understanding: what brief.md is held against
    source: str = ""
    #: the addresses of its links, taken in the same way, in order and as often as they stand
    addresses: list[str] = field(default_factory=list)
    #: what its front matter says, of a .md
    front: dict[str, Any] = field(default_factory=dict)
    #: the lines of its headers and footers
    headers: list[str] = field(default_factory=list)

    def paragraphs(self) -> Iterator[SourceParagraph]:
        """Every paragraph of the text, the tables and the notes."""
        for block in self.blocks:
            if isinstance(block, SourceParagraph):
                yield block
            elif isinstance(block, SourceTable):
                yield from block.paragraphs()
        for note in self.notes.values():
            yield from note


@dataclass(frozen=True, slots=True)
class Signer:
    """An author as the byline names him or her."""

    name: str
    role: str = ""
    organisation: str = ""
    biography: str = ""


@dataclass
class Draft:
    """A document that is understood."""

    title: str = ""
    date: dt.date | None = None
    programme: str = ""
    standfirst: str = ""
    #: language tag and direction, "" for English from left to right
    lang: str = ""
    direction: str = ""
    authors: list[Signer] = field(default_factory=list)
    #: name -> site, "" where none is named
    organisations: dict[str, str] = field(default_factory=dict)
    blocks: list[SourceBlock] = field(default_factory=list)
    #: label -> paragraphs, in the order of their first call
    notes: dict[str, list[SourceParagraph]] = field(default_factory=dict)
    #: name and place of each organisation as often as the document names it in a line of its own
    named_organisations: list[tuple[str, int]] = field(default_factory=list)
    #: lines of the head that nothing understood so far
    unread: list[SourceParagraph] = field(default_factory=list)
    #: lines of front matter that an update keeps as they stand
    kept: list[str] = field(default_factory=list)
    understood: list[Remark] = field(default_factory=list)
    look_at: list[Remark] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    #: place, words and decision of each line that was weighed
    decisions: list[tuple[int, str, Decision]] = field(default_factory=list)

    def say_lost(self, paragraph: SourceParagraph, where: str) -> None:
        """Say what of a paragraph is lost because it goes where text stands alone: note marks, addresses of links."""
        for address in dict.fromkeys(span.link for span in paragraph.spans if span.link):
            self.left_out.append(LeftOut(address, f"the address of a link in {where}", paragraph.place))
        for span in paragraph.spans:
            if not span.note:
                continue
            if span.text.strip():
                self.left_out.append(LeftOut(span.text, f"a note mark in {where}", paragraph.place))
            words = f"A note is called in {where}, where a brief cannot call one: put its words elsewhere."
            self.look_at.append(Remark(words, paragraph.place))

    def leave_out(self, paragraph: SourceParagraph, reason: str) -> None:
        """Leave a paragraph out, with the addresses of its links, and say so."""
        addresses = dict.fromkeys(span.link for span in paragraph.spans if span.link)
        self.left_out.append(LeftOut(" ".join([paragraph.text, *addresses]), reason, paragraph.place))

    def explain(self, paragraph: SourceParagraph, decision: Decision) -> None:
        """Note what a line was taken for, and why."""
        self.decisions.append((paragraph.place, paragraph.words, decision))
