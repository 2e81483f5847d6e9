"""Report: the numbers of one Campaign, computed from Deliveries and Events, never from counters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dispatch.model.campaign import Campaign, Counts


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one Audience, or of all: people, unless a name says otherwise."""

    counts: Counts = field(default_factory=Counts)
    #: accepted by the reader's mail server (and not bounced later)
    delivered: int = 0
    #: hard bounce: refused permanently by the reader's mail server
    bounced: int = 0
    #: not delivered for a passing reason
    soft_bounced: int = 0
    #: reported it as spam
    complained: int = 0
    #: accepted by the provider, then not sent: virus found, or the template failed
    rejected: int = 0
    #: people with an open by a human or a picture proxy, or with a click by a human
    opened: int = 0
    #: people with a click by a human
    clicked: int = 0
    #: people who unsubscribed by this mail's link
    unsubscribed: int = 0
    #: people left out, by reason
    left_out: Mapping[str, int] = field(default_factory=dict)
    #: people with an open, by who seems to have opened: human, proxy, machine
    opens: Mapping[str, int] = field(default_factory=dict)
    #: people with a click, by who seems to have clicked
    clicks: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Numbers") -> "Numbers":
        return Numbers(
            self.counts + other.counts,
            self.delivered + other.delivered,
            self.bounced + other.bounced,
            self.soft_bounced + other.soft_bounced,
            self.complained + other.complained,
            self.rejected + other.rejected,
            self.opened + other.opened,
            self.clicked + other.clicked,
            self.unsubscribed + other.unsubscribed,
            _sum(self.left_out, other.left_out),
            _sum(self.opens, other.opens),
            _sum(self.clicks, other.clicks),
        )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a Campaign."""

    campaign: Campaign
    audiences: Mapping[str, Numbers]
    #: Deliveries there are; the six counts must add up to it
    frozen: int
    #: Notifications with another database's tags, and Notifications that cannot be understood
    foreign_notifications: int = 0
    unreadable_notifications: int = 0

    @property
    def totals(self) -> Numbers:
        """All Audiences together."""
        return sum(self.audiences.values(), Numbers())

    @property
    def adds_up(self) -> bool:
        """Whether the states of the Deliveries sum to the frozen audience."""
        return self.totals.counts.audience == self.frozen


@dataclass(frozen=True, slots=True)
class Rates:
    """What decides whether a Campaign may go on."""

    submitted: int
    bounced: int
    complained: int

    @property
    def bounce_rate(self) -> float:
        """Hard bounces per accepted message."""
        return self.bounced / self.submitted if self.submitted else 0.0

    @property
    def complaint_rate(self) -> float:
        """Complaints per accepted message."""
        return self.complained / self.submitted if self.submitted else 0.0
