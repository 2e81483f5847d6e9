"""Circuit breaker: what goes wrong again and again means that going on would harm; the Campaign then pauses."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.model.message import Accepted, Busy, Deferred, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.model.report import Rates
from dispatch.pipeline.options import SendOptions

#: refusals one after another, of different people, that mean that the content or the account is at fault
REFUSALS_IN_A_ROW = 10
#: recipients one after another whose server asks for a later try: then it is the server of all, and it is busy
DEFERRED_IN_A_ROW = 10
#: calls one after another whose outcome is unknown: each leaves people in doubt
UNKNOWN_CALLS_IN_A_ROW = 10
#: how long a provider that cannot be reached, and one that says it is busy, is tried before a person is asked
UNREACHABLE_SECONDS = 60.0
BUSY_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a Campaign must pause, and what to do."""

    reason: str
    todo: str
    #: whether it passes by itself with the provider's 24 hours
    is_for_today: bool = False


class CircuitBreaker:
    """Counts over all lanes of one process; the caller holds a lock."""

    def __init__(self) -> None:
        self._refused = 0
        self._deferred = 0
        self._unknown_calls = 0
        self._unreachable_since: float | None = None
        self._busy_since: float | None = None

    def note(self, outcomes: Sequence[Outcome], now: float) -> Stop | None:
        """Take the Outcomes of one call, at a moment of a monotonic clock; return why to pause, None to go on."""
        for outcome in outcomes:
            if isinstance(outcome, Stopped):
                return Stop(outcome.reason, outcome.todo, outcome.is_for_today)
            self._deferred = self._deferred + 1 if isinstance(outcome, Deferred) else 0
            if isinstance(outcome, Accepted):
                self._refused = 0
            elif isinstance(outcome, Refused):
                self._refused += 1
                if self._refused >= REFUSALS_IN_A_ROW:
                    return Stop(
                        f"{REFUSALS_IN_A_ROW} people in a row were refused: {outcome.reason}",
                        "Find out what is wrong with the content or the account, then send again.",
                    )
        return self._note_call(outcomes, now)

    def _note_call(self, outcomes: Sequence[Outcome], now: float) -> Stop | None:
        if any(isinstance(each, Accepted | Refused) for each in outcomes):
            self._unknown_calls, self._unreachable_since, self._busy_since = 0, None, None
            return None
        for outcome in outcomes[:1]:
            match outcome:
                case Busy(reason) | Unknown(reason, is_throttled=True):
                    return self._note_busy(reason, now)
                case Deferred(reason) if self.defers_all:
                    return self._note_busy(reason, now)
                case Unknown(reason):
                    return self._note_unknown(reason)
                case NotSent(reason):
                    self._unreachable_since = now if self._unreachable_since is None else self._unreachable_since
                    if now - self._unreachable_since >= UNREACHABLE_SECONDS:
                        return Stop(f"Nothing could be sent: {reason}.", "Check the network, then send again.")
                case _:
                    pass
        return None

    @property
    def defers_all(self) -> bool:
        """Whether a later try is asked for so many recipients that all must go slower."""
        return self._deferred >= DEFERRED_IN_A_ROW

    def _note_busy(self, reason: str, now: float) -> Stop | None:
        self._unreachable_since = None
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since < BUSY_SECONDS:
            return None
        return Stop(f"The provider has been busy for long: {reason}.", "Send again later.")

    def _note_unknown(self, reason: str) -> Stop | None:
        self._unknown_calls += 1
        if self._unknown_calls < UNKNOWN_CALLS_IN_A_ROW:
            return None
        return Stop(
            f"{UNKNOWN_CALLS_IN_A_ROW} calls in a row had no clear answer: {reason}.",
            "Nobody is mailed twice. Find out whether the provider is well, then send again.",
        )


def why_stop(rates: Rates, options: SendOptions) -> str:
    """Why a Campaign must stop by itself, "" while it may go on."""
    if rates.submitted < options.rates_after:
        return ""
    if rates.bounce_rate > options.max_bounce_rate:
        return (
            f"{rates.bounced} of {rates.submitted} accepted messages were hard bounces: {rates.bounce_rate:.1%}, "
            f"more than {options.max_bounce_rate:.1%}."
        )
    if rates.complained >= options.complaints_after and rates.complaint_rate > options.max_complaint_rate:
        return (
            f"{rates.complained} of {rates.submitted} accepted mails were reported as spam: "
            f"{rates.complaint_rate:.2%}, more than {options.max_complaint_rate:.2%}."
        )
    return ""
