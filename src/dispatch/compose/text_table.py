"""Tables in plain text: columns aligned where they fit, else one cell a line."""

from collections.abc import Sequence

from dispatch.compose.wrapping import width, wrap

GAP = "  "


def table_lines(rows: Sequence[Sequence[str]], aligns: Sequence[str], columns: int) -> list[str]:
    """The rows as aligned columns, the first as head; where too wide, each cell behind its heading."""
    flat = [[cell.replace("\n", " ") for cell in row] for row in rows]
    widths = [max(width(row[at]) for row in flat) for at in range(len(flat[0]))]
    if sum(widths) + len(GAP) * (len(widths) - 1) > columns:
        return _stacked(flat, columns)
    lines = [_row(row, widths, aligns) for row in flat]
    return [lines[0], GAP.join("-" * size for size in widths), *lines[1:]]


def _row(cells: Sequence[str], widths: Sequence[int], aligns: Sequence[str]) -> str:
    made = []
    for cell, size, align in zip(cells, widths, aligns, strict=True):
        space = " " * (size - width(cell))
        half = len(space) // 2
        made.append(
            space + cell
            if align == "right"
            else space[:half] + cell + space[half:]
            if align == "center"
            else cell + space
        )
    return GAP.join(made).rstrip()


def _stacked(rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    head, *body = rows
    lines: list[str] = []
    for row in body or [[""] * len(head)]:
        if lines:
            lines.append("")
        for name, cell in zip(head, row, strict=True):
            lines += wrap(f"{name}: {cell}" if name else cell, "", "  ", columns=columns)
    return lines
