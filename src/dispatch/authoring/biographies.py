"""Who the authors are: paragraphs at the end that begin with their names, or stand under "About the author"."""

import re
from dataclasses import replace

from dispatch.authoring import line_kinds
from dispatch.authoring.document import Draft, LeftOut, Remark, SourceBlock, SourceParagraph
from dispatch.authoring.names import bare_name

_HEADING = re.compile(
    r"(?:about (?:the )?(?:authors?|contributors?)|authors?|contributors?|author (?:bio|biography|note)s?|"
    r"biograph(?:y|ies)|об авторе|об авторах|про автора|关于作者|作者简介|عن الكاتب|yazar hakkında|"
    r"über (?:den|die) autor(?:en|in)?)"
)
_VERBS = (
    r"(?:,|\(|\s[—–-]\s|\s(?:is|was|are|serves|has|have|works|leads|heads|teaches|writes|"
    r"holds|directs|joined|covers)\b)"
)


def take_biographies(blocks: list[SourceBlock], draft: Draft) -> list[SourceBlock]:
    """Return the blocks without paragraphs at the end that say who the authors are."""
    heading = _heading(blocks)
    start = heading + 1 if heading is not None else max(0, len(blocks) - 6)
    out = list(blocks)
    for at in range(len(blocks) - 1, start - 1, -1):
        block = blocks[at]
        if not isinstance(block, SourceParagraph) or block.heading or block.notes or block.list_level >= 0:
            continue
        if (index := _author_of(block, draft, heading is not None)) is not None:
            author = draft.authors[index]
            words = " ".join(filter(None, (block.words, author.biography)))
            draft.authors[index] = replace(author, biography=words)
            draft.say_lost(block, "a biography")
            draft.understood.append(Remark(f"Biography of {author.name}", block.place))
            out[at : at + 1] = []
    if heading is not None and heading == len(out) - 1:
        last = out.pop()
        assert isinstance(last, SourceParagraph)
        reason = "heading of the biographies, which stand with the authors"
        draft.left_out.append(LeftOut(last.text, reason, last.place))
    return out


def _heading(blocks: list[SourceBlock]) -> int | None:
    for at in range(len(blocks) - 1, max(-1, len(blocks) - 10), -1):
        block = blocks[at]
        if isinstance(block, SourceParagraph) and _HEADING.fullmatch(line_kinds.fold(block.words)):
            return at
    return None


def _author_of(block: SourceParagraph, draft: Draft, is_under_heading: bool) -> int | None:
    """The author whom a paragraph is about: it begins with the name, or holds the last one under its heading."""
    words = block.words.lstrip("*†‡ ")
    if not line_kinds.ends_sentence(words) or len(words.split()) < 4:
        return None
    for index, author in enumerate(draft.authors):
        if author.biography and not is_under_heading:
            continue
        name = re.escape(bare_name(author.name))
        if re.match(rf"(?:[\w.]+\s+){{0,2}}?{name}\)?{_VERBS}", words, re.IGNORECASE):
            return index
        last = re.escape(bare_name(author.name).split()[-1])
        if is_under_heading and re.match(rf".{{0,40}}\b{last}\b", words, re.IGNORECASE):
            return index
    return 0 if is_under_heading and len(draft.authors) == 1 else None
