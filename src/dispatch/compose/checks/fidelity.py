"""That every word of a Brief reaches its readers: in the html, and in the plain text."""

import re
from collections.abc import Iterator
from typing import Any

from dispatch.compose.html import words_of_link
from dispatch.compose.text import TextWriter
from dispatch.compose.view import View
from dispatch.model.brief import (
    Blocks,
    Button,
    Code,
    CodeBlock,
    Figure,
    Inlines,
    LineBreak,
    Link,
    NoteMark,
    Words,
    inlines_of,
    walk,
)
from dispatch.model.edition import LITERALS, Edition

_BLANKS = re.compile(r"\s+")
_EDGE = "\ufdd2"


def lost_words(seen: View, edition: Edition, page: Any) -> Iterator[tuple[str, int, str]]:
    """Runs of words that a part of the mail lacks: the words, their line, the part."""
    html = _BLANKS.sub("", "".join(page.itertext()) + "".join(page.xpath("//img/@alt")))
    text = edition.text
    for token, characters in LITERALS.items():
        text = text.replace(f"[[{token}]]", characters)
    # wrapped lines may end anywhere in scripts without blanks, so blanks do not count
    margins = _margins(seen)
    typed = [line[margins.get(line, 0) :] for line in text.split("\n")]
    parts = [_BLANKS.sub("", "".join(typed)), _BLANKS.sub("", text)]
    for words, line in runs(seen):
        needle = _BLANKS.sub("", words)
        if needle and needle not in html:
            yield words, line, "html"
        if needle and not any(needle in part for part in parts):
            yield words, line, "text"


def _margins(seen: View) -> dict[str, int]:
    """Return the lines of the text part that begin with marks of lists, quotes and notes -> length of these marks."""
    found: dict[str, int] = {}
    for line in TextWriter(seen, "", edge=_EDGE).whole().split("\n"):
        before, edge, typed = line.rpartition(_EDGE)
        if edge:
            margin = before.replace(_EDGE, "")
            found[margin + typed] = len(margin)
    return found


def runs(seen: View) -> Iterator[tuple[str, int]]:
    """Every run of words that an Audience is to get, with its line."""
    brief = seen.brief
    yield from ((words, 1) for words in (brief.title, brief.standfirst))
    for author in brief.authors:
        yield from ((words, 1) for words in (author.name, author.role, author.organisation, author.biography))
    yield from ((body.name, 1) for body in brief.organisations)
    yield from ((entry.title, 1) for entry in brief.read_next)
    blocks: Blocks = (*seen.blocks, *(block for note in seen.notes for block in note.blocks))
    for block in walk(blocks):
        for inlines in inlines_of(block):
            yield from ((words, block.line) for words in _pieces(inlines))
        if isinstance(block, Figure):
            yield from (
                (words, block.line) for words in (block.alt.rstrip("."), block.caption.rstrip("."), block.credit)
            )
        elif isinstance(block, Button):
            yield block.words, block.line
        elif isinstance(block, CodeBlock):
            yield from ((words, block.line) for words in block.text.split("\n"))


def _pieces(inlines: Inlines) -> Iterator[str]:
    """Runs between line breaks, note marks and links: those change on the way."""
    run: list[str] = []
    for inline in inlines:
        if isinstance(inline, Words | Code):
            run.append(inline.text)
            continue
        if isinstance(inline, LineBreak | NoteMark | Link):
            yield "".join(run)
            run = []
        if isinstance(inline, Link):
            if not inline.is_bare and not words_of_link(inline):
                yield from _pieces(inline.children)
        elif not isinstance(inline, LineBreak | NoteMark):
            run.extend(_nested(inline.children))
    yield "".join(run)


def _nested(inlines: Inlines) -> Iterator[str]:
    """The words of styled text; empty where they hold what changes on the way, so that nothing is asked for twice."""
    pieces = list(_pieces(inlines))
    if len(pieces) == 1:
        yield pieces[0]
