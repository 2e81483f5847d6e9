"""Pace: how fast, how many a call, and by which of the provider's two calls."""

import math
from dataclasses import dataclass

from dispatch.model.message import Account

#: granted rates up to this take SendEmail, one person a call; above it SendBulkEmail
BULK_ABOVE_PER_SECOND = 100.0
#: people in one bulk call (SES: "up to 50 destinations")
MOST_IN_BULK = 50
#: how slow an answer may be without the pace being lost
ANSWER_SECONDS = 0.25
LEAST_CALLS, MOST_CALLS = 4, 32


@dataclass(frozen=True, slots=True)
class Pace:
    """How a process sends under what the provider grants."""

    #: messages per second, all processes together
    per_second: float
    #: messages in one claim
    batch: int
    #: whether one call carries the whole claim
    in_bulk: bool

    @property
    def calls_in_flight(self) -> int:
        """How many calls at the same time hold the pace."""
        needed = math.ceil(self.per_second / self.batch * ANSWER_SECONDS)
        return min(MOST_CALLS, max(LEAST_CALLS, needed))


def pace_for(account: Account, rate_share: float, *, has_bulk: bool) -> Pace:
    """The pace under a granted rate, of which `rate_share` is taken."""
    per_second = account.max_per_second * rate_share
    in_bulk = has_bulk and account.max_per_second > BULK_ABOVE_PER_SECOND
    most = MOST_IN_BULK if in_bulk else account.messages_in_a_row
    return Pace(per_second, min(most, max(1, int(per_second / 10))), in_bulk=in_bulk)


class Throttle:
    """Lowers the pace when the provider says it is too fast, and lets it recover.

    Each refusal halves the share, each second without one gives a twentieth of it back: the classical additive
    increase, multiplicative decrease.
    """

    FLOOR = 0.05
    STEP_PER_SECOND = 0.05

    def __init__(self) -> None:
        self._share = 1.0
        self._seen_at = 0.0

    def share(self, now: float) -> float:
        """The share of the pace to take at a moment of a monotonic clock, in seconds."""
        if self._share < 1.0:
            self._share = min(1.0, self._share + self.STEP_PER_SECOND * max(0.0, now - self._seen_at))
        self._seen_at = now
        return self._share

    def refused(self, now: float) -> None:
        """The provider refused for speed."""
        self._share = max(self.FLOOR, self.share(now) / 2)
