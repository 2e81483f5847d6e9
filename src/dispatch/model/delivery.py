"""Delivery: one Campaign x one address, its states, and the total rule that moves them.

States only rise in rank, so that events may come late, twice and in any order and still end in the same place.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

#: random, 128 bits, 32 hex digits; the `delivery` tag of its message
DeliveryId = NewType("DeliveryId", str)
#: random, 128 bits, 32 hex digits; the `campaign` tag of its messages
CampaignId = NewType("CampaignId", str)


class DeliveryState(StrEnum):
    """Where a Delivery stands."""

    #: waits for its turn; nothing has left
    QUEUED = "queued"
    #: left out, with a reason; nothing will leave
    SKIPPED = "skipped"
    #: claimed by a process that is about to call, or has called, the provider
    SUBMITTING = "submitting"
    #: refused at the call; nothing left
    FAILED = "failed"
    #: a call was made and nobody knows yet the outcome of it
    UNCERTAIN = "uncertain"
    #: accepted by the provider
    SUBMITTED = "submitted"
    #: accepted, and not delivered for a passing reason, after the provider's own tries
    SOFT_BOUNCED = "soft bounced"
    #: accepted by the reader's mail server
    DELIVERED = "delivered"
    #: accepted at the call, then not sent: virus found, or the template failed
    REJECTED = "rejected"
    #: hard bounce: refused permanently by the reader's mail server
    BOUNCED = "bounced"
    #: delivered, and reported as spam
    COMPLAINED = "complained"


#: accepted by the provider, whatever came later
ACCEPTED = frozenset(
    {
        DeliveryState.SUBMITTED,
        DeliveryState.SOFT_BOUNCED,
        DeliveryState.DELIVERED,
        DeliveryState.REJECTED,
        DeliveryState.BOUNCED,
        DeliveryState.COMPLAINED,
    }
)

#: the six counts that add up to the audience; all accepted states count as `submitted`
COUNTED = ("queued", "submitting", "submitted", "failed", "uncertain", "skipped")


def counted_as(state: DeliveryState) -> str:
    """The one of the six counts under which a state falls."""
    return "submitted" if state in ACCEPTED else state.value


class SkipReason(StrEnum):
    """Why a person was left out."""

    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    INVALID = "invalid address"
    ERASED = "erased"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What an Event says, in dispatch's few words."""

    SENT = "sent"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    SOFT_BOUNCED = "soft bounced"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    OPENED = "opened"
    CLICKED = "clicked"
    #: a reader's act on our pages
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"


_RANK = {
    DeliveryState.QUEUED: 0,
    DeliveryState.SUBMITTING: 0,
    DeliveryState.SKIPPED: 0,
    DeliveryState.FAILED: 1,
    DeliveryState.UNCERTAIN: 1,
    DeliveryState.SUBMITTED: 2,
    DeliveryState.SOFT_BOUNCED: 3,
    DeliveryState.DELIVERED: 4,
    DeliveryState.REJECTED: 5,
    DeliveryState.BOUNCED: 6,
    DeliveryState.COMPLAINED: 7,
}

_REACHES = {
    EventKind.SENT: DeliveryState.SUBMITTED,
    EventKind.DELAYED: DeliveryState.SUBMITTED,
    EventKind.OPENED: DeliveryState.SUBMITTED,
    EventKind.CLICKED: DeliveryState.SUBMITTED,
    EventKind.UNSUBSCRIBED: DeliveryState.SUBMITTED,
    EventKind.RESUBSCRIBED: DeliveryState.SUBMITTED,
    EventKind.SOFT_BOUNCED: DeliveryState.SOFT_BOUNCED,
    EventKind.DELIVERED: DeliveryState.DELIVERED,
    EventKind.REJECTED: DeliveryState.REJECTED,
    EventKind.BOUNCED: DeliveryState.BOUNCED,
    EventKind.COMPLAINED: DeliveryState.COMPLAINED,
}


def rank(state: DeliveryState) -> int:
    """How much a state knows; events only ever raise it."""
    return _RANK[state]


def advance(state: DeliveryState, event: EventKind) -> DeliveryState:
    """The state after an event: the higher of the two ranks.

    Total: every state takes every event. Any event proves that the provider accepted the message, because it carries
    the Delivery's tag, so it lifts even `skipped` or `failed`. Any order and any repetition of events end the same.
    """
    reached = _REACHES[event]
    return reached if rank(reached) > rank(state) else state


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the ledger, as a person would look at it."""

    id: DeliveryId
    campaign_id: CampaignId
    #: the address as typed; after an erasure its keyed hash
    address: str
    #: the Audience whose Edition this person gets
    audience: str
    state: DeliveryState
    #: why it was skipped or failed, or what is known of an uncertain one
    reason: str
    #: how many claims it has had
    attempt: int
    claimed_at: datetime | None
    submitted_at: datetime | None
    message_id: str
