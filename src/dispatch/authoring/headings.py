"""Headings: by their styles, else by their looks (a bold line, or a short line alone before a paragraph)."""

from collections.abc import Callable
from dataclasses import replace

from dispatch.authoring import looks
from dispatch.authoring.document import Draft, Remark, SourceBlock, SourceParagraph, SourceTable

#: `##` is the highest heading under the title, `####` the lowest
HIGHEST, LOWEST = 2, 4


def find_headings(blocks: list[SourceBlock], draft: Draft) -> list[SourceBlock]:
    """The blocks with their headings at levels 2 to 4."""
    if any(isinstance(block, SourceParagraph) and block.heading for block in blocks):
        return _level(blocks, draft)
    for sign in (_is_bold_line, _is_short_line):
        found = [at for at, block in enumerate(blocks) if sign(block, _next(blocks, at))]
        if found and len(found) * 2 <= len(blocks) + 1:
            return _by_looks(blocks, found, draft)
    return blocks


def _next(blocks: list[SourceBlock], at: int) -> SourceBlock | None:
    return blocks[at + 1] if at + 1 < len(blocks) else None


def _level(blocks: list[SourceBlock], draft: Draft) -> list[SourceBlock]:
    """Headings by style, the highest that is used becoming `##`."""
    levels = sorted({block.heading for block in blocks if isinstance(block, SourceParagraph) and block.heading})
    out: list[SourceBlock] = []
    for block in blocks:
        if isinstance(block, SourceParagraph) and block.heading:
            level = HIGHEST + levels.index(block.heading)
            if level > LOWEST:
                draft.look_at.append(
                    Remark(f"“{block.words}” is a heading of level {level}; a brief has three.", block.place)
                )
            draft.understood.append(Remark(f"Heading: {block.words}", block.place))
            block = replace(block, heading=min(level, LOWEST))
        out.append(block)
    return out


def _by_looks(blocks: list[SourceBlock], found: list[int], draft: Draft) -> list[SourceBlock]:
    out = list(blocks)
    for at in found:
        block = blocks[at]
        assert isinstance(block, SourceParagraph)
        text = block.unlisted()
        spans = tuple(replace(span, strong=False) for span in text.spans)
        out[at] = replace(text, spans=spans, heading=HIGHEST)
        draft.understood.append(Remark(f"Heading, by its looks: {text.words}", block.place))
    return out


Sign = Callable[[SourceBlock, SourceBlock | None], bool]


def _may_head(block: SourceBlock, following: SourceBlock | None) -> bool:
    if not isinstance(block, SourceParagraph) or following is None or block.is_quote or block.notes or block.is_boxed:
        return False
    return len([line for line in block.lines() if line.words]) == 1 and (
        block.list_level < 0 or _is_lone(block, following)
    )


def _is_lone(block: SourceParagraph, following: SourceBlock) -> bool:
    """Whether a numbered line stands alone before prose, as "1. Introduction"."""
    return block.number is not None and isinstance(following, SourceParagraph) and following.list_level < 0


def _is_bold_line(block: SourceBlock, following: SourceBlock | None) -> bool:
    if not _may_head(block, following) or not isinstance(block, SourceParagraph):
        return False
    return block.is_strong and len(block.words) <= 120 and not block.words.endswith((".", ",", ";"))


def _is_short_line(block: SourceBlock, following: SourceBlock | None) -> bool:
    if (
        not _may_head(block, following)
        or not isinstance(block, SourceParagraph)
        or not looks.is_heading_line(block.words)
    ):
        return False
    if looks.read_site(block.words) or looks.read_credit(block.words):
        return False
    if isinstance(following, SourceTable):
        return False
    if not isinstance(following, SourceParagraph):
        return False
    return following.list_level >= 0 or looks.is_prose(following.words) or following.words.endswith((".", ":", "?"))
