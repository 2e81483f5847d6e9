"""Send: the lanes, the events that come back meanwhile, the limits that stop a Campaign, and the end of it."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatch.errors import CampaignError, DispatchError, ProviderError, StoreError
from dispatch.model.campaign import Campaign, CampaignState, Counts
from dispatch.model.delivery import Delivery, DeliveryState
from dispatch.model.message import Account
from dispatch.model.report import Rates
from dispatch.pipeline.canary import canary_of, judge
from dispatch.pipeline.circuit_breaker import why_stop
from dispatch.pipeline.cost_limited_cache import CostLimitedCache
from dispatch.pipeline.heartbeat import Heartbeat
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.lanes import Lanes
from dispatch.pipeline.options import EVERYBODY, Choice, SendOptions
from dispatch.pipeline.ports import Mailer, Notifications
from dispatch.pipeline.reconcile import open_questions
from dispatch.pipeline.retry import while_database_is_down
from dispatch.store import campaigns, ledger, reports, uncertain
from dispatch.store.database import Database, clock

#: how often the progress is shown and the limits are looked at
TICK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a send is."""

    counts: Counts
    per_second: float
    granted_per_second: float
    #: seconds left at the granted pace, None before the first mail
    seconds_left: float | None
    #: `sending`, `waiting for events`, `waiting for the first people` or `waiting for its time`
    phase: str
    #: when it may start, while it waits for that
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """How a send talks to the person in front of it."""

    #: called several times a second
    show: Callable[[Progress], None]
    #: whether the person wants it to stop: the batch in flight is finished first
    is_interrupted: Callable[[], bool]
    #: asked about people whose call is of unknown outcome, after the grace and with events proven to flow
    may_send_again: Callable[[list[Delivery]], bool]


def send(
    database: Database,
    campaign: Campaign,
    mailer: Mailer,
    notifications: Notifications | None,
    account: Account,
    options: SendOptions,
    watch: Watch,
    only: frozenset[int] | None = None,
) -> Campaign:
    """Send what is queued, pull events meanwhile and until they settle; gives the Campaign as it ends.

    Can be killed at any point and called again, also by several processes at once: the ledger says what is left.
    `only` sends to the Deliveries of these `seq`, whom a person named, and to nobody else.
    """
    choice = EVERYBODY if only is None else Choice(only, is_named=True)
    return Sending(database, campaign, mailer, notifications, account, options, watch, choice).run()


class Sending:
    """One process's part in the sending of one Campaign."""

    #: what `dispatch show` calls it
    kind = "send"

    def __init__(
        self,
        database: Database,
        campaign: Campaign,
        mailer: Mailer,
        notifications: Notifications | None,
        account: Account,
        options: SendOptions,
        watch: Watch,
        choice: Choice = EVERYBODY,
    ) -> None:
        self.database = database
        self.campaign = campaign
        self.mailer = mailer
        self.notifications = notifications
        self.account = account
        self.options = options
        self.watch = watch
        self.choice = choice
        self.left = options.limit
        self.started = time.monotonic()
        self.accepted = 0
        self._counts = CostLimitedCache(self._count)
        self._rates = CostLimitedCache(self._look_at_rates)
        self._unknown = CostLimitedCache(self._ask_about_unknown)
        #: accepted through this process when the counts were taken
        self._counted_at = 0
        self._is_over = threading.Event()
        self._not_before = campaign.not_before
        self._heartbeat = Heartbeat(database, self.kind, campaign.id)

    def run(self) -> Campaign:
        """Send; gives the Campaign as it ends."""
        puller = threading.Thread(target=self._pull_events, name="events", daemon=True)
        with self._heartbeat:
            if self.notifications is not None:
                puller.start()
            try:
                if self._wait_for_its_time():
                    self._send_and_settle()
            finally:
                self._is_over.set()
                if self.notifications is not None:
                    puller.join()
        return self.close()

    def _wait_for_its_time(self) -> bool:
        """Wait until the Campaign is due; False when it was stopped before."""
        while not self.choice.is_named and (seconds := self._seconds_to_wait()) > 0:
            if self._is_stopped():
                return False
            self._wait("waiting for its time", seconds)
        return True

    @while_database_is_down
    def _seconds_to_wait(self) -> float:
        """How long it is still until the Campaign is due."""
        with self.database.reading() as connection:
            found = campaigns.find_by_id(connection, self.campaign.id)
            now = clock(connection)
        self._not_before = found.not_before if found is not None else None
        if found is None or found.not_before is None:
            return 0.0
        if found.state is CampaignState.SCHEDULED and found.not_before <= now:
            with self.database.writing() as connection:
                campaigns.start_if_due(connection, found.id)
        return (found.not_before - now).total_seconds()

    def _wait(self, phase: str, seconds: float = TICK_SECONDS) -> None:
        """Show how far it is, and wait a moment, no longer than a tick."""
        # A database that is gone is waited for where something depends on it; a look does not.
        with suppress(StoreError):
            self._show(phase)
        self._is_over.wait(min(TICK_SECONDS, seconds))

    def _send_and_settle(self) -> None:
        waited_since: float | None = None
        while True:
            if self.may_take_more():
                if not self.send_what_waits():
                    return
                waited_since = None
            waited_since = waited_since or time.monotonic()
            if self._unknown.is_due() and self._unknown() and self.may_take_more():
                continue
            if self._is_settled() or self._is_stopped():
                return
            if time.monotonic() - waited_since > self.options.settle_seconds:
                return
            self._wait("waiting for events")

    @while_database_is_down
    def may_take_more(self) -> bool:
        """Whether somebody waits whom this call may mail."""
        if self.left == 0:
            return False
        with self.database.reading() as connection:
            return ledger.queued(connection, self.campaign.id, self.choice.seqs)

    def send_what_waits(self) -> bool:
        """Run the lanes, a canary first; False when the Campaign was stopped."""
        while not self.choice.is_named and (first := self._canary()):
            if self.left == 0:
                return True
            self._run_lanes(Choice(first))
            self._judge()
            if self._is_stopped():
                return False
            self._wait("waiting for the first people")
        self._run_lanes(self.choice)
        return not self._is_stopped()

    @while_database_is_down
    def _canary(self) -> frozenset[int]:
        """Who goes first and is not judged yet."""
        return canary_of(self.database, self.campaign)

    @while_database_is_down
    def _judge(self) -> None:
        judge(self.database, self.campaign, self.options)

    def _run_lanes(self, choice: Choice) -> None:
        lanes = Lanes(self.database, self.mailer, self.campaign, self.account, self.options, self.left, choice)
        # Before the first mail: an earlier send's events may have come since.
        self._mind_the_rates()
        lanes.start()
        while lanes.is_running:
            lanes.join(TICK_SECONDS)
            if self.watch.is_interrupted():
                lanes.stop()
            # The lanes wait for a database that is gone, and end with its fault when it does not come back.
            with suppress(StoreError):
                self._mind_the_rates()
                self._show("sending", lanes)
                self._heartbeat.note(self.accepted + lanes.accepted)
        self.accepted += lanes.accepted
        if isinstance(lanes.fault, DispatchError):
            raise lanes.fault
        if lanes.fault is not None:
            raise RuntimeError("a lane failed") from lanes.fault
        self.left = lanes.left

    def _pull_events(self) -> None:
        assert self.notifications is not None
        while not self._is_over.is_set():
            try:
                pull(self.database, self.notifications, wait_seconds=1, keep_on=lambda: not self._is_over.is_set())
            except DispatchError as err:
                # Mail goes on without events; the report says what is not known.
                if not isinstance(err, ProviderError):
                    self._is_over.wait(1.0)
                self._is_over.wait(1.0)

    def _ask_about_unknown(self) -> bool:
        """Ask about people whose call is of unknown outcome; gives whether some are to be mailed again."""
        people = self._in_question()
        return bool(people) and not self._is_stopped() and self.watch.may_send_again(people) and self._again(people)

    @while_database_is_down
    def _in_question(self) -> list[Delivery]:
        """Who may be asked about; claims that nobody settled become unknown first."""
        with self.database.writing() as connection:
            ledger.expire(connection, self.campaign.id, self.options.claim_seconds)
        if not self.mailer.has_events:
            return []
        found = open_questions(self.database, self.campaign.id, self.options.grace_seconds, self.notifications)
        return found.may_be_sent_again

    @while_database_is_down
    def _again(self, people: list[Delivery]) -> bool:
        with self.database.writing() as connection:
            return bool(uncertain.send_again(connection, people, "said yes during the send", at_once=True))

    def _look_at_rates(self) -> Rates:
        with self.database.reading() as connection:
            return reports.rates(connection, self.campaign.id)

    def _mind_the_rates(self) -> None:
        if not self._rates.is_due():
            return
        if reason := why_stop(self._rates(), self.options):
            todo = "Look at the report and at where these addresses came from before you send again."
            with self.database.writing() as connection:
                campaigns.pause_if_sending(connection, self.campaign.id, reason, todo)

    @while_database_is_down
    def _is_settled(self) -> bool:
        """Whether nothing more can be learned by waiting."""
        open_states = [DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN]
        if self.notifications is not None:
            open_states.append(DeliveryState.SUBMITTED)
        with self.database.reading() as connection:
            return not ledger.has(connection, self.campaign.id, *open_states)

    @while_database_is_down
    def _is_stopped(self) -> bool:
        if self.watch.is_interrupted():
            return True
        with self.database.reading() as connection:
            state = campaigns.state_of(connection, self.campaign.id)
        return state is CampaignState.CANCELLED or (state is CampaignState.PAUSED and not self.choice.is_named)

    def _count(self) -> Counts:
        with self.database.reading() as connection:
            return campaigns.counts(connection, self.campaign.id)

    def _show(self, phase: str, lanes: Lanes | None = None) -> None:
        done = self.accepted + (lanes.accepted if lanes else 0)
        if self._counts.is_due():
            self._counted_at = done
        counts = self._counts()
        # Between two counts, what went through this process since.
        since = min(done - self._counted_at, counts.queued)
        counts = replace(counts, queued=counts.queued - since, submitted=counts.submitted + since)
        pace = lanes.pace.per_second if lanes else self.account.max_per_second
        self.watch.show(
            Progress(
                counts=counts,
                per_second=done / max(0.001, time.monotonic() - self.started),
                granted_per_second=lanes.granted_per_second if lanes else self.account.max_per_second,
                seconds_left=counts.queued / pace if done else None,
                phase=phase,
                not_before=self._not_before,
            )
        )

    @while_database_is_down
    def close(self) -> Campaign:
        """Write down how it ends: finished when nothing waits and nothing is being submitted."""
        with self.database.writing() as connection:
            # Held first, so that nobody comes back to the queue between the look and the verdict.
            state = campaigns.hold(connection, self.campaign.id)
            is_open = ledger.has(connection, self.campaign.id, DeliveryState.QUEUED, DeliveryState.SUBMITTING)
            if not is_open and state is not CampaignState.CANCELLED:
                campaigns.set_state(connection, self.campaign.id, CampaignState.FINISHED)
            elif not self.choice.is_named:
                reason, todo = self._why_not_done()
                # What is left of a day comes back when the mails of this one are a day old.
                is_of_today = self.left == 0 and self.options.is_limit_of_today
                goes_on_at = clock(connection) + timedelta(days=1) if is_of_today else None
                if reason:
                    campaigns.pause_if_sending(connection, self.campaign.id, reason, todo, goes_on_at)
            found = campaigns.find_by_id(connection, self.campaign.id)
        if found is None:
            raise CampaignError(
                "This campaign was taken back or replaced; this process sends nothing.",
                where=self.campaign.slug,
                todo="All campaigns: dispatch campaigns",
            )
        return found

    def _why_not_done(self) -> tuple[str, str]:
        todo = "To go on: dispatch resume"
        if self.left == 0 and self.options.is_limit_of_today:
            return "What Amazon lets out in 24 hours is used up.", f"{todo}, tomorrow; a worker does so by itself."
        if self.left == 0:
            return f"The limit of {self.options.limit} was reached.", todo
        return ("You stopped it.", todo) if self.watch.is_interrupted() else ("", "")
