"""Lanes: threads of one process that claim, submit and settle until the queue is empty or somebody says stop."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dispatch.errors import ProviderError, StoreError
from dispatch.model.campaign import Campaign
from dispatch.model.message import Accepted, Account, Busy, Message, NotSent, Outcome, Refused, Unknown, fault_of
from dispatch.pipeline.fence import Fence
from dispatch.pipeline.message import Stationery, messages, stationery
from dispatch.pipeline.pace import Pace, Throttle, pace_for
from dispatch.pipeline.ports import Mailer
from dispatch.pipeline.streaks import Halt, Streaks
from dispatch.store import campaigns, ledger, pace
from dispatch.store.database import Database, clock

#: how long a database that is gone is waited for
DATABASE_PATIENCE_SECONDS = 60.0
#: how often what the provider grants is asked again
ACCOUNT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SendOptions:
    """The settings of a send."""

    public_url: str
    claim_seconds: int
    grace_seconds: int
    settle_seconds: int
    rate_share: float
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
        self._papers: dict[int, Stationery] = {}
        self._throttle = Throttle()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        #: messages that may still be handed over; None for all
        self.left = left
        self._account = account
        self._account_at = time.monotonic()
        self._streaks = Streaks()
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
        for number in range(self._options.calls_in_flight):
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
        try:
            while not self._stop.is_set() and self._one_patient_batch():
                pass
        except BaseException as err:
            self.fault = err
            self.stop()

    def _one_patient_batch(self) -> bool:
        """One batch, waiting for a database that is gone for a while; False when there is nothing more to do."""
        until = time.monotonic() + DATABASE_PATIENCE_SECONDS
        while True:
            try:
                return self._one_batch()
            except StoreError:
                if time.monotonic() > until or self._stop.wait(0.5):
                    raise

    def _one_batch(self) -> bool:
        """Claim, submit and settle one batch; False when there is nothing more to do."""
        size = self._reserve(self.pace.batch)
        claims: list[ledger.Claim] = []
        has_more = False
        try:
            if size and self._wait_for_permit(size):
                fence = Fence(self._options.claim_seconds)
                claims, has_more = self._claim(size)
        finally:
            self._give_back(size - len(claims))
        if claims:
            self._submit(claims, fence)
        return has_more

    def _claim(self, size: int) -> tuple[list[ledger.Claim], bool]:
        """Up to `size` claims, and whether more wait."""
        choice, campaign_id = self._choice, self._campaign.id
        with self._database.writing() as connection:
            if not campaigns.may_claim(connection, campaign_id, is_named=choice.is_named, is_canary=choice.is_canary):
                return [], False
            claims = ledger.claim(connection, campaign_id, size, choice.seqs)
            return claims, len(claims) == size or ledger.queued(connection, campaign_id, choice.seqs)

    def _submit(self, claims: Sequence[ledger.Claim], fence: Fence) -> None:
        # One call carries one Edition; a batch that holds two is two calls.
        for edition_id in dict.fromkeys(claim.edition_id for claim in claims):
            share = [claim for claim in claims if claim.edition_id == edition_id]
            letters = messages(share, self._stationeries(edition_id), self._token_key, self._options.public_url)
            outcomes = self._hand_over(letters, fence)
            self._settle(list(zip(share, outcomes, strict=True)))
            self._react(outcomes)

    def _hand_over(self, letters: Sequence[Message], fence: Fence) -> list[Outcome]:
        """The Outcome of each; one that cannot travel at all is refused here, and the others go without it."""
        faults = [fault_of(letter) for letter in letters]
        good = [letter for letter, fault in zip(letters, faults, strict=True) if not fault]
        made = iter(self._mailer.submit(good, fence.is_past, in_bulk=self.pace.in_bulk) if good else [])
        return [Refused(fault) if fault else next(made) for fault in faults]

    def _settle(self, outcomes: Sequence[tuple[ledger.Claim, Outcome]]) -> None:
        """Commit the outcomes, waiting for a database that is gone for a while: no acceptance is forgotten."""
        until = time.monotonic() + DATABASE_PATIENCE_SECONDS
        while True:
            try:
                with self._database.writing() as connection:
                    ledger.settle(connection, outcomes)
            except StoreError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                return

    def _react(self, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            self.accepted += sum(isinstance(each, Accepted) for each in outcomes)
            self.refused += sum(isinstance(each, Refused) for each in outcomes)
            if self.left is not None:
                self.left += sum(not isinstance(each, Accepted | Refused | Unknown) for each in outcomes)
            halt = self._streaks.note(outcomes, time.monotonic())
            is_busy = any(isinstance(each, Busy) for each in outcomes)
            if is_busy:
                self._throttle.refused(time.monotonic())
        if halt is not None:
            self._pause(halt)
        elif is_busy or any(isinstance(each, NotSent) for each in outcomes):
            self._hold_back()

    def _hold_back(self) -> None:
        with self._database.writing() as connection:
            pace.hold_back(connection, self._account.name, 1.0)

    def _pause(self, halt: Halt) -> None:
        with self._database.writing() as connection:
            goes_on_at = clock(connection) + timedelta(hours=1) if halt.is_for_today else None
            campaigns.pause_if_sending(connection, self._campaign.id, halt.reason, halt.todo, goes_on_at)
        self.stop()

    def _wait_for_permit(self, size: int) -> bool:
        """Wait until `size` messages may leave; False when somebody said stop meanwhile."""
        while not self._stop.is_set():
            self._refresh_account()
            rate = self.pace.per_second * self._throttle.share(time.monotonic())
            with self._database.writing() as connection:
                permit = pace.take(connection, self._account.name, size, rate)
            if self._stop.wait(permit.wait_seconds):
                return False
            if permit.is_granted:
                return True
        return False

    def _refresh_account(self) -> None:
        with self._lock:
            if time.monotonic() - self._account_at < ACCOUNT_SECONDS:
                return
            self._account_at = time.monotonic()
        try:
            found = self._mailer.account()
        except ProviderError:
            # What it granted a minute ago holds until it answers again.
            return
        if found.stopped:
            self._pause(Halt(found.stopped, "Amazon says why in the SES console, under Account dashboard."))
        self._account = found

    def _reserve(self, size: int) -> int:
        with self._lock:
            if self.left is None:
                return size
            taken = min(size, self.left)
            self.left -= taken
            return taken

    def _give_back(self, size: int) -> None:
        with self._lock:
            if self.left is not None:
                self.left += size

    def _stationeries(self, edition_id: int) -> dict[int, Stationery]:
        if edition_id not in self._papers:
            with self._database.reading() as connection:
                frozen = campaigns.frozen_editions(connection, self._campaign.id)
            self._papers = {each.id: stationery(each) for each in frozen}
        return self._papers
