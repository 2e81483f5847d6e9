"""Send: the lanes, the events that come back meanwhile, the limits that stop a Campaign, and the end of it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dispatch.errors import DispatchError, ProviderError
from dispatch.model.campaign import Campaign, CampaignState, Counts
from dispatch.model.delivery import Delivery
from dispatch.model.message import Account
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.lanes import Lanes, SendOptions
from dispatch.pipeline.ports import Mailer, Notices
from dispatch.pipeline.reconcile import open_questions
from dispatch.pipeline.report import why_stop
from dispatch.store import campaigns, ledger, reports
from dispatch.store.audit import record
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
    #: `sending` or `waiting for events`
    phase: str


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
    notices: Notices | None,
    account: Account,
    options: SendOptions,
    watch: Watch,
) -> Campaign:
    """Send what is queued, pull events meanwhile and until they settle; gives the Campaign as it ends.

    Can be killed at any point and called again, also by several processes at once: the ledger says what is left.
    """
    sending = _Sending(database, campaign, mailer, notices, account, options, watch)
    return sending.run()


class _Sending:
    def __init__(
        self,
        database: Database,
        campaign: Campaign,
        mailer: Mailer,
        notices: Notices | None,
        account: Account,
        options: SendOptions,
        watch: Watch,
    ) -> None:
        self.database = database
        self.campaign = campaign
        self.mailer = mailer
        self.notices = notices
        self.account = account
        self.options = options
        self.watch = watch
        self.started = time.monotonic()
        self.accepted = 0
        self._is_over = threading.Event()
        self._events_problem: ProviderError | None = None

    def run(self) -> Campaign:
        puller = threading.Thread(target=self._pull_events, name="events", daemon=True)
        if self.notices is not None:
            puller.start()
        try:
            self._send_and_settle()
        finally:
            self._is_over.set()
            if self.notices is not None:
                puller.join()
        return self._close()

    def _send_and_settle(self) -> None:
        left = self.options.limit
        waited_since: float | None = None
        while True:
            if self._has_queued() and left != 0:
                left = self._run_lanes(left)
                waited_since = None
                if self._is_stopped():
                    return
            waited_since = waited_since or time.monotonic()
            self._ask_about_unknown()
            if self._has_queued() and left != 0:
                continue
            if self._is_settled() or self._is_stopped():
                return
            if time.monotonic() - waited_since > self.options.settle_seconds:
                return
            self._show("waiting for events")
            self._is_over.wait(TICK_SECONDS)

    def _run_lanes(self, left: int | None) -> int | None:
        lanes = Lanes(self.database, self.mailer, self.campaign, self.account, self.options, left)
        lanes.start()
        while lanes.is_running:
            lanes.join(TICK_SECONDS)
            if self.watch.is_interrupted():
                lanes.stop()
            self._mind_the_rates()
            self._show("sending", lanes)
        self.accepted += lanes.accepted
        if isinstance(lanes.fault, DispatchError):
            raise lanes.fault
        if lanes.fault is not None:
            raise RuntimeError("a lane failed") from lanes.fault
        return lanes.left

    def _pull_events(self) -> None:
        assert self.notices is not None
        while not self._is_over.is_set():
            try:
                pull(self.database, self.notices, wait_seconds=1, keep_on=lambda: not self._is_over.is_set())
            except DispatchError as err:
                # Mail goes on without events; whoever waits for them is told at the end.
                self._events_problem = err if isinstance(err, ProviderError) else None
                self._is_over.wait(1.0)

    def _ask_about_unknown(self) -> None:
        with self.database.writing() as connection:
            ledger.expire(connection, self.campaign.id, self.options.claim_seconds)
        questions = open_questions(self.database, self.campaign.id, self.options.grace_seconds)
        if (
            self.mailer.has_events
            and questions.may_be_sent_again
            and self.watch.may_send_again(questions.may_be_sent_again)
        ):
            with self.database.writing() as connection:
                again = [delivery.id for delivery in questions.may_be_sent_again]
                count = ledger.requeue(connection, again)
                record(
                    connection,
                    "sent again after an unknown outcome",
                    now=clock(connection),
                    campaign_id=self.campaign.id,
                    detail={"people": count},
                )
                campaigns.set_state(connection, self.campaign.id, CampaignState.SENDING)

    def _mind_the_rates(self) -> None:
        with self.database.reading() as connection:
            rates = reports.rates(connection, self.campaign.id)
        if reason := why_stop(rates, self.options):
            with self.database.writing() as connection:
                if campaigns.state_of(connection, self.campaign.id) is CampaignState.SENDING:
                    todo = "Look at the report and at where these addresses came from before you send again."
                    campaigns.set_state(connection, self.campaign.id, CampaignState.PAUSED, reason, todo)

    def _has_queued(self) -> bool:
        with self.database.reading() as connection:
            return ledger.queued(connection, self.campaign.id)

    def _is_settled(self) -> bool:
        """Whether nothing more can be learned by waiting."""
        with self.database.reading() as connection:
            counts = campaigns.counts(connection, self.campaign.id)
            awaited = ledger.awaiting_events(connection, self.campaign.id) if self.notices is not None else 0
        return not counts.submitting and not counts.uncertain and not awaited

    def _is_stopped(self) -> bool:
        with self.database.reading() as connection:
            state = campaigns.state_of(connection, self.campaign.id)
        return state in (CampaignState.PAUSED, CampaignState.CANCELLED) or self.watch.is_interrupted()

    def _show(self, phase: str, lanes: Lanes | None = None) -> None:
        with self.database.reading() as connection:
            counts = campaigns.counts(connection, self.campaign.id)
        done = self.accepted + (lanes.accepted if lanes else 0)
        pace = lanes.pace.per_second if lanes else self.account.max_per_second
        self.watch.show(
            Progress(
                counts=counts,
                per_second=done / max(0.001, time.monotonic() - self.started),
                granted_per_second=lanes.granted_per_second if lanes else self.account.max_per_second,
                seconds_left=counts.queued / pace if done else None,
                phase=phase,
            )
        )

    def _close(self) -> Campaign:
        """Write down how it ends: finished when nothing waits and nothing is being submitted."""
        with self.database.writing() as connection:
            counts = campaigns.counts(connection, self.campaign.id)
            state = campaigns.state_of(connection, self.campaign.id)
            if not counts.queued and not counts.submitting and state is not CampaignState.CANCELLED:
                campaigns.set_state(connection, self.campaign.id, CampaignState.FINISHED)
            elif self.watch.is_interrupted() and state is CampaignState.SENDING:
                campaigns.set_state(
                    connection,
                    self.campaign.id,
                    CampaignState.PAUSED,
                    "You stopped it.",
                    "To go on: dispatch send",
                )
            elif self.options.limit is not None and state is CampaignState.SENDING:
                campaigns.set_state(
                    connection,
                    self.campaign.id,
                    CampaignState.PAUSED,
                    f"The limit of {self.options.limit} was reached.",
                    "To go on: dispatch send",
                )
            found = campaigns.find_by_id(connection, self.campaign.id)
        assert found is not None
        return found
