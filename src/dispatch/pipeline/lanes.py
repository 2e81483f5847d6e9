"""Lanes: threads of one process that claim, submit and settle until the queue is empty or somebody says stop."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dispatch.errors import ProviderError
from dispatch.model.campaign import Campaign
from dispatch.model.message import Accepted, Account, Busy, Message, NotSent, Outcome, Refused, Unknown, fault_of
from dispatch.pipeline.circuit_breaker import CircuitBreaker, Stop
from dispatch.pipeline.fence import Fence
from dispatch.pipeline.message import PreparedEdition, messages, prepare_edition
from dispatch.pipeline.options import EVERYBODY, Choice, SendOptions
from dispatch.pipeline.pace import Pace, Throttle, pace_for
from dispatch.pipeline.ports import IsTooLate, Mailer
from dispatch.pipeline.retry import while_database_is_down
from dispatch.store import campaigns, ledger, pace
from dispatch.store.claims import Claim
from dispatch.store.database import Database, clock

#: how often what the provider grants is asked again
ACCOUNT_SECONDS = 60.0


@dataclass(slots=True)
class LaneState:
    """Where one lane stands between two of its transactions."""

    #: what its last call gave, not yet written down
    unsettled: list[tuple[Claim, Outcome]] = field(default_factory=list)
    #: messages that it has reserved of what may still be handed over
    size: int = 0
    #: whether the pace lets them go
    has_permit: bool = False


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
    #: whether it may go on after the wait, and need not ask again
    has_permit: bool = False


class Lanes:
    """The lanes of one process for one Campaign; what they have done can be read at any time."""

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        campaign: Campaign,
        account: Account,
        options: SendOptions,
        left: int | None,
        choice: Choice = EVERYBODY,
    ) -> None:
        self._choice = choice
        self._database = database
        self._mailer = mailer
        self._campaign = campaign
        self._options = options
        self._token_key = database.key("token")
        self._editions: dict[int, PreparedEdition] = {}
        self._throttle = Throttle()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        #: messages that may still be handed over; None for all
        self.left = left
        self._account = account
        self._account_at = time.monotonic()
        self._breaker = CircuitBreaker()
        self._threads: list[threading.Thread] = []
        #: messages accepted by the provider through these lanes
        self.accepted = 0
        #: messages that the provider refused
        self.refused = 0
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
        for number in range(self._options.calls_in_flight or self.pace.calls_in_flight):
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

    def _run(self) -> None:
        state = LaneState()
        try:
            while self._one_batch(state):
                pass
        except BaseException as err:
            self.fault = err
            self.stop()

    def _one_batch(self, state: LaneState) -> bool:
        """Settle the last batch, claim the next and hand it over; False when there is nothing more to do."""
        if self._is_account_due():
            # The provider may be slow to say it, and what was accepted must not wait for that.
            self._settle(state)
            self._refresh_account()
        if not state.size:
            state.size = self._reserve(self.pace.batch)
        batch = self._take(state)
        state.unsettled = []
        if batch.wait_seconds:
            state.has_permit = batch.has_permit
            self._stop.wait(batch.wait_seconds)
            return True
        self._give_back(state.size - len(batch.claims))
        state.size, state.has_permit = 0, False
        self._submit(batch, state)
        return batch.has_more or bool(state.unsettled)

    @while_database_is_down
    def _take(self, state: LaneState) -> Batch:
        """Write down what was accepted and take up to `turn.size` claims, in one transaction.

        Who must wait for the pace is not claimed yet: a kill during the wait leaves nobody in doubt.
        """
        may_claim = state.size > 0 and not self._stop.is_set()
        if not may_claim and not state.unsettled:
            return Batch()
        choice, campaign_id = self._choice, self._campaign.id
        fence = Fence(self._options.claim_seconds)
        with self._database.writing() as connection:
            ledger.settle(connection, state.unsettled)
            if not may_claim or not campaigns.may_claim(
                connection, campaign_id, is_named=choice.is_named, is_canary=choice.is_canary
            ):
                return Batch()
            if not state.has_permit:
                permit = pace.take(connection, self._account.name, state.size, self._per_second())
                if permit.wait_seconds:
                    return Batch(wait_seconds=permit.wait_seconds, has_permit=permit.is_granted)
            claims = ledger.claim(connection, campaign_id, state.size, choice.seqs)
            has_more = len(claims) == state.size or ledger.queued(connection, campaign_id, choice.seqs)
            return Batch(claims, has_more, fence.is_past)

    def _submit(self, batch: Batch, state: LaneState) -> None:
        # One call carries one Edition; a batch that holds two is two calls.
        for edition_id in dict.fromkeys(claim.edition_id for claim in batch.claims):
            # What the call before gave does not wait for this one.
            self._settle(state)
            share = [claim for claim in batch.claims if claim.edition_id == edition_id]
            letters = messages(share, self._prepared(edition_id), self._token_key, self._options.public_url)
            outcomes = self._hand_over(letters, batch.is_too_late)
            state.unsettled = list(zip(share, outcomes, strict=True))
            if not all(isinstance(each, Accepted) for each in outcomes):
                self._settle(state)
            self._react(outcomes)

    def _settle(self, state: LaneState) -> None:
        """Commit the outcomes in a transaction of their own: they do not hold other rows while they wait for one."""
        if state.unsettled:
            self._write_down(state.unsettled)
            state.unsettled = []

    @while_database_is_down
    def _write_down(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        with self._database.writing() as connection:
            ledger.settle(connection, outcomes)

    def _hand_over(self, letters: Sequence[Message], is_too_late: IsTooLate) -> list[Outcome]:
        """The Outcome of each; one that cannot travel at all is refused here, and the others go without it."""
        faults = [fault_of(letter) for letter in letters]
        good = [letter for letter, fault in zip(letters, faults, strict=True) if not fault]
        made = iter(self._mailer.submit(good, is_too_late, in_bulk=self.pace.in_bulk) if good else [])
        return [Refused(fault) if fault else next(made) for fault in faults]

    def _react(self, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            self.accepted += sum(isinstance(each, Accepted) for each in outcomes)
            self.refused += sum(isinstance(each, Refused) for each in outcomes)
            if self.left is not None:
                self.left += sum(not isinstance(each, Accepted | Refused | Unknown) for each in outcomes)
            stop = self._breaker.note(outcomes, time.monotonic())
            is_busy = any(isinstance(each, Busy) for each in outcomes)
            if is_busy:
                self._throttle.refused(time.monotonic())
        if stop is not None:
            self._pause(stop)
        elif is_busy or any(isinstance(each, NotSent) for each in outcomes):
            self._hold_back()

    @while_database_is_down
    def _hold_back(self) -> None:
        with self._database.writing() as connection:
            pace.hold_back(connection, self._account.name, 1.0)

    @while_database_is_down
    def _pause(self, stop: Stop) -> None:
        with self._database.writing() as connection:
            goes_on_at = clock(connection) + timedelta(hours=1) if stop.is_for_today else None
            campaigns.pause_if_sending(connection, self._campaign.id, stop.reason, stop.todo, goes_on_at)
        self.stop()

    def _per_second(self) -> float:
        with self._lock:
            return self.pace.per_second * self._throttle.share(time.monotonic())

    def _is_account_due(self) -> bool:
        """Whether what is granted must be asked again, by the lane that is told so."""
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
            self._pause(Stop(found.stopped, "Amazon says why in the SES console, under Account dashboard."))
        self._account = found

    def _reserve(self, size: int) -> int:
        with self._lock:
            if self.left is None:
                return size
            batch = min(size, self.left)
            self.left -= batch
            return batch

    def _give_back(self, size: int) -> None:
        with self._lock:
            if self.left is not None:
                self.left += size

    @while_database_is_down
    def _prepared(self, edition_id: int) -> dict[int, PreparedEdition]:
        if edition_id not in self._editions:
            with self._database.reading() as connection:
                frozen = campaigns.frozen_editions(connection, self._campaign.id)
            self._editions = {each.id: prepare_edition(each) for each in frozen}
        return self._editions
