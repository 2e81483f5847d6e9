"""Lookup: the Campaign that a person names, and why it cannot be sent."""

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.store import campaigns
from dispatch.store.database import Database
from dispatch.store.members import Transaction


def find_campaign(database: Database, named: str | None) -> Campaign:
    """Return the Campaign that `named` means: a slug, a part of one, an identifier; None means the newest.

    Raise CampaignError where none or several fit.
    """
    with database.reading() as connection:
        return find(connection, named)


def find(connection: Transaction, named: str | None) -> Campaign:
    """Return the Campaign as `find_campaign` does, within a transaction."""
    known = campaigns.all_campaigns(connection)
    if not known:
        raise CampaignError("Nothing was sent yet.", todo="To send the newest brief: dispatch send")
    if named is None:
        return known[0]
    exact = [each for each in known if named in (each.slug, each.id)]
    fits = exact or [each for each in known if named.casefold() in each.slug.casefold()]
    if len(fits) == 1:
        return fits[0]
    raise CampaignError(
        f"Several campaigns fit {named!r}." if fits else f"There is no campaign {named!r}.",
        where="Campaigns here: " + ", ".join(each.slug for each in (fits or known)[:20]),
        todo="Name it by its brief's name, or by a part of that which fits only one.",
    )


def refuse_cancelled(campaign: Campaign) -> None:
    """Raise CampaignError where the Campaign was cancelled."""
    if campaign.state is CampaignState.CANCELLED:
        raise CampaignError(
            "This campaign was cancelled.",
            where=campaign.slug,
            todo="It stays cancelled: some of its messages have left. To send the brief to the others, "
            "give it a folder and a date of its own.",
        )


def refuse_other_transport(campaign: Campaign, transport: str) -> None:
    """Raise CampaignError where the Campaign is sent by another transport than the settings name now."""
    if campaign.transport != transport:
        raise CampaignError(
            f"This campaign is sent by {campaign.transport!r}; the setting mail.transport now says {transport!r}.",
            where=campaign.slug,
            todo=f"Set mail.transport back to {campaign.transport!r} to continue it.",
        )
