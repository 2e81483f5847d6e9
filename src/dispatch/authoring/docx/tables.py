"""Tables of a Word document: each cell under its column, however cells are merged; tables that only place things."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from dispatch.authoring.document import Remark, SourceBlock, SourceParagraph, SourceSpan, SourceTable
from dispatch.authoring.docx.text import Gathered
from dispatch.authoring.docx.xml import WRAPPERS, W, place_of, value

Cell = tuple[SourceParagraph, ...]
#: most columns that a merged cell can span
_MAX_SPAN = 64


@dataclass
class TableReader:
    """Reads tables; `read` gives the blocks in a cell."""

    gathered: Gathered
    read: Callable[[etree._Element], Iterator[SourceBlock]]
    is_merged: bool = False

    def blocks(self, element: etree._Element) -> Iterator[SourceBlock]:
        """Yield the table; or, where it only places things, what it places, column by column next to a picture."""
        place = place_of(next(element.iter(W + "p"), element))
        rows = [cells for row in _inside(element, "tr") if (cells := self._row(row))]
        if not rows:
            return
        width = max(len(row) for row in rows)
        table = SourceTable(tuple((*row, *((),) * (width - len(row))) for row in rows), place)
        if _is_layout(table):
            yield from _placed(table)
            return
        if self.is_merged:
            said = "A table has merged cells; the cells next to and below them are empty now."
            self.gathered.look_at.append(Remark(said, place))
        yield replace(table, rows=tuple(tuple(_in_cell(cell) for cell in row) for row in table.rows))
        pictures = [p for p in table.paragraphs() if p.pictures]
        if pictures:
            said = "A table has pictures in it; they stand after it now, because a mail's table holds words only."
            self.gathered.look_at.append(Remark(said, place))
            for paragraph in pictures:
                for span in paragraph.spans:
                    if span.picture is not None:
                        yield replace(paragraph, spans=(span,))

    def _row(self, row: etree._Element) -> list[Cell]:
        properties = row.find(W + "trPr")
        if properties is not None and properties.find(W + "del") is not None:
            self.gathered.leave_out(row, "a table row deleted with tracked changes")
            return []
        cells: list[Cell] = [()] * _count(properties, "gridBefore", 0)
        for cell in _inside(row, "tc"):
            look = cell.find(W + "tcPr")
            span = _count(look, "gridSpan", 1)
            merged = look.find(W + "vMerge") if look is not None else None
            self.is_merged = self.is_merged or span > 1 or merged is not None
            cells.append(tuple(self._paragraphs(cell)))
            cells.extend(() for _ in range(span - 1))
        return cells

    def _paragraphs(self, cell: etree._Element) -> Iterator[SourceParagraph]:
        for block in self.read(cell):
            if isinstance(block, SourceParagraph):
                if block.text.strip() or block.pictures or block.notes:
                    yield block
            elif isinstance(block, SourceTable):
                said = "A table stands inside a table; its words stand in one cell now."
                self.gathered.look_at.append(Remark(said, block.place))
                yield from block.paragraphs()


def _inside(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """The rows of a table or cells of a row, also in wrappers."""
    for child in element:
        if child.tag == W + name:
            yield child
        elif child.tag in WRAPPERS:
            yield from _inside(child, name)


def _count(properties: etree._Element | None, name: str, default: int) -> int:
    if properties is None or properties.find(W + name) is None:
        return default
    found = value(properties.find(W + name))
    if not re.fullmatch(r"\d{1,9}", found):
        raise ValueError(f"{name} is {found[:20]!r}")
    return min(int(found), _MAX_SPAN)


def _in_cell(cell: Cell) -> Cell:
    """A cell's paragraphs as text: list items with their number or a bullet typed, pictures gone."""
    out = []
    for paragraph in cell:
        spans = tuple(span for span in paragraph.spans if span.picture is None)
        if paragraph.list_level >= 0:
            label = f"{paragraph.number}. " if paragraph.number is not None else "• "
            spans = (SourceSpan(label), *spans)
        out.append(replace(paragraph, spans=spans, list_level=-1, number=None))
    return tuple(out)


def _is_layout(table: SourceTable) -> bool:
    """Whether a table only places things: it has one column, or pictures with no more lines than go with them."""
    if max(len(row) for row in table.rows) == 1:
        return True
    pictures = sum(len(p.pictures) for p in table.paragraphs())
    lines = sum(1 for p in table.paragraphs() if p.text.strip())
    return pictures > 0 and lines <= 3 * pictures


def _placed(table: SourceTable) -> Iterator[SourceParagraph]:
    """What a layout table places: row by row, or column by column where pictures stand next to each other."""
    rows = table.rows
    is_gallery = any(sum(1 for cell in row if any(p.pictures for p in cell)) > 1 for row in rows)
    cells = [cell for row in rows for cell in row]
    if is_gallery:
        cells = [row[at] for at in range(len(rows[0])) for row in rows]
    for number, cell in enumerate(cells):
        for paragraph in cell:
            group = number % len(rows) if is_gallery else 0
            yield replace(paragraph, has_gap=group == 0 or not is_gallery, is_placed=True)
