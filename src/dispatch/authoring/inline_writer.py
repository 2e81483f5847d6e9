"""Runs of text written as Markdown in one line, so that they read back as they were meant."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from dispatch.authoring.document import SourceSpan
from dispatch.authoring.readback import inline_text
from dispatch.markup import escape
from dispatch.model.edition import TOKEN

Escaper = Callable[[str], str]

#: an address, which is written as a link, or a merge token, which is written as code
_AS_IT_IS = re.compile(
    r"<?(?P<url>https?://[^\s<>\"“”‘’`\\^{}|]+[^\s<>\"“”‘’`\\^{}|.,;:!?)\]'»。，；：！？）])>?|(?:"
    + TOKEN.pattern
    + ")+"
)
#: text without any sign of Markdown, and without what becomes an address by itself
_PLAIN = re.compile(r"(?:(?!www\.|https?:|mailto:|xmpp:)[^\W_]|[ ,.;?'’‘“”\"–—%()/-]|:(?!:))*", re.IGNORECASE)
_PLAIN_ADDRESS = re.compile(r"https?://[\w./?=%&#~+-]+", re.ASCII)
#: an address between angle brackets, which Markdown takes for its own sign
_BRACKETED = re.compile(r"<(https?://[^\s<>]+)>")


def inline(spans: tuple[SourceSpan, ...]) -> str:
    """Spans as Markdown in one line, but for the hard breaks that were typed.

    Read back, it says the same: emphasis that Markdown would not see as such is let go.
    """
    merged = _merged(spans)
    around = zip([None, *merged], merged, [*merged[1:], None], strict=False)
    if all(_is_plain(before, span, following) for before, span, following in around):
        return _written(merged)
    meant = " ".join("".join(f" {span.note} " if span.note else _typed(span) for span in merged).split())
    meant = _BRACKETED.sub(r"\1", meant)
    plain = [replace(span, strong=False, emphasis=False) for span in merged]
    for one in (
        _written(_with_marks_outside(merged)),
        _written(plain),
        _written(plain, escape.escape_all),
    ):
        if inline_text(one) == meant:
            return one
    return _written([replace(span, link="") for span in plain], escape.escape_all)


def _is_plain(before: SourceSpan | None, span: SourceSpan, following: SourceSpan | None) -> bool:
    """Whether a span can be nothing but what it says, so that it need not be read back."""
    if span.note:
        return following is None or following.text[:1] not in tuple("([{:")
    if span.link and (not _PLAIN_ADDRESS.fullmatch(span.link) or span.text.strip() == span.link):
        return False
    if span.strong or span.emphasis:  # words between blanks: no rule of CommonMark reads their stars otherwise
        stands_apart = (before is None or before.text[-1:].isspace()) and (
            following is None or following.text[:1].isspace()
        )
        if not stands_apart or not (span.text[:1].isalnum() and span.text[-1:].isalnum()):
            return False
    return not span.raised and _PLAIN.fullmatch(span.text) is not None


def _written(spans: list[SourceSpan], escaped: Escaper = escape.escape) -> str:
    out = []
    for (link, strong, emphasis), group in groupby(spans, lambda span: (span.link, span.strong, span.emphasis)):
        text = "".join(_piece(span, escaped) for span in group)
        out.append(_dressed(text, link, strong, emphasis, may_be_bare=escaped is escape.escape))
    return escape.close_braces("".join(out))


def _merged(spans: tuple[SourceSpan, ...]) -> list[SourceSpan]:
    """The spans with looks taken from blanks and note marks, which have none; like neighbours are one."""
    plain: list[SourceSpan] = []
    for span in spans:
        if span.note:
            span = SourceSpan(span.text, note=span.note)
        elif not span.text.strip():
            span = SourceSpan(span.text, link=span.link)
        if plain and not span.note and _look(span) == _look(plain[-1]):
            plain[-1] = replace(span, text=plain[-1].text + span.text)
        elif span.text or span.note:
            plain.append(span if span.picture is None else replace(span, picture=None))
    return plain


def _look(span: SourceSpan) -> tuple[bool, bool, str, str, str]:
    """All of a span but its text."""
    return span.strong, span.emphasis, span.raised, span.link, span.note


def _with_marks_outside(spans: list[SourceSpan]) -> list[SourceSpan]:
    """The spans with punctuation moved out of emphasis where a letter touches it.

    CommonMark 0.31 section 6.2: `**“Yes.”**he` would keep its stars.
    """
    out: list[SourceSpan] = []
    for at, span in enumerate(spans):
        before = spans[at - 1].text[-1:] if at and not spans[at - 1].note else ""
        after = spans[at + 1].text[:1] if at + 1 < len(spans) and not spans[at + 1].note else ""
        text = span.text
        if not (span.strong or span.emphasis) or span.link:
            out.append(span)
            continue
        start = len(text) - len(text.lstrip(_marks(text))) if before.isalnum() else 0
        end = len(text.rstrip(_marks(text))) if after.isalnum() else len(text)
        out.extend([SourceSpan(text[:start]), replace(span, text=text[start:end]), SourceSpan(text[max(start, end) :])])
    return [span for span in out if span.text or span.note]


def _marks(text: str) -> str:
    """The characters of a text that are neither letters, digits nor blanks."""
    return "".join(letter for letter in set(text) if not letter.isalnum() and not letter.isspace())


def _typed(span: SourceSpan) -> str:
    """The text of a span in one line per typed line, tabs as spaces."""
    return re.sub(r"[ \t]*\t[ \t]*", " ", span.shown) if "\t" in span.text else span.shown


def _piece(span: SourceSpan, escaped: Escaper) -> str:
    if span.note:
        return f"[^{span.note}]"
    text = _typed(span)
    if span.link:
        return escaped(" ".join(text.split("\n")))
    out, end = [], 0
    for match in _AS_IT_IS.finditer(text):
        if match.start() < end or (match["url"] and escaped is escape.escape_all):
            continue
        out.append(escaped(text[end : match.start()]))
        url = _closed(match["url"] or "", text[match.end() :])
        out.append(f"<{url}>" if url else f"`{match[0]}`")
        end = match.end() + (len(url) - len(match["url"]) if url else 0)
    out.append(escaped(text[end:]))
    return "".join(out).replace("\n", "\\\n")


def _closed(url: str, following: str) -> str:
    """An address with the bracket after it, where that closes one inside, as in Wikipedia's addresses."""
    return f"{url})" if url.count("(") > url.count(")") and following.startswith(")") else url


def _dressed(text: str, link: str, strong: bool, emphasis: bool, *, may_be_bare: bool) -> str:
    if not text.strip():
        return text
    sign = ("**" if strong else "") + ("*" if emphasis else "")
    start = text[: len(text) - len(text.lstrip())]
    end = text[len(text.rstrip()) :]
    core = text.strip()
    if link:
        is_bare = may_be_bare and core.replace("\\", "") == link
        core = f"<{link}>" if is_bare else f"[{core}]({target(link)})"
    return f"{start}{sign}{core}{sign[::-1]}{end}"


def target(link: str) -> str:
    """Return an address as the target of a link or picture, between angle brackets where it needs them."""
    return f"<{link}>" if not link or re.search(r"[()\s]", link) else link
