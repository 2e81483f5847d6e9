"""Options: the settings of a send, and what a process that sends works with."""

from dataclasses import dataclass

from dispatch.pipeline.ports import Mailer, Notifications
from dispatch.store.database import Database


@dataclass(frozen=True, slots=True)
class SendOptions:
    """The settings of a send."""

    public_url: str
    claim_seconds: int
    grace_seconds: int
    settle_seconds: int
    rate_share: float
    #: 0 for as many as the pace needs
    calls_in_flight: int
    max_bounce_rate: float
    max_complaint_rate: float
    rates_after: int
    complaints_after: int
    #: longest wait for the events about the first people, in seconds from the first call
    canary_wait_seconds: int = 600


@dataclass(frozen=True, slots=True)
class SendContext:
    """What a process that sends works with."""

    database: Database
    mailer: Mailer
    #: the queue of events; None where there is none
    notifications: Notifications | None
    options: SendOptions
