"""MIME: a Message as the bytes that travel, the same for every transport that builds them and for every sample.

Everything is 7-bit, lines end in CRLF and have at most 998 characters (RFC 5321 section 4.5.3.1.6). What all Messages
of an Edition share is encoded once, by its Letter; a merge value is encoded on its own and stands between two lines.

Sources: RFC 5322 (headers, folding), RFC 2045 and 2046 (parts), RFC 2047 (encoded words).
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from dispatch.model.mailbox import mailbox_header, split_mailbox
from dispatch.model.message import Message, fault_of
from dispatch.model.quoted_printable import quoted

#: quoted-printable never has a "=_", so no part can hold this (RFC 2045 section 6.7)
BOUNDARY = "=_dispatch"
_MOST_LINE = 76
#: bytes of one encoded word: with the longest header's name in front its line has at most 76 characters
_WORD = re.compile(rb"(?s).{1,39}(?![\x80-\xbf])")
#: what a header may hold as it stands: words that a fold can come between, and nothing that reads as an encoded word
_PLAIN = re.compile(r"(?!.*=\?)[!-~]{1,60}(?: [!-~]{1,60})*")
_PART = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_TEXT, _HTML = _PART.format("plain").encode(), _PART.format("html").encode()
_MULTIPART = f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n--{BOUNDARY}\r\n'.encode()
_BETWEEN, _END = f"\r\n--{BOUNDARY}\r\n".encode(), f"\r\n--{BOUNDARY}--\r\n".encode()


def mime_of(message: Message, sent_at: datetime) -> bytes:
    """Return a Message as it travels: its headers, the text part, the html part. No line begins with a dot.

    Raise ValueError for what cannot stand in a header.
    """
    if fault := fault_of(message):
        raise ValueError(fault)
    letter, values = message.letter, message.values
    # Most values stand in both parts.
    encoded = {value: quoted(value) for value in set(values.values())}
    text, html = (
        [part if isinstance(part, bytes) else encoded[values[part.name]] for part in parts]
        for parts in (letter.quoted_text, letter.quoted_html)
    )
    headers = [f"{name}: {value}\r\n".encode("ascii") for name, value in _headers(message, sent_at)]
    # Joined once: the parts are large.
    return b"".join([*headers, header("Subject", message.subject), *alternative(text, html)])


def alternative(text: Sequence[bytes], html: Sequence[bytes]) -> list[bytes]:
    """Return the last headers of a message and its body, in pieces; both parts come in quoted-printable.

    Where a part is empty the other one is the whole body.
    """
    if text and html:
        return [b"MIME-Version: 1.0\r\n", _MULTIPART, _TEXT, *text, _BETWEEN, _HTML, *html, _END]
    return [b"MIME-Version: 1.0\r\n", _HTML if html else _TEXT, *html, *text]


def message_id_of(message: Message) -> str:
    """Return the Message-ID header: the Delivery's, so that a copy sent again can be recognised as one."""
    return f"<{message.delivery_id}@{sender_address(message.sender).rpartition('@')[2]}>"


def _headers(message: Message, sent_at: datetime) -> list[tuple[str, str]]:
    # Each stands on one line: a folded List-Unsubscribe has broken signatures.
    reply_to = [("Reply-To", mailbox_header(message.reply_to))] if message.reply_to else []
    return [
        *message.headers,
        # Through Amazon's own SMTP server the tags come back in events.
        ("X-SES-MESSAGE-TAGS", f"campaign={message.campaign_id}, delivery={message.delivery_id}"),
        ("From", mailbox_header(message.sender)),
        *reply_to,
        ("To", message.to),
        ("Date", _date(sent_at)),
        ("Message-ID", message_id_of(message)),
    ]


@lru_cache(maxsize=8)
def _date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@lru_cache(maxsize=64)
def sender_address(mailbox: str) -> str:
    """Return the bare address of a sender, in ASCII. Raise ValueError where there is none."""
    return split_mailbox(mailbox_header(mailbox))[1]


@lru_cache(maxsize=256)
def header(name: str, text: str) -> bytes:
    """Return a header of free text: folded between words, or in encoded words where that cannot carry it."""
    if _PLAIN.fullmatch(text):
        lines = [f"{name}:"]
        for number, word in enumerate(text.split(" ")):
            if number and len(lines[-1]) + 1 + len(word) > _MOST_LINE:
                lines.append("")
            lines[-1] += f" {word}"
        return "\r\n".join(lines).encode("ascii") + b"\r\n"
    words = [b"=?utf-8?b?%s?=" % b64encode(word) for word in _WORD.findall(text.encode())]
    return f"{name}: ".encode("ascii") + b"\r\n ".join(words) + b"\r\n"
