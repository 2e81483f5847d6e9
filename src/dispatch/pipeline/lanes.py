"""Lanes: threads of one process that claim, submit and settle until nobody may be claimed or they must stop."""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dispatch.errors import ProviderError
from dispatch.model.campaign import Campaign
from dispatch.model.message import Accepted, Account, Busy, Message, NotSent, Outcome, Refused, Unknown, fault_of
from dispatch.pipeline.circuit_breaker import CircuitBreaker, Stop
from dispatch.pipeline.fence import Fence
from dispatch.pipeline.message import PreparedEdition, messages, prepare_edition
from dispatch.pipeline.options import SendContext
from dispatch.pipeline.pace import Pace, Throttle, pace_for
from dispatch.pipeline.ports import IsTooLate
from dispatch.pipeline.retry import while_database_is_down
from dispatch.store import campaigns, ledger, pace
from dispatch.store.claims import Claim, Permission, claim, permission, queued
from dispatch.store.database import clock

#: how often what the provider grants is asked again
ACCOUNT_SECONDS = 60.0


@dataclass(slots=True)
class LaneState:
    """Where one lane stands between two of its transactions."""

    #: what its last call gave, not yet written down; all accepted
    unsettled: list[tuple[Claim, Outcome]] = field(default_factory=list)
    #: messages for which the pace gave a permit, whose wait is over; 0 for none
    permitted: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction gave a lane."""

    claims: list[Claim] = field(default_factory=list)
    #: whether more wait
    has_more: bool = False
    #: whether the claims have grown too old to send
    is_too_late: IsTooLate = lambda: False
    #: how long the pace wants it to wait first
    wait_seconds: float = 0.0
    #: messages that may go after the wait without asking again
    permitted: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the Outcomes of a call mean for the sending, to be written down together with them."""

    #: why the Campaign pauses; None where it goes on
    stop: Stop | None = None
    #: whether all processes hold back for a moment
    is_held_back: bool = False


class Lanes:
    """The lanes of one process for one Campaign; what they have done can be read at any time."""

    def __init__(
        self, context: SendContext, campaign: Campaign, account: Account, named: Collection[int] | None = None
    ) -> None:
        self._database = context.database
        self._mailer = context.mailer
        self._options = context.options
        self._campaign = campaign
        #: the `seq` of the Deliveries that a person named; None for all who wait
        self._named = named
        self._token_key = context.database.key("token")
        self._editions: dict[int, PreparedEdition] = {}
        self._throttle = Throttle()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._account = account
        self._account_at = time.monotonic()
        self._breaker = CircuitBreaker()
        self._threads: list[threading.Thread] = []
        #: messages accepted by the provider through these lanes
        self.accepted = 0
        #: an error that no lane could go on from
        self.fault: BaseException | None = None

    @property
    def pace(self) -> Pace:
        """The pace under what the provider grants now."""
        return pace_for(self._account, self._options.rate_share, has_bulk=self._mailer.has_bulk)

    @property
    def granted_per_second(self) -> float:
        """What the provider grants."""
        return self._account.max_per_second

    def start(self) -> None:
        """Let the lanes run."""
        calls = self._options.calls_in_flight or self.pace.calls_in_flight
        for number in range(min(calls, self._account.calls_in_flight or calls)):
            thread = threading.Thread(target=self._run, name=f"lane {number + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finish the batches in flight, settle them, take no more."""
        self._stop.set()

    @property
    def is_running(self) -> bool:
        """Whether a lane is at work."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the lanes, together no longer than `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))

    # --- one lane -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        state = LaneState()
        try:
            while self._one_batch(state):
                pass
        except BaseException as err:
            self.fault = err
            self.stop()

    def _one_batch(self, state: LaneState) -> bool:
        """Settle the last batch, claim the next and send it; False when there is nothing more to do."""
        if self._is_account_due():
            # The provider may be slow to answer, and what was accepted must not wait for that.
            self._settle(state)
            self._refresh_account()
        batch = self._take(state)
        state.unsettled = []
        state.permitted = batch.permitted
        if batch.wait_seconds:
            self._stop.wait(batch.wait_seconds)
            return True
        self._submit(batch, state)
        return batch.has_more or bool(state.unsettled)

    @while_database_is_down
    def _take(self, state: LaneState) -> Batch:
        """Write down what was accepted and claim the next batch, in one transaction.

        Who must wait for the pace is not claimed yet: a kill during the wait leaves nobody in doubt.
        """
        is_over = self._stop.is_set()
        if is_over and not state.unsettled:
            return Batch()
        campaign_id = self._campaign.id
        fence = Fence(self._options.claim_seconds)
        with self._database.writing() as connection:
            # The Campaign is held before its Deliveries, as everywhere, so that nobody waits in a circle.
            allowed = None if is_over else permission(connection, campaign_id, self._named)
            ledger.settle(connection, state.unsettled)
            if not isinstance(allowed, Permission):
                return Batch()
            size = state.permitted
            if not size:
                size = min(self.pace.batch, allowed.most or self.pace.batch)
                permit = pace.take(connection, self._account.name, size, self._per_second())
                if permit.wait_seconds:
                    return Batch(wait_seconds=permit.wait_seconds, permitted=size if permit.is_granted else 0)
            claims = claim(connection, allowed, size)
            has_more = len(claims) == size or queued(connection, campaign_id, allowed.among)
            return Batch(claims, has_more, fence.is_past)

    def _submit(self, batch: Batch, state: LaneState) -> None:
        # One call carries one Edition; a batch that holds two is two calls.
        for edition_id in dict.fromkeys(each.edition_id for each in batch.claims):
            # What the call before gave does not wait for this one.
            self._settle(state)
            share = [each for each in batch.claims if each.edition_id == edition_id]
            built = messages(share, self._prepared(edition_id), self._token_key, self._options.public_url)
            outcomes = self._call(built, batch.is_too_late)
            settled = list(zip(share, outcomes, strict=True))
            if all(isinstance(each, Accepted) for each in outcomes):
                self._note_accepted(outcomes)
                # These may wait for the transaction that claims the next batch.
                state.unsettled = settled
            else:
                self._write_down(settled, self._judge(outcomes))

    def _call(self, built: Sequence[Message], is_too_late: IsTooLate) -> list[Outcome]:
        """The Outcome of each; one that cannot travel at all is refused here, and the others go without it."""
        faults = [fault_of(message) for message in built]
        good = [message for message, fault in zip(built, faults, strict=True) if not fault]
        made = iter(self._mailer.submit(good, is_too_late, in_bulk=self.pace.in_bulk) if good else [])
        return [Refused(fault) if fault else next(made) for fault in faults]

    def _note_accepted(self, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            self.accepted += len(outcomes)
            # Of several acceptances one is enough: it ends every count of what goes wrong.
            self._breaker.note(outcomes[:1], time.monotonic())

    def _judge(self, outcomes: Sequence[Outcome]) -> Verdict:
        """What the Outcomes of a call mean; counted before they are written down, so that a stop comes with them."""
        now = time.monotonic()
        with self._lock:
            self.accepted += sum(isinstance(each, Accepted) for each in outcomes)
            stop = self._breaker.note(outcomes, now)
            is_throttled = self._breaker.defers_all or any(_is_throttled(each) for each in outcomes)
            if is_throttled:
                self._throttle.refused(now)
        return Verdict(stop, is_throttled or any(isinstance(each, NotSent) for each in outcomes))

    def _settle(self, state: LaneState) -> None:
        """Commit the acceptances in a transaction of their own: they do not hold other rows while they wait for one."""
        if state.unsettled:
            self._write_down(state.unsettled)
            state.unsettled = []

    @while_database_is_down
    def _write_down(self, outcomes: Sequence[tuple[Claim, Outcome]], verdict: Verdict = Verdict()) -> None:
        """Settle the Outcomes and stop the Campaign where they say so, in one transaction.

        Nobody comes back to the queue of a Campaign that is not paused yet, from where another lane would take them.
        """
        stop = verdict.stop
        with self._database.writing() as connection:
            if stop is not None:
                goes_on_at = clock(connection) + timedelta(hours=1) if stop.is_for_today else None
                campaigns.pause_if_sending(connection, self._campaign.id, stop.reason, stop.todo, goes_on_at)
            ledger.settle(connection, outcomes)
            if verdict.is_held_back:
                pace.hold_back(connection, self._account.name, 1.0)
        if stop is not None:
            self.stop()

    # --- what all lanes share -------------------------------------------------------------------------------------

    def _per_second(self) -> float:
        with self._lock:
            return self.pace.per_second * self._throttle.share(time.monotonic())

    def _is_account_due(self) -> bool:
        """Whether what is granted must be asked again, by the lane that gets this answer."""
        with self._lock:
            is_due = time.monotonic() - self._account_at >= ACCOUNT_SECONDS
            if is_due:
                self._account_at = time.monotonic()
            return is_due

    def _refresh_account(self) -> None:
        try:
            found = self._mailer.account()
        except ProviderError:
            # What it granted a minute ago holds until it answers again.
            return
        if found.stopped:
            todo = "Amazon says why in the SES console, under Account dashboard."
            self._write_down([], Verdict(Stop(found.stopped, todo)))
        self._account = found

    @while_database_is_down
    def _prepared(self, edition_id: int) -> dict[int, PreparedEdition]:
        if edition_id not in self._editions:
            with self._database.reading() as connection:
                frozen = campaigns.frozen_editions(connection, self._campaign.id)
            self._editions = {each.id: prepare_edition(each) for each in frozen}
        return self._editions


def _is_throttled(outcome: Outcome) -> bool:
    """Whether the provider said that it is too fast."""
    return isinstance(outcome, Busy) or (isinstance(outcome, Unknown) and outcome.is_throttled)
