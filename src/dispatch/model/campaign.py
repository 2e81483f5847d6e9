"""Campaign, Plan and Counts: the sending of one Brief, whom it is for, and the numbers that must add up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dispatch.model.delivery import COUNTED, CampaignId


class CampaignState(StrEnum):
    """Where a Campaign stands."""

    #: recipients and text are locked; nothing leaves before its time
    SCHEDULED = "scheduled"
    SENDING = "sending"
    #: stopped by a person, a limit or the provider; `resume` goes on with it
    PAUSED = "paused"
    #: nothing queued, nothing being submitted
    FINISHED = "finished"
    #: given up by a person; what was queued is skipped
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many messages of a Campaign may leave, through all processes together."""

    messages: int
    #: whether it is what the provider grants for 24 hours, so that it passes with time
    is_of_today: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """The sending of one Brief: one per Brief, unless it is taken back before the first message leaves."""

    id: CampaignId
    slug: str
    title: str
    date: str
    state: CampaignState
    #: why it is paused
    reason: str
    #: what to do about it
    todo: str
    #: `ses`, `smtp` or `practice`
    transport: str
    created_at: datetime
    #: nothing leaves before this moment; None for at once
    not_before: datetime | None = None
    #: when a paused one goes on by itself; None for never
    goes_on_at: datetime | None = None
    #: the `seq` of the Deliveries that go first and are waited for; empty once they are judged
    canary: tuple[int, ...] = ()
    #: what may still leave under a limit; None without one
    may_send: int | None = None
    #: the limit that a person set; None for none, and for one that passes with the provider's 24 hours
    limited_to: int | None = None

    def waits_at(self, now: datetime) -> bool:
        """Return whether its time has not come: it is scheduled, or was paused before its time."""
        may_start = self.state in (CampaignState.SCHEDULED, CampaignState.PAUSED)
        return may_start and self.not_before is not None and self.not_before > now


#: how many people get which Edition: (Audience, fingerprint) -> people
Copies = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many Deliveries fall under each of the six counts; they add up to the audience."""

    queued: int = 0
    submitting: int = 0
    submitted: int = 0
    failed: int = 0
    uncertain: int = 0
    skipped: int = 0

    @property
    def audience(self) -> int:
        """Everybody: the sum of the six."""
        return sum(getattr(self, name) for name in COUNTED)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNTED))


@dataclass(frozen=True, slots=True)
class AudiencePlan:
    """What a `send` would do for one Audience."""

    audience: str
    #: people who would get its Edition
    people: int
    #: people left out, by reason
    left_out: Mapping[str, int] = field(default_factory=dict)
    #: people among `people` who are on another of the lists too, and get this Edition only
    also_elsewhere: int = 0
    #: people on its list who get the Edition of a higher priority
    given_elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would get which Edition, who is left out and why; one copy a person."""

    audiences: tuple[AudiencePlan, ...]
    #: people of these lists to whom a message of this Campaign has left, or may have
    already: int = 0
    #: Deliveries frozen earlier that still wait
    waiting: int = 0

    @property
    def new(self) -> int:
        """People who would be added to the queue."""
        return sum(plan.people for plan in self.audiences)

    @property
    def left_out(self) -> int:
        """People who would be left out."""
        return sum(sum(plan.left_out.values()) for plan in self.audiences)

    @property
    def to_send(self) -> int:
        """Mails that would leave: the number that a person types to confirm."""
        return self.new + self.waiting
