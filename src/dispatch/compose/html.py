"""Inline text of a Brief as html, in the mail or in the web copy."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna
from markupsafe import Markup

from dispatch.compose import escape
from dispatch.compose.view import View, host
from dispatch.model.brief import Code, Inline, Inlines, LineBreak, Link, NoteMark, Span, Styled, Words, plain

_LOOKS_LIKE_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# what may stand in an address unescaped (RFC 3986, section 2), and the sign of what is escaped already
_IN_ADDRESS = "%:/?#@!$&'()*+,;=~-._"


def address(href: str) -> Markup:
    """An address for an href or src attribute: ASCII, no merge tokens, no braces."""
    return escape.literal(quote(_in_ascii(href), safe=_IN_ADDRESS))


def _in_ascii(href: str) -> str:
    """Return an address whose host is written in ASCII, as DNS has it (RFC 5891)."""
    if href.isascii():
        return href
    try:
        name = urlsplit(href).hostname or ""
        return href if name.isascii() else href.replace(name, idna.encode(name, uts46=True).decode(), 1)
    except (ValueError, idna.IDNAError):
        return href


def looks_like_address(words: str) -> bool:
    """Whether words of a link look like an address, so that mail programs compare them with its target."""
    return bool(_LOOKS_LIKE_ADDRESS.fullmatch(words.strip()))


def words_of_link(link: Link) -> str:
    """For a link without words of its own the name of its host; "" where its words stand."""
    words = plain(link.children)
    if link.href.startswith("mailto:"):
        return ""
    if link.is_bare or (
        looks_like_address(words) and host(words if "://" in words else "https://" + words) == host(link.href)
    ):
        return host(link.href)
    return ""


@dataclass(frozen=True, slots=True)
class Inliner:
    """Renders inline text for one Edition."""

    view: View
    #: address of the web copy
    web_url: str
    is_web: bool = False

    def text(self, words: str) -> Markup:
        """Plain text, tokens as tokens in the mail and as their defaults in the web copy."""
        return escape.literal(escape.without_tokens(words)) if self.is_web else escape.html(words)

    def run(self, inlines: Inlines) -> Markup:
        """A run of inline text."""
        return Markup("").join(self.one(inline) for inline in inlines)

    def one(self, inline: Inline) -> Markup:
        """One inline with what it encloses."""
        if isinstance(inline, Words):
            return self.text(inline.text)
        if isinstance(inline, Styled):
            return Markup("<{0}>{1}</{0}>").format(inline.kind, self.run(inline.children))
        if isinstance(inline, Link):
            words = words_of_link(inline)
            inner = escape.literal(words) if words else self.run(inline.children)
            return Markup('<a href="{}">{}</a>').format(address(inline.href), inner)
        if isinstance(inline, NoteMark):
            return self.mark(inline.label)
        if isinstance(inline, Span):
            return Markup("<span {}>{}</span>").format(speech(inline.lang, inline.dir), self.run(inline.children))
        return Markup("<br>") if isinstance(inline, LineBreak) else self.code(inline)

    def code(self, code: Code) -> Markup:
        """Words exactly as typed."""
        return Markup("<code>{}</code>").format(escape.literal(code.text))

    def mark(self, label: str) -> Markup:
        """The mark of a note: a link to its one source, else to the note in the web copy."""
        number = self.view.numbers.get(label)
        if number is None:
            return escape.literal(f"[^{label}]")
        url = self.view.notes[number - 1].url
        href = (
            f"#fn{number}" if self.is_web else address(url) if url else Markup("{}#fn{}").format(self.web_url, number)
        )
        label = self.view.words.note.format(number=number)
        return Markup('<a class="mark" href="{0}" aria-label="{2}">{1}</a>').format(href, number, label)


def speech(lang: str, direction: str) -> Markup:
    """The attributes for a change of language or direction, without a blank before them."""
    given = (("lang", lang), ("dir", direction))
    return Markup(" ").join(Markup('{}="{}"').format(name, value) for name, value in given if value)
