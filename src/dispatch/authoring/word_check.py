"""The word check: every word, address and picture of the source is in brief.md, or is said to be left out.

brief.md is read back with the Markdown parser, so that what its syntax would swallow is missed too. Everything is
counted: a word that stands three times in the document must be found three times.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from dispatch.authoring.readback import addresses_of, texts_of
from dispatch.errors import DocumentError
from dispatch.markup.front_matter import split
from dispatch.markup.parser import normal_address

_WORD = re.compile(r"[^\W_]+")
_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_RAISED = re.compile(r"[⁰¹²³⁴-⁹₀-₉]+")
_KEY = re.compile(r"^\s*(?:- )?[a-z_]+:\s*")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"”]+", re.IGNORECASE)


def words_of(text: str) -> Counter[str]:
    """Return how often each word stands in a text; raised and lowered numbers are words of their own."""
    return Counter(_WORD.findall(_RAISED.sub(lambda match: f" {match[0].translate(_ABOVE)} ", text)))


def words_of_brief(text: str) -> Counter[str]:
    """Return how often each word stands in a brief.md, as its readers will find it."""
    front, body = _parts(text)
    return words_of("\n".join([*_values(front), *texts_of(body)]))


def lost_words(source: str, brief: str, left_out: Iterable[str]) -> Counter[str]:
    """Return the words of the source that are neither in brief.md nor left out, with how many times each is short."""
    found = words_of_brief(brief)
    for words in left_out:
        found.update(words_of(words))
    return words_of(source) - found


def lost_addresses(addresses: Iterable[str], brief: str, left_out: Iterable[str]) -> list[str]:
    """Return the addresses of the source's links that are neither in brief.md nor left out, each as often as short."""
    front, body = _parts(brief)
    found = Counter(map(normal_address, addresses_of(body)))
    for text in (*_values(front), *left_out):
        found.update(normal_address(address) for address in _ADDRESS.findall(text))
    short = []
    for address in addresses:
        normal = normal_address(address)
        if found[normal] > 0:
            found[normal] -= 1
        else:
            short.append(address)
    return short


def require_no_loss(source: str, brief: str, left_out: Iterable[str], file: str) -> None:
    """Raise DocumentError if a word of the source got lost."""
    lost = lost_words(source, brief, left_out)
    if lost:
        words = ", ".join(f"“{word}”" for word in list(lost)[:12])
        is_text = file.casefold().endswith((".txt", ".text", ".md"))
        other = "Try it as a .docx" if is_text else "Save it as plain text (.txt) and import that"
        raise DocumentError(
            f"dispatch would lose {lost.total()} words of this document, so nothing was written: {words}.",
            where=file,
            todo=f"{other}; and report the document, this is a fault of dispatch.",
        )


def _parts(brief: str) -> tuple[str, str]:
    parts = split(brief)
    return (parts.front, parts.body) if parts else ("", brief)


def _values(front: str) -> Iterator[str]:
    return (_unquoted(_KEY.sub("", line)) for line in front.split("\n"))


def _unquoted(value: str) -> str:
    value = value.strip()
    if value[:1] == '"' == value[-1:] and len(value) > 1:
        value = re.sub(r"\\(?:U([0-9a-f]{8})|u([0-9a-f]{4}))", lambda m: chr(int(m[1] or m[2], 16)), value[1:-1])
        value = re.sub(r"\\(.)", r"\1", value)
    return value
