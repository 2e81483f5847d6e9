"""Lists and tables that were typed by hand into a .docx: bullets, dashes, numbers and tabs instead of Word's own."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from dispatch.authoring.document import SourceBlock, SourceParagraph, SourceSpan, SourceTable

_BULLET = re.compile(r"\s*(?P<sign>[•◦▪‣●○■□▫➢✓\uf0b7·])\s*(?=\S)")
_DASH = re.compile(r"\s*[-–—]\s+(?=\S)")
_NUMBER = re.compile(r"\s*\(?(?P<number>\d{1,3})[.)]\s+(?=\S)")


def with_typed_lists(blocks: list[SourceBlock]) -> list[SourceBlock]:
    """Return the blocks, with typed bullets, and runs of typed dashes and of numbers that go on, as items of lists."""
    kinds = [_kind(block) for block in blocks]
    out = list(blocks)
    for at, (kind, number, length) in enumerate(kinds):
        before = kinds[at - 1] if at else ("", 0, 0)
        after = kinds[at + 1] if at + 1 < len(kinds) else ("", 0, 0)
        is_item = (
            kind == "bullet"
            or (kind == "dash" and "dash" in (before[0], after[0]))
            or (kind == "number" and (before[:2] == (kind, number - 1) or after[:2] == (kind, number + 1)))
        )
        block = out[at]
        if is_item and isinstance(block, SourceParagraph):
            level = min(len(re.match(r"\s*", block.text)[0].expandtabs(4)) // 2, 5)  # type: ignore[index]  # matches ""
            own = number if kind == "number" else None
            out[at] = replace(block.without_start(length), list_level=level, number=own, is_quote=False)
    return out


def _kind(block: SourceBlock) -> tuple[str, int, int]:
    """The kind of typed item that a block may be, its number, and how many characters its mark takes."""
    if not isinstance(block, SourceParagraph) or block.list_level >= 0 or block.heading or block.style == "title":
        return "", 0, 0
    for name, form in (("bullet", _BULLET), ("dash", _DASH), ("number", _NUMBER)):
        if match := form.match(block.text):
            return name, int(match["number"]) if name == "number" else 0, match.end()
    return "", 0, 0


def with_typed_tables(blocks: list[SourceBlock]) -> list[SourceBlock]:
    """Return the blocks, with runs of paragraphs that tabs cut into as many cells each as tables."""
    out: list[SourceBlock] = []
    for width, group in groupby(blocks, _width):
        rows = list(group)
        if width > 1 and len(rows) > 1:
            paragraphs = [row for row in rows if isinstance(row, SourceParagraph)]
            cells = tuple(tuple((cell,) for cell in _cells(row)) for row in paragraphs)
            out.append(SourceTable(cells, paragraphs[0].place))
        else:
            out.extend(rows)
    return out


def _width(block: SourceBlock) -> int:
    if not isinstance(block, SourceParagraph) or block.heading or block.list_level >= 0 or len(block.words) > 160:
        return 0
    cells = [cell for cell in re.split(r"\t+", block.text.strip()) if cell.strip()]
    return len(cells) if "\t" in block.text.strip() and "\n" not in block.text.strip() else 0


def _cells(paragraph: SourceParagraph) -> Iterator[SourceParagraph]:
    """The parts of a paragraph between its tabs, with their line_kinds."""
    cells: list[list[SourceSpan]] = [[]]
    for span in paragraph.spans:
        first, *rest = re.split(r"\t+", span.text)
        cells[-1].append(replace(span, text=first))
        cells.extend([replace(span, text=part, note="", picture=None)] for part in rest)
    for spans in cells:
        cell = replace(paragraph, spans=tuple(spans), is_quote=False)
        if cell.words or cell.notes:
            yield cell
