"""Tokens: what the links in a mail carry, and what is not taken for one."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from dispatch import tokens
from dispatch.tokens import TokenKind

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ID = "00112233445566778899aabbccddeeff"
identifiers = st.binary(min_size=16, max_size=16).map(bytes.hex)
kinds = st.sampled_from(list(TokenKind))


@given(identifiers, kinds)
def test_a_token_names_what_it_was_signed_for(identifier: str, kind: TokenKind) -> None:
    assert tokens.read(KEY, kind, tokens.sign(KEY, kind, identifier)) == identifier


@given(identifiers, kinds, kinds)
def test_a_token_of_one_kind_is_worthless_as_another(identifier: str, kind: TokenKind, other: TokenKind) -> None:
    read = tokens.read(KEY, other, tokens.sign(KEY, kind, identifier))

    assert (read == identifier) is (kind is other)


@given(identifiers, kinds)
def test_a_token_of_another_database_is_none(identifier: str, kind: TokenKind) -> None:
    assert tokens.read(OTHER_KEY, kind, tokens.sign(KEY, kind, identifier)) is None


@given(st.integers(0, 34), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_a_token_with_any_character_changed_is_none(place: int, character: str) -> None:
    token = tokens.sign(KEY, TokenKind.READER, ID)
    changed = token[:place] + character + token[place + 1 :]

    assert (tokens.read(KEY, TokenKind.READER, changed) == ID) is (changed == token)


@given(st.text(max_size=60))
def test_any_text_that_is_no_token_is_none(text: str) -> None:
    assert tokens.read(KEY, TokenKind.READER, text) is None


def test_a_token_is_short_and_safe_in_an_address() -> None:
    token = tokens.sign(KEY, TokenKind.READER, ID)

    assert re.fullmatch(r"[A-Za-z0-9_-]{35}", token)


def test_a_token_stays_the_same_for_ever() -> None:
    # Mails of any age carry it: this value may never change.
    assert tokens.sign(KEY, TokenKind.READER, ID) == "ABEiM0RVZneImaq7zN3u__c4GfQ7AqJK6UY"


def test_a_cut_or_lengthened_token_is_none() -> None:
    token = tokens.sign(KEY, TokenKind.READER, ID)

    for wrong in (token[:-1], token + "A", token + "=", " " + token, token.encode().decode() + "\n", ""):
        assert tokens.read(KEY, TokenKind.READER, wrong) is None


def test_the_addresses_that_mails_carry() -> None:
    assert tokens.unsubscribe_url("https://news.example.org", "TOKEN") == "https://news.example.org/u/TOKEN"
    assert tokens.picture_url("https://news.example.org", "ab.jpg") == "https://news.example.org/i/ab.jpg"
    assert tokens.web_copy_url("https://news.example.org", "a-brief", "center") == (
        "https://news.example.org/b/a-brief/center"
    )
    assert tokens.approval_url("https://news.example.org", "TOKEN") == "https://news.example.org/approve/TOKEN"
