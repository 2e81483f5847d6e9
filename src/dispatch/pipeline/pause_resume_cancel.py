"""Steer: pause, go on, give up; from any process, on any machine, within one batch."""

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign, CampaignState, Limit
from dispatch.pipeline.report import find_campaign
from dispatch.store import campaigns
from dispatch.store.audit import record
from dispatch.store.database import Database, clock
from dispatch.store.jobs import enqueue_lanes
from dispatch.store.members import Transaction


def pause(database: Database, named: str | None) -> Campaign:
    """Stop a Campaign for now. Raises CampaignError where there is nothing to stop."""
    campaign = find_campaign(database, named)
    with database.writing() as connection:
        todo = f"To go on: dispatch resume {campaign.slug}"
        if campaigns.pause_if_sending(connection, campaign.id, "A person paused it.", todo):
            _record(connection, campaign, "campaign paused")
        found = _found(connection, campaign)
        if found.goes_on_at is not None:
            # Paused until its reason passes: now until a person says so.
            campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, found.reason, todo)
            _record(connection, campaign, "campaign paused")
            found = _found(connection, campaign)
    if found.state is not CampaignState.PAUSED:
        raise CampaignError(
            f"This campaign is {found.state.value}; there is nothing to pause.",
            where=found.slug,
            todo="All campaigns: dispatch campaigns",
        )
    return found


def resume(database: Database, campaign: Campaign, limit: Limit | None = None) -> Campaign:
    """Let a Campaign go on, with the bytes that were approved; gives it, sending.

    `limit` is how many messages may leave, through all processes together; None for all. Raises CampaignError where it
    was given up.
    """
    with database.writing() as connection:
        campaigns.hold_freezes(connection)
        found = _found(connection, campaign)
        refuse_cancelled(found)
        campaigns.set_state(connection, campaign.id, CampaignState.SENDING)
        campaigns.set_limit(connection, campaign.id, limit)
        _record(connection, campaign, "campaign resumed")
        enqueue_lanes(connection, campaign.id, found.not_before)
        return _found(connection, campaign)


def cancel(database: Database, named: str) -> Campaign:
    """Give a Campaign up: whoever waits is left out. Raises CampaignError where nobody waits any more."""
    campaign = find_campaign(database, named)
    if campaign.state is CampaignState.CANCELLED:
        return campaign
    with database.writing() as connection:
        if _found(connection, campaign).state is CampaignState.FINISHED:
            raise CampaignError(
                "This campaign is finished; nobody waits.",
                where=campaign.slug,
                todo="Mails that have left cannot be called back.",
            )
        skipped = campaigns.cancel(connection, campaign.id)
        _record(connection, campaign, "campaign cancelled", {"left out": skipped})
        return _found(connection, campaign)


def refuse_cancelled(campaign: Campaign) -> None:
    """Raise CampaignError where the Campaign was given up."""
    if campaign.state is CampaignState.CANCELLED:
        raise CampaignError(
            "This campaign was cancelled.",
            where=campaign.slug,
            todo="It stays so. To mail the brief after all, give it a folder and a date of its own.",
        )


def _record(connection: Transaction, campaign: Campaign, act: str, detail: dict[str, object] | None = None) -> None:
    record(connection, act, now=clock(connection), campaign_id=campaign.id, detail=detail)


def _found(connection: Transaction, campaign: Campaign) -> Campaign:
    found = campaigns.find_by_id(connection, campaign.id)
    assert found is not None
    return found
