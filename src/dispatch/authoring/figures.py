"""Pictures with their lines: the caption and the credit that stand next to a picture, or wait for one.

The lines below a picture and the one above it are weighed by the table in `roles`. A picture that a .txt has not is a
Figure without a file, for a photo given with the document.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dispatch.authoring import line_kinds
from dispatch.authoring.document import (
    Document,
    Draft,
    LeftOut,
    Remark,
    SourceBlock,
    SourceFigure,
    SourceParagraph,
    shortened,
)
from dispatch.authoring.evidence import Facts, signs_of
from dispatch.authoring.roles import Decision, decide

#: what a line next to a picture may be instead of its caption
_INSTEAD = ("caption", "heading", "author", "date")


@dataclass(frozen=True)
class _Lines:
    """The lines of one Figure."""

    caption: str = ""
    credit: str = ""
    label: str = ""
    #: the paragraphs that hold them
    from_: tuple[SourceParagraph, ...] = ()
    #: how many blocks below the picture were taken
    taken: int = 0
    #: whether the block above it was taken
    is_above: bool = False


@dataclass
class FigureFinder:
    """Makes Figures of the pictures of one document and of the lines next to them."""

    document: Document
    draft: Draft
    facts: Facts
    blocks: list[SourceBlock]

    def blocks_with_figures(self) -> list[SourceBlock]:
        """Return the blocks with pictures and their lines made into Figures."""
        out: list[SourceBlock] = []
        at = 0
        while at < len(self.blocks):
            block = self.blocks[at]
            if isinstance(block, SourceParagraph) and block.pictures:
                at += self._take_pictures(at, out)
            elif isinstance(block, SourceParagraph) and (lines := self._waiting(at)):
                out.append(self._figure(lines, block.place))
                at += lines.taken
            else:
                out.append(block)
                at += 1
        return out

    # --- pictures that are there ------------------------------------------------------------------------------

    def _take_pictures(self, at: int, out: list[SourceBlock]) -> int:
        """Put the pictures of block `at` out as Figures; return how many blocks that took."""
        block = self.blocks[at]
        assert isinstance(block, SourceParagraph)
        text = replace(block, spans=tuple(span for span in block.spans if span.picture is None))
        own = [text] if text.text.strip() else []
        is_prose = bool(own) and line_kinds.is_prose(text.words)
        below = [] if is_prose else self._below(at + 1)
        lines = self._lines([*([] if is_prose else own), *below], out, at, len(own) and not is_prose)
        if lines.is_above:
            out.pop()
        figures = self._figures(block, lines)
        if not own or (lines.taken and not is_prose):
            out.extend(figures)
            return 1 + lines.taken - len(own)
        opens = block.spans[0].picture is not None
        out.extend([*figures, text] if opens else [text, *figures])
        return 1 + lines.taken

    def _below(self, at: int) -> list[SourceParagraph]:
        """Up to three paragraphs below a picture, none beyond the next picture or table."""
        found: list[SourceParagraph] = []
        for block in self.blocks[at : at + 3]:
            if not isinstance(block, SourceParagraph) or block.pictures or not block.words:
                break
            found.append(block)
        return found

    def _lines(self, below: list[SourceParagraph], out: list[SourceBlock], at: int, own: int | bool) -> _Lines:
        first = below[0] if below else None
        second = below[1] if len(below) > 1 else None
        above = out[-1] if out and isinstance(out[-1], SourceParagraph) else None
        is_above = above is not None and self._is_caption(above, "above the picture", own=False)
        if first is not None and self._is_credit(first, "below the picture"):
            if is_above and above is not None:
                return self._with_credit(_split(above), first, 1, is_above=True)
            if second and self._is_strong_caption(second) and not self._is_before_picture(at + 3 - bool(own)):
                return self._with_credit(_split(second), first, 2)
            credit = line_kinds.read_credit(first.words)
            assert credit
            return _Lines("", credit.who, credit.label, (first,), 1)
        if first is not None and self._is_caption(first, "below the picture", own=bool(own), second=second, at=at):
            lines = _split(first)
            if not lines.credit and second is not None and self._is_credit(second, "below the caption"):
                return self._with_credit(lines, second, 2)
            return replace(lines, taken=1)
        if is_above and above is not None:
            return replace(_split(above), is_above=True)
        return _Lines()

    def _with_credit(self, lines: _Lines, paragraph: SourceParagraph, taken: int, *, is_above: bool = False) -> _Lines:
        credit = line_kinds.read_credit(paragraph.words)
        assert credit
        if lines.credit:
            return replace(lines, taken=taken - 1 if not is_above else 0, is_above=is_above)
        return _Lines(lines.caption, credit.who, credit.label, (*lines.from_, paragraph), taken, is_above)

    def _is_before_picture(self, at: int) -> bool:
        block = self.blocks[at] if at < len(self.blocks) else None
        return isinstance(block, SourceParagraph) and bool(block.pictures)

    def _is_caption(
        self,
        line: SourceParagraph,
        where: str,
        *,
        own: bool,
        second: SourceParagraph | None = None,
        at: int = 0,
    ) -> bool:
        signs = signs_of(line, self.facts) | {where}
        if own:
            signs.add("same paragraph as the picture")
        if line.is_placed:
            signs.add("in the picture's cell")
        if _split(line).credit:
            signs.add("ends in a credit")
        if second is not None and self._is_credit(second, "below the caption"):
            signs.add("before a credit")
        if where == "below the picture" and self._is_before_picture(at + 2):
            signs.add("before another picture")
        if "a paragraph" in signs and "caption style" in signs:
            signs -= {"a paragraph", "prose", "too long for a caption"}
        decision = decide(signs, _INSTEAD)
        self._explain(line, decision)
        return decision.role == "caption"

    def _is_strong_caption(self, line: SourceParagraph) -> bool:
        return bool(signs_of(line, self.facts) & {"caption style", "picture label", "slanted", "in a box"})

    def _is_credit(self, line: SourceParagraph, where: str) -> bool:
        decision = self._credit(line, {where} if where else {"no picture"})
        return decision.role == "credit"

    def _credit(self, line: SourceParagraph, more: set[str]) -> Decision:
        credit = line_kinds.read_credit(line.words)
        if credit is None:
            return Decision("", 0, (), ())
        signs = signs_of(line, self.facts) | more | {credit.sign}
        if self.document.counts == "line" and credit.sign in ("credit label", "name and agency", "person and agency"):
            signs |= {"waits for a photo"}
            signs -= {"no picture"}
        elif line_kinds.speaks_of_photo(line.words):
            signs |= {"waits for a photo"}
        if line_kinds.reserves_rights(line.words):
            signs.add("rights reserved")
        return decide(signs, ("credit", "heading"))

    def _explain(self, line: SourceParagraph, decision: Decision) -> None:
        if decision.role or decision.others:
            self.draft.explain(line, decision)

    def _figures(self, block: SourceParagraph, lines: _Lines) -> list[SourceBlock]:
        """One Figure per picture of a paragraph; the last has the lines."""
        pictures, document = block.pictures, self.document
        figures: list[SourceBlock] = []
        for index in pictures[:-1]:
            figures.append(SourceFigure(place=block.place, picture=index, alt=document.pictures[index].alt))
        if len(pictures) > 1 and (lines.caption or lines.credit):
            said = f"{len(pictures)} pictures stand together; the last has the caption."
            self.draft.look_at.append(Remark(said, block.place))
        figure = self._figure(lines, block.place)
        return [*figures, replace(figure, picture=pictures[-1], alt=document.pictures[pictures[-1]].alt)]

    def _figure(self, lines: _Lines, place: int) -> SourceFigure:
        for paragraph in lines.from_:
            self.draft.say_lost(paragraph, "a caption")
        if lines.label:
            reason = "the word before a credit, which the mail writes itself"
            self.draft.left_out.append(LeftOut(lines.label, reason, place))
        shown = f"“{shortened(lines.caption)}”" if lines.caption else "without a caption"
        self.draft.understood.append(Remark(f"Figure {shown}, credit {lines.credit or 'not given'}", place))
        return SourceFigure(caption=lines.caption, credit=lines.credit, place=place)

    # --- pictures that are still to come ------------------------------------------------------------------------

    def _waiting(self, at: int) -> _Lines | None:
        """The lines at block `at` that wait for a picture, or None where it is something else."""
        first, following = self.blocks[at], self.blocks[at + 1] if at + 1 < len(self.blocks) else None
        assert isinstance(first, SourceParagraph)
        lines = _split(first, has_picture=False)
        is_below = isinstance(following, SourceParagraph) and not following.pictures
        if is_below and isinstance(following, SourceParagraph) and line_kinds.read_credit(following.words):
            if lines.credit or not self._may_wait(first) or not self._is_credit(following, ""):
                return None
            return self._with_credit(lines, following, 2)
        may_wait = self.document.counts == "line" or line_kinds.has_typed_label(first.text)
        return replace(lines, taken=1) if lines.credit and may_wait and self._may_wait(first) else None

    def _may_wait(self, line: SourceParagraph) -> bool:
        signs = signs_of(line, self.facts)
        barred = {"heading style", "title style", "subtitle style", "list item", "quote", "too long for a caption"}
        return bool(line.words) and not signs & (
            barred | {"a site", "a date", "same look as headings", "known heading", "a paragraph"}
        )


def _split(paragraph: SourceParagraph, *, has_picture: bool = True) -> _Lines:
    """A caption paragraph as caption and credit, where it holds both."""
    lines = [line.words for line in paragraph.lines() if line.words]
    if len(lines) > 1 and (credit := line_kinds.read_credit(lines[-1])):
        return _Lines(" ".join(lines[:-1]), credit.who, credit.label, (paragraph,))
    caption, found = line_kinds.split_caption(paragraph.words, has_picture=has_picture)
    return _Lines(caption, found.who if found else "", found.label if found else "", (paragraph,))


def with_pictures_apart(blocks: list[SourceBlock]) -> Iterator[SourceBlock]:
    """Yield the blocks, pictures that hang on a title or heading in a paragraph of their own before it."""
    for block in blocks:
        styled = isinstance(block, SourceParagraph) and (
            block.heading or block.style in ("title", "subtitle", "author", "date")
        )
        if isinstance(block, SourceParagraph) and styled and block.pictures and block.words:
            pictures = tuple(span for span in block.spans if span.picture is not None)
            yield replace(block, spans=pictures, heading=0, style="", list_level=-1)
            yield replace(block, spans=tuple(span for span in block.spans if span.picture is None))
        else:
            yield block
