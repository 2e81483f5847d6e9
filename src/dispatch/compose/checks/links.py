"""What is wrong with the links of a Brief: where they lead, and what they say."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from dispatch.compose.checks.material import Material
from dispatch.compose.html import looks_like_address, words_of_link
from dispatch.model.brief import Blocks, Button, Link, inlines_of, plain, walk, walk_inlines
from dispatch.model.finding import Finding, Level

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|_hs\w+|mkt_tok|ref_src|vero_id|yclid")
_VAGUE = frozenset(
    [
        "here",
        "click here",
        "this",
        "this link",
        "link",
        "more",
        "read more",
        "see here",
        "see",
        "page",
        "website",
        "source",
    ]
)
_LOCAL_NAMES = (".local", ".internal", ".lan", ".home", ".corp", ".localhost", ".test", ".invalid")


def about_links(material: Material) -> Iterator[Finding]:
    """Everything about the links, each address once for what is wrong with it."""
    told: set[tuple[str, str]] = set()
    for href, words, line in links(material):
        for finding in (*_about_address(material, href, line), *_about_link_words(material, href, words, line)):
            if (finding.code, href) not in told:
                told.add((finding.code, href))
                yield finding


def links(material: Material) -> Iterator[tuple[str, str | None, int]]:
    """Every link of a Brief: address, words (None where the address itself was typed), line."""
    brief = material.brief
    blocks: Blocks = (*brief.blocks, *(block for note in brief.footnotes for block in note.blocks))
    for block in walk(blocks):
        if isinstance(block, Button):
            yield block.href, block.words, block.line
        for inlines in inlines_of(block):
            for inline in walk_inlines(inlines):
                if isinstance(inline, Link):
                    typed = inline.is_bare or bool(words_of_link(inline))
                    yield inline.href, None if typed else plain(inline.children), block.line
    for entry in brief.read_next:
        yield entry.url, entry.title, brief.lines.get("read_next", 1)
    for body in brief.organisations:
        if body.site:
            yield body.site if "://" in body.site else f"https://{body.site}", None, brief.lines.get("organisations", 1)


def is_private(host: str) -> bool:
    """Whether a host is none that readers can reach."""
    name = host.lower().strip("[]").rstrip(".")
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith(_LOCAL_NAMES)


def _about_address(material: Material, href: str, line: int) -> Iterator[Finding]:
    parts = urlsplit(href)
    if parts.scheme == "mailto" or (material.public_url and href.startswith(material.public_url)):
        return
    place = material.place(href, line)
    if is_private(parts.hostname or ""):
        yield Finding(
            Level.ERROR,
            "link-private",
            f"The link leads to {parts.hostname!r}, which readers cannot reach.",
            place,
            "Write the public address of the page.",
        )
    elif parts.scheme == "http":
        yield Finding(
            Level.WARNING,
            "link-not-https",
            f"The link to {parts.hostname} is not encrypted (http).",
            place,
            "Write https:// if the site has it; nearly all have.",
        )
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if _TRACKING.fullmatch(name)})
    if names:
        yield Finding(
            Level.WARNING,
            "link-tracking",
            f"The link to {parts.hostname} contains tracking parameters: {', '.join(names)}.",
            place,
            "Delete them; the link works without.",
        )


def _about_link_words(material: Material, href: str, words: str | None, line: int) -> Iterator[Finding]:
    if words is None:
        return
    told = words.strip().strip(".,;:!…").casefold()
    place = material.place(words.strip(), line)
    if not told:
        yield Finding(Level.ERROR, "link-empty", "A link has no words.", place, "Write what it leads to.")
    elif looks_like_address(words):
        yield Finding(
            Level.ERROR,
            "link-text-address",
            f"The words {words.strip()[:60]!r} look like an address and lead to another; mail programs warn of that.",
            place,
            "Write the name of the page instead.",
        )
    elif told in _VAGUE:
        yield Finding(
            Level.WARNING,
            "link-text-vague",
            f"A link says only {words.strip()!r}; read alone, it says nothing.",
            place,
            "Link the words that name the page.",
        )
