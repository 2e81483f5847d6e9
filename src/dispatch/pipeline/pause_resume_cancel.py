"""Pause, resume, cancel and take back a Campaign: from any process, on any machine, within one batch."""

from dataclasses import dataclass
from datetime import datetime

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign, CampaignState, Counts, Limit
from dispatch.pipeline.lookup import refuse_cancelled
from dispatch.store import campaigns, jobs
from dispatch.store.audit import record
from dispatch.store.database import Database, clock
from dispatch.store.members import Transaction


def pause(database: Database, campaign: Campaign) -> Campaign:
    """Stop a Campaign until a person resumes it; one that is scheduled does not start at its time.

    Raise CampaignError where there is nothing to stop.
    """
    with database.writing() as connection:
        found = _held(connection, campaign)
        may_pause = found.state in (CampaignState.SCHEDULED, CampaignState.SENDING)
        # Paused until its reason passes: from now on until a person resumes it.
        goes_on = found.state is CampaignState.PAUSED and found.goes_on_at is not None
        if may_pause or goes_on:
            todo = f"To continue: dispatch resume {found.slug}"
            reason = found.reason if goes_on else "A person paused it."
            campaigns.set_state(connection, found.id, CampaignState.PAUSED, reason, todo)
            record(connection, "campaign paused", now=clock(connection), campaign_id=found.id)
            found = _held(connection, campaign)
    if found.state is not CampaignState.PAUSED:
        raise CampaignError(
            f"This campaign is {found.state.value}; there is nothing to pause.",
            where=found.slug,
            todo="All campaigns: dispatch campaigns",
        )
    return found


def resume(database: Database, campaign: Campaign, limit: Limit | None = None) -> Campaign:
    """Continue a Campaign with the text that was approved; return it, sending.

    One whose time has not come is scheduled again; one that is finished stays so. `limit` is how many messages may
    leave, through all processes together; None for all. Raise CampaignError where it was cancelled.
    """
    with database.writing() as connection:
        found = _held(connection, campaign)
        refuse_cancelled(found)
        if found.state is CampaignState.PAUSED:
            waits = found.waits_at(clock(connection))
            state = CampaignState.SCHEDULED if waits else CampaignState.SENDING
            campaigns.set_state(connection, found.id, state)
            record(connection, "campaign resumed", now=clock(connection), campaign_id=found.id)
        if found.state is not CampaignState.FINISHED:
            campaigns.set_limit(connection, found.id, limit)
            jobs.enqueue_lanes(connection, found.id, found.not_before)
        return _held(connection, campaign)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancellation did."""

    #: as it is now; as it was, where it was taken back
    campaign: Campaign
    counts: Counts
    #: nothing had left: the Campaign is gone and its Brief is a draft again
    is_taken_back: bool


def cancel(database: Database, campaign: Campaign) -> Cancelled:
    """Cancel a Campaign: queued recipients are skipped; one that nothing has left of is taken back.

    Raise CampaignError where it is finished.
    """
    with database.writing() as connection:
        found = _held(connection, campaign)
        if found.state is CampaignState.FINISHED:
            raise CampaignError(
                "This campaign is finished; nobody is queued.",
                where=found.slug,
                todo="Messages that have left cannot be called back.",
            )
        if not campaigns.has_begun(connection, found.id):
            return _take_back(connection, found)
        if found.state is not CampaignState.CANCELLED:
            skipped = campaigns.cancel(connection, found.id)
            about = {"skipped": skipped}
            record(connection, "campaign cancelled", now=clock(connection), campaign_id=found.id, detail=about)
        return Cancelled(_held(connection, campaign), campaigns.counts(connection, found.id), False)


def unschedule(database: Database, campaign: Campaign) -> Cancelled:
    """Take a Campaign back whole: its Brief is a draft again, to be corrected and sent under its own name and date.

    The audit trail keeps it. Raise CampaignError where a message has left, or may have.
    """
    with database.writing() as connection:
        return _take_back(connection, _held(connection, campaign))


def _take_back(connection: Transaction, campaign: Campaign) -> Cancelled:
    return Cancelled(campaign, take_out(connection, campaign, "campaign taken back", clock(connection)), True)


def _held(connection: Transaction, campaign: Campaign) -> Campaign:
    """Return the Campaign as it is now; no other process changes it before this transaction ends."""
    campaigns.hold(connection, campaign.id)
    found = campaigns.find_by_id(connection, campaign.id)
    if found is None:
        raise CampaignError(
            "This campaign was taken back.",
            where=campaign.slug,
            todo=f"To send the brief: dispatch send {campaign.slug}",
        )
    return found


def take_out(connection: Transaction, campaign: Campaign, act: str, now: datetime) -> Counts:
    """Delete a Campaign that nothing has left of, and note the act; return the counts it had.

    The caller holds the Campaign. Raise CampaignError where a message has left, or may have.
    """
    counts = campaigns.counts(connection, campaign.id)
    if not campaigns.remove(connection, campaign.id):
        raise CampaignError(
            "Messages of this campaign have left, so it cannot be taken back.",
            where=f"{campaign.slug}: {campaign.state.value}",
            todo=f"To skip the recipients who are still queued: dispatch cancel {campaign.slug}",
        )
    jobs.drop_lanes(connection, campaign.id)
    about: dict[str, object] = {
        "slug": campaign.slug,
        "title": campaign.title,
        "date": campaign.date,
        "state": campaign.state.value,
        "queued": counts.queued,
        "skipped": counts.skipped,
    }
    if campaign.not_before is not None:
        about["not_before"] = campaign.not_before.isoformat()
    record(connection, act, now=now, campaign_id=campaign.id, detail=about)
    return counts
