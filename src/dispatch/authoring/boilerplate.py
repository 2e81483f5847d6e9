"""What a page repeats: the title, an organisation or a date that stands twice, and page numbers."""

import re
from collections.abc import Iterator

from dispatch.authoring import line_kinds
from dispatch.authoring.dates import read_date
from dispatch.authoring.document import Draft, SourceBlock, SourceParagraph

_PAGE_NUMBER = re.compile(
    r"(?:page|p\.|стр\.?|第)?\s*[-–—]?\s*\d{1,3}\s*(?:页)?(?:\s*(?:of|/|из)\s*\d{1,3})?\s*[-–—]?", re.I
)


def drop_boilerplate(blocks: list[SourceBlock], draft: Draft) -> list[SourceBlock]:
    """The blocks without repeated lines, which are said in the draft."""
    known = dict(_known(draft))
    out: list[SourceBlock] = []
    for block in blocks:
        if not isinstance(block, SourceParagraph) or block.pictures or block.list_level >= 0:
            out.append(block)
            continue
        lines = [line for line in block.lines() if line.words]
        reasons = [_reason(line.words, known, draft) for line in lines]
        if not any(reasons):
            out.append(block)
            continue
        for line, reason in zip(lines, reasons, strict=True):
            if reason:
                draft.leave_out(line, reason)
            else:
                out.append(line)
    return out


def _known(draft: Draft) -> Iterator[tuple[str, str]]:
    """Folded line -> what it repeats."""
    yield line_kinds.fold(draft.title), "the title, which stands twice"
    for name, site in draft.organisations.items():
        yield line_kinds.fold(name), "the name of an organisation, which stands twice"
        if site:
            yield line_kinds.fold(site), "a site, which stands twice"
    if draft.programme:
        yield line_kinds.fold(draft.programme), "the programme, which stands twice"
    for author in draft.authors:
        yield line_kinds.fold(author.name), "the author's name, which stands twice"
        if author.organisation:
            yield line_kinds.fold(author.organisation), "the name of an organisation, which stands twice"


def _reason(text: str, known: dict[str, str], draft: Draft) -> str:
    """Why a line is boilerplate, "" where it is not."""
    folded = line_kinds.fold(text)
    if folded and folded in known:
        return known[folded]
    if _PAGE_NUMBER.fullmatch(text.strip()):
        return "a page number"
    found = read_date(text)
    if found and found.day == draft.date:
        return "the date, which stands twice"
    return ""
