"""The lines between the title and the text, and those at the end: who signs, for whom, where, and when."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dispatch.authoring import line_kinds
from dispatch.authoring.byline import Byline
from dispatch.authoring.document import Draft, SourceBlock, SourceFigure, SourceParagraph
from dispatch.authoring.evidence import Facts, signs_of
from dispatch.authoring.headings import signs_of_surroundings
from dispatch.authoring.roles import Decision, decide
from dispatch.authoring.title import MAX_HEAD

_ROLES = ("date", "author", "role", "organisation", "programme", "site", "email", "label", "notice", "standfirst")
_AT_THE_END = ("date", "author", "role", "organisation", "programme", "site", "email")
#: what a heading-styled line in the head must bear to be read as something else
_TELLING = {"a date", "names with roles", "begins with By", "a site", "an e-mail", "author style", "date style"}


@dataclass
class Head:
    """Decides what the lines of the head are, from the top, each in the light of those before it."""

    draft: Draft
    facts: Facts
    notes: dict[str, list[SourceParagraph]]
    byline: Byline = field(init=False)
    #: the role of the line before
    _before: str = ""
    #: a byline stands at the end of the document
    _is_byline: bool = False

    def __post_init__(self) -> None:
        self.byline = Byline(self.draft, self.notes)

    def take(self, blocks: list[SourceBlock], title_place: int) -> list[SourceBlock]:
        """Return the blocks without the lines of the head that found their place; Figures between them stay."""
        out: list[SourceBlock] = []
        end = self._end(blocks)
        at = 0
        while at < end:
            block = blocks[at]
            if not isinstance(block, SourceParagraph) or not block.words:
                out.append(block)
                at += 1
                continue
            decision = self._decide(blocks, at, end, title_place)
            self.draft.explain(block, decision)
            if decision.role == "heading":
                break
            if not self._give(block, decision):
                out.append(replace(block, is_in_head=True))
            at += 1
        self.byline.close()
        return [*out, *self._take_end(blocks[at:])]

    def _end(self, blocks: list[SourceBlock]) -> int:
        for at, block in enumerate(blocks[:MAX_HEAD]):
            if isinstance(block, SourceFigure):
                continue
            if not isinstance(block, SourceParagraph) or block.list_level >= 0 or block.is_quote:
                return at
            if block.style != "subtitle" and any(line_kinds.is_prose(line.words) for line in block.lines()):
                return at
            if block.heading and not signs_of(block, self.facts) & _TELLING:
                return at
        return min(len(blocks), MAX_HEAD)

    def _decide(self, blocks: list[SourceBlock], at: int, end: int, title_place: int) -> Decision:
        line = blocks[at]
        assert isinstance(line, SourceParagraph)
        signs = signs_of(line, self.facts) | set(self._signs_of_place(blocks, at, end, title_place))
        signs |= set(signs_of_surroundings(blocks, at, self.facts))
        return decide(signs, (*_ROLES, "heading") if at == end - 1 else _ROLES)

    def _signs_of_place(self, blocks: list[SourceBlock], at: int, end: int, title_place: int) -> Iterator[str]:
        lines = [n for n in range(end) if isinstance(blocks[n], SourceParagraph)]
        following = next((blocks[n] for n in lines if n > at), None)
        after = signs_of(following, self.facts) if isinstance(following, SourceParagraph) else set()
        yield "before the title" if blocks[at].place < title_place else "after the title"
        if lines and at == lines[0]:
            yield "first line"
        if at == next((n for n in lines if blocks[n].place >= title_place), -1):
            yield "directly after the title"
        if at == end - 1:
            yield "last before the text"
        if after & {"a date", "holds a date", "names", "names with roles", "begins with By", "author style"}:
            yield "before a byline or date"
        if "a site" in after:
            yield "before a site"
        if after & {"a role", "an organisation"} and "names" not in after:
            yield "before a role"
        if "a date" in after or self._before == "date":
            yield "next to a date"
        yield from self._signs_of_what_is_known(blocks, at)

    def _signs_of_what_is_known(self, blocks: list[SourceBlock], at: int) -> Iterator[str]:
        line = blocks[at]
        assert isinstance(line, SourceParagraph)
        yield "author known" if self.draft.authors else "no author yet"
        if self.draft.date:
            yield "date known"
        if self.draft.programme:
            yield "programme known"
        if self._before in ("author", "role") or (self._before == "organisation" and self.draft.authors):
            yield "after an author"
        if self._before == "organisation":
            yield "after an organisation"
        again = [other for other in self.facts.lines.get(line_kinds.fold(line.words), []) if other > at + 3]
        if again and max(again) >= self.facts.blocks - 5:
            yield "stands at the end too"
        last = [b.words for b in blocks[-4:] if isinstance(b, SourceParagraph)]
        if any(words.startswith(line.words) and len(words) > len(line.words) + 20 for words in last):
            yield "name of the biography"

    def _give(self, line: SourceParagraph, decision: Decision) -> bool:
        """Give a line to the draft; return whether it found its place."""
        is_taken = bool(decision.role) and self.byline.take(line, decision)
        self._before = decision.role if is_taken else ""
        if not is_taken:
            self.draft.unread.append(line)
        return is_taken

    # --- the end of the document ----------------------------------------------------------------------------------

    def _take_end(self, blocks: list[SourceBlock]) -> list[SourceBlock]:
        """Return the blocks without a byline at their end, and without organisations and their sites."""
        start = self._start_of_end(blocks)
        out = blocks[:start]
        self._before = ""
        end = [block for block in blocks[start:] if isinstance(block, SourceParagraph)]
        lines = [(block, line) for block in end for line in block.lines() if line.words]
        for at, (block, line) in enumerate(lines):
            after = signs_of(lines[at + 1][1], self.facts) if at + 1 < len(lines) else set()
            roles = [role for role in _AT_THE_END if role != "author" or not self.draft.authors or self._is_byline]
            decision = decide(signs_of(line, self.facts) | set(self._signs_at_the_end(line, after)), roles)
            self.draft.explain(line, decision)
            is_taken = bool(decision.role) and self.byline.take(line, decision)
            self._before = decision.role if is_taken else ""
            self._is_byline = self._is_byline or self._before == "author"
            if not is_taken:
                out.append(line if len(block.lines()) > 1 else block)
        self.byline.close()
        return out

    def _signs_at_the_end(self, line: SourceParagraph, after: set[str]) -> Iterator[str]:
        yield "at the end"
        if "a site" in after:
            yield "before a site"
        if after & {"a role", "an organisation"}:
            yield "before a role"
        if "a date" in after or self._before == "date":
            yield "next to a date"
        if self._before in ("author", "role") or (self._before == "organisation" and self._is_byline):
            yield "after an author"
        yield "author known" if self.draft.authors else "no author yet"
        if self.draft.date:
            yield "date known"

    def _start_of_end(self, blocks: list[SourceBlock]) -> int:
        start = len(blocks)
        while start > 0 and start > len(blocks) - 8:
            block = blocks[start - 1]
            if not isinstance(block, SourceParagraph) or block.heading or block.list_level >= 0 or block.notes:
                break
            if block.is_strong or block.is_quote or block.pictures or line_kinds.is_prose(block.words):
                break
            start -= 1
        return start if start > 0 else len(blocks)
