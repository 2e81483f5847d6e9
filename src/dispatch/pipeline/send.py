"""Send: a Campaign in front of a person: progress, events that come back meanwhile, questions, and the end of it."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from dispatch.errors import StoreError
from dispatch.model.campaign import Campaign, Counts
from dispatch.model.delivery import Delivery, DeliveryState
from dispatch.model.message import Account
from dispatch.pipeline.batches import TICK_SECONDS, Batches, close
from dispatch.pipeline.cost_limited_cache import CostLimitedCache
from dispatch.pipeline.event_puller import EventPuller
from dispatch.pipeline.heartbeat import Heartbeat
from dispatch.pipeline.lanes import Lanes
from dispatch.pipeline.options import SendContext
from dispatch.pipeline.reconcile import open_questions
from dispatch.pipeline.retry import while_database_is_down
from dispatch.store import campaigns, ledger, uncertain
from dispatch.store.claims import Retries, WhyNot, retries


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a send is."""

    counts: Counts
    per_second: float
    granted_per_second: float
    #: seconds left at the granted pace, None before the first message
    seconds_left: float | None
    #: `sending`, `waiting for events`, `waiting for the first people`, `waiting to try again` or `waiting for its time`
    phase: str
    #: recipients whose server asked for a later try
    retries: Retries
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
    context: SendContext, campaign: Campaign, account: Account, watch: Watch, named: Collection[int] | None = None
) -> Campaign:
    """Send what is queued, fetch events meanwhile and until they settle; return the Campaign as it ends.

    Can be killed at any point and called again, also by several processes at once: the ledger says what is left.
    `named` sends to the Deliveries of these `seq`, whom a person named, and to nobody else. Raise StoreError where the
    database stays gone for a minute, other DispatchErrors as the Mailer does, RuntimeError for a fault of ours.
    """
    foreground = _Foreground(context, campaign, account, watch, named)
    accepted = foreground.batches
    with Heartbeat(context.database, "send", campaign.id, lambda: accepted.accepted), EventPuller(context):
        foreground.run()
    you_stopped_it = ("You stopped it.", "To go on: dispatch resume") if watch.is_interrupted() else None
    return close(context.database, campaign.id, you_stopped_it if named is None else None)


class _Foreground:
    """What a send in front of a person does in addition to the sending itself."""

    def __init__(
        self, context: SendContext, campaign: Campaign, account: Account, watch: Watch, named: Collection[int] | None
    ) -> None:
        self._context = context
        self._campaign = campaign
        self._account = account
        self._watch = watch
        self._named = named
        self.batches = Batches(context, campaign, account, watch.is_interrupted, named)
        self._started = time.monotonic()
        self._counts = CostLimitedCache(self._count)
        self._unknown = CostLimitedCache(self._ask_about_unknown)
        #: accepted through this process when the counts were taken
        self._counted_at = 0

    def run(self) -> None:
        """Send, wait for its time, for the first people and for events, until nothing more can be done or learned."""
        waits_since: float | None = None
        while True:
            accepted = self.batches.accepted
            why = self.batches.run(lambda lanes: self._show("sending", lanes))
            if why is None or why is WhyNot.STOPPED:
                return
            if why is WhyNot.NOT_DUE:
                self._wait("waiting for its time", self._not_before())
                continue
            if self.batches.accepted != accepted or waits_since is None:
                waits_since = time.monotonic()
            if why is not WhyNot.LIMIT_REACHED and self._unknown.is_due() and self._unknown():
                continue
            if why is WhyNot.FIRST_PEOPLE:
                self._wait("waiting for the first people")
                continue
            if why is WhyNot.RETRY_LATER:
                self._wait("waiting to try again")
                continue
            if self._is_settled() or time.monotonic() - waits_since > self._context.options.settle_seconds:
                return
            self._wait("waiting for events")

    @while_database_is_down
    def _not_before(self) -> datetime | None:
        """Return when it may start, which another process can change while this one waits."""
        with self._context.database.reading() as connection:
            found = campaigns.find_by_id(connection, self._campaign.id)
        return found.not_before if found else None

    def _wait(self, phase: str, not_before: datetime | None = None) -> None:
        """Show how far it is, and wait a moment."""
        # A database that is gone is waited for where something depends on it; a look does not.
        with suppress(StoreError):
            self._show(phase, not_before=not_before)
        time.sleep(TICK_SECONDS)

    def _ask_about_unknown(self) -> bool:
        """Ask about people whose call is of unknown outcome; return whether some are to be mailed again."""
        people = [] if self._named is not None else self._in_question()
        return bool(people) and self._watch.may_send_again(people) and self._again(people)

    @while_database_is_down
    def _in_question(self) -> list[Delivery]:
        """Who may be asked about; claims that nobody settled become unknown first."""
        options = self._context.options
        with self._context.database.writing() as connection:
            campaigns.hold(connection, self._campaign.id)
            ledger.expire(connection, self._campaign.id, options.claim_seconds)
        if not self._context.mailer.has_events:
            return []
        found = open_questions(
            self._context.database, self._campaign.id, options.grace_seconds, self._context.notifications
        )
        return found.may_be_sent_again

    @while_database_is_down
    def _again(self, people: list[Delivery]) -> bool:
        with self._context.database.writing() as connection:
            return bool(uncertain.send_again(connection, people, "confirmed during the send", at_once=True))

    @while_database_is_down
    def _is_settled(self) -> bool:
        """Whether nothing more can be learned by waiting."""
        open_states = [DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN]
        if self._context.notifications is not None:
            open_states.append(DeliveryState.SUBMITTED)
        with self._context.database.reading() as connection:
            return not ledger.has(connection, self._campaign.id, *open_states)

    def _count(self) -> tuple[Counts, Retries]:
        with self._context.database.reading() as connection:
            return campaigns.counts(connection, self._campaign.id), retries(connection, self._campaign.id)

    def _show(self, phase: str, lanes: Lanes | None = None, not_before: datetime | None = None) -> None:
        done = self.batches.accepted
        if self._counts.is_due():
            self._counted_at = done
        counts, waiting = self._counts()
        # Between two counts, what went through this process since.
        since = min(done - self._counted_at, counts.queued)
        counts = replace(counts, queued=counts.queued - since, submitted=counts.submitted + since)
        pace = lanes.pace.per_second if lanes else self._account.max_per_second
        self._watch.show(
            Progress(
                counts=counts,
                per_second=done / max(0.001, time.monotonic() - self._started),
                granted_per_second=lanes.granted_per_second if lanes else self._account.max_per_second,
                seconds_left=counts.queued / pace if done else None,
                phase=phase,
                not_before=not_before,
                retries=waiting,
            )
        )
