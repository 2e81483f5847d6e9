"""Accepted messages: what was said at the call, and what a reader would see of it."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import format_datetime
from functools import lru_cache
from html import unescape
from typing import Any

from dispatch.model.mime import alternative, header
from dispatch.model.quoted_printable import quoted
from dispatch.practice import templates
from dispatch.practice.state import State


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted message, as it is kept."""

    number: int
    message_id: str
    #: the bare address
    recipient: str
    accepted_at: float
    #: the From header
    sender: str
    reply_to: list[str]
    subject: str
    #: SendEmail or SendBulkEmail
    operation: str
    tags: Mapping[str, str]
    headers: list[tuple[str, str]]
    #: the template's data, {} for Simple
    data: Mapping[str, Any]
    #: the digest of its content
    content: str
    configuration_set: str

    def summary(self) -> dict[str, Any]:
        """The message as `GET /api/messages` lists it."""
        return {
            "to": self.recipient,
            "tags": dict(self.tags),
            "accepted_at": iso(self.accepted_at),
            "message_id": self.message_id,
            "from": self.sender,
            "subject": self.subject,
            "operation": self.operation,
        }


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a reader would see."""

    html: str
    text: str
    #: the MIME source, with the headers that SES writes
    source: str
    headers: list[tuple[str, str]]


def iso(seconds: float) -> str:
    """Return a moment as SES writes it: 2026-11-24T05:02:16.645Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def keep_content(state: State, kind: str, body: bytes) -> str:
    """Keep a content once, however many messages have it; return its digest."""
    digest = hashlib.sha256(kind.encode() + body).hexdigest()
    state.db.execute("INSERT OR IGNORE INTO content VALUES (?, ?, ?)", (digest, kind, body))
    return digest


_COLUMNS = (
    "message_id, recipient, accepted_at, sender, reply_to, subject, operation, tags, headers, data, content, "
    "configuration_set, campaign"
)
_INSERT = f"INSERT INTO mail ({_COLUMNS}) VALUES ({', '.join('?' * 13)})"  # noqa: S608  # fixed names and question marks


def keep(state: State, mail: Mail) -> int:
    """Write an accepted message; return its number, whatever number it came with."""
    dumps = json.dumps
    values = (
        *(mail.message_id, mail.recipient, mail.accepted_at, mail.sender, dumps(mail.reply_to), mail.subject),
        *(mail.operation, dumps(mail.tags), dumps(mail.headers), dumps(mail.data), mail.content),
        *(mail.configuration_set, mail.tags.get("campaign", "")),
    )
    return int(state.db.execute(_INSERT, values).lastrowid or 0)


def read(found: sqlite3.Row) -> Mail:
    """Return a message from its row."""
    values = {name: found[name] for name in Mail.__dataclass_fields__}
    for name in ("reply_to", "tags", "headers", "data"):
        values[name] = json.loads(values[name])
    return Mail(**{**values, "headers": [(name, value) for name, value in values["headers"]]})


def by_number(state: State, number: int) -> Mail | None:
    """Return one message by its number."""
    found = state.rows("SELECT * FROM mail WHERE number = ?", number)
    return read(found[0]) if found else None


def by_id(state: State, message_id: str) -> Mail | None:
    """Return one message by SES's message id."""
    found = state.rows("SELECT * FROM mail WHERE message_id = ?", message_id)
    return read(found[0]) if found else None


def in_order(state: State, campaign: str | None, step: int = 500) -> Iterator[Mail]:
    """Yield all messages, or those with that `campaign` tag, in the order of their acceptance."""
    last = 0
    where = "number > ?" if campaign is None else "number > ? AND campaign = ?"
    more = () if campaign is None else (campaign,)
    while True:
        sql = f"SELECT * FROM mail WHERE {where} ORDER BY number LIMIT {step}"  # noqa: S608  # nothing from outside
        found = state.rows(sql, last, *more)
        if not found:
            return
        yield from map(read, found)
        last = found[-1]["number"]


def empty(state: State) -> None:
    """Forget all messages, the events to come, and what the queues hold."""
    with state.transaction() as db:
        for table in ("mail", "content", "planned_event", "queued"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608  # four names from the line above


def _content(state: State, digest: str) -> tuple[bool, dict[str, str]]:
    """Whether a content is a template, and its parts."""
    found = state.rows("SELECT kind, body FROM content WHERE digest = ?", digest)
    return (found[0]["kind"] == "template", json.loads(found[0]["body"])) if found else (False, {})


def render(state: State, mail: Mail) -> Rendered:
    """Return the message as a reader gets it."""
    is_template, parts = _content(state, mail.content)
    html, text = parts.get("Html", ""), parts.get("Text", "")
    if is_template:
        html, text = templates.fill(html, mail.data), templates.fill(text, mail.data)
    said = [one for one in shown_headers(mail) if one[0] not in ("MIME-Version", "Content-Type")]
    date = format_datetime(datetime.fromtimestamp(mail.accepted_at, UTC))
    headers = [*said, ("Date", date), ("Message-ID", f"<{mail.message_id}@email.amazonses.com>")]
    shown = [(name, header_text(value)) for name, value in headers]
    return Rendered(html, text, _compose(headers, html, text), shown)


def _compose(headers: list[tuple[str, str]], html: str, text: str) -> str:
    """The source of a message, built as every other message of dispatch is."""
    # Only what SES encodes is encoded; everything else passes as it was given.
    lines = [
        header(name, value) if name == "Subject" else f"{name}: {value}\r\n".encode("ascii", "replace")
        for name, value in headers
    ]
    parts = [[quoted(each if each.endswith("\n") else f"{each}\n")] if each else [] for each in (text, html)]
    return b"".join([*lines, *alternative(*parts)]).decode("ascii").replace("\r\n", "\n")


def as_ses_sends(mailbox: str) -> str:
    """Return From or Reply-To as SES passes it on.

    SES encodes no name for its callers ("you must encode it using MIME encoded-word syntax", SES developer guide), and
    garbles one that is not ASCII: `Krist=F3f_Poduszl=F3 <…>` was seen at a reader's (aws-sdk-js-v3, issue 2350).
    """
    if mailbox.isascii():
        return mailbox
    name, bracket, address = mailbox.rpartition("<")
    octets = name.strip().encode("latin-1", "replace")
    garbled = "".join(chr(octet) if octet < 128 else f"={octet:02X}" for octet in octets)
    return f"{garbled.replace(' ', '_')} {bracket}{address}"


def header_text(value: str) -> str:
    """Return a header's value as a person reads it; what cannot be decoded remains."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError, HeaderParseError):
        return value


def shown_headers(mail: Mail) -> list[tuple[str, str]]:
    """Return the headers that SES names in its events, in their order."""
    shown = [("From", mail.sender)]
    if mail.reply_to:
        shown.append(("Reply-To", ", ".join(mail.reply_to)))
    shown += [("To", mail.recipient), ("Subject", mail.subject), ("MIME-Version", "1.0")]
    boundary = hashlib.sha256(mail.message_id.encode()).hexdigest()[:24]
    shown.append(("Content-Type", f'multipart/alternative;  boundary="----=_Part_{boundary}"'))
    return [*shown, *mail.headers]


_LINK = re.compile(r"<a\b[^>]*?\bhref\s*=\s*(\"[^\"]*\"|'[^']*')[^>]*>", re.I)


@lru_cache(maxsize=64)
def _raw_links(html: str) -> tuple[str, ...]:
    found = []
    for match in _LINK.finditer(html):
        target = unescape(match[1][1:-1]).strip()
        if "ses:no-track" not in match[0] and target.startswith(("http://", "https://", "{{")) and target not in found:
            found.append(target)
    return tuple(found)


def links(state: State, mail: Mail) -> list[str]:
    """Return the links that SES would track: http and https, without `ses:no-track`, each once."""
    is_template, parts = _content(state, mail.content)
    found = _raw_links(parts.get("Html", ""))
    filled = [templates.fill(link, mail.data) for link in found] if is_template else found
    return [link for link in filled if link.startswith(("http://", "https://"))]
