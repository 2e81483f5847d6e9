"""Accepted mails: what was said at the call, and what a reader would see of it."""

import email
import hashlib
import json
import re
import sqlite3
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from html import unescape
from typing import Any

from dispatch.practice import templates
from dispatch.practice.state import State


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail, as it is kept."""

    number: int
    message_id: str
    #: the bare address of the first recipient
    recipient: str
    #: all recipients as written, by `to`, `cc`, `bcc`
    recipients: Mapping[str, list[str]]
    accepted_at: float
    #: the From header
    sender: str
    reply_to: list[str]
    subject: str
    #: SendEmail or SendBulkEmail
    road: str
    tags: Mapping[str, str]
    headers: list[tuple[str, str]]
    #: the template's data, {} for Simple and Raw
    data: Mapping[str, Any]
    #: the digest of its content
    content: str
    configuration_set: str

    def summary(self) -> dict[str, Any]:
        """The mail as `GET /api/messages` lists it."""
        return {
            "to": self.recipient,
            "tags": dict(self.tags),
            "accepted_at": iso(self.accepted_at),
            "message_id": self.message_id,
            "from": self.sender,
            "subject": self.subject,
            "road": self.road,
        }


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a reader would see."""

    html: str
    text: str
    #: the MIME source, with the headers that SES writes
    source: str
    headers: list[tuple[str, str]]
    #: file name and media type
    attachments: list[tuple[str, str]]


def iso(seconds: float) -> str:
    """A moment as SES writes it: 2026-11-24T05:02:16.645Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def keep_content(state: State, kind: str, body: bytes) -> str:
    """Keep a content once, however many mails have it; gives its digest."""
    digest = hashlib.sha256(kind.encode() + body).hexdigest()
    state.db.execute("INSERT OR IGNORE INTO content VALUES (?, ?, ?)", (digest, kind, body))
    return digest


def keep(state: State, mails: list[tuple[Any, ...]]) -> list[int]:
    """Write accepted mails, each the columns of `mail` without its number; gives their numbers."""
    sql = f"INSERT INTO mail VALUES (NULL{', ?' * 14})"  # noqa: S608  # only question marks are put in
    return [int(state.db.execute(sql, mail).lastrowid or 0) for mail in mails]


def row(
    message_id: str,
    recipients: Mapping[str, list[str]],
    recipient: str,
    now: float,
    sender: str,
    reply_to: list[str],
    subject: str,
    road: str,
    tags: Mapping[str, str],
    headers: list[tuple[str, str]],
    data: str,
    content: str,
    configuration_set: str,
) -> tuple[Any, ...]:
    """The columns of one mail."""
    dumps = json.dumps
    said = (dumps(reply_to), subject, road, dumps(tags), dumps(headers), data, content, configuration_set)
    return (message_id, recipient, dumps(recipients), now, sender, *said, tags.get("campaign", ""))


def read(found: sqlite3.Row) -> Mail:
    """A mail from its row."""
    return Mail(
        number=found["number"],
        message_id=found["message_id"],
        recipient=found["recipient"],
        recipients=json.loads(found["recipients"]),
        accepted_at=found["accepted_at"],
        sender=found["sender"],
        reply_to=json.loads(found["reply_to"]),
        subject=found["subject"],
        road=found["road"],
        tags=json.loads(found["tags"]),
        headers=[(name, value) for name, value in json.loads(found["headers"])],
        data=json.loads(found["data"]),
        content=found["content"],
        configuration_set=found["configuration_set"],
    )


def by_number(state: State, number: int) -> Mail | None:
    """One mail by its number."""
    found = state.rows("SELECT * FROM mail WHERE number = ?", number)
    return read(found[0]) if found else None


def by_id(state: State, message_id: str) -> Mail | None:
    """One mail by SES's message id."""
    found = state.rows("SELECT * FROM mail WHERE message_id = ?", message_id)
    return read(found[0]) if found else None


def in_order(state: State, campaign: str | None, step: int = 500) -> Iterator[Mail]:
    """All mails, or those with that `campaign` tag, in the order of their acceptance."""
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
    """Forget all mails and the events to come; the queues keep what they hold."""
    with state.transaction() as db:
        for table in ("mail", "content", "happening"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608  # three names from the line above


def _content(state: State, digest: str) -> tuple[str, bytes]:
    found = state.rows("SELECT kind, body FROM content WHERE digest = ?", digest)
    return (found[0]["kind"], bytes(found[0]["body"])) if found else ("simple", b"{}")


def render(state: State, mail: Mail) -> Rendered:
    """The mail as a reader gets it."""
    kind, body = _content(state, mail.content)
    if kind == "raw":
        return _rendered_raw(mail, body)
    parts = json.loads(body)
    html, text = (
        templates.fill(parts.get(part) or "", mail.data) if kind == "template" else parts.get(part) or ""
        for part in ("Html", "Text")
    )
    files = parts.get("Attachments") or []
    attachments = [(item["FileName"], item.get("ContentType") or "") for item in files]
    headers = _headers_of(mail)
    return Rendered(html, text, _compose(headers, html, text, files), headers, attachments)


def _headers_of(mail: Mail) -> list[tuple[str, str]]:
    """The headers of a mail that SES puts together, with those that it writes itself."""
    said = [one for one in shown_headers(mail) if one[0] not in ("MIME-Version", "Content-Type")]
    date = format_datetime(datetime.fromtimestamp(mail.accepted_at, UTC))
    return [*said, ("Date", date), ("Message-ID", f"<{mail.message_id}@email.amazonses.com>")]


def _compose(headers: list[tuple[str, str]], html: str, text: str, files: list[dict[str, Any]]) -> str:
    # Headers are written as they were given: the email package refuses some that SES passes on.
    body = EmailMessage(policy=SMTP)
    if text or not html:
        body.set_content(text, cte="quoted-printable")
    if html and text:
        body.add_alternative(html, subtype="html", cte="quoted-printable")
    elif html:
        body.set_content(html, subtype="html", cte="quoted-printable")
    for one in files:
        kind = (one.get("ContentType") or "application/octet-stream").partition("/")
        body.add_attachment(b64decode(one["RawContent"]), kind[0], kind[2] or "octet-stream", filename=one["FileName"])
    lines = [f"{name}: {_encoded(value)}\n" for name, value in headers]
    return "".join(lines) + body.as_string().replace("\r\n", "\n")


def _encoded(value: str) -> str:
    """A header's value in ASCII; an address stays readable beside its encoded name."""
    if value.isascii():
        return value
    name, address = parseaddr(value)
    if "@" in address and value.rstrip().endswith(">"):
        return formataddr((name, address))
    return Header(value, "utf-8", maxlinelen=998).encode()


def _rendered_raw(mail: Mail, raw: bytes) -> Rendered:
    message = email.message_from_bytes(raw)
    html = text = ""
    attachments = []
    for part in message.walk():
        if part.is_multipart():
            continue
        if part.get_filename():
            attachments.append((header_text(part.get_filename()), part.get_content_type()))
        elif part.get_content_type() == "text/html" and not html:
            html = _decoded(part)
        elif part.get_content_type() == "text/plain" and not text:
            text = _decoded(part)
    headers = [(name, header_text(value)) for name, value in message.items()]
    kept = [one for one in headers if one[0].lower() not in ("message-id", "date")]
    return Rendered(html, text, raw.decode("utf-8", "replace"), [*kept, *_headers_of(mail)[-2:]], attachments)


def header_text(value: object) -> str:
    """A raw header's value as a person reads it, on one line; undecodable ones as they stand."""
    line = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(line)))
    except (LookupError, UnicodeError, ValueError, HeaderParseError):
        return line


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def shown_headers(mail: Mail) -> list[tuple[str, str]]:
    """The headers that SES names in its events, in their order."""
    shown = [("From", mail.sender)]
    if mail.reply_to:
        shown.append(("Reply-To", ", ".join(mail.reply_to)))
    shown += [
        (name, ", ".join(mail.recipients[key])) for name, key in (("To", "to"), ("Cc", "cc")) if mail.recipients[key]
    ]
    shown += [("Subject", mail.subject), ("MIME-Version", "1.0")]
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
    """The links of the mail that SES would track: http and https, without `ses:no-track`, each once."""
    kind, body = _content(state, mail.content)
    if kind == "raw":
        return list(_raw_links(_rendered_raw(mail, body).html))
    html = json.loads(body).get("Html") or ""
    if kind != "template":
        return list(_raw_links(html))
    filled = [templates.fill(link, mail.data) for link in _raw_links(html)]
    return [link for link in filled if link.startswith(("http://", "https://"))]
