"""What a practice server grants, and how its crowd behaves."""

from dataclasses import dataclass, field

#: the account that every practice server stands for; the number that Amazon's own examples use
ACCOUNT_ID = "123456789012"
#: the access key of every practice server; one that belongs to a workspace follows it after a dash
ACCESS_KEY = "practice"


@dataclass(frozen=True, slots=True)
class Crowd:
    """How readers behave whose address says nothing about it: shares of all such addresses, 0 to 1.

    Which reader does what is drawn from the SHA-256 of the address, so the same address always does the same.
    """

    opens: float = 0.45
    clicks: float = 0.12
    soft_bounces: float = 0.01
    hard_bounces: float = 0.0
    complaints: float = 0.0
    #: mail scanners that follow several links within a second
    scanners: float = 0.03


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """The settings of a practice server."""

    #: recipients per second that the account grants
    max_per_second: float = 14.0
    #: recipients per 24 hours; -1 without limit, as Amazon writes it
    max_per_day: float = 50_000
    configuration_set: str = "dispatch"
    queue_name: str = "dispatch-events"
    region: str = "us-east-1"
    #: seconds added to the publication of every event
    event_delay: float = 0.0
    #: share of an event's plausible delay after which it is published; its timestamp keeps the whole delay
    event_delay_factor: float = 0.1
    #: False: addresses that say nothing about themselves get Send and Delivery and no more
    crowd: bool = True
    crowd_habits: Crowd = field(default_factory=Crowd)
    #: addresses and domains that may send; None: everyone may
    verified: tuple[str, ...] | None = None
    #: False: unsigned calls are answered too
    check_signatures: bool = True
    #: how old a signature may be, in seconds; Amazon's is 300
    signature_seconds: int = 300
    #: the workspace that it belongs to: access keys `practice-…` of any other are refused
    owner: str = ""
    #: calls per second granted to each operation that carries no mail, as at Amazon; 0 without limit
    calls_per_second: float = 1.0
