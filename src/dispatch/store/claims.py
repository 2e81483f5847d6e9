"""Claims: taking queued Deliveries for sending, so that no other process can take them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, and_, bindparam, func, null, select, update

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
    therefore be fewer than `limit`, and none although more are queued: see `queued`. Whose server asked for a later try
    is left alone until then.
    """
    connection.execute(_LET_IN, {"of_campaign": campaign_id})
    conditions = is_queued(campaign_id, only)
    statement = _TAKE if only is None else _take(conditions)
    taken = connection.execute(statement, {"of_campaign": campaign_id, "most": limit}).scalars()
    seqs = sorted(taken)
    if not seqs:
        return []
    claims: list[Claim] = []
    skipped: list[dict[str, Any]] = []
    # Unpacked: a row's attributes cost more than all that is done with them.
    for seq, delivery_id, attempt, address, key, edition_id, name, attributes, wish, suppressed in connection.execute(
        _PEOPLE, {"seqs": seqs}
    ):
        if why := _reason_to_skip(wish, suppressed):
            skipped.append({"of_seq": seq, "why": why})
            continue
        claims.append(
            Claim(
                seq=seq,
                delivery_id=DeliveryId(delivery_id),
                campaign_id=campaign_id,
                attempt=attempt,
                address=address,
                envelope=f"{address.rpartition('@')[0]}@{key.rpartition('@')[2]}",
                edition_id=edition_id,
                values={**(attributes or {}), "name": name or "", "email": address},
            )
        )
    if skipped:
        connection.execute(_SKIP, skipped)
    return claims


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


_SUBSCRIBED = SubscriptionState.SUBSCRIBED.value
# Built once: building a statement costs more than running it.
_OF_CAMPAIGN = deliveries.c.campaign_id == bindparam("of_campaign")
_IS_QUEUED = deliveries.c.state == DeliveryState.QUEUED.value
_TAKE = _take([_OF_CAMPAIGN, _IS_QUEUED, deliveries.c.retry_at.is_(None)])
_IS_DUE = (_OF_CAMPAIGN, _IS_QUEUED, deliveries.c.retry_at <= DatabaseClock())
#: a separate step, so that a claim reads past nobody who waits
_LET_IN = update(deliveries).where(*_IS_DUE).values(retry_at=null())
_PEOPLE = (
    select(
        deliveries.c.seq,
        deliveries.c.id,
        deliveries.c.attempt,
        deliveries.c.address,
        deliveries.c.key,
        deliveries.c.edition_id,
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


_SKIP = (
    update(deliveries)
    .where(deliveries.c.seq == bindparam("of_seq"))
    .values(state=DeliveryState.SKIPPED.value, reason=bindparam("why"))
)


def _reason_to_skip(wish: str | None, suppressed: str | None) -> str:
    """Why a person is not mailed after all: `wish` is their Subscription's state, None for none."""
    if suppressed is not None:
        is_erased = suppressed == SuppressionReason.ERASED.value
        return SkipReason.ERASED.value if is_erased else SkipReason.SUPPRESSED.value
    return "" if wish == _SUBSCRIBED else SkipReason.UNSUBSCRIBED.value


def is_queued(campaign_id: CampaignId, only: Collection[int] | None = None) -> list[ColumnElement[bool]]:
    """The conditions of who can be claimed; `only` among these `seq`, where given."""
    found = [deliveries.c.campaign_id == campaign_id, _IS_QUEUED, deliveries.c.retry_at.is_(None)]
    return found if only is None else [*found, deliveries.c.seq.in_(only)]


def queued(connection: Connection, campaign_id: CampaignId, only: Collection[int] | None = None) -> bool:
    """Whether anybody can be claimed now; `only` among these `seq`, where given."""
    waiting = select(deliveries.c.seq).where(*is_queued(campaign_id, only)).limit(1)
    if connection.execute(waiting).first() is not None:
        return True
    is_due = _IS_DUE if only is None else (*_IS_DUE, deliveries.c.seq.in_(only))
    due = select(deliveries.c.seq).where(*is_due).limit(1)
    return connection.execute(due, {"of_campaign": campaign_id}).first() is not None


@dataclass(frozen=True, slots=True)
class Retries:
    """Queued Deliveries whose recipient's server asked for a later try."""

    people: int
    #: the earliest of their times; None for nobody
    next_at: datetime | None


def retries(connection: Connection, campaign_id: CampaignId) -> Retries:
    """Return who waits for another try, the due ones included."""
    waiting = deliveries.c.campaign_id == campaign_id, _IS_QUEUED, deliveries.c.retry_at.is_not(None)
    people, next_at = connection.execute(select(func.count(), func.min(deliveries.c.retry_at)).where(*waiting)).one()
    return Retries(people, next_at)
