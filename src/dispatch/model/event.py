"""Notification and Event: what the provider said, and the dated facts that were read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dispatch.model.delivery import DeliveryId, EventKind
from dispatch.model.member import SuppressionReason


class NotificationState(StrEnum):
    """The outcome of a Notification."""

    NEW = "new"
    READ = "read"
    #: carries tags of another database; kept and counted
    FOREIGN = "foreign"
    #: cannot be understood; kept and shown
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Notification:
    """A raw body that came from the provider, kept before it is understood."""

    #: the transport's own id where there is one: the same notification twice is one
    transport_id: str
    body: str


class Reader(StrEnum):
    """Who opened or clicked, as far as the signs go."""

    HUMAN = "human"
    #: a mail provider's picture proxy: someone may have looked
    PROXY = "proxy"
    #: a scanner or a prefetch: nobody looked
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Event:
    """One dated fact about one Delivery."""

    delivery_id: DeliveryId
    kind: EventKind
    at: datetime
    #: who opened or clicked, None for other kinds
    reader: Reader | None = None
    #: the rule that told the reader, or the bounce's type and subtype
    rule: str = ""
    #: the provider's words, the link, the user agent: never an address
    detail: Mapping[str, str] = field(default_factory=dict)
    #: SHA-256 (hex) of what makes the fact the same fact
    fingerprint: str = ""
    #: why the address must not be mailed again, None where it may
    suppress: SuppressionReason | None = None
