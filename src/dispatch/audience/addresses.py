"""E-mail addresses as people and files type them: checked, and brought to the key that names a person.

The syntax is that of email-validator, strict (RFC 5321 lengths), without internationalised local parts, which
Amazon SES does not take. Nothing is looked up in the DNS.
"""

import re
from dataclasses import dataclass
from email.utils import unquote
from functools import lru_cache

from dispatch.model.member import Address, MemberKey

#: bytes of a path without its angle brackets (RFC 5321 4.5.3.1.3, erratum 1690)
MAX_ADDRESS = 254
#: longer input is not an address, whatever it is
MAX_TYPED = 1000

# A local part and a domain that need no closer look one by one: letters, digits and single inner dots.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_PLAIN_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class BadAddress:
    """Why a text is not an address that can be mailed."""

    #: one sentence
    reason: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name that was typed before it."""

    address: Address
    #: "" for none
    name: str = ""


def read_mailbox(typed: str) -> Mailbox | BadAddress:
    """What `jane@example.com` or `Jane Roe <jane@example.com>` means, or why it means nothing."""
    text = typed.strip()
    if len(text) > MAX_TYPED:
        return BadAddress("The text is far too long for an address.")
    name = ""
    if text.endswith(">") and text.count("<") == 1:
        before, _, text = text.removesuffix(">").partition("<")
        name = " ".join(unquote(before.strip()).split())
        text = text.strip()
    address = read_address(text)
    return address if isinstance(address, BadAddress) else Mailbox(address, name)


def read_address(typed: str) -> Address | BadAddress:
    """The checked address, or why it cannot be mailed; spaces around it do not count."""
    text = typed.strip()
    if not text:
        return BadAddress("There is no address.")
    if len(text) > MAX_TYPED:
        return BadAddress("The text is far too long for an address.")
    if more := _several(text):
        return more
    local, _, domain = text.rpartition("@")
    is_plain = len(local) <= 64 and _PLAIN_LOCAL.fullmatch(local) and _PLAIN_DOMAIN.fullmatch(domain)
    if not is_plain:
        return _check(text)
    checked = _check_domain(domain)
    if isinstance(checked, BadAddress):
        return checked
    if len(local) + 1 + len(checked) > MAX_ADDRESS:
        return _check(text)
    return _address(text, local, checked)


def _several(text: str) -> BadAddress | None:
    """Two addresses in one place; the checker would only complain about a character."""
    if text.count("@") > 1 and re.search(r"@[^\s,;@]+[\s,;]+[^\s,;@]+@", text):
        return BadAddress("There are several addresses; there can be only one.")
    return None


def _check(text: str) -> Address | BadAddress:
    from email_validator import EmailNotValidError, validate_email

    try:
        valid = validate_email(text, allow_smtputf8=False, check_deliverability=False, strict=True)
    except EmailNotValidError as err:
        return BadAddress(_printable(str(err)))
    assert valid.ascii_domain is not None
    return _address(text, valid.local_part, valid.ascii_domain)


@lru_cache(maxsize=10_000)
def _check_domain(domain: str) -> str | BadAddress:
    """The lower-case punycode form of a plain domain; a list has far fewer domains than addresses."""
    checked = _check(f"a@{domain}")
    return checked if isinstance(checked, BadAddress) else checked.ascii.partition("@")[2]


def _address(typed: str, local: str, domain: str) -> Address:
    domain = domain.lower()
    return Address(typed, f"{local}@{domain}", MemberKey(f"{local.casefold()}@{domain}"))


def _printable(sentence: str) -> str:
    """A checker's sentence on one line, without characters that would act on a terminal."""
    return "".join(char if char.isprintable() else " " for char in " ".join(sentence.split()))
