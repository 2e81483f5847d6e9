"""Work: what a worker does for every Campaign: its lanes, the events, and the care for what is due or left open."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dispatch.errors import DispatchError, ProviderError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import Delivery, DeliveryState
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.options import SendOptions
from dispatch.pipeline.ports import Mailer, Notifications
from dispatch.pipeline.reconcile import open_questions
from dispatch.pipeline.send import Sending, Watch
from dispatch.store import campaigns, ledger, uncertain
from dispatch.store.audit import record
from dispatch.store.claims import queued
from dispatch.store.database import Database, clock
from dispatch.store.jobs import enqueue_lanes, has_lanes

#: how long one fetching of events goes on; the next one follows within the minute
EVENTS_SECONDS = 50.0


class _Lane(Sending):
    """A worker's part in a Campaign: it never waits for events and never pauses because it is told to stop."""

    kind = "worker"

    def _send_and_settle(self) -> None:
        while self.may_take_more() and self.send_what_waits():
            pass

    def _wait_for_its_time(self) -> bool:
        with self.database.reading() as connection:
            found = campaigns.find_by_id(connection, self.campaign.id)
            return found is not None and (found.not_before is None or found.not_before <= clock(connection))

    def _why_not_done(self) -> tuple[str, str]:
        return ("", "") if self.left != 0 else super()._why_not_done()


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a worker works with."""

    database: Database
    mailer: Mailer
    notifications: Notifications | None
    options: SendOptions
    #: the transport: Campaigns that left by another are left alone
    transport: str
    #: whether a person's setting lets people be mailed again who surely got nothing
    resend_unknown: bool


def help_with(context: WorkerContext, campaign_id: str, is_asked_to_stop: Callable[[], bool]) -> None:
    """Be a lane of a Campaign until nobody waits, it is stopped, or the worker is; what is left is enqueued again."""
    with context.database.reading() as connection:
        campaign = campaigns.find_by_id(connection, campaign_id)
    if campaign is None or campaign.state is not CampaignState.SENDING or campaign.transport != context.transport:
        return
    account = context.mailer.account()
    if account.stopped:
        raise ProviderError(account.stopped)
    options = replace(context.options, limit=account.left_today, is_limit_of_today=True)
    watch = Watch(show=lambda _: None, is_interrupted=is_asked_to_stop, may_send_again=lambda _: False)
    # Events are another job's.
    _Lane(context.database, campaign, context.mailer, None, account, options, watch).run()
    if is_asked_to_stop():
        with context.database.writing() as connection:
            if queued(connection, campaign.id):
                enqueue_lanes(connection, campaign.id)


def fetch_events(context: WorkerContext, is_asked_to_stop: Callable[[], bool]) -> None:
    """Fetch events for about a minute."""
    if context.notifications is None:
        return
    until = time.monotonic() + EVENTS_SECONDS
    while time.monotonic() < until and not is_asked_to_stop():
        pull(context.database, context.notifications, wait_seconds=2, keep_on=lambda: not is_asked_to_stop())


def tidy(context: WorkerContext, is_asked_to_stop: Callable[[], bool]) -> None:
    """Start what is due, go on where a reason has passed, settle what is open, and note what has ended."""
    with context.database.reading() as connection:
        found = [each for each in campaigns.all_campaigns(connection) if each.transport == context.transport]
    for campaign in found:
        if is_asked_to_stop():
            return
        _go_on(context, campaign)
        if campaign.state in (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.FINISHED):
            _settle(context, campaign)


def _go_on(context: WorkerContext, campaign: Campaign) -> None:
    with context.database.writing() as connection:
        now = clock(connection)
        found = campaigns.find_by_id(connection, campaign.id)
        if found is None:
            return
        if found.state is CampaignState.PAUSED and found.goes_on_at is not None and found.goes_on_at <= now:
            campaigns.set_state(connection, campaign.id, CampaignState.SENDING)
            record(connection, "campaign went on by itself", now=now, campaign_id=campaign.id)
        elif found.state is not CampaignState.SENDING and not campaigns.start_if_due(connection, campaign.id):
            return
        is_due = found.not_before is None or found.not_before <= now
        if is_due and queued(connection, campaign.id) and not has_lanes(connection, campaign.id):
            enqueue_lanes(connection, campaign.id)


def _settle(context: WorkerContext, campaign: Campaign) -> None:
    with context.database.writing() as connection:
        # Before its Deliveries, as everywhere: nobody comes back to the queue between the look and the verdict.
        state = campaigns.hold(connection, campaign.id)
        ledger.expire(connection, campaign.id, context.options.claim_seconds)
        is_unknown = ledger.has(connection, campaign.id, DeliveryState.UNCERTAIN)
        is_open = ledger.has(connection, campaign.id, DeliveryState.QUEUED, DeliveryState.SUBMITTING)
        if state is CampaignState.SENDING and not is_open:
            campaigns.set_state(connection, campaign.id, CampaignState.FINISHED)
    if not is_unknown or not context.resend_unknown or not context.mailer.has_events:
        return
    found = open_questions(context.database, campaign.id, context.options.grace_seconds, context.notifications)
    people = found.may_be_sent_again
    if people and state is not CampaignState.PAUSED:
        _send_again(context, campaign, people)


def _send_again(context: WorkerContext, campaign: Campaign, people: list[Delivery]) -> None:
    with context.database.writing() as connection:
        by = "the setting send.resend_unknown"
        if uncertain.send_again(connection, people, by, at_once=True):
            enqueue_lanes(connection, campaign.id)


def report_errors(duty: Callable[[], None], tell: Callable[[DispatchError], None]) -> None:
    """Do a duty; what stands in its way is told, and the next turn tries again."""
    try:
        duty()
    except DispatchError as err:
        tell(err)
