"""Block tokens of Markdown -> the blocks and notes of a Brief."""

import difflib
import re
from dataclasses import dataclass

from markdown_it.token import Token

from dispatch.compose.inlines import Complain, language, note_label, read_inlines, refusal, words_of
from dispatch.markup.characters import one_line
from dispatch.markup.escape import read_attribute
from dispatch.markup.parser import MAX_NESTING, only_images
from dispatch.model.brief import (
    Block,
    Blocks,
    Box,
    Button,
    CodeBlock,
    Figure,
    Footnote,
    Group,
    Heading,
    Inlines,
    Link,
    Listing,
    Paragraph,
    Passage,
    Rule,
    Table,
    plain,
    walk_inlines,
)
from dispatch.model.finding import Finding, Level, Place

CONTAINERS = ("audience", "key-points", "pull-quote", "button")
#: a line of colons that is left in the text: a block that was closed too early, or opened without a name
_STRAY = re.compile(r"(?:^|\s):::+(?:\s|$)")
_CLASSES = ("half", "stand-in")
_WARNINGS = frozenset({"attribute-unknown", "attribute-value", "heading-level"})


@dataclass
class Gathered:
    """What reading has seen so far beside the blocks."""

    notes: list[Footnote]
    findings: list[Finding]


class BlockReader:
    """Reads the tokens of one text into blocks."""

    def __init__(self, tokens: list[Token], inline_notes: dict[int, list[Token]], source: str, file: str) -> None:
        self.tokens = tokens
        self.inline_notes = inline_notes
        self.lines = source.split("\n")
        self.file = file
        self.at = 0
        self.line = 1
        self.notes: list[Footnote] = []
        self.findings: list[Finding] = []

    def read(self) -> Blocks:
        """All blocks; notes and findings gather beside them."""
        deep = next((token for token in self.tokens if token.level >= MAX_NESTING - 1), None)
        if deep is not None:
            self.line = deep.map[0] + 1 if deep.map else 1
            self.complain(
                "nested-too-deep",
                "Lists or quotes are nested far too deep.",
                "Flatten them; what lies deepest is left out.",
                "",
            )
        return self.until("")

    # --- places ---------------------------------------------------------------------------------------------

    def complain(self, code: str, message: str, advice: str, words: str) -> None:
        """Note a problem of the block being read, at the words' place where they can be found."""
        level = Level.WARNING if code in _WARNINGS else Level.ERROR
        self.findings.append(Finding(level, code, message, self.place(words), advice))

    def place(self, words: str) -> Place:
        """Where words stand, at or below the line of the block being read."""
        for number in range(self.line, min(self.line + 40, len(self.lines)) + 1 if words else 0):
            column = self.lines[number - 1].find(words)
            if column >= 0:
                return Place(self.file, number, column + 1)
        return Place(self.file, self.line)

    @property
    def telling(self) -> Complain:
        """The way in which inline text complains."""
        return self.complain

    # --- blocks ---------------------------------------------------------------------------------------------

    def until(self, close: str) -> Blocks:
        """The blocks up to a closing token, or to the end."""
        made: list[Block] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == close:
                break
            if token.map:
                self.line = token.map[0] + 1
            made.extend(self.block(token))
        return tuple(made)

    def block(self, token: Token) -> Blocks:
        """The blocks that one token, with what it encloses, gives."""
        line = self.line
        lang, direction = ("", "") if token.type == "inline" else language(token, self.telling)
        blocks = self.unspoken(token, line)
        if (lang or direction) and blocks:
            return (Group(blocks, lang, direction, line),)
        return blocks

    def unspoken(self, token: Token, line: int) -> Blocks:
        """The blocks of a token, its language apart."""
        kind = token.type
        if kind == "paragraph_open":
            return self.paragraph(line)
        if kind == "heading_open":
            return (self.heading(token, line),)
        if kind in ("bullet_list_open", "ordered_list_open"):
            return (self.listing(token, line),)
        if kind == "table_open":
            return (self.table(line),)
        if kind == "blockquote_open":
            return (Box("quote", self.until("blockquote_close"), line),)
        if kind == "container_box_open":
            return self.container(token, line)
        if kind == "footnote_reference_open":
            label = str(token.meta["label"])
            self.notes.append(Footnote(label, self.until("footnote_reference_close"), line=line))
            return ()
        if kind in ("fence", "code_block"):
            return (CodeBlock(token.content.rstrip("\n"), line),)
        return (Rule(line),) if kind == "hr" else ()

    def run(self) -> Inlines:
        """The inlines of the inline token that comes next."""
        token = self.tokens[self.at]
        self.at += 1
        children = token.children or []
        self.keep_inline_notes(children)
        return read_inlines(children, self.telling)

    def keep_inline_notes(self, children: list[Token]) -> None:
        """Notes that are written in the line itself, `^[…]`, as Footnotes."""
        for child in children:
            if child.type == "footnote_ref" and child.meta["id"] in self.inline_notes and "label" not in child.meta:
                inner = self.inline_notes.pop(child.meta["id"])
                self.keep_inline_notes(inner)
                words = read_inlines(inner, self.telling)
                self.notes.append(Footnote(note_label(child), (Paragraph(words, self.line),), line=self.line))

    def paragraph(self, line: int) -> Blocks:
        """A paragraph; or, where it holds only pictures, its Figures."""
        if pictures := only_images(self.tokens[self.at]):
            self.at += 2
            return tuple(self.figure(picture) for picture in pictures)
        inlines = self.run()
        self.at += 1
        end = self.tokens[self.at - 2].map or [line - 1, line]
        if _STRAY.search(plain(inlines)) and any(_STRAY.search(raw) for raw in self.lines[end[0] : end[1]]):
            self.complain(
                "container-stray",
                "A line of colons opens or closes nothing here.",
                "Close each block with as many colons as open it; a block around another needs more colons.",
                ":::",
            )
        return (Paragraph(inlines, line),) if inlines else ()

    def figure(self, token: Token) -> Figure:
        """A picture with what its title and its braces say."""
        classes = str(token.attrs.get("class", "")).split()
        file = str(token.attrs.get("src", ""))
        place = self.place(file)
        names = [name for name in token.attrs if name not in ("src", "alt", "title", "credit", "class")]
        names += list(token.meta.get("insecure_attrs", ()))
        names += ["." + name for name in classes if name not in _CLASSES]
        for name in names:
            self.complain(
                "attribute-unknown",
                f"A picture has no attribute {name!r}.",
                'A picture takes credit="…", .half and .stand-in.',
                str(name),
            )
        return Figure(
            file=file,
            alt=one_line(words_of(token.children or [], self.telling)),
            caption=one_line(str(token.attrs.get("title", ""))),
            credit=one_line(read_attribute(str(token.attrs.get("credit", "")))),
            is_half="half" in classes,
            is_stand_in="stand-in" in classes,
            line=place.line,
        )

    def heading(self, token: Token, line: int) -> Heading:
        """A heading, its level kept between 2 and 4."""
        level = int(token.tag[1:])
        inlines = self.run()
        self.at += 1
        if not 2 <= level <= 4:
            self.complain(
                "heading-level",
                f"A heading of level {level}: the title is level 1, and the text has the levels 2 to 4.",
                "Write ## for a section, ### and #### below it.",
                "",
            )
        return Heading(min(max(level, 2), 4), inlines, line)

    def listing(self, token: Token, line: int) -> Listing:
        """A list with all its items."""
        close = token.type.replace("_open", "_close")
        items: list[Blocks] = []
        while self.tokens[self.at].type != close:
            self.at += 1
            items.append(self.until("list_item_close"))
        self.at += 1
        start = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
        return Listing(tuple(items), start, line)

    def table(self, line: int) -> Table:
        """A table with its rows."""
        rows: list[tuple[Inlines, ...]] = []
        cells: list[Inlines] = []
        aligns: list[str] = []
        while (token := self.tokens[self.at]).type != "table_close":
            self.at += 1
            if token.type in ("th_open", "td_open"):
                if token.type == "th_open":
                    aligns.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
                cells.append(self.run())
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        self.at += 1
        return Table(rows[0], tuple(rows[1:]), tuple(aligns), line)

    # --- containers -----------------------------------------------------------------------------------------

    def container(self, token: Token, line: int) -> Blocks:
        """A block between two lines of colons."""
        name, *rest = token.info.split()
        end = token.map[1] if token.map else line
        # markdown-it's range of a container ends before its closing line
        if not self.lines[min(end, len(self.lines) - 1)].lstrip(" >").startswith(":::"):
            self.complain(
                "container-open", f"The block '::: {name}' has no end.", "Close it with a line of colons.", ""
            )
        blocks = self.until("container_box_close")
        self.line = line
        if name == "audience":
            return self.passage(rest, blocks, line)
        if rest:
            self.complain(
                "container-unknown", f"{' '.join(rest)!r} means nothing after '::: {name}'.", "Remove it.", ""
            )
        if name == "button":
            return self.button(blocks, line)
        if name == "key-points":
            return (Box("key-points", blocks, line),)
        if name == "pull-quote":
            return (Box("pull-quote", blocks, line),)
        return self.unknown(name, blocks, line)

    def unknown(self, name: str, blocks: Blocks, line: int) -> Blocks:
        """What stands in a block of unknown name."""
        near = difflib.get_close_matches(name, CONTAINERS, n=1, cutoff=0.5)
        advice = f"Did you mean '::: {near[0]}'?" if near else f"The blocks are: {', '.join(CONTAINERS)}."
        self.complain("container-unknown", f"There is no block '::: {name}'.", advice, "")
        # a mistyped audience block is shown to nobody rather than to everybody
        return (Passage((), blocks, line),) if near == ["audience"] else blocks

    def passage(self, audiences: list[str], blocks: Blocks, line: int) -> Blocks:
        """An audience block."""
        if not audiences:
            self.complain(
                "audience-missing",
                "An audience block names no audience, so nobody gets it.",
                "Write, say, ::: audience coalition",
                "",
            )
        return (Passage(tuple(audiences), blocks, line),)

    def button(self, blocks: Blocks, line: int) -> Blocks:
        """A button, if the block holds one link."""
        links = [
            inline
            for block in blocks
            if isinstance(block, Paragraph)
            for inline in walk_inlines(block.inlines)
            if isinstance(inline, Link)
        ]
        if len(links) != 1 or len(blocks) != 1 or refusal(links[0].href):
            self.complain(
                "button-without-link",
                "A button holds exactly one link and nothing else.",
                "Write ::: button, then [Words](https://…), then :::",
                "",
            )
            return blocks
        return (Button(one_line(plain(links[0].children)), links[0].href, line),)
