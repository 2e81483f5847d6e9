"""Member, Subscription, Suppression: who can be mailed, and who must not."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

#: the identity of a person: casefolded local part @ lower-case punycode domain
MemberKey = NewType("MemberKey", str)


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address that was checked."""

    #: as typed; mail goes to it
    typed: str
    #: local part as typed @ punycode domain: what travels in an envelope
    ascii: str
    key: MemberKey


def folded(text: str) -> str:
    """Return the text without case and accents, for searching."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def folded_member(name: str, address: str, key: str) -> str:
    """Return what a search for a Member looks through: name, address as typed and key, folded, a line each."""
    return "\n".join(dict.fromkeys((folded(name), folded(address), folded(key))))


class SubscriptionState(StrEnum):
    """What a Member wants of one list."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Ties a Member to a list."""

    member_list: str
    state: SubscriptionState
    #: since when it is in this state
    since: datetime
    #: where it comes from: a file's name, `added by hand`, `unsubscribe page`
    source: str


@dataclass(frozen=True, slots=True)
class Member:
    """One person = one address."""

    address: str
    key: MemberKey
    name: str = ""
    #: further columns of the lists, by lower-case name: the values that merge tokens can use
    attributes: Mapping[str, str] = field(default_factory=dict)
    subscriptions: tuple[Subscription, ...] = ()

    def values(self) -> dict[str, str]:
        """What merge tokens can use of this person: attributes, `name`, `email`."""
        return {**self.attributes, "name": self.name, "email": self.address}


class SuppressionReason(StrEnum):
    """Why an address must not be mailed."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    #: on the provider's own suppression list: it would accept and not send
    PROVIDER = "provider"
    #: a person said so
    BY_HAND = "by hand"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be mailed; found by a keyed hash, so that it outlives the Member."""

    #: HMAC-SHA-256 (hex) of the MemberKey under the database's own key
    address_hash: str
    reason: SuppressionReason
    since: datetime
    #: the provider's words, without addresses
    detail: str = ""
