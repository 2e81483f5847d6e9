"""Edition: a Brief rendered for one Audience, with merge tokens; and what it is split into for sending.

A merge token is `[[name]]` or `[[name|words to use when the member has no name]]`. Members' attributes fill
it; the tokens in `LINK_TOKENS` are filled by dispatch itself. A token stands for text, never for markup.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dispatch.model.quoted_printable import quoted

#: tokens that dispatch fills: the reader's own unsubscribe and preferences page
LINK_TOKENS = frozenset({"unsubscribe_url"})

#: tokens that stand for characters that would open a merge token; plain text has no entities to write them
#: with
LITERALS = {"literal_brackets": "[["}

TOKEN = re.compile(r"\[\[([a-z][a-z0-9_]{0,39})(?:\|([^\[\]|\r\n]{0,80}))?\]\]")


@dataclass(frozen=True, slots=True)
class Field:
    """One merge token as it stands in an Edition."""

    name: str
    #: what a member without such a value gets
    default: str = ""

    @property
    def token(self) -> str:
        """The token as typed."""
        return f"[[{self.name}|{self.default}]]" if self.default else f"[[{self.name}]]"


#: A text split at its tokens: literals and Fields, in order.
Split = tuple[str | Field, ...]


def split(text: str) -> Split:
    """The text as literals and Fields, in order; joined by their tokens it is the text again."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[str | Field]:
    end = 0
    for match in TOKEN.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        yield Field(match[1], match[2] or "")
        end = match.end()
    if end < len(text):
        yield text[end:]


@dataclass(frozen=True)
class Edition:
    """A Brief rendered for one Audience; immutable."""

    audience: str
    subject: str
    preheader: str
    #: the whole page, CSS inlined, with merge tokens
    html: str
    #: the plain-text part, with merge tokens
    text: str
    #: the web copy: the same page without personal tokens, with footnote anchors
    web_html: str
    #: the MJML that the html was made from, for people who edit a template; not part of the fingerprint
    mjml: str = ""
    #: names of the pictures it shows (see Picture.name)
    pictures: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that a reader gets."""
        parts = (self.audience, self.subject, self.preheader, self.html, self.text, self.web_html)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def html_bytes(self) -> int:
        """Bytes of the html as UTF-8, tokens unfilled."""
        return len(self.html.encode())

    def fields(self) -> list[Field]:
        """The merge tokens of subject, html and text, each once, in order of appearance."""
        seen: dict[str, Field] = {}
        for text in (self.subject, self.html, self.text):
            for piece in split(text):
                if isinstance(piece, Field):
                    seen.setdefault(piece.token, piece)
        return list(seen.values())


#: a Split in quoted-printable: encoded literals, and the Fields between them
QuotedSplit = tuple[bytes | Field, ...]


@dataclass(frozen=True)
class Letter:
    """An Edition split for sending: each part as literals and merge keys.

    A merge key names one value in one place (`html`, `text` or `subject`), because a value is escaped for
    where it stands. `compose.merge` makes Letters and the values that fill them.
    """

    subject: tuple[str | Field, ...]
    html: tuple[str | Field, ...]
    text: tuple[str | Field, ...]

    @cached_property
    def quoted_text(self) -> QuotedSplit:
        """The text part in quoted-printable, encoded once; it ends in a line break."""
        return _quoted(self.text)

    @cached_property
    def quoted_html(self) -> QuotedSplit:
        """The html part in quoted-printable, encoded once; it ends in a line break."""
        return _quoted(self.html)

    @staticmethod
    def fill(parts: Split, values: Mapping[str, str]) -> str:
        """The parts joined, each Field replaced by the value under its name."""
        return "".join([part if isinstance(part, str) else values[part.name] for part in parts])

    def template(self) -> tuple[str, str, str]:
        """Subject, html and text with `{{key}}` for each Field, for a provider that fills them itself.

        Every other `{{` is an entity or the value of a Field already, so the engine reads none but ours.
        """
        subject, html, text = (
            "".join([part if isinstance(part, str) else "{{" + part.name + "}}" for part in parts])
            for parts in (self.subject, self.html, self.text)
        )
        return subject, html, text


def _quoted(parts: Split) -> QuotedSplit:
    last = parts[-1] if parts else ""
    whole = parts if isinstance(last, str) and last.endswith("\n") else (*parts, "\n")
    made: list[bytes | Field] = []
    for part in whole:
        if isinstance(part, Field) or not made or isinstance(made[-1], Field):
            made.append(part if isinstance(part, Field) else quoted(part))
        else:
            made[-1] += quoted(part)
    return tuple(made)
