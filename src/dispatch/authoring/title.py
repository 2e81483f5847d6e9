"""The title of a document: the line of its head with the most points, by style, type, words and place."""

from collections.abc import Iterator
from dataclasses import replace

from dispatch.authoring import line_kinds
from dispatch.authoring.document import Draft, Remark, SourceBlock, SourceParagraph, SourceTable
from dispatch.authoring.evidence import Facts, signs_of
from dispatch.authoring.roles import Decision, decide, score, why

#: the head is not longer than this
MAX_HEAD = 40
#: a title that is less far ahead of the next line is a guess
_CLEAR = 16
_BYLINE = {"names with roles", "begins with By", "names", "a date", "holds a date", "author style", "date style"}
#: what a standfirst, which may stand between the title and the byline, does not bear
_KNOWN = {"an organisation", "a programme", "a role", "label", "notice", "a site", "an e-mail", "prose", "list item"}


def with_head_in_lines(blocks: list[SourceBlock]) -> list[SourceBlock]:
    """Return the blocks, the paragraphs and small tables above the first prose cut into their lines."""
    out: list[SourceBlock] = []
    for at, block in enumerate(blocks):
        if at >= MAX_HEAD or _ends_head(block):
            return [*out, *blocks[at:]]
        if isinstance(block, SourceTable):
            out.extend(line for paragraph in block.paragraphs() for line in paragraph.lines() if line.words)
        elif isinstance(block, SourceParagraph) and not block.pictures and not (block.heading or block.style):
            out.extend(line for line in block.lines() if line.words or line.notes)
        else:
            out.append(block)
    return out


def _ends_head(block: SourceBlock) -> bool:
    if isinstance(block, SourceTable):
        lines = [line.words for paragraph in block.paragraphs() for line in paragraph.lines()]
        return not lines or any(len(line.split()) > 12 for line in lines) or not any(map(_is_byline, lines))
    if not isinstance(block, SourceParagraph):
        return False
    if block.list_level >= 0 or block.is_quote:
        return True
    return block.style not in ("title", "subtitle") and any(line_kinds.is_prose(line.words) for line in block.lines())


def _is_byline(text: str) -> bool:
    signs = signs_of(SourceParagraph.of(text), Facts())
    return bool(signs & {"a date", "names with roles", "begins with By"})


def take_title(blocks: list[SourceBlock], draft: Draft, facts: Facts) -> tuple[list[SourceBlock], int]:
    """Return the blocks without the title, which goes into the draft, and where it stood."""
    lines = list(_candidates(blocks, facts))
    if not lines:
        return blocks, 0
    ranked = sorted(lines, key=lambda line: (-score("title", line[2]), line[0]))
    at, title, signs = ranked[0]
    points = score("title", signs)
    others = [(shown.words[:30], score("title", bears)) for _, shown, bears in ranked[1:3]]
    draft.explain(title, Decision("title", points, tuple(others), why("title", signs)))
    count = 1
    while (more := _goes_on(title, blocks, at + count, facts)) is not None:
        title = replace(title, spans=(*title.spans, *SourceParagraph.of(" ").spans, *more.spans))
        count += 1
    draft.title = title.unlisted().words
    draft.say_lost(title, "the title")
    draft.understood.append(Remark(f"Title: {draft.title}", title.place))
    is_clear = bool(signs & {"title style", "only highest heading"}) or not others or points - others[0][1] >= _CLEAR
    if not is_clear:
        said = f"The title is a guess: “{draft.title}”. The next likely line is “{others[0][0]}”."
        draft.look_at.append(Remark(said, title.place))
    return [*blocks[:at], *blocks[at + count :]], title.place


def _candidates(blocks: list[SourceBlock], facts: Facts) -> Iterator[tuple[int, SourceParagraph, set[str]]]:
    """The lines that may be the title, with their signs: those above the first prose, and those with a Title style."""
    head = blocks[:MAX_HEAD]
    paragraphs = [block for block in blocks if isinstance(block, SourceParagraph)]
    levels = [block.heading for block in paragraphs if block.heading]
    highest = min(levels) if levels and levels.count(min(levels)) == 1 else 0
    largest = max((b.size for b in head if isinstance(b, SourceParagraph) and b.words), default=0)
    is_above = True
    for at, block in enumerate(head):
        is_above = is_above and not _ends_head(block)
        if not isinstance(block, SourceParagraph) or not block.words:
            continue
        if not is_above and block.style != "title":
            if not any(isinstance(b, SourceParagraph) and b.words for b in head[:at]):
                yield at, block, signs_of(block, facts)
            continue
        signs = signs_of(block, facts) | set(_signs_of_place(block, at, blocks, facts))
        if block.heading and block.heading == highest:
            signs.add("only highest heading")
        if facts.size and block.size >= largest > facts.size + 0.4:
            signs.add("largest type")
        yield at, block, signs


def _signs_of_place(line: SourceParagraph, at: int, blocks: list[SourceBlock], facts: Facts) -> Iterator[str]:
    above = [signs_of(b, facts) for b in blocks[:at] if isinstance(b, SourceParagraph) and b.words]
    if all(signs & {"a date", "label", "notice", "a site"} for signs in above):
        yield "first line"
    if any(signs & {"names with roles", "begins with By"} for signs in above):
        yield "after a byline"
    after = [b for b in blocks[at + 1 : at + 4] if isinstance(b, SourceParagraph) and b.words]
    bears = [signs_of(block, facts) for block in after]
    if bears and (bears[0] & _BYLINE or (not bears[0] & _KNOWN and len(bears) > 1 and bears[1] & _BYLINE)):
        yield "before a byline or date"
    if after and after[0].style == "subtitle":
        yield "before a subtitle"
    again = [other for other in facts.lines.get(line_kinds.fold(line.words), []) if other > at + 3]
    if again and max(again) >= facts.blocks - 5:
        yield "stands at the end too"
    elif again and len(line.words.split()) >= 3:
        yield "stands again on a later page"


def _goes_on(title: SourceParagraph, blocks: list[SourceBlock], at: int, facts: Facts) -> SourceParagraph | None:
    """The line after the title that is part of it: of the same paragraph, or begun in the middle of a sentence."""
    line = blocks[at] if at < len(blocks) else None
    if not isinstance(line, SourceParagraph) or not line.words or line.pictures or line_kinds.is_prose(line.words):
        return None
    same_look = (line.style, line.size, line.is_strong) == (title.style, title.size, title.is_strong)
    signs = signs_of(line, facts)
    if not same_look or len(f"{title.words} {line.words}".split()) > 28 or signs & _BYLINE:
        return None
    is_same_paragraph = line.place == title.place and not line.has_gap
    opens = title.words.endswith((":", "–", "—", "-", ",", "："))
    styled = title.style == "title" and decide(signs - {"title style"}, ("author", "organisation", "label")).role == ""
    return line if is_same_paragraph or opens or "begins small" in signs or styled else None
