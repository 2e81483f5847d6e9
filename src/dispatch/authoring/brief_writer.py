"""A Draft written down as brief.md, as docs/brief-format.md describes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from dispatch.authoring.document import Draft, SourceBlock, SourceFigure, SourceParagraph, SourceTable
from dispatch.authoring.inline_writer import inline, target
from dispatch.markup import escape

_ARABIC, _HEBREW = re.compile(r"[\u0600-\u06ff]"), re.compile(r"[\u0590-\u05ff]")


@dataclass
class Written:
    """The text of brief.md, and where in it the parts of the source stand."""

    text: str
    #: place in the source -> line of brief.md
    lines: dict[int, int] = field(default_factory=dict)


def write(draft: Draft) -> Written:
    """The Draft as brief.md."""
    parts: list[tuple[int, str]] = [(0, "\n".join(_front_matter(draft)))]
    parts.extend(_body(draft.blocks, is_rtl=draft.direction == "rtl"))
    notes = "\n".join(_note(label, paragraphs) for label, paragraphs in draft.notes.items())
    if notes:
        parts.append((0, notes))
    written = Written("\n\n".join(text for _, text in parts) + "\n")
    line = 1
    for place, text in parts:
        if place:
            written.lines.setdefault(place, line)
        line += text.count("\n") + 2
    return written


def _front_matter(draft: Draft) -> Iterator[str]:
    yield "---"
    yield f"title: {escape.quote_yaml(draft.title)}"
    if draft.date is not None:
        yield f"date: {draft.date.isoformat()}"
    yield from draft.kept
    for key, value in (("standfirst", draft.standfirst), ("programme", draft.programme)):
        if value:
            yield f"{key}: {escape.quote_yaml(value)}"
    for key, value in (("lang", draft.lang), ("dir", draft.direction)):
        if value:
            yield f"{key}: {value}"
    if draft.authors:
        yield "authors:"
        for author in draft.authors:
            yield from _entry(
                name=author.name, role=author.role, organisation=author.organisation, biography=author.biography
            )
    if draft.organisations:
        yield "organisations:"
        for name, site in draft.organisations.items():
            yield from _entry(name=name, site=site)
    yield "---"


def _entry(**values: str) -> Iterator[str]:
    sign = "-"
    for key, value in values.items():
        if value:
            yield f"  {sign} {key}: {escape.quote_yaml(value)}"
            sign = " "


def _body(blocks: list[SourceBlock], *, is_rtl: bool) -> Iterator[tuple[int, str]]:
    for kind, group in groupby(blocks, _kind):
        if kind == "list":
            items = [block for block in group if isinstance(block, SourceParagraph)]
            for run in _lists(items):
                yield run[0].place, _list(run)
        elif kind == "quote":
            quotes = [block for block in group if isinstance(block, SourceParagraph)]
            yield quotes[0].place, "\n>\n".join(_prefixed(paragraph(quote), "> ") for quote in quotes)
        else:
            for block in group:
                text = _block(block)
                if text:
                    yield block.place, text if is_rtl else f"{_language(block)}{text}"


def _language(block: SourceBlock) -> str:
    """The line of attributes above a paragraph from right to left in a text from left to right, "" for none."""
    letters = [letter for letter in block.text if letter.isalpha()] if isinstance(block, SourceParagraph) else []
    for lang, script in (("ar", _ARABIC), ("he", _HEBREW)):
        if letters and len(script.findall("".join(letters))) * 2 > len(letters):
            return f"{{lang={lang} dir=rtl}}\n"
    return ""


def _kind(block: SourceBlock) -> str:
    if not isinstance(block, SourceParagraph) or block.heading:
        return "other"
    if block.list_level >= 0:
        return "list"
    return "quote" if block.is_quote else "other"


def _block(block: SourceBlock) -> str:
    if isinstance(block, SourceFigure):
        return figure(block)
    if isinstance(block, SourceTable):
        return _table(block)
    if block.heading:
        words = inline(block.spans).replace("\\\n", " ").strip()
        return "#" * block.heading + " " + re.sub(r"(?:^|(?<=\s))#+$", r"\\\g<0>", words)
    return paragraph(block)


def paragraph(block: SourceParagraph) -> str:
    """A paragraph as Markdown; typed line breaks as hard ones."""
    lines = [escape.escape_start(line).rstrip() for line in inline(block.spans).split("\\\n")]
    return "\\\n".join(line for line in lines if line.strip())


def figure(block: SourceFigure) -> str:
    """A Figure as Markdown: alone in its paragraph, the caption as title, the credit in braces."""
    title = f" {escape.quote_title(block.caption)}" if block.caption else ""
    braces = [*block.classes]
    if block.credit:
        braces.append(f"credit={escape.quote_attribute(block.credit)}")
    attributes = "{" + " ".join(braces) + "}" if braces else ""
    written = f"![{escape.escape(block.alt)}]({target(block.file)}{title}){attributes}"
    return f"::: {block.container}\n{written}\n:::" if block.container else written


def _note(label: str, paragraphs: list[SourceParagraph]) -> str:
    first, *rest = [paragraph(block) for block in paragraphs if block.text.strip() or block.notes] or [""]
    lines = [f"[^{label}]: {_prefixed(first, '    ').lstrip()}"]
    lines.extend("\n" + _prefixed(text, "    ") for text in rest)
    return "\n".join(lines)


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join(prefix + line for line in text.split("\n"))


def _lists(items: list[SourceParagraph]) -> Iterator[list[SourceParagraph]]:
    """Items as separate lists, where bullets and numbers change at the outermost level."""
    run: list[SourceParagraph] = []
    for item in items:
        if run and item.list_level <= run[0].list_level and (item.number is None) != (run[0].number is None):
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _list(items: list[SourceParagraph]) -> str:
    lines: list[str] = []
    open_: list[_Level] = []
    for item in items:
        while open_ and open_[-1].level > item.list_level:
            open_.pop()
        if open_ and open_[-1].level == item.list_level:
            last = open_.pop()
            column, sign = last.column, last.next_sign(item.number)
        else:
            column, sign = (open_[-1].text if open_ else 0), _Level.first_sign(item.number)
        open_.append(_Level(item.list_level, column, sign, item.number))
        text = paragraph(item) or ""
        lines.append(f"{' ' * column}{sign} {_prefixed(text, ' ' * open_[-1].text).lstrip()}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Level:
    """The list that is open at one level: where its items stand, and its last sign and number."""

    level: int
    column: int
    sign: str
    number: int | None

    @property
    def text(self) -> int:
        """The column of its items' text."""
        return self.column + len(self.sign) + 1

    @staticmethod
    def first_sign(number: int | None) -> str:
        return "-" if number is None else f"{number}."

    def next_sign(self, number: int | None) -> str:
        """The sign of the next item: Markdown counts by itself, so a gap takes another sign, which opens a new list."""
        if number is None:
            return "-"
        ends = self.sign[-1] if self.sign[-1] in ".)" else ")"
        if self.number is not None and number != self.number + 1:
            ends = ")" if ends == "." else "."
        return f"{number}{ends}"


def _table(table: SourceTable) -> str:
    width = max(len(row) for row in table.rows)
    rows = [[_cell(cell) for cell in row] + [""] * (width - len(row)) for row in table.rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _cell(cell: tuple[SourceParagraph, ...]) -> str:
    texts = [inline(block.spans).replace("\\\n", " ").strip() for block in cell]
    return escape.escape_cell(" ".join(text for text in texts if text))
