"""What mammoth read from a .docx becomes the blocks, notes and pictures of a Document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mammoth import documents as word

from dispatch.authoring.archive import Archive
from dispatch.authoring.document import (
    Document,
    LeftOut,
    Remark,
    SourceBlock,
    SourceParagraph,
    SourcePicture,
    SourceSpan,
    SourceTable,
    clean,
)
from dispatch.authoring.pictures import look_at
from dispatch.authoring.wordstyles import Styles
from dispatch.authoring.wordxml import Gathered
from dispatch.errors import DocumentError, PictureError

_QUOTES = frozenset({"quote", "intense quote", "quotations", "block text"})
_ADDED_BY_WORD = re.compile(
    r"\s*(?:description automatically generated|ai-generated content may be incorrect\.?)", re.I
)


@dataclass(frozen=True)
class _Look:
    """How the text that is being read looks."""

    strong: bool = False
    emphasis: bool = False
    raised: str = ""
    link: str = ""


@dataclass
class TextReader:
    """Reads mammoth's tree; pictures are decoded as they are met."""

    archive: Archive
    styles: Styles
    gathered: Gathered
    pictures: list[SourcePicture] = field(default_factory=list)
    #: the paragraph being read
    _place: int = 0

    def read(self, found: word.Document) -> Document:
        """The Document in a tree."""
        blocks = list(_with_gaps(self._blocks(found.children)))
        notes = {}
        for note in found.notes._notes.values():
            paragraphs = [p for p in _paragraphs(self._blocks(note.body)) if p.text.strip()]
            if paragraphs:
                paragraphs[0] = _without_start(paragraphs[0])
                notes[f"{note.note_type}:{note.note_id}"] = paragraphs
        return Document(blocks, "paragraph", notes, self.pictures, self.gathered.left_out, self.gathered.look_at)

    def _blocks(self, children: list[word.Element]) -> Iterator[SourceBlock]:
        for child in children:
            if isinstance(child, word.Paragraph):
                yield from self._paragraph(child)
            elif isinstance(child, word.Table):
                yield from self._table(child)

    def _paragraph(self, found: word.Paragraph) -> Iterator[SourceBlock]:
        marks = [child.name for child in found.children if isinstance(child, word.Bookmark)]
        place, boxed, number, heading = (int(sign) for sign in (marks[-1] if marks else "0/0/0/0").split("/"))
        self._place = place or self._place
        kind = self.styles.kind(found.style_id or "") or (found.style_name or "").casefold()
        spans = tuple(span for child in found.children for span in self._spans(child, _Look()))
        paragraph = SourceParagraph(
            spans, place, style=kind, heading=heading if kind != "title" else 0, is_boxed=bool(boxed),
            is_quote=kind in _QUOTES or _is_set_in(found),
        )  # fmt: skip
        if re.match(r"toc \d|table of figures", kind) or kind == "toc heading":
            self.gathered.left_out.append(LeftOut(paragraph.text.strip(), "table of contents", place))
            return
        level, named = found.numbering, re.fullmatch(r"list (?:bullet|number|continue)(?: (\d))?", kind)
        if level is not None and paragraph.text.strip() and not heading and kind != "title":
            paragraph = replace(
                paragraph,
                list_level=min(int(level.level_index) + (int(named[1]) - 1 if named and named[1] else 0), 8),
                number=max(number, 1) if level.is_ordered else None,
                is_quote=False,
            )
        yield paragraph

    def _spans(self, element: word.Element, look: _Look) -> Iterator[SourceSpan]:
        if isinstance(element, word.Text):
            yield SourceSpan(clean(element.value), look.strong, look.emphasis, look.raised, look.link)
        elif isinstance(element, word.Run):
            yield from self._run(element, look)
        elif isinstance(element, word.Hyperlink):
            link = element.href or ""
            is_safe = re.match(r"https?://|mailto:", link, re.IGNORECASE) and not re.search(r"[\s<>\"\\]", link)
            for child in element.children:
                yield from self._spans(child, replace(look, link=link if is_safe else look.link))
        elif isinstance(element, word.NoteReference):
            yield SourceSpan("", note=f"{element.note_type}:{element.note_id}")
        elif isinstance(element, word.Image):
            yield from self._picture(element)
        else:
            yield from _sign(element, look)

    def _run(self, run: word.Run, look: _Look) -> Iterator[SourceSpan]:
        bold, italic = self.styles.look(run.style_id or "")
        raised = {"superscript": "above", "subscript": "below"}.get(run.vertical_alignment, "")
        own = replace(
            look,
            strong=look.strong or run.is_bold or bold,
            emphasis=look.emphasis or run.is_italic or italic,
            raised=raised or look.raised,
        )
        if run.is_strikethrough:
            words = "".join(child.value for child in run.children if isinstance(child, word.Text))
            self.gathered.look_at.append(
                Remark(f"Struck through in the document, plain in brief.md: “{words}”", self._place)
            )
        for child in run.children:
            yield from self._spans(child, own)

    def _picture(self, image: word.Image) -> Iterator[SourceSpan]:
        with image.open() as file:
            part = file.read().decode()
        alt = _ADDED_BY_WORD.sub("", clean(image.alt_text or "")).strip()
        try:
            data = self.archive.read(part)
            picture = look_at(data, where=part, alt=" ".join(alt.split()))
        except (PictureError, DocumentError) as err:
            self.gathered.look_at.append(Remark(f"A picture ({part}) was left out. {err.what} {err.todo}", self._place))
            return
        if alt != (image.alt_text or "").strip():
            self.gathered.look_at.append(
                Remark(f"The alt text was written by a machine: “{alt[:80]}”. Check it.", self._place)
            )
        self.pictures.append(picture)
        yield SourceSpan("", picture=len(self.pictures) - 1)

    def _table(self, table: word.Table) -> Iterator[SourceBlock]:
        rows = []
        for row in table.children:
            cells = []
            for cell in getattr(row, "children", []):
                cells.append(tuple(_paragraphs(self._blocks(getattr(cell, "children", [])))))
                cells.extend(() for _ in range(min(getattr(cell, "colspan", 1), 64) - 1))
            if cells:
                rows.append(tuple(cells))
        if not rows:
            return
        made = SourceTable(
            tuple(rows), next((p.place for row in rows for cell in row for p in cell if p.place), self._place)
        )
        if _is_layout(made):
            for paragraph in made.paragraphs():
                yield replace(paragraph, has_gap=True)
            return
        if any(
            getattr(cell, "rowspan", 1) > 1 or getattr(cell, "colspan", 1) > 1
            for row in table.children
            for cell in getattr(row, "children", [])
        ):
            self.gathered.look_at.append(
                Remark("A table has merged cells; the cells beside them are empty now.", made.place)
            )
        yield made


def _sign(element: word.Element, look: _Look) -> Iterator[SourceSpan]:
    if isinstance(element, word.Break):
        yield SourceSpan("\n" if element.break_type == "line" else " ")
    elif isinstance(element, word.Tab):
        yield SourceSpan("\t", look.strong, look.emphasis)
    elif isinstance(element, word.Checkbox):
        yield SourceSpan("☑ " if element.checked else "☐ ")


def _is_set_in(found: word.Paragraph) -> bool:
    """Whether a paragraph is set in from both sides, as block quotes are."""
    sides = (found.indent.start, found.indent.end)
    return all(re.fullmatch(r"\d{1,5}", side or "") and int(side or 0) >= 360 for side in sides)


def _is_layout(table: SourceTable) -> bool:
    """Whether a table only places things: it has one column, one cell, or pictures."""
    width = max(len(row) for row in table.rows)
    return width == 1 or any(paragraph.pictures for paragraph in table.paragraphs())


def _paragraphs(blocks: Iterator[SourceBlock]) -> Iterator[SourceParagraph]:
    for block in blocks:
        if isinstance(block, SourceParagraph):
            yield block
        elif isinstance(block, SourceTable):
            yield from block.paragraphs()


def _with_gaps(blocks: Iterator[SourceBlock]) -> Iterator[SourceBlock]:
    """The blocks without empty paragraphs, which become gaps."""
    has_gap = False
    for block in blocks:
        if isinstance(block, SourceParagraph) and not block.text.strip() and not block.pictures and not block.notes:
            has_gap = True
            continue
        yield replace(block, has_gap=block.has_gap or has_gap) if isinstance(block, SourceParagraph) else block
        has_gap = False


def _without_start(paragraph: SourceParagraph) -> SourceParagraph:
    """The paragraph without blanks at its start."""
    spans = list(paragraph.spans)
    for at, span in enumerate(spans):
        spans[at] = replace(span, text=span.text.lstrip())
        if spans[at].text or span.picture is not None:
            break
    return replace(paragraph, spans=tuple(spans))
