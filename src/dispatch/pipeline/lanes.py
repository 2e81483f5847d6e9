"""Lanes: threads of one process that claim, submit and settle until the queue is empty or somebody says stop."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.errors import StoreError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.message import Accepted, Account, Busy, Outcome, Refused, Stopped, Unknown
from dispatch.pipeline.fence import Fence
from dispatch.pipeline.message import Stationery, messages, stationery
from dispatch.pipeline.pace import Pace, Throttle, pace_for
from dispatch.pipeline.ports import Mailer
from dispatch.store import campaigns, ledger, pace
from dispatch.store.database import Database

#: refusals one after another, of different people, that mean that the content or the account is at fault
REFUSALS_IN_A_ROW = 10
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
    ) -> None:
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
        self._refused_in_a_row = 0
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
            while not self._stop.is_set() and self._one_batch():
                pass
        except BaseException as err:
            self.fault = err
            self.stop()

    def _one_batch(self) -> bool:
        """Claim, submit and settle one batch; False when there is nothing more to do."""
        size = self._reserve(self.pace.batch)
        if size == 0 or not self._wait_for_permit(size):
            self._give_back(size)
            return False
        fence = Fence(self._options.claim_seconds)
        with self._database.writing() as connection:
            if campaigns.state_of(connection, self._campaign.id) is not CampaignState.SENDING:
                self._give_back(size)
                return False
            claims = ledger.claim(connection, self._campaign.id, size)
            has_more = len(claims) == size or ledger.queued(connection, self._campaign.id)
        self._give_back(size - len(claims))
        if claims:
            self._submit(claims, fence)
        return has_more

    def _submit(self, claims: Sequence[ledger.Claim], fence: Fence) -> None:
        # One call carries one Edition; a batch that holds two is two calls.
        for edition_id in dict.fromkeys(claim.edition_id for claim in claims):
            share = [claim for claim in claims if claim.edition_id == edition_id]
            letters = messages(share, self._stationeries(edition_id), self._token_key, self._options.public_url)
            outcomes = self._mailer.submit(letters, fence.is_past, in_bulk=self.pace.in_bulk)
            self._settle(list(zip(share, outcomes, strict=True)))
            self._react(outcomes)

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
            for outcome in outcomes:
                match outcome:
                    case Accepted():
                        self.accepted += 1
                        self._refused_in_a_row = 0
                    case Refused(reason):
                        self.refused += 1
                        self._refused_in_a_row += 1
                        if self._refused_in_a_row == REFUSALS_IN_A_ROW:
                            self._pause(
                                f"{REFUSALS_IN_A_ROW} people in a row were refused: {reason}",
                                "Find out what is wrong with the content or the account, then send again.",
                            )
                    case Stopped(reason, todo):
                        self._pause(reason, todo)
                    case Busy():
                        self._slow_down()
                    case Unknown():
                        pass
                    case _:
                        pass
            if self.left is not None:
                self.left += sum(not isinstance(each, Accepted | Refused | Unknown) for each in outcomes)

    def _slow_down(self) -> None:
        self._throttle.refused(time.monotonic())
        with self._database.writing() as connection:
            pace.hold_back(connection, self._account.name, 1.0)

    def _pause(self, reason: str, todo: str) -> None:
        with self._database.writing() as connection:
            if campaigns.state_of(connection, self._campaign.id) is CampaignState.SENDING:
                campaigns.set_state(connection, self._campaign.id, CampaignState.PAUSED, reason, todo)
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
        found = self._mailer.account()
        if found.stopped:
            self._pause(found.stopped, "Amazon says why in the SES console, under Account dashboard.")
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
