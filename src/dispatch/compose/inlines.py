"""Inline tokens of Markdown -> the inlines of a Brief."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from markdown_it.token import Token

from dispatch.model.brief import Code, Inline, Inlines, LineBreak, Link, NoteMark, Span, Styled, Words, plain

#: tells what is wrong: code, message, advice, and the words to find it by
Complain = Callable[[str, str, str, str], None]

_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HOST = re.compile(r"[^\s<>\"'\\{}|^`\[\]%]+")
SCHEMES = ("http", "https", "mailto")


def read_inlines(tokens: list[Token], complain: Complain) -> Inlines:
    """The inlines of one run of tokens."""
    reader = _Reader(tokens, complain)
    return reader.until("")


class _Reader:
    def __init__(self, tokens: list[Token], complain: Complain) -> None:
        self.tokens = tokens
        self.complain = complain
        self.at = 0

    def until(self, close: str) -> Inlines:
        """The inlines up to a closing token, or to the end."""
        made: list[Inline] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == close:
                break
            for inline in self.read(token):
                if isinstance(inline, Words) and made and isinstance(made[-1], Words):
                    made[-1] = Words(made[-1].text + inline.text)
                else:
                    made.append(inline)
        return tuple(made)

    def read(self, token: Token) -> Inlines:
        """What one token, with its children, gives."""
        if token.type in ("em_open", "strong_open"):
            kind = token.type.removesuffix("_open")
            return (Styled("em" if kind == "em" else "strong", self.until(f"{kind}_close")),)
        if token.type == "link_open":
            return self.link(token)
        if token.type == "span_open":
            return (self.span(token),)
        if token.type == "image":
            self.complain(
                "picture-in-line",
                "A picture stands inside a line of text.",
                "Put it alone between two empty lines; it is left out here.",
                str(token.attrs.get("src", "")),
            )
            return (Words(token.content),)
        return _leaf(token)

    def span(self, token: Token) -> Span:
        lang, direction = language(token, self.complain)
        return Span(self.until("span_close"), lang, direction)

    def link(self, token: Token) -> Inlines:
        words = self.until("link_close")
        href = str(token.attrs.get("href", ""))
        for name in token.attrs:
            if name not in ("href", "title"):
                _unknown_attribute(name, self.complain)
        if wrong := refusal(href):
            self.complain(*wrong, href)
            return words
        is_bare = token.info == "auto" or token.markup in ("autolink", "linkify", "gfm_autolink")
        return (Link(href, words, is_bare),)


def _leaf(token: Token) -> Inlines:
    if token.type == "softbreak":
        return (Words(" "),)
    if token.type == "hardbreak":
        return (LineBreak(),)
    if token.type == "code_inline":
        return (Code(token.content),)
    if token.type == "footnote_ref":
        return (NoteMark(note_label(token)),)
    return (Words(token.content),) if token.content else ()


def note_label(token: Token) -> str:
    """The label of a note mark; notes written in the line itself get one that nobody can type."""
    return str(token.meta.get("label") or f"^ {token.meta['id']}")


def refusal(href: str) -> tuple[str, str, str] | None:
    """What is wrong with a link's address, as code, message and advice; None for a good one."""
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "link-unreadable", "A link's address cannot be read.", "Copy it again from the browser."
    if not parts.scheme and not parts.netloc:
        return (
            "link-relative",
            f"The link {href[:80]!r} leads nowhere in a mail.",
            "Write the whole address, beginning with https://",
        )
    if parts.scheme not in SCHEMES:
        return (
            "link-scheme",
            f"A link begins with {parts.scheme + ':'!r}; a mail may only link to https, http and mailto.",
            "Write an address that begins with https://",
        )
    if parts.scheme == "mailto":
        good = "@" in parts.path and not re.search(r"[\s<>\"]", href)
        return None if good else ("link-unreadable", "A mailto link has no address.", "Write mailto:name@domain")
    if not host or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return (
            "link-unreadable",
            f"The link {href[:80]!r} has no usable host name.",
            "Copy the address again from the browser; no name or password may stand before the host.",
        )
    return None


def language(token: Token, complain: Complain) -> tuple[str, str]:
    """The `lang` and `dir` attributes of a token, "" where there is none; complains about all others."""
    lang, direction = str(token.attrs.get("lang", "")), str(token.attrs.get("dir", ""))
    if lang and not _LANG.fullmatch(lang):
        complain(
            "attribute-value",
            f"{lang!r} is no language.",
            "Write a language tag such as ru, zh-Hans, ar.",
            lang,
        )
        lang = ""
    if direction not in ("", "ltr", "rtl"):
        complain("attribute-value", f"{direction!r} is no direction.", "Write dir=ltr or dir=rtl.", direction)
        direction = ""
    known = ("lang", "dir", "start", "style" if token.type in ("th_open", "td_open") else "lang")
    for name in (*token.attrs, *token.meta.get("insecure_attrs", ())):
        if name not in known:
            _unknown_attribute(str(name), complain)
    return lang, direction


def _unknown_attribute(name: str, complain: Complain) -> None:
    complain(
        "attribute-unknown",
        f"The attribute {name!r} means nothing here.",
        "Remove it from the braces; docs/brief-format.md lists the attributes.",
        name,
    )


def words_of(tokens: list[Token], complain: Complain) -> str:
    """The plain words of a run of tokens."""
    return plain(read_inlines(tokens, complain))
