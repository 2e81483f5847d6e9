"""Signed tokens: what the links in a mail carry.

A token names one thing and says nothing else: 16 bytes of identifier and the first 10 bytes of their HMAC-SHA-256 under
the database's key `token` and the token's kind (RFC 2104; RFC 4648 section 5 for the alphabet). Tokens never expire: a
reader may unsubscribe from a mail of any age.
"""

import base64
import binascii
import hmac
from enum import StrEnum
from urllib.parse import quote

_ID_BYTES = 16
_MAC_BYTES = 10
_TOKEN_CHARS = 35


class TokenKind(StrEnum):
    """What a token is good for; a token of one kind is worthless as another."""

    #: names a Delivery: unsubscribe and preferences of its reader
    READER = "reader"
    #: names a Proof: its links lead to a page that says so
    PROOF = "proof"
    #: names a Proof: approves it
    APPROVAL = "approval"


def sign(key: bytes, kind: TokenKind, identifier: str) -> str:
    """The token of an identifier of 32 hex digits: 35 characters of the base64url alphabet."""
    raw = bytes.fromhex(identifier)
    return base64.urlsafe_b64encode(raw + _mac(key, kind, raw)).decode().rstrip("=")


def read(key: bytes, kind: TokenKind, token: str) -> str | None:
    """The identifier that a token names; None where it was not signed with this key for this kind."""
    if len(token) != _TOKEN_CHARS or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    identifier, mac = raw[:_ID_BYTES], raw[_ID_BYTES:]
    # The last character has spare bits: only the one spelling that `sign` gives is taken.
    if not hmac.compare_digest(mac, _mac(key, kind, identifier)) or sign(key, kind, identifier.hex()) != token:
        return None
    return identifier.hex()


def _mac(key: bytes, kind: TokenKind, raw: bytes) -> bytes:
    return hmac.digest(key, kind.value.encode() + b"\0" + raw, "sha256")[:_MAC_BYTES]


def unsubscribe_url(public_url: str, token: str) -> str:
    """The page that unsubscribes: GET shows it, POST acts (RFC 8058)."""
    return f"{public_url}/u/{token}"


def picture_url(public_url: str, name: str) -> str:
    """The address of a picture, named by its content."""
    return f"{public_url}/i/{name}"


def web_copy_url(public_url: str, slug: str, audience: str) -> str:
    """The address of an Edition's web copy; it carries nothing personal."""
    return f"{public_url}/b/{quote(slug, safe='')}/{audience}"


def approval_url(public_url: str, token: str) -> str:
    """The page on which a Proof is approved: GET shows it, POST approves."""
    return f"{public_url}/approve/{token}"
