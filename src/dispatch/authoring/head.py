"""The head of a document: its title, and the byline under it; and the same at its end."""

import re
from collections.abc import Iterator

from dispatch.authoring import looks
from dispatch.authoring.byline import Byline
from dispatch.authoring.dates import read_date
from dispatch.authoring.document import Draft, LeftOut, Remark, SourceBlock, SourceFigure, SourceParagraph

#: the head is not longer than this
_MAX_HEAD = 40
#: a label over a title, as "Policy Brief" or "Report No. 14"
_KICKER = re.compile(
    r"(policy|issue|research)? ?(brief|memo|paper|report|analysis|commentary)( (no )?\d+)?$|(vol|issue|no) \d"
)


def take_title(blocks: list[SourceBlock], draft: Draft) -> list[SourceBlock]:
    """The blocks without the title, which goes into the draft with a subtitle, if styles name one."""
    at = _find_title(blocks)
    if at is None:
        return blocks
    title = blocks[at]
    assert isinstance(title, SourceParagraph)
    title = title.unlisted()
    draft.title = title.words
    draft.drop_marks(title, "the title")
    draft.understood.append(Remark(f"Title: {title.words}", title.place))
    rest = [*blocks[:at], *blocks[at + 1 :]]
    for place, block in enumerate(rest[:_MAX_HEAD]):
        if (
            isinstance(block, SourceParagraph)
            and block.style == "subtitle"
            and block.words
            and not read_date(block.words)
        ):
            draft.standfirst = block.words
            draft.drop_marks(block, "the standfirst")
            draft.understood.append(Remark(f"Standfirst: {block.words}", block.place))
            return [*rest[:place], *rest[place + 1 :]]
    return rest


def _find_title(blocks: list[SourceBlock]) -> int | None:
    head = [
        (at, block) for at, block in enumerate(blocks[:_MAX_HEAD]) if isinstance(block, SourceParagraph) and block.words
    ]
    styled = [at for at, block in head if block.style == "title"]
    if styled:
        return styled[0]
    first_heading = next(((at, block) for at, block in head if block.heading), None)
    levels = [block.heading for block in blocks if isinstance(block, SourceParagraph) and block.heading]
    if first_heading and levels.count(min(levels)) == 1 and first_heading[1].heading == min(levels):
        return first_heading[0]
    may_be = list(_lines_that_may_be_titles(head))
    twice = [at for at, block in may_be if _stands_twice(block, at, blocks)]
    return next(iter(twice or [at for at, _ in may_be] or [at for at, _ in head]), None)


def _stands_twice(line: SourceParagraph, at: int, blocks: list[SourceBlock]) -> bool:
    """Whether a line stands again further down, as a title does that heads a second page."""
    folded = looks.fold(line.words)
    return len(folded.split()) >= 3 and any(
        isinstance(block, SourceParagraph) and looks.fold(block.words) == folded for block in blocks[at + 1 :]
    )


def _lines_that_may_be_titles(head: list[tuple[int, SourceParagraph]]) -> Iterator[tuple[int, SourceParagraph]]:
    for at, block in head:
        text = block.words
        if looks.is_prose(text) and len(text) > 200:
            return
        if read_date(text) or looks.read_site(text) or looks.read_by(text) or looks.is_email(text):
            continue
        if _KICKER.match(looks.fold(text)) or block.list_level >= 0:
            continue
        if looks.is_organisation(text) and len(text.split()) <= 6 and any(b.words for i, b in head if i > at):
            continue
        yield at, block


def take_byline(blocks: list[SourceBlock], draft: Draft) -> list[SourceBlock]:
    """The blocks without the lines of the byline that were understood; figures between them stay."""
    byline = Byline(draft)
    end = _end_of_head(blocks)
    out: list[SourceBlock] = []
    head = blocks[:end]
    for at, block in enumerate(head):
        if isinstance(block, SourceParagraph):
            following = next((b.lines()[0].words for b in head[at + 1 :] if isinstance(b, SourceParagraph)), "")
            left = _left_of(block, following, byline)
            out.extend(_unlabelled(left, draft, is_last=at == len(head) - 1))
        else:
            out.append(block)
    rest = blocks[end:]
    if not draft.authors:
        rest = _byline_at_the_end(rest, byline)
    return [*out, *rest]


def _unlabelled(lines: list[SourceParagraph], draft: Draft, *, is_last: bool) -> Iterator[SourceParagraph]:
    """The lines of the head that stay text, without labels like "Policy Brief"; the last may yet be a heading."""
    for line in lines:
        if _KICKER.match(looks.fold(line.words)) and not line.notes:
            draft.left_out.append(LeftOut(line.text, "a label over the title", line.place))
            continue
        if not is_last:
            draft.unread.append(line)
        yield line


def _left_of(paragraph: SourceParagraph, following: str, byline: Byline) -> list[SourceParagraph]:
    """What of a paragraph's lines the byline did not understand."""
    lines = [line for line in paragraph.lines() if line.words]
    left = []
    for at, line in enumerate(lines):
        after = lines[at + 1].words if at + 1 < len(lines) else following
        if byline.take(line.words, after, line.place):
            byline.draft.drop_marks(line, "the byline")
        else:
            left.append(line)
    return [paragraph] if len(left) == len(lines) else left


def _end_of_head(blocks: list[SourceBlock]) -> int:
    for at, block in enumerate(blocks[:_MAX_HEAD]):
        if isinstance(block, SourceFigure):
            continue
        if (
            not isinstance(block, SourceParagraph)
            or block.heading
            or block.list_level >= 0
            or block.is_quote
            or block.notes
        ):
            return at
        if any(looks.is_prose(line.words) for line in block.lines()):
            return at
    return min(len(blocks), _MAX_HEAD)


def _byline_at_the_end(blocks: list[SourceBlock], byline: Byline) -> list[SourceBlock]:
    """The blocks without a byline at their end: short lines, the first of which names an author."""
    start = len(blocks)
    while start > 0 and start > len(blocks) - 8:
        block = blocks[start - 1]
        if not isinstance(block, SourceParagraph) or block.heading or block.list_level >= 0 or block.notes:
            break
        if looks.is_prose(block.words):
            break
        start -= 1
    for at in range(start, len(blocks)):
        block = blocks[at]
        assert isinstance(block, SourceParagraph)
        following = blocks[at + 1] if at + 1 < len(blocks) else None
        after = following.lines()[0].words if isinstance(following, SourceParagraph) else ""
        left = _left_of(block, after, byline)
        if byline.draft.authors:
            return [*blocks[:at], *left, *_rest_of_byline(blocks[at + 1 :], byline)]
        if left != [block]:
            return [*blocks[:at], *left, *blocks[at + 1 :]]
    return blocks


def _rest_of_byline(blocks: list[SourceBlock], byline: Byline) -> list[SourceBlock]:
    left: list[SourceBlock] = []
    for block in blocks:
        left.extend(_left_of(block, "", byline) if isinstance(block, SourceParagraph) else [block])
    return left
