"""Report: what became of a Campaign, and whether it may go on."""

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign
from dispatch.model.report import Rates, Report
from dispatch.pipeline.options import SendOptions
from dispatch.store import campaigns, reports
from dispatch.store.database import Database


def report(database: Database, named: str | None) -> Report:
    """The Report of the Campaign that `named` means: a slug, a part of one, an identifier; None the newest.

    Raises CampaignError where none or several fit.
    """
    with database.reading() as connection:
        return reports.report(connection, _find(campaigns.all_campaigns(connection), named))


def find_campaign(database: Database, named: str | None) -> Campaign:
    """The Campaign that `named` means, as for `report`. Raises CampaignError."""
    with database.reading() as connection:
        return _find(campaigns.all_campaigns(connection), named)


def _find(known: list[Campaign], named: str | None) -> Campaign:
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


def why_stop(rates: Rates, options: SendOptions) -> str:
    """Why a Campaign must stop by itself, "" while it may go on."""
    if rates.submitted < options.rates_after:
        return ""
    if rates.bounce_rate > options.max_bounce_rate:
        return (
            f"{rates.bounced} of {rates.submitted} accepted mails bounced for good: {rates.bounce_rate:.1%}, "
            f"more than {options.max_bounce_rate:.1%}."
        )
    if rates.complained >= options.complaints_after and rates.complaint_rate > options.max_complaint_rate:
        return (
            f"{rates.complained} of {rates.submitted} accepted mails were reported as spam: "
            f"{rates.complaint_rate:.2%}, more than {options.max_complaint_rate:.2%}."
        )
    return ""
