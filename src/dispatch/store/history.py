"""History: what was decided about a Campaign, and what happened to one address of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from dispatch.model.delivery import CampaignId, Delivery, DeliveryId
from dispatch.store import ledger
from dispatch.store.schema import audit, deliveries, events


@dataclass(frozen=True, slots=True)
class Act:
    """One act of the audit trail."""

    at: datetime
    act: str
    address: str
    detail: dict[str, object]


def trail(
    connection: Connection, campaign_id: CampaignId, limit: int | None = None, *, slug: str | None = None
) -> list[Act]:
    """Return the acts about a Campaign, the oldest first; the newest `limit` of them.

    With the `slug` of its Brief, also the outcome of Campaigns of that Brief that were taken back.
    """
    about = audit.c.campaign_id == campaign_id
    if slug is not None:
        about = or_(about, audit.c.detail["slug"].as_string() == slug)
    newest = audit.select().where(about).order_by(audit.c.id.desc()).limit(limit)
    found = [Act(row.at, row.act, row.address, row.detail) for row in connection.execute(newest)]
    return found[::-1]


def deliveries_of(connection: Connection, campaign_id: CampaignId, address: str, key: str) -> list[Delivery]:
    """The Delivery of an address as typed or of its key, in a list of at most one."""
    query = select(deliveries.c.seq, deliveries.c.id).where(
        deliveries.c.campaign_id == campaign_id, or_(deliveries.c.key == key, deliveries.c.address == address)
    )
    ids = {row.id for row in connection.execute(query)}
    return ledger.by_ids(connection, ids)


def events_of(connection: Connection, delivery_id: DeliveryId) -> list[tuple[datetime, str, str, dict[str, str]]]:
    """(moment, kind, rule, detail) of each Event of a Delivery, the oldest first."""
    query = events.select().where(events.c.delivery_id == delivery_id).order_by(events.c.at, events.c.id)
    return [(row.at, row.kind, row.rule or row.reader, row.detail) for row in connection.execute(query)]
