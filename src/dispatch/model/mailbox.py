"""Mailboxes, `Name <address>`: as headers that every provider takes; and texts of providers without addresses.

Sources: RFC 5322 section 3.4 (mailbox), RFC 2047 (encoded words), RFC 5891 (domains in punycode).
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from email.utils import formataddr, unquote
from functools import lru_cache

#: bytes in an encoded word, which has 75 characters at most with its delimiters (RFC 2047 section 2)
_WORD_BYTES = 45

#: the value of a field in a query keeps its name: `?to=…`
_FIELD = r"([?&][^\s=&@]{1,64}=)?"
#: a local part, bare or quoted (RFC 5322 section 3.4.1), also as it is written in a query
_LOCAL = r"(?:\"(?:[^\"\\\r\n]|\\.){1,64}\"|[^\s<>\"(),:;/?&@\[\]]{1,192})"
_AT = r"(?:@|%(?:25)?40)"
#: a domain, or an address of a machine in brackets
_DOMAIN = r"(?:\[[^\]\s]{1,64}\]|[\w-]+(?:\.[\w-]+)*)"
_ADDRESS = re.compile(_FIELD + _LOCAL + _AT + _DOMAIN, re.IGNORECASE)
#: what stands in the place of an address
_STRIPPED = "…"


def split_mailbox(mailbox: str) -> tuple[str, str]:
    """Return name and address of `Name <address>` or of a bare address; the name is "" where there is none.

    Nothing is checked. A name needs no quotes, whatever it holds: `Center, Inc. <a@example.org>` is one mailbox.
    """
    text = mailbox.strip()
    if not text.endswith(">"):
        return "", text
    name, _, address = text.removesuffix(">").rpartition("<")
    return " ".join(unquote(name.strip()).split()), address.strip()


@lru_cache(maxsize=64)
def mailbox_header(mailbox: str) -> str:
    """Return `Name <address>` as a From or Reply-To header holds it, in ASCII and on one line.

    A name outside ASCII becomes encoded words, which no provider makes for its callers: Amazon SES garbles it. The
    domain becomes punycode. Raise ValueError where there is no address, or where no header can hold it.
    """
    name, address = split_mailbox(mailbox)
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or re.search(r"[\s<>,@]", local + domain):
        raise ValueError("write one address, as: Name <address@domain>")
    if not (name + address).isprintable():
        raise ValueError("the name or the address has a character that does not print")
    if not local.isascii():
        raise ValueError("the address has letters other than a-z before the @, which mail providers refuse")
    address = f"{local}@{domain if domain.isascii() else _punycode(domain)}"
    return formataddr((name, address)) if name.isascii() else f"{' '.join(_encoded_words(name))} <{address}>"


def without_addresses(text: str) -> str:
    """Return the text with "…" in the place of every email address: mail servers and links like to quote them."""
    if "@" not in text and "40" not in text:
        return text
    return _ADDRESS.sub(lambda found: (found[1] or "") + _STRIPPED, text)


def _encoded_words(name: str) -> Iterator[str]:
    """Yield encoded words; none ends within a character (RFC 2047 section 5)."""
    word = b""
    for char in name:
        if len(word + char.encode()) > _WORD_BYTES:
            yield f"=?utf-8?b?{b64encode(word).decode()}?="
            word = b""
        word += char.encode()
    yield f"=?utf-8?b?{b64encode(word).decode()}?="


def _punycode(domain: str) -> str:
    import idna

    return idna.encode(domain, uts46=True).decode()
