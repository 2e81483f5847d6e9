"""Passages for one Audience: that the Audience exists, and that nothing of them reaches another."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.compose.checks.material import Material
from dispatch.compose.html import address
from dispatch.compose.view import View, shown_address
from dispatch.markup.characters import one_line
from dispatch.model.brief import Blocks, Figure, Link, Passage, inlines_of, plain, walk, walk_inlines
from dispatch.model.edition import Edition
from dispatch.model.finding import Finding, Level

#: shorter sentences may stand in both by chance
_TELLING_CHARACTERS = 25
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>]+")
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")


def about_passages(material: Material) -> Iterator[Finding]:
    """Everything about passages."""
    known = [audience.slug for audience in material.audiences]
    for block in walk(material.brief.blocks):
        if isinstance(block, Passage):
            for audience in block.audiences:
                if audience not in known:
                    near = difflib.get_close_matches(audience, known, n=1, cutoff=0.5)
                    yield Finding(
                        Level.ERROR,
                        "audience-unknown",
                        f"There is no audience {audience!r}, so nobody gets this passage.",
                        material.place("", block.line),
                        f"Did you mean {near[0]!r}?" if near else f"The audiences are: {', '.join(known)}.",
                    )
    for seen, edition in material.views():
        yield from _leaks(material, seen, edition)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of an Edition, as its reader sees it."""

    name: str
    #: its words in one line
    words: str
    #: the addresses that it leads to
    addresses: frozenset[str]


def _leaks(material: Material, seen: View, edition: Edition) -> Iterator[Finding]:
    """Words, links and pictures of others' passages in an Edition."""
    shown, open_to_all = _whole(material, seen)
    hidden = _hidden(material.brief.blocks, edition.audience)
    names = {picture.name for file, picture in material.pictures.items() if file not in {f.file for f in seen.figures}}
    parts = list(_parts(edition)) if hidden else []
    for words, line in _telling(hidden):
        for part in parts:
            if words in part.words and words not in shown:
                yield _leak(material, f"{words[:50]!r}", part.name, line, edition.audience)
    for href, line in _addresses(hidden):
        for part in parts:
            if {href, shown_address(href), str(address(href))} & part.addresses and href not in open_to_all:
                yield _leak(material, f"{href[:80]!r}", part.name, line, edition.audience)
    for figure in (block for block in walk(hidden) if isinstance(block, Figure)):
        picture = material.pictures.get(figure.file)
        if picture is not None and picture.name in names and picture.name in edition.pictures:
            yield _leak(material, f"the picture {figure.file!r}", "pictures", figure.line, edition.audience)


def _parts(edition: Edition) -> Iterator[_Part]:
    import lxml.html

    yield _Part("subject", edition.subject, frozenset())
    yield _Part("preheader", edition.preheader, frozenset())
    for name, source in (("html", edition.html), ("web copy", edition.web_html)):
        page: Any = lxml.html.fromstring(source)
        yield _Part(name, one_line("".join(page.itertext())), frozenset(page.xpath("//@href")))
    found = frozenset(each.rstrip(".,;:)]") for each in _ADDRESS.findall(edition.text))
    yield _Part("text", one_line(edition.text), found)


def _leak(material: Material, what: str, where: str, line: int, audience: str) -> Finding:
    return Finding(
        Level.ERROR,
        "audience-leak",
        f"{what} stands in a passage for another audience and also in the {where} for this one.",
        material.place("", line),
        f"Take it out of the {where}, or out of the audience block.",
        audience,
    )


def _hidden(blocks: Blocks, audience: str) -> Blocks:
    """The blocks of all passages that an Audience does not get."""
    return tuple(
        inner
        for block in walk(blocks)
        if isinstance(block, Passage) and audience not in block.audiences
        for inner in block.blocks
    )


def _telling(blocks: Blocks) -> Iterator[tuple[str, int]]:
    """Sentences that would give a passage away, with their lines."""
    for block in walk(blocks):
        for inlines in inlines_of(block):
            for sentence in _SENTENCE.findall(one_line(plain(inlines))):
                if len(sentence.strip()) >= _TELLING_CHARACTERS:
                    yield sentence.strip(), block.line


def _addresses(blocks: Blocks) -> Iterator[tuple[str, int]]:
    """Addresses that blocks link to, with their lines."""
    for block in walk(blocks):
        for inlines in inlines_of(block):
            for inline in walk_inlines(inlines):
                if isinstance(inline, Link):
                    yield inline.href, block.line


def _whole(material: Material, seen: View) -> tuple[str, frozenset[str]]:
    """All words, and all addresses, that this Audience may see."""
    brief, brand = material.brief, seen.audience.brand
    blocks: Blocks = (*seen.blocks, *(block for note in seen.notes for block in note.blocks))
    words = [one_line(plain(inlines)) for block in walk(blocks) for inlines in inlines_of(block)]
    words += [brief.title, brief.standfirst, *(author.biography for author in brief.authors)]
    sites = [site if "://" in site else f"https://{site}" for site in (body.site for body in brief.organisations)]
    pages = {brand.website, *sites, *(entry.url for entry in brief.read_next)}
    hrefs = {href for href, _ in _addresses(blocks)} | pages | {page.rstrip("/") + "/" for page in pages}
    return "\n".join(words), frozenset(hrefs)
