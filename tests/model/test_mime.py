"""Mime: what travels parses to the very message that the standard library's slow builder makes."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatch.compose import merge
from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Edition
from dispatch.model.message import Message
from dispatch.model.mime import header, mime_of
from dispatch.model.quoted_printable import quoted

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
URL = f"https://news.example.org/u/{'t' * 150}="
TOKENS = ["[[name]]", "[[name|reader]]", "[[city]]", "[[unsubscribe_url]]", "[[literal_brackets]]"]


def message(subject: str, html: str, text: str, person: dict[str, str], **changes: Any) -> Message:
    letter = merge.letter(Edition("center", subject, "", html, text, ""))
    fields: dict[str, Any] = {
        "delivery_id": DeliveryId("d" * 32),
        "campaign_id": CampaignId("c" * 32),
        "to": "reader@example.com",
        "sender": '"The Center, Ltd" <news@example.com>',
        "reply_to": "Ответы <answers@example.com>",
        "letter": letter,
        "values": merge.values(letter, person, {"unsubscribe_url": URL}),
        "headers": (
            ("List-Unsubscribe", f"<{URL}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", "<center.example.com>"),
        ),
    }
    return Message(**{**fields, **changes})


def slow_mime_of(message: Message) -> bytes:
    """The same message by the standard library alone: slow, and plain to read."""
    mail = EmailMessage(policy=SMTP)
    for name, value in message.headers:
        mail[name] = value
    mail["X-SES-MESSAGE-TAGS"] = f"campaign={message.campaign_id}, delivery={message.delivery_id}"
    for name, mailbox in (("From", message.sender), ("Reply-To", message.reply_to)):
        mail[name] = Address(parseaddr(mailbox)[0], addr_spec=parseaddr(mailbox)[1])
    mail["To"] = message.to
    mail["Date"] = format_datetime(NOW, usegmt=True)
    mail["Message-ID"] = f"<{message.delivery_id}@example.com>"
    mail["Subject"] = message.subject
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def seen(source: bytes) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """What a reader's program sees: the headers, decoded; and of each part its type, its encoding and its content."""
    parsed = message_from_bytes(source, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    headers = {name: str(value) for name, value in parsed.items() if name != "Content-Type"}
    parts = [parsed, *parsed.iter_parts()]
    assert [part.get_content_type() for part in parts] == ["multipart/alternative", "text/plain", "text/html"]
    assert not any(part.defects for part in parts)
    # The last line of a part ends with a line break, whether its text did or not.
    contents = [str(part.get_content()).replace("\r\n", "\n").rstrip("\n") for part in parts[1:]]
    types = [(part.get_content_type(), str(part["Content-Transfer-Encoding"])) for part in parts[1:]]
    return headers, [(*about, content) for about, content in zip(types, contents, strict=True)]


def check_lines(source: bytes) -> None:
    """Only CRLF, only ASCII, nothing over a line's length, and no dot where a server would look for one."""
    source.decode("ascii")
    assert source.count(b"\n") == source.count(b"\r") == source.count(b"\r\n")
    lines = source.split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    body = source.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(len(line) for line in body) <= 76


WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.sampled_from(
        [".", "..", "\n", "\n.\n", "=", "=3D", "=?utf-8?q?x?=", "From ", "\nFrom x", " ", "  ", "\t", " \n"]
    ),
    st.sampled_from(
        ["x" * 80, "я" * 40, "👩‍👩‍👧‍👦" * 9, "שלום עולם", "مرحبا", "=" * 80, "." * 80, '<a href="https://x.org/?q=']
    ),
    st.sampled_from(['<a href="[[website]]">', '<a href="https://x.org/?to=[[name|you]]">', "{{name}}", "\\"]),
)
#: tokens at any position, words of every script between them
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from(TOKENS)), max_size=12).map("".join)
SUBJECTS = TEXTS.map(lambda text: " ".join(text.replace("\t", " ").split("\n")))
VALUES = st.one_of(
    st.text(max_size=60), WORDS, st.sampled_from(["a\r\nBcc: b@example.com", "x" * 1200, "\r", ".\r\n."])
)
PEOPLE = st.fixed_dictionaries({"name": VALUES, "city": VALUES, "website": VALUES})


@settings(deadline=None)  # the slow builder is slow
@given(SUBJECTS, TEXTS, TEXTS, PEOPLE)
@example("A [[name]]", "<p>\n.[[name]].\n</p>", ".\n[[name]]\n.", {"name": ".", "city": "", "website": ""})
@example("[[name]]", "[[name]]", "[[name]]", {"name": "=?utf-8?q?x?= 😀" * 20, "city": "", "website": ""})
@example("  two  spaces  ", "x \ny", "x \n", {"name": "", "city": "", "website": ""})
def test_what_travels_is_the_message_that_a_plain_builder_makes(
    subject: str, html: str, text: str, person: dict[str, str]
) -> None:
    made = message(subject, html, text, person)
    source = mime_of(made, NOW)
    check_lines(source)
    found, parts = seen(source)
    expected, expected_parts = seen(slow_mime_of(made))
    # The standard library drops blanks at the ends of a Subject and reads an encoded word that someone typed.
    assert found.pop("Subject") == made.subject
    expected.pop("Subject")
    assert found == expected
    assert parts == expected_parts


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_quoted_pieces_can_be_joined_in_any_order(text: str) -> None:
    from quopri import decodestring

    piece = quoted(text)
    assert not piece or piece.endswith(b"\r\n")
    read = decodestring(piece + piece).replace(b"\r\n", b"\n").decode()
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert read == plain + plain
    for line in piece.split(b"\r\n"):
        assert len(line) <= 76
        # Decoded on its own: no line ends within an escape or within a character.
        decodestring(line.removesuffix(b"=")).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A brief", b"Subject: A brief\r\n"),
        ("word " * 20 + "end", b"Subject: " + b"word " * 12 + b"word\r\n " + b"word " * 7 + b"end\r\n"),
        ("Für Zoë", b"Subject: =?utf-8?b?RsO8ciBab8Or?=\r\n"),
        ("=?utf-8?q?typed?=", b"Subject: =?utf-8?b?PT91dGYtOD9xP3R5cGVkPz0=?=\r\n"),
    ],
)
def test_a_subject_is_readable_where_it_can_be_and_encoded_where_it_must(text: str, expected: bytes) -> None:
    assert header("Subject", text) == expected
