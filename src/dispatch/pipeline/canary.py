"""The canary: the first few people of a Campaign; the others wait until it is known what became of these."""

from dataclasses import replace
from datetime import timedelta

from dispatch.model.campaign import Campaign, CampaignState
from dispatch.pipeline.circuit_breaker import why_stop
from dispatch.pipeline.options import SendOptions
from dispatch.store import campaigns
from dispatch.store import canary as people
from dispatch.store.audit import record
from dispatch.store.database import Database, clock
from dispatch.store.ledger import last_submitted

_TODO = "Look at the report and at where these addresses came from; to go on all the same: dispatch resume"


def canary_of(database: Database, campaign: Campaign) -> frozenset[int]:
    """The `seq` of those who go first and are not judged yet."""
    with database.reading() as connection:
        found = campaigns.find_by_id(connection, campaign.id)
    return frozenset(found.canary) if found else frozenset()


def judge(database: Database, campaign: Campaign, options: SendOptions) -> None:
    """Let the others go, or pause, as soon as all is told of the first ones or the wait for it is over.

    The limits are those of the whole send, from the first mail on.
    """
    with database.writing() as connection:
        found = campaigns.find_by_id(connection, campaign.id)
        if found is None or not found.canary or found.state is not CampaignState.SENDING:
            return
        now = clock(connection)
        sent_at = last_submitted(connection, found.canary)
        is_over = sent_at is not None and now - sent_at >= timedelta(seconds=options.canary_wait_seconds)
        if not is_over and not people.is_told(connection, found.canary):
            return
        rates = people.rates(connection, found.canary)
        reason = why_stop(rates, replace(options, rates_after=1, complaints_after=1))
        campaigns.set_canary(connection, campaign.id, ())
        if reason:
            campaigns.pause_if_sending(connection, campaign.id, f"Of the first people: {reason}", _TODO)
        about = {"mailed": rates.submitted, "bounced": rates.bounced, "complained": rates.complained}
        act = "stopped after the first people" if reason else "went on after the first people"
        record(connection, act, now=now, campaign_id=campaign.id, detail=about)
