"""Report: the numbers of one Campaign, computed from Deliveries and Events, never from counters."""

from dispatch.model.report import Report
from dispatch.pipeline.lookup import find
from dispatch.store import reports
from dispatch.store.database import Database


def report(database: Database, named: str | None) -> Report:
    """Return the Report of the Campaign that `named` means, as for `find_campaign`. Raise CampaignError."""
    with database.reading() as connection:
        return reports.report(connection, find(connection, named))
