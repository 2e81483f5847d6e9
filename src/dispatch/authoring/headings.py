"""Headings: by their styles, else by the points that their looks and surroundings give them."""

from collections.abc import Iterator
from dataclasses import replace

from dispatch.authoring import line_kinds
from dispatch.authoring.document import Draft, Remark, SourceBlock, SourceFigure, SourceParagraph
from dispatch.authoring.evidence import Facts, is_table, signs_of
from dispatch.authoring.roles import decide

#: `##` is the highest heading under the title, `####` the lowest
HIGHEST, LOWEST = 2, 4
#: what a line that may be a heading may be instead
_INSTEAD = ("heading", "notice", "label")


def find_headings(blocks: list[SourceBlock], draft: Draft, facts: Facts) -> list[SourceBlock]:
    """Return the blocks with their headings at levels 2 to 4."""
    found: dict[int, SourceParagraph] = {}
    for at in range(len(blocks) - 1, -1, -1):  # from the end: a heading may stand before another
        block = blocks[at]
        if not isinstance(block, SourceParagraph) or not block.words:
            continue
        if block.heading:
            found[at] = block
        elif _may_head(block):
            signs = signs_of(block, facts) | set(signs_of_surroundings(blocks, at, facts, found))
            decision = decide(signs, _INSTEAD)
            if decision.points or decision.others:
                draft.explain(block, decision)
            if decision.role == "heading":
                found[at] = block
    out = list(blocks)
    levels = _levels(found)
    for at in sorted(found):
        out[at] = _heading(found[at], levels[at], draft)
    return out


def _may_head(block: SourceParagraph) -> bool:
    if block.is_in_head or block.is_quote or line_kinds.is_prose(block.words):
        return False
    # a look at the signs of each short sentence in the text would cost more than it could find
    is_plain = not block.is_strong and not block.is_slanted and not block.style
    return not (is_plain and block.words.endswith((".", "。")) and len(block.words) > 60)


def signs_of_surroundings(
    blocks: list[SourceBlock], at: int, facts: Facts, headings: dict[int, SourceParagraph] | None = None
) -> Iterator[str]:
    """Yield what the blocks around a line say about whether it is a heading."""
    line, following = blocks[at], blocks[at + 1] if at + 1 < len(blocks) else None
    before = blocks[at - 1] if at else None
    assert isinstance(line, SourceParagraph)
    if following is None:
        yield "last of all"
    elif is_table(following):
        yield "before a table"
    elif isinstance(following, SourceParagraph):
        yield from _signs_of_following(line, following, at in (headings or {}) or at + 1 in (headings or {}), facts)
    if isinstance(before, SourceFigure) and not (line.is_strong or line.heading):
        yield "next to a picture"
    if not facts.headings:
        yield "headings have no look"
    if "style" in facts.headings:
        yield "headings have styles"
    elif "bold" in facts.headings and not line.is_strong:
        yield "headings are bold"
    elif "larger" in facts.headings and not line.size > facts.size:
        yield "headings are larger"


def _signs_of_following(
    line: SourceParagraph, following: SourceParagraph, is_before_heading: bool, facts: Facts
) -> Iterator[str]:
    if is_before_heading:
        yield "before a heading"
    elif following.list_level >= 0 and line.list_level < 0:
        yield "before a list"
    elif following.list_level < 0 and (
        line_kinds.is_prose(following.words)
        or line_kinds.ends_sentence(following.words)
        or following.words.endswith(":")
    ):
        yield "before prose"
    else:
        yield "before something else"
    if line.list_level >= 0 and line.number is not None and following.list_level < 0:
        yield "lone number"


def _levels(found: dict[int, SourceParagraph]) -> dict[int, int]:
    """The level of each heading: by style where styles say it, else by size, capitals and bold, the largest first."""
    styled = sorted({block.heading for block in found.values() if block.heading})
    ranks = sorted({_look(block) for block in found.values() if not block.heading})
    levels = {}
    for at, block in found.items():
        if block.heading:
            levels[at] = HIGHEST + styled.index(block.heading)
        else:
            levels[at] = HIGHEST + (ranks.index(_look(block)) if not styled else len(styled) - 1)
    return levels


def _look(block: SourceParagraph) -> tuple[float, bool, bool]:
    """How a heading looks, so that the weightier sorts first."""
    return -round(block.size), not block.is_strong, block.is_slanted


def _heading(block: SourceParagraph, level: int, draft: Draft) -> SourceParagraph:
    text = block.unlisted()
    if block.heading:
        if level > LOWEST:
            said = f"“{block.words}” is a heading of level {level}; a brief has three."
            draft.look_at.append(Remark(said, block.place))
        draft.understood.append(Remark(f"Heading: {block.words}", block.place))
        return replace(block, heading=min(level, LOWEST))
    spans = tuple(replace(span, strong=False, emphasis=False) for span in text.spans)
    draft.understood.append(Remark(f"Heading, by its looks: {text.words}", block.place))
    return replace(text, spans=spans, heading=min(level, LOWEST))
