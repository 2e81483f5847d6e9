"""Claims: taking queued Deliveries for sending, so that no other process can take them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, and_, bindparam, select, update

from dispatch.model.delivery import CampaignId, DeliveryId, DeliveryState, SkipReason
from dispatch.model.member import SubscriptionState, SuppressionReason
from dispatch.store.database import DatabaseClock
from dispatch.store.schema import deliveries, editions, members, subscriptions, suppressions


@dataclass(frozen=True, slots=True)
class Claim:
    """One Delivery that this process may send now, with what its Message needs."""

    seq: int
    delivery_id: DeliveryId
    campaign_id: CampaignId
    attempt: int
    #: the address as typed
    address: str
    #: local part as typed @ punycode domain: what travels
    envelope: str
    edition_id: int
    #: what merge tokens can use, read at the claim
    values: dict[str, str]


def claim(
    connection: Connection, campaign_id: CampaignId, limit: int, only: Collection[int] | None = None
) -> list[Claim]:
    """Take up to `limit` queued Deliveries for sending, oldest first; `only` among these `seq`, where given.

    When the caller's transaction commits they are `submitting`, so that no other process can take them. Who
    unsubscribed or was suppressed since the freeze becomes `skipped` here and is not among the claims, which can
    therefore be fewer than `limit`, and none although more are queued: see `queued`.
    """
    conditions = is_queued(campaign_id, only)
    statement = _TAKE if only is None else _take(conditions)
    taken = connection.execute(statement, {"of_campaign": campaign_id, "most": limit}).scalars()
    seqs = sorted(taken)
    if not seqs:
        return []
    rows = connection.execute(_PEOPLE, {"seqs": seqs}).all()
    _skip(connection, rows)
    return [
        Claim(
            seq=row.seq,
            delivery_id=DeliveryId(row.id),
            campaign_id=campaign_id,
            attempt=row.attempt,
            address=row.address,
            envelope=f"{row.address.rpartition('@')[0]}@{row.key.rpartition('@')[2]}",
            edition_id=row.edition_id,
            values={**(row.attributes or {}), "name": row.name or "", "email": row.address},
        )
        for row in rows
        if not _reason_to_skip(row)
    ]


def _take(conditions: Sequence[ColumnElement[bool]]) -> Update:
    batch = (
        select(deliveries.c.seq)
        .where(*conditions)
        .order_by(deliveries.c.seq)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("batch")
        # Without this PostgreSQL may run the sub-select again for each row.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return (
        update(deliveries)
        .where(deliveries.c.seq.in_(select(batch.c.seq)))
        .values(
            state=DeliveryState.SUBMITTING.value,
            attempt=deliveries.c.attempt + 1,
            claimed_at=DatabaseClock(),
            reason="",
        )
        .returning(deliveries.c.seq)
    )


# Built once: building a statement costs more than running it.
_TAKE = _take([deliveries.c.campaign_id == bindparam("of_campaign"), deliveries.c.state == DeliveryState.QUEUED.value])
_PEOPLE = (
    select(
        deliveries.c.seq,
        deliveries.c.id,
        deliveries.c.attempt,
        deliveries.c.address,
        deliveries.c.key,
        deliveries.c.edition_id,
        members.c.id.label("member_id"),
        members.c.name,
        members.c.attributes,
        subscriptions.c.state.label("wish"),
        suppressions.c.reason.label("suppressed"),
    )
    .select_from(deliveries)
    .join(editions, editions.c.id == deliveries.c.edition_id)
    .outerjoin(members, members.c.id == deliveries.c.member_id)
    .outerjoin(
        subscriptions,
        and_(
            subscriptions.c.member_id == deliveries.c.member_id,
            subscriptions.c.member_list == editions.c.member_list,
        ),
    )
    .outerjoin(suppressions, suppressions.c.address_hash == deliveries.c.address_hash)
    .where(deliveries.c.seq.in_(bindparam("seqs", expanding=True)))
    .order_by(deliveries.c.seq)
)


def _reason_to_skip(row: Any) -> str:
    if row.suppressed is not None:
        is_erased = row.suppressed == SuppressionReason.ERASED.value
        return SkipReason.ERASED.value if is_erased else SkipReason.SUPPRESSED.value
    if row.member_id is None or row.wish != SubscriptionState.SUBSCRIBED.value:
        return SkipReason.UNSUBSCRIBED.value
    return ""


def _skip(connection: Connection, rows: Sequence[Any]) -> None:
    skipped = [{"of_seq": row.seq, "why": reason} for row in rows if (reason := _reason_to_skip(row))]
    if skipped:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.seq == bindparam("of_seq"))
            .values(state=DeliveryState.SKIPPED.value, reason=bindparam("why")),
            skipped,
        )


def is_queued(campaign_id: CampaignId, only: Collection[int] | None = None) -> list[ColumnElement[bool]]:
    """The conditions of who waits; `only` among these `seq`, where given."""
    found = [deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.QUEUED.value]
    return found if only is None else [*found, deliveries.c.seq.in_(only)]


def queued(connection: Connection, campaign_id: CampaignId, only: Collection[int] | None = None) -> bool:
    """Whether anybody still waits; `only` among these `seq`, where given."""
    waiting = select(deliveries.c.seq).where(*is_queued(campaign_id, only))
    return connection.execute(waiting.limit(1)).first() is not None
