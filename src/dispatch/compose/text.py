"""The plain-text part: made from the Brief, laid out like a letter of 72 columns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dispatch.compose.dates import long_date
from dispatch.compose.page import about
from dispatch.compose.text_table import table_lines
from dispatch.compose.view import Note, View, byline, host, shown_address
from dispatch.compose.wrapping import COLUMNS, guard, width, wrap
from dispatch.model.brief import (
    Block,
    Blocks,
    Box,
    Button,
    Code,
    CodeBlock,
    Figure,
    Group,
    Heading,
    Inline,
    Inlines,
    LineBreak,
    Link,
    Listing,
    NoteMark,
    Paragraph,
    Rule,
    Table,
    Words,
    plain,
)


@dataclass(frozen=True, slots=True)
class TextWriter:
    """Writes one Edition's text part."""

    view: View
    web_url: str
    unsubscribe: str = "[[unsubscribe_url]]"
    columns: int = COLUMNS
    #: a character put before and after each number and mark at the left; with it, a reader can tell them from the text
    edge: str = ""

    def whole(self) -> str:
        """The text part."""
        parts = [self.head(), *self.blocks(self.view.blocks), *self.after(), self.foot()]
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"

    # --- around the text ------------------------------------------------------------------------------------

    def head(self) -> list[str]:
        """Who writes, what about, when."""
        brief = self.view.brief
        kicker = " · ".join(filter(None, (brief.programme, long_date(brief.date, brief.lang))))
        title = wrap(brief.title)
        lines = [
            self.view.audience.brand.name.upper(),
            *wrap(kicker),
            "",
            *title,
            "=" * min(COLUMNS, max(map(width, title))),
        ]
        if brief.standfirst:
            lines += ["", *wrap(brief.standfirst)]
        if brief.authors:
            lines += [
                "",
                *(
                    line
                    for author in brief.authors
                    for line in wrap(", ".join(filter(None, byline(author, self.view))))
                ),
            ]
        return [*lines, "", f"{self.view.words.read_on_web}:", self.web_url]

    def after(self) -> Iterator[list[str]]:
        """Notes, authors, earlier briefs."""
        brief, words = self.view.brief, self.view.words
        if self.view.notes:
            yield self.underlined(words.notes, "-")
            yield [line for note in self.view.notes for line in self.note(note)]
        told = [author for author in brief.authors if author.biography]
        if told:
            yield self.underlined(about(brief, words), "-")
            for author in told:
                is_named = author.biography.startswith(author.name)
                yield wrap(author.biography if is_named else f"{author.name}: {author.biography}")
        if brief.read_next:
            yield self.underlined(words.read_next, "-")
            yield [
                line for entry in brief.read_next for line in (*wrap(entry.title, "- ", "  "), "  " + guard(entry.url))
            ]

    def foot(self) -> list[str]:
        """Why the reader gets this, how to stop it, and who sent it."""
        brand, words = self.view.audience.brand, self.view.words
        lines = ["-" * COLUMNS, *wrap(self.view.why)]
        lines += ["", f"{words.unsubscribe} {words.or_} {words.change}:", self.unsubscribe, ""]
        for organisation in self.view.brief.organisations:
            named = ", ".join(filter(None, (organisation.name, organisation.site)))
            lines += wrap(named, "", "  ")
        if all(brand.name != organisation.name for organisation in self.view.brief.organisations):
            lines += wrap(f"{brand.name}, {brand.website}", "", "  ")
        return [*lines, *wrap(brand.postal_address or "Postal address: not set yet")]

    @staticmethod
    def underlined(words: str, mark: str) -> list[str]:
        """A heading with a line under it."""
        lines = wrap(words)
        return [*lines, mark * min(COLUMNS, max(map(width, lines)))]

    def note(self, note: Note) -> list[str]:
        """One numbered note, its lines hanging."""
        number = f"[{note.number}] "
        indented = replace(self, columns=self.columns - len(number))
        parts = [list(part) for part in indented.blocks(note.blocks)] or [[""]]
        if note.points_to:
            parts[-1] = wrap(f"{' '.join(parts[-1]).strip()} ({note.points_to})", columns=indented.columns)
        lines = [line for part in parts for line in part]
        mark = self.margin(number)
        return [(mark if not at else " " * len(number)) + line for at, line in enumerate(lines)]

    def margin(self, mark: str) -> str:
        """A number or mark at the left of a line."""
        return f"{self.edge}{mark}{self.edge}"

    # --- blocks ---------------------------------------------------------------------------------------------

    def blocks(self, blocks: Blocks) -> Iterator[list[str]]:
        """Each block as its lines."""
        for block in blocks:
            if isinstance(block, Group):
                yield from self.blocks(block.blocks)
            elif lines := self.block(block):
                yield lines

    def block(self, block: Block) -> list[str]:
        """One block as its lines."""
        if isinstance(block, Paragraph):
            return wrap(self.run(block.inlines), columns=self.columns)
        if isinstance(block, Heading):
            return self.heading(block)
        if isinstance(block, Listing):
            return self.listing(block)
        if isinstance(block, Box):
            return self.box(block)
        if isinstance(block, Figure):
            return self.figure(block)
        if isinstance(block, Table):
            return table_lines(
                [[self.run(cell) for cell in row] for row in (block.head, *block.rows)],
                block.aligns,
                self.columns,
            )
        if isinstance(block, Button):
            return [*wrap(block.words + ":", columns=self.columns), block.href]
        if isinstance(block, CodeBlock):
            return ["    " + guard(line) for line in block.text.split("\n")]
        return ["* * *".center(self.columns).rstrip()] if isinstance(block, Rule) else []

    def heading(self, block: Heading) -> list[str]:
        """A heading; the first two levels are underlined."""
        words = self.run(block.inlines)
        if not words.strip():
            return []
        return (
            self.underlined(words, "-")
            if block.level == 2
            else wrap(words if block.level == 3 else f"{words}:", columns=self.columns)
        )

    def listing(self, block: Listing) -> list[str]:
        """A list, its items hanging from their mark."""
        lines: list[str] = []
        for number, item in enumerate(block.items, start=block.start or 0):
            mark = "- " if block.start is None else f"{number}. "
            inner = replace(self, columns=max(20, self.columns - len(mark)))
            parts = list(inner.blocks(item))
            is_loose = any(not isinstance(part, Paragraph | Listing) for part in item)
            flat = [line for part in parts for line in (["", *part] if is_loose and part is not parts[0] else part)]
            lines += [
                ((self.margin(mark) if not at else " " * len(mark)) + line).rstrip()
                for at, line in enumerate(flat or [""])
            ]
        return lines

    def box(self, block: Box) -> list[str]:
        """A quote or the key points, marked at the left."""
        inner = replace(self, columns=max(20, self.columns - 2))
        parts = list(inner.blocks(block.blocks))
        lines = [line for at, part in enumerate(parts) for line in ([""] if at else []) + part]
        mark = self.margin("| " if block.kind == "key-points" else "> ")
        return [
            (mark + line).rstrip()
            for line in ([self.view.words.key_points, "", *lines] if block.kind == "key-points" else lines)
        ]

    def figure(self, block: Figure) -> list[str]:
        """A picture in words."""
        words = self.view.words
        parts = [block.alt, block.caption, words.photo.format(credit=block.credit) if block.credit else ""]
        told = " ".join(part if part.endswith((".", "!", "?", "…", "。")) else part + "." for part in parts if part)
        return wrap(f"[{words.picture}: {told}]" if told else f"[{words.picture}]", "", " ", columns=self.columns)

    # --- inline ---------------------------------------------------------------------------------------------

    def run(self, inlines: Inlines) -> str:
        """A run of inline text; line breaks of the author as newlines."""
        return "".join(self.one(inline) for inline in inlines)

    def one(self, inline: Inline) -> str:
        """One inline with what it encloses."""
        if isinstance(inline, Words):
            return inline.text
        if isinstance(inline, Code):
            return guard(inline.text)
        if isinstance(inline, NoteMark):
            number = self.view.numbers.get(inline.label)
            return f"[{number}]" if number else f"[^{inline.label}]"
        if isinstance(inline, LineBreak):
            return "\n"
        return self.link(inline) if isinstance(inline, Link) else self.run(inline.children)

    def link(self, link: Link) -> str:
        """A link: its words and its address; one of the two where they are the same."""
        words = self.run(link.children)
        address = link.href.removeprefix("mailto:")
        if link.is_bare or plain(link.children) in (link.href, address) or host(link.href) == words:
            return guard(shown_address(address))
        return f"{words} ({guard(shown_address(address))})"
