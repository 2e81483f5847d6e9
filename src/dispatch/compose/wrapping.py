"""Lines of plain text: how wide they are, where they may end."""

import re
import unicodedata
from collections.abc import Iterator

from wcwidth import wcswidth

from dispatch.model.edition import TOKEN

COLUMNS = 72
_GLUE = "\ufdd1"
_WIDE = ("W", "F")
# what emoji are joined with; not printable, and yet part of what is shown
_JOINING = "\u200d\ufe0f"
# no line begins with these
_CLOSING = "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff1f\uff01\uff09\u300d\u300f\u300b\u3011 "


def width(text: str) -> int:
    """Return the columns that a text takes in a fixed-width font (UAX #11, emoji sequences as one)."""
    return len(text) if text.isascii() else wcswidth("".join(c for c in text if c.isprintable() or c in _JOINING))


def wrap(text: str, first: str = "", rest: str | None = None, columns: int = COLUMNS) -> list[str]:
    """The text in lines no wider than `columns`, with a prefix for the first line and one for the others.

    Breaks only at plain spaces (and between characters of scripts that have none); addresses and merge tokens
    stay whole.
    """
    prefix, later = first, first if rest is None else rest
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _words(paragraph):
            if line.strip() and width(prefix + line + word.rstrip()) > columns:
                lines.append((prefix + line).rstrip())
                prefix, line = later, ""
            line += word
        lines.append((prefix + line).rstrip())
        prefix = later
    return lines


def _words(text: str) -> Iterator[str]:
    """Pieces after which a line may end, each with its blank."""
    glued = TOKEN.sub(lambda match: match[0].replace(" ", _GLUE), text)
    for piece in re.findall(r"[^ ]+ *| +", glued):
        word = piece.replace(_GLUE, " ")
        if "://" in word or not any(unicodedata.east_asian_width(c) in _WIDE for c in word):
            yield word
        else:
            yield from re.findall(rf"[^{_CLOSING}][{_CLOSING}]*|[{_CLOSING}]+", word)


def guard(text: str) -> str:
    """Text that holds no merge tokens, whatever it looks like."""
    return TOKEN.sub(lambda match: "[[literal_brackets]]" + match[0][2:], text)
