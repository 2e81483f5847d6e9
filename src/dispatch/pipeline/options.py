"""Options: the settings of a send, and to whom of a Campaign it may go."""

from dataclasses import dataclass


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
    #: mails that this call may send at most; None for all
    limit: int | None = None
    #: whether the limit is what is left of the provider's 24 hours, so that it passes by itself
    is_limit_of_today: bool = False
    #: longest wait for what becomes of a canary, in seconds
    canary_wait_seconds: int = 600


@dataclass(frozen=True, slots=True)
class Choice:
    """Which Deliveries a run of lanes may take."""

    #: their `seq`; None for everybody who waits
    seqs: frozenset[int] | None = None
    #: whether a person named them, so that they wait for nothing
    is_named: bool = False

    @property
    def is_canary(self) -> bool:
        """Whether they go first because the settings want it."""
        return self.seqs is not None and not self.is_named


EVERYBODY = Choice()
