"""The ledger: claims, settlements and what stays uncertain.

A row is `submitting`, committed, before any call is made for it; the outcome is committed after the call. What a kill,
a time-out or a broken answer leaves behind becomes `uncertain`, and only an event, or a person, settles that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, literal, or_, select, update

from dispatch.model.delivery import (
    ACCEPTED,
    CampaignId,
    Delivery,
    DeliveryId,
    DeliveryState,
    EventKind,
    SkipReason,
    advance,
    rank,
)
from dispatch.model.member import SubscriptionState, SuppressionReason
from dispatch.model.message import Accepted, Busy, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.store.database import clock
from dispatch.store.schema import Instant, deliveries, editions, events, members, subscriptions, suppressions

#: an IN cannot stand in a statement that runs for many rows at once
_NOT_ACCEPTED = [deliveries.c.state != state.value for state in sorted(ACCEPTED)]
_OPEN = [deliveries.c.state == state.value for state in (DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN)]
#: neighbours of a call, within this time on either side, show whether events flow
NEIGHBOURHOOD = timedelta(minutes=5)


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


def claim(connection: Connection, campaign_id: CampaignId, limit: int) -> list[Claim]:
    """Take up to `limit` queued Deliveries for sending, oldest first.

    When the caller's transaction commits they are `submitting`, so that no other process can take them. Who
    unsubscribed or was suppressed since the freeze becomes `skipped` here and is not among the claims, which can
    therefore be fewer than `limit`, and none although more are queued: see `queued`.
    """
    now = clock(connection)
    batch = (
        select(deliveries.c.seq)
        .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.QUEUED.value)
        .order_by(deliveries.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("batch")
        # Without this PostgreSQL may run the sub-select again for each row.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    taken = connection.execute(
        update(deliveries)
        .where(deliveries.c.seq.in_(select(batch.c.seq)))
        .values(state=DeliveryState.SUBMITTING.value, attempt=deliveries.c.attempt + 1, claimed_at=now, reason="")
        .returning(deliveries.c.seq)
    ).scalars()
    seqs = sorted(taken)
    if not seqs:
        return []
    rows = _with_people(connection, seqs)
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


def _with_people(connection: Connection, seqs: Sequence[int]) -> Sequence[Any]:
    query = (
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
        .where(deliveries.c.seq.in_(seqs))
        .order_by(deliveries.c.seq)
    )
    return connection.execute(query).all()


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


def queued(connection: Connection, campaign_id: CampaignId) -> bool:
    """Whether anybody still waits."""
    waiting = select(deliveries.c.seq).where(
        deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.QUEUED.value
    )
    return connection.execute(waiting.limit(1)).first() is not None


# --- settling -----------------------------------------------------------------------------------------------------


def settle(connection: Connection, outcomes: Iterable[tuple[Claim, Outcome]]) -> None:
    """Write down what became of claimed Deliveries.

    An acceptance counts whenever it comes and for whichever attempt, and never lowers what an event has said already.
    Every other outcome counts while the row is this attempt's claim, or became `uncertain` by waiting for it.
    """
    outcomes = list(outcomes)
    _lock(connection, [claimed.seq for claimed, _ in outcomes])
    now = clock(connection)
    accepted: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    for claimed, outcome in outcomes:
        if isinstance(outcome, Accepted):
            accepted.append({"of_seq": claimed.seq, "id_given": outcome.message_id})
        else:
            state, reason = _after(outcome)
            other.append({"of_seq": claimed.seq, "of_attempt": claimed.attempt, "to": state.value, "why": reason})
    if accepted:
        of_row = deliveries.c.seq == bindparam("of_seq")
        connection.execute(
            update(deliveries)
            .where(of_row)
            .values(
                message_id=bindparam("id_given"),
                submitted_at=func.coalesce(deliveries.c.submitted_at, literal(now, Instant)),
            ),
            accepted,
        )
        connection.execute(
            update(deliveries).where(of_row, *_NOT_ACCEPTED).values(state=DeliveryState.SUBMITTED.value, reason=""),
            [{"of_seq": row["of_seq"]} for row in accepted],
        )
    if other:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.seq == bindparam("of_seq"),
                deliveries.c.attempt == bindparam("of_attempt"),
                or_(*_OPEN),
            )
            .values(state=bindparam("to"), reason=bindparam("why")),
            other,
        )


def _lock(connection: Connection, seqs: Sequence[int]) -> None:
    """Hold several rows before changing them one by one.

    In one order everywhere, so that two processes never wait for each other in a circle.
    """
    if len(seqs) > 1 and connection.dialect.name == "postgresql":
        rows = select(deliveries.c.seq).where(deliveries.c.seq.in_(seqs))
        connection.execute(rows.order_by(deliveries.c.seq).with_for_update()).all()


def _after(outcome: Outcome) -> tuple[DeliveryState, str]:
    match outcome:
        case Refused(reason):
            return DeliveryState.FAILED, reason
        case NotSent(reason) | Busy(reason) | Stopped(reason):
            return DeliveryState.QUEUED, ""
        case Unknown(reason):
            return DeliveryState.UNCERTAIN, reason
        case Accepted():
            return DeliveryState.SUBMITTED, ""


def expire(connection: Connection, campaign_id: CampaignId, claim_seconds: int) -> int:
    """Turn claims older than `claim_seconds` that nobody settled into `uncertain`; gives how many."""
    before = clock(connection) - timedelta(seconds=claim_seconds)
    return connection.execute(
        update(deliveries)
        .where(
            deliveries.c.campaign_id == campaign_id,
            deliveries.c.state == DeliveryState.SUBMITTING.value,
            deliveries.c.claimed_at < before,
        )
        .values(
            state=DeliveryState.UNCERTAIN.value,
            reason="the sending process ended before it noted the outcome",
        )
    ).rowcount


def raise_states(connection: Connection, facts: Sequence[tuple[DeliveryId, EventKind, datetime]]) -> None:
    """Move Deliveries by what events say; only ever upward in rank, so order and repetition do not matter."""
    by_id = {delivery_id for delivery_id, _, _ in facts}
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.state)
        .where(deliveries.c.id.in_(by_id))
        # In one order everywhere, so that two processes never wait for each other in a circle.
        .order_by(deliveries.c.seq)
        .with_for_update()
    )
    states = {row.id: DeliveryState(row.state) for row in rows}
    before = dict(states)
    first_seen: dict[str, datetime] = {}
    for delivery_id, kind, at in facts:
        states[delivery_id] = advance(states[delivery_id], kind)
        first_seen[delivery_id] = min(at, first_seen.get(delivery_id, at))
    risen = [
        {"of_id": key, "to": state.value, "at": first_seen[key]}
        for key, state in states.items()
        if rank(state) > rank(before[key])
    ]
    if risen:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == bindparam("of_id"))
            .values(
                state=bindparam("to"),
                reason="",
                submitted_at=func.coalesce(deliveries.c.submitted_at, bindparam("at", type_=Instant)),
            ),
            risen,
        )


# --- what is not known yet ------------------------------------------------------------------------------------------


def in_state(
    connection: Connection, campaign_id: CampaignId, *states: DeliveryState, limit: int | None = None
) -> list[Delivery]:
    """The Deliveries in one of these states, oldest first."""
    query = (
        deliveries.select()
        .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state.in_([state.value for state in states]))
        .order_by(deliveries.c.seq)
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query)]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        campaign_id=CampaignId(row.campaign_id),
        address=row.address,
        audience=row.audience,
        state=DeliveryState(row.state),
        reason=row.reason,
        attempt=row.attempt,
        claimed_at=row.claimed_at,
        submitted_at=row.submitted_at,
        message_id=row.message_id,
    )


def _has_sent_event() -> ColumnElement[bool]:
    return (
        select(events.c.id)
        .where(events.c.delivery_id == deliveries.c.id, events.c.kind == EventKind.SENT.value)
        .exists()
    )


def flow_around(connection: Connection, moment: datetime) -> tuple[int, int]:
    """(accepted, of these without a Send event) within five minutes of a call: whether events are proven to flow."""
    near = and_(
        deliveries.c.submitted_at.between(moment - NEIGHBOURHOOD, moment + NEIGHBOURHOOD),
        deliveries.c.message_id != "",
    )
    accepted = connection.execute(select(func.count()).select_from(deliveries).where(near)).scalar_one()
    silent = connection.execute(
        select(func.count()).select_from(deliveries).where(near, ~_has_sent_event())
    ).scalar_one()
    return int(accepted), int(silent)


def requeue(connection: Connection, delivery_ids: Sequence[DeliveryId]) -> int:
    """Put uncertain Deliveries back into the queue, because a person or their setting said so; gives how many."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(delivery_ids), deliveries.c.state == DeliveryState.UNCERTAIN.value)
        .values(state=DeliveryState.QUEUED.value, reason="")
    ).rowcount


def awaiting_events(connection: Connection, campaign_id: CampaignId) -> int:
    """Accepted Deliveries that no final event has reached yet."""
    return int(
        connection.execute(
            select(func.count())
            .select_from(deliveries)
            .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.SUBMITTED.value)
        ).scalar_one()
    )
