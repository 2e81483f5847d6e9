"""The canary: the first few people of a Campaign; the others wait until it is known what happened to their messages."""

from dataclasses import replace
from datetime import timedelta

from dispatch.model.campaign import CampaignState
from dispatch.model.delivery import CampaignId
from dispatch.pipeline.circuit_breaker import why_stop
from dispatch.pipeline.options import SendContext
from dispatch.store import campaigns, canary, reports
from dispatch.store.audit import record
from dispatch.store.database import clock
from dispatch.store.ledger import first_claimed
from dispatch.store.members import Transaction

_TODO = "Look at the report and at where these addresses came from; to go on all the same: dispatch resume"


def judge(context: SendContext, campaign_id: CampaignId) -> bool:
    """Let the others go, or pause, once the outcome of the first people is known or the wait is over.

    The wait counts from the first call, so that it ends whatever the outcome of that is. The limits are those of the
    whole send, from the first message on. Return whether the first people were judged.
    """
    wait = timedelta(seconds=context.options.canary_wait_seconds)
    with context.database.reading() as connection:
        if not _may_be_judged(connection, campaign_id, wait):
            return False
    with context.database.writing() as connection:
        campaigns.hold(connection, campaign_id)
        people = _may_be_judged(connection, campaign_id, wait)
        if people:
            _judge(connection, campaign_id, people, context)
        return bool(people)


def _may_be_judged(connection: Transaction, campaign_id: CampaignId, wait: timedelta) -> tuple[int, ...]:
    """Return the `seq` of the first people where they can be judged now, else none."""
    found = campaigns.find_by_id(connection, campaign_id)
    if found is None or not found.canary or found.state is not CampaignState.SENDING:
        return ()
    began = first_claimed(connection, found.canary)
    is_over = began is not None and clock(connection) - began >= wait
    return found.canary if is_over or canary.is_told(connection, found.canary) else ()


def _judge(connection: Transaction, campaign_id: CampaignId, people: tuple[int, ...], context: SendContext) -> None:
    rates = reports.rates(connection, campaign_id, people)
    reason = why_stop(rates, replace(context.options, rates_after=1, complaints_after=1))
    campaigns.set_canary(connection, campaign_id, ())
    if reason:
        campaigns.pause_if_sending(connection, campaign_id, f"Of the first people: {reason}", _TODO)
    about = {"mailed": rates.submitted, "bounced": rates.bounced, "complained": rates.complained}
    act = "stopped after the first people" if reason else "went on after the first people"
    record(connection, act, now=clock(connection), campaign_id=campaign_id, detail=about)
