"""The word ledger: every word of the source is in brief.md or in the list of what was left out.

brief.md is read back with the Markdown parser, so that words which its syntax would swallow are missed too. The ledger
counts, so a word that stands three times must be found three times.
"""

import re
from collections import Counter
from collections.abc import Iterable

from dispatch.authoring.readback import texts_of
from dispatch.errors import DocumentError
from dispatch.markup.front_matter import split

_WORD = re.compile(r"[^\W_]+")
_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_RAISED = re.compile(r"[⁰¹²³⁴-⁹₀-₉]+")
_KEY = re.compile(r"^\s*(?:- )?[a-z_]+:\s*")


def words_of(text: str) -> Counter[str]:
    """How often each word stands in a text; raised and lowered numbers are words of their own."""
    return Counter(_WORD.findall(_RAISED.sub(lambda match: f" {match[0].translate(_ABOVE)} ", text)))


def words_of_brief(text: str) -> Counter[str]:
    """How often each word stands in a brief.md, as its readers will find it."""
    parts = split(text)
    front, body = (parts.front, parts.body) if parts else ("", text)
    values = [_KEY.sub("", line) for line in front.split("\n")]
    shown = [_unquoted(value) for value in values]
    shown.extend(texts_of(body))
    return words_of("\n".join(shown))


def lost_words(source: str, brief: str, left_out: Iterable[str]) -> Counter[str]:
    """The words of the source that are neither in brief.md nor left out, with how many times each is short."""
    found = words_of_brief(brief)
    for words in left_out:
        found.update(words_of(words))
    return words_of(source) - found


def require_no_loss(source: str, brief: str, left_out: Iterable[str], file: str) -> None:
    """Raise DocumentError if a word of the source got lost."""
    lost = lost_words(source, brief, left_out)
    if lost:
        words = ", ".join(f"“{word}”" for word in list(lost)[:12])
        raise DocumentError(
            f"dispatch would lose {lost.total()} words of this document, so nothing was written: {words}.",
            where=file,
            todo="Save it as plain text (.txt) and import that; and report the document, this is a fault of dispatch.",
        )


def _unquoted(value: str) -> str:
    value = value.strip()
    if value[:1] == '"' == value[-1:] and len(value) > 1:
        value = re.sub(r"\\(?:U([0-9a-f]{8})|u([0-9a-f]{4}))", lambda m: chr(int(m[1] or m[2], 16)), value[1:-1])
        value = re.sub(r"\\(.)", r"\1", value)
    return value
