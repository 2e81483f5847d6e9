"""What SES accepts in addresses, headers and tags, and what it says to the rest.

Source of the numbers: the SES v2 model of botocore (Header, MessageTag, Destination) and the quotas page of
the SES developer guide. botocore itself checks none of this.
"""

import re
from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from typing import Any

from dispatch.practice.wire import Refusal, bad_request

MAX_ENTRIES = 50
MAX_HEADERS = 15
#: bytes of a request with an inline template: about 1 MB of JSON
MAX_INLINE_REQUEST = 1024 * 1024

_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,126}\Z")
_HEADER_VALUE = re.compile(r"[ -~]{1,995}\Z")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}\Z"
)

#: headers that may appear once: "header fields" page of the SES developer guide
_ONCE = re.compile(
    "accept-language|auto-submitted|bounces-to|comments|content-(?:class|type)|date|delivered-to|errors-to|feedback-id"
    "|importance|in-reply-to|keywords|list-(?:archive|help|id|owner|post|subscribe|unsubscribe|unsubscribe-post)"
    "|message-context|organization|precedence|references|reply-to|return-path|return-receipt-to|sensitivity"
    "|thread-(?:index|topic)|user-agent"
)
#: headers that SES writes itself
_RESERVED = re.compile(
    "bcc|cc|content-transfer-encoding|content-type|date|from|message-id|mime-version|return-path|sender|subject|to"
)


def bare(mailbox: object) -> str:
    """The address in `Name <address>`. Raises Refusal where it is none: ASCII only, punycode domains."""
    if not isinstance(mailbox, str) or not mailbox:
        raise bad_request("Missing an email address.")
    address = mailbox if mailbox.isascii() and "<" not in mailbox and "," not in mailbox else parseaddr(mailbox)[1]
    if "\r" in mailbox or "\n" in mailbox:
        raise bad_request("Illegal address.")
    if not address.rpartition("@")[0].isascii():
        raise bad_request("Local address contains control or whitespace or non-ASCII characters.")
    if not _ADDRESS.match(address):
        raise bad_request(f"Illegal address: {address[:80]!r}." if "@" in address else "Missing final '@domain'.")
    return address


def recipient(destination: object) -> str:
    """Return the bare address of the one recipient of a Destination. Raise Refusal.

    SES takes up to 50; dispatch sends each message to one person, so no more are needed here.
    """
    given = destination if isinstance(destination, Mapping) else {}
    mailboxes = [mailbox for found in given.values() for mailbox in found or ()]
    if len(mailboxes) != 1 or not given.get("ToAddresses"):
        raise bad_request("Destination must have one address in ToAddresses; the practice server takes no more.")
    return bare(mailboxes[0])


def tags(given: object) -> dict[str, str]:
    """Tags by name. Raises Refusal unless both name and value are of A-Z a-z 0-9 _ - and 1 to 256 long."""
    found: dict[str, str] = {}
    for tag in _items(given):
        name, value = tag.get("Name"), tag.get("Value")
        for part, text in (("name", name), ("value", value)):
            if not isinstance(text, str) or not _TAG.match(text):
                raise Refusal(
                    "BadRequestException",
                    f"Invalid message tag {part} <{str(text)[:40]}>: A-Z, a-z, 0-9, _ and - are allowed, 1 to 256.",
                )
        if name in found:
            raise bad_request(f"Duplicate message tag name: {name}.")
        found[str(name)] = str(value)
    return found


def headers(given: object) -> list[tuple[str, str]]:
    """Headers in order. Raises Refusal for too many, for line breaks, non-ASCII, reserved or repeated names."""
    found = [_header(header.get("Name"), header.get("Value")) for header in _items(given)]
    if len(found) > MAX_HEADERS:
        raise bad_request(f"Too many headers: {len(found)}; {MAX_HEADERS} are allowed.")
    once = [name.lower() for name, _ in found if _ONCE.fullmatch(name.lower())]
    if len(once) != len(set(once)):
        raise bad_request("Duplicate header: each of the list headers may appear once.")
    return found


def _header(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not _HEADER_NAME.match(name):
        raise bad_request("Invalid header name: 1 to 126 printable ASCII characters without colon are allowed.")
    if _RESERVED.fullmatch(name.lower()):
        raise bad_request(f"Header {name} cannot be set.")
    if not isinstance(value, str) or not _HEADER_VALUE.match(value):
        raise bad_request(f"Invalid value of header {name}: 1 to 995 printable ASCII characters are allowed.")
    if len(name) + len(value) > 996:
        raise bad_request(f"Header {name} is too long: name and value together may have 996 characters.")
    return name, value


def merged_headers(common: Iterable[tuple[str, str]], own: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The template's headers, with those of the entry over them by name. Raises Refusal for more than 15."""
    names = {name.lower() for name, _ in own}
    merged = [*((name, value) for name, value in common if name.lower() not in names), *own]
    if len(merged) > MAX_HEADERS:
        raise bad_request(f"Too many headers: {len(merged)}; {MAX_HEADERS} are allowed.")
    return merged


def _items(given: object) -> list[Mapping[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        raise bad_request("A list of names and values was expected.")
    return given
