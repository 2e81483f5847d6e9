"""Worker: what it does for every Campaign: sends what is due, fetches events, and cares for what is left open."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from dispatch.errors import DispatchError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import CampaignId, Delivery, DeliveryState
from dispatch.pipeline.batches import TICK_SECONDS, Batches, close
from dispatch.pipeline.canary import judge
from dispatch.pipeline.event_puller import EventPuller
from dispatch.pipeline.heartbeat import Heartbeat
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.options import SendContext
from dispatch.pipeline.preflight.provider import about_account
from dispatch.pipeline.reconcile import open_questions
from dispatch.store import campaigns, ledger, uncertain
from dispatch.store.audit import record
from dispatch.store.claims import why_not
from dispatch.store.database import clock
from dispatch.store.jobs import enqueue_lanes, has_lanes
from dispatch.store.members import Transaction

#: how long one fetching of events goes on; the next one follows within the minute
EVENTS_SECONDS = 50.0

#: whether the worker was asked to stop
IsAsked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class WorkerContext(SendContext):
    """What a worker works with."""

    #: the transport: Campaigns that left by another are left alone
    transport: str
    #: whether a person's setting lets people be mailed again who are known to have got nothing
    resend_unknown: bool


def help_with(context: WorkerContext, campaign_id: str, is_asked_to_stop: IsAsked) -> int:
    """Send what waits in a Campaign until nobody may be claimed, or the worker is asked to stop; return how many left.

    It waits for nothing: not for the Campaign's time, and not for the events about its first people. What is left is
    enqueued again. Raise ProviderError where the provider lets nothing out, StoreError where the database stays gone.
    """
    with context.database.reading() as connection:
        campaign = campaigns.find_by_id(connection, campaign_id)
        if campaign is None or campaign.transport != context.transport or why_not(connection, campaign.id):
            return 0
    account = context.mailer.account()
    about_account(
        account,
        is_real=context.transport != "practice",
        claim_seconds=context.options.claim_seconds,
        grace_seconds=context.options.grace_seconds,
    ).require("This worker cannot send.")
    if account.left_today is not None:
        with context.database.writing() as connection:
            campaigns.limit_to_today(connection, campaign.id, account.left_today)
    batches = Batches(context, campaign, account, is_asked_to_stop)
    with Heartbeat(context.database, "worker", campaign.id, lambda: batches.accepted):
        batches.run()
    close(context.database, campaign.id)
    if is_asked_to_stop():
        with context.database.writing() as connection:
            _ask_for_help(connection, campaign.id)
    return batches.accepted


def fetch_events(context: WorkerContext, is_asked_to_stop: IsAsked) -> None:
    """Fetch events for about a minute. Raise ProviderError where the queue cannot be read."""
    if context.notifications is None:
        return
    until = time.monotonic() + EVENTS_SECONDS
    while time.monotonic() < until and not is_asked_to_stop():
        pull(context.database, context.notifications, wait_seconds=2, keep_on=lambda: not is_asked_to_stop())


# --- care ---------------------------------------------------------------------------------------------------------


def tidy(context: WorkerContext, is_asked_to_stop: IsAsked) -> None:
    """Ask for help with what is due, go on where a reason has passed, settle what is open, and note what has ended.

    Nothing is written to a Campaign that needs nothing.
    """
    with context.database.reading() as connection:
        found = campaigns.under_way(connection, context.transport)
    for campaign in found:
        if is_asked_to_stop():
            return
        _go_on(context, campaign)
        judge(context, campaign.id)
        _settle(context, campaign.id)
        _send_again(context, campaign.id)
        with context.database.reading() as connection:
            needs_help = why_not(connection, campaign.id) is None and not has_lanes(connection, campaign.id)
        if needs_help:
            with context.database.writing() as connection:
                _ask_for_help(connection, campaign.id)


def _ask_for_help(connection: Transaction, campaign_id: CampaignId) -> None:
    # Held, so that no other worker asks at the same moment.
    campaigns.hold(connection, campaign_id)
    if why_not(connection, campaign_id) is None and not has_lanes(connection, campaign_id):
        enqueue_lanes(connection, campaign_id)


def _go_on(context: WorkerContext, campaign: Campaign) -> None:
    """Go on with a Campaign that is paused for a reason that passes with time, when that has passed."""
    if campaign.state is not CampaignState.PAUSED or campaign.goes_on_at is None:
        return
    if campaign.goes_on_at > context.database.now():
        return
    with context.database.writing() as connection:
        campaigns.hold(connection, campaign.id)
        found = campaigns.find_by_id(connection, campaign.id)
        # A person may have paused it, or resumed it, since.
        if found is not None and (found.state, found.goes_on_at) == (campaign.state, campaign.goes_on_at):
            campaigns.set_state(connection, campaign.id, CampaignState.SENDING)
            if found.limited_to is None:
                campaigns.set_limit(connection, campaign.id, None)
            record(connection, "campaign went on by itself", now=clock(connection), campaign_id=campaign.id)


def _settle(context: WorkerContext, campaign_id: CampaignId) -> None:
    """Let claims end that nobody settled, and note a Campaign that has ended, or reached its limit."""
    seconds = context.options.claim_seconds
    with context.database.reading() as connection:
        has_expired = ledger.has_expired(connection, campaign_id, seconds)
        found = campaigns.find_by_id(connection, campaign_id)
        is_waiting = ledger.has(connection, campaign_id, DeliveryState.QUEUED, DeliveryState.SUBMITTING)
    if has_expired:
        with context.database.writing() as connection:
            campaigns.hold(connection, campaign_id)
            ledger.expire(connection, campaign_id, seconds)
    if found is None or found.state is not CampaignState.SENDING:
        return
    if has_expired or not is_waiting or found.may_send == 0:
        close(context.database, campaign_id)


def _send_again(context: WorkerContext, campaign_id: CampaignId) -> None:
    """Send again to people who are known to have got nothing, where a person's setting says so."""
    if not context.resend_unknown or not context.mailer.has_events:
        return
    with context.database.reading() as connection:
        found = campaigns.find_by_id(connection, campaign_id)
        if found is None or found.state not in (CampaignState.SENDING, CampaignState.FINISHED):
            return
    questions = open_questions(context.database, campaign_id, context.options.grace_seconds, context.notifications)
    people: list[Delivery] = questions.may_be_sent_again
    if people:
        with context.database.writing() as connection:
            uncertain.send_again(connection, people, "the setting send.resend_unknown", at_once=True)


# --- one process, without a task engine ---------------------------------------------------------------------------

#: how often it looks for what is due, as often as the task engine's periodic job
LOOK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker did in one turn."""

    #: messages that the provider accepted
    sent: int
    #: Campaigns that it sent for
    campaigns: int
    #: Events that were not known before
    events: int
    #: Campaigns that it found under way, and that stopped meanwhile for a reason that does not pass with time
    stopped: tuple[Campaign, ...]


def work_once(context: WorkerContext, is_asked_to_stop: IsAsked) -> Work:
    """Send what is due, fetch events until the queue is empty, settle, and send what the events let go; then end.

    Raise ProviderError where the provider or its queue cannot be used, StoreError where the database stays gone.
    """
    with context.database.reading() as connection:
        found = campaigns.under_way(connection, context.transport)
    with EventPuller(context) as puller:
        sent = send_what_is_due(context, is_asked_to_stop)
    ingested = puller.ingested
    if context.notifications is not None:
        ingested += pull(context.database, context.notifications, wait_seconds=1)
    sent += send_what_is_due(context, is_asked_to_stop)
    with context.database.reading() as connection:
        now = [campaigns.find_by_id(connection, each.id) for each in found if each.state is not CampaignState.PAUSED]
    stopped = [each for each in now if each and each.state is CampaignState.PAUSED and each.goes_on_at is None]
    return Work(sum(sent.values()), len(sent), ingested.events, tuple(each for each in stopped if each.may_send != 0))


def work(context: WorkerContext, is_asked_to_stop: IsAsked, report: Callable[[DispatchError], None]) -> None:
    """Do what a worker does, in this one process, until asked to stop; `report` what stands in the way, once."""
    reported = ""
    with EventPuller(context):
        while not is_asked_to_stop():
            try:
                send_what_is_due(context, is_asked_to_stop)
                reported = ""
            except DispatchError as err:
                if str(err) != reported:
                    report(err)
                reported = str(err)
            until = time.monotonic() + LOOK_SECONDS
            while time.monotonic() < until and not is_asked_to_stop():
                time.sleep(TICK_SECONDS)


def send_what_is_due(context: WorkerContext, is_asked_to_stop: IsAsked) -> Counter[CampaignId]:
    """Do all that can be done for every Campaign now, one after the other; return Campaign -> messages accepted.

    Raise as `help_with` does.
    """
    tidy(context, is_asked_to_stop)
    with context.database.reading() as connection:
        found = campaigns.under_way(connection, context.transport)
    sent: Counter[CampaignId] = Counter()
    for campaign in found:
        if not is_asked_to_stop():
            sent[campaign.id] += help_with(context, campaign.id, is_asked_to_stop)
    return +sent
