"""Mailboxes become headers in ASCII; texts lose the addresses in them."""

from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.model.mailbox import mailbox_header, split_mailbox, without_addresses


@pytest.mark.parametrize(
    ("typed", "header"),
    [
        ("news@example.org", "news@example.org"),
        ("The Center <news@example.org>", "The Center <news@example.org>"),
        ("Center, Inc. <news@example.org>", '"Center, Inc." <news@example.org>'),
        ('"Center, Inc." <news@example.org>', '"Center, Inc." <news@example.org>'),
        ("Krištof <news@example.org>", "=?utf-8?b?S3JpxaF0b2Y=?= <news@example.org>"),
        ("Центр <news@example.org>", "=?utf-8?b?0KbQtdC90YLRgA==?= <news@example.org>"),
        ("Center <news@münchen.example>", "Center <news@xn--mnchen-3ya.example>"),
        ("<news@example.org>", "news@example.org"),
    ],
)
def test_a_mailbox_becomes_a_header_in_ascii(typed: str, header: str) -> None:
    assert mailbox_header(typed) == header


def test_a_long_name_becomes_several_words_on_one_line() -> None:
    header = mailbox_header(f"{'Америка-Евразия ' * 9}<news@example.org>")
    words = header.split(" ")[:-1]
    assert len(words) > 3
    assert all(word.startswith("=?utf-8?") and len(word) <= 75 for word in words)
    assert "\n" not in header


NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=80)


@given(NAMES)
def test_every_name_is_read_back_from_the_header_as_it_was_typed(name: str) -> None:
    header = mailbox_header(f"{name} <news@example.org>")
    assert header.isascii()
    assert "\n" not in header
    shown, address = parseaddr(header)
    assert address == "news@example.org"
    assert str(make_header(decode_header(shown))) == split_mailbox(f"{name} <news@example.org>")[0]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Center",
        "Center <news>",
        "a@example.org, b@example.org",
        "X <a b@example.org>",
        "X <jürgen@example.org>",
        "X <a@example.org> y",
        "X\x07 <a@example.org>",
        "X <a@>",
        "X <a@\ud800.example>",
    ],
)
def test_what_is_not_one_mailbox_is_no_header(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mailbox_header(typed)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <ann@example.com>: user unknown", "550 5.1.1 <…>: user unknown"),
        ("smtp; 550 5.1.1 ann.o'brien+x@mail.example.com unknown", "smtp; 550 5.1.1 … unknown"),
        ('550 "Ann Roe"@example.com refused', "550 … refused"),
        ("550 bounce-ann=example.com@lists.example.org", "550 …"),
        ("550 ann@localhost, bob@[192.0.2.1]", "550 …, …"),
        ("ann@exämple.com", "…"),
        ("https://example.com/form?to=ann@example.org&x=1", "https://example.com/form?to=…&x=1"),
        ("https://example.com/form?to=ann%2Bx%40example.org", "https://example.com/form?to=…"),
        ("https://example.com/?u=https%3A%2F%2Fx.example%2Fann%2540example.org", "https://example.com/?u=…"),
        ("https://example.com/@someone/page", "https://example.com/@someone/page"),
        ("450 4.2.2 over quota, 40 messages", "450 4.2.2 over quota, 40 messages"),
        ("no address at all", "no address at all"),
    ],
)
def test_a_text_loses_its_addresses_and_nothing_else(said: str, kept: str) -> None:
    assert without_addresses(said) == kept


def test_a_long_text_of_no_addresses_costs_little() -> None:
    assert without_addresses("40" + "a" * 20_000) == "40" + "a" * 20_000
