"""The ledger: settlements, and what stays uncertain.

A row is `submitting`, committed, before any call is made for it; the outcome is committed after the call. What a kill,
a time-out or a broken answer leaves behind becomes `uncertain`, and only an event, or a person, settles that.
"""

import functools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Update, bindparam, case, func, or_, select, update

from dispatch.model.campaign import CampaignState
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
from dispatch.model.mailbox import without_addresses
from dispatch.model.message import Accepted, Busy, Deferred, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.store.bulk_values import document, pairs
from dispatch.store.claims import Claim
from dispatch.store.column_types import Instant
from dispatch.store.database import DatabaseClock, clock
from dispatch.store.schema import campaigns, deliveries, events

# Not an IN: SQLAlchemy would write its list into the statement at each execution.
_IS_ACCEPTED = or_(*[deliveries.c.state == state.value for state in sorted(ACCEPTED)])
_IS_OPEN = or_(*[deliveries.c.state == state.value for state in (DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN)])
_NOTE = (
    update(deliveries)
    .where(deliveries.c.seq == bindparam("of_seq"), deliveries.c.attempt == bindparam("of_attempt"), _IS_OPEN)
    .values(state=bindparam("to"), reason=bindparam("why"))
)
_PUT_OFF = _NOTE.values(retry_at=bindparam("then", type_=Instant), deferred_at=bindparam("since", type_=Instant))


@functools.cache
def _accept(dialect: str) -> Update:
    """Acceptances, all by one statement; built once for each kind of database."""
    given = pairs(dialect, "accepted")
    return (
        update(deliveries)
        .where(deliveries.c.seq == given.c.number)
        .values(
            message_id=given.c.text,
            submitted_at=func.coalesce(deliveries.c.submitted_at, DatabaseClock()),
            state=case((_IS_ACCEPTED, deliveries.c.state), else_=DeliveryState.SUBMITTED.value),
            reason=case((_IS_ACCEPTED, deliveries.c.reason), else_=""),
        )
    )


_GIVE_BACK = (
    update(campaigns)
    .where(campaigns.c.id == bindparam("of_campaign"), campaigns.c.limit_number == bindparam("of_number"))
    .values(may_send=campaigns.c.may_send + bindparam("unused"))
)
#: neighbours of a call, within this time on either side, show whether events flow
NEIGHBOURHOOD = timedelta(minutes=5)


# --- settling -----------------------------------------------------------------------------------------------------


def settle(connection: Connection, outcomes: Iterable[tuple[Claim, Outcome]]) -> None:
    """Write down the Outcomes of claimed Deliveries.

    An acceptance counts whenever it comes and for whichever attempt, and never lowers what an event has said already.
    Every other outcome counts while the row is this attempt's claim, or became `uncertain` by waiting for it; who comes
    back unsent to a Campaign that was finished meanwhile opens it again, and uses up nothing of its limit.
    """
    outcomes = list(outcomes)
    accepted = [(claimed.seq, outcome.message_id) for claimed, outcome in outcomes if isinstance(outcome, Accepted)]
    other = [(claimed, outcome) for claimed, outcome in outcomes if not isinstance(outcome, Accepted)]
    is_cancelled = _is_cancelled(connection, other)
    _lock(connection, [claimed.seq for claimed, _ in outcomes])
    later = _later(connection, other)
    if accepted:
        connection.execute(_accept(connection.dialect.name), {"accepted": document(accepted)})
    #: (Campaign, which of its limits) -> how many came back unsent
    unused: Counter[tuple[CampaignId, int]] = Counter()
    for claimed, outcome in other:
        state, reason = _after(outcome)
        statement, moments = _NOTE, later.get(claimed.seq, {})
        if isinstance(outcome, Deferred):
            statement = _PUT_OFF
            if moments["then"] is None:
                state, reason = DeliveryState.FAILED, f"{reason} ({outcome.patience})"
        is_returned = state is DeliveryState.QUEUED
        if is_cancelled and is_returned:
            statement, moments = _NOTE, {}
            state, reason = DeliveryState.SKIPPED, SkipReason.CANCELLED.value
        note = {"of_seq": claimed.seq, "of_attempt": claimed.attempt, "to": state.value, "why": reason, **moments}
        # One by one: each says whether it was still this claim's to note.
        is_noted = connection.execute(statement, note).rowcount
        if is_returned and is_noted and claimed.limit_number is not None:
            unused[claimed.campaign_id, claimed.limit_number] += 1
    for (campaign_id, number), count in unused.items():
        connection.execute(_GIVE_BACK, {"of_campaign": campaign_id, "of_number": number, "unused": count})
    _reopen(connection, other)


def _later(connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]]) -> dict[int, dict[str, datetime | None]]:
    """Return `seq` -> when to try again, and since when that is asked for, of those whose server asks for it.

    Both are None for one who has waited long enough.
    """
    deferred = {claimed.seq: outcome for claimed, outcome in outcomes if isinstance(outcome, Deferred)}
    if not deferred:
        return {}
    now = clock(connection)
    known = select(deliveries.c.seq, deliveries.c.deferred_at).where(deliveries.c.seq.in_(deferred))
    found: dict[int, dict[str, datetime | None]] = {}
    for seq, first_at in connection.execute(known):
        since = first_at or now
        then = deferred[seq].next_try(since, now)
        found[seq] = {"then": then, "since": since if then else None}
    return found


def _is_cancelled(connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]]) -> bool:
    """Whether what comes back unsent belongs to a Campaign that was given up meanwhile; holds its state until the end.

    Before the Deliveries, in the order in which `campaigns.cancel` takes them.
    """
    returned = _returned(outcomes)
    if not returned:
        return False
    states = select(campaigns.c.state).where(campaigns.c.id.in_(returned)).with_for_update()
    return set(connection.execute(states).scalars()) == {CampaignState.CANCELLED.value}


def _returned(outcomes: Sequence[tuple[Claim, Outcome]]) -> set[CampaignId]:
    """The Campaigns to which anybody comes back unsent."""
    return {claimed.campaign_id for claimed, outcome in outcomes if _after(outcome)[0] is DeliveryState.QUEUED}


def _reopen(connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
    """Let a Campaign go on that ended while its last claims slept: who comes back unsent still wants their copy."""
    if returned := _returned(outcomes):
        waits = (
            select(deliveries.c.seq)
            .where(deliveries.c.campaign_id == campaigns.c.id, deliveries.c.state == DeliveryState.QUEUED.value)
            .exists()
        )
        is_over = campaigns.c.id.in_(returned), campaigns.c.state == CampaignState.FINISHED.value, waits
        connection.execute(update(campaigns).where(*is_over).values(state=CampaignState.SENDING.value))


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
            return DeliveryState.FAILED, without_addresses(reason)
        case Deferred(reason):
            return DeliveryState.QUEUED, without_addresses(reason)
        case NotSent() | Busy() | Stopped():
            return DeliveryState.QUEUED, ""
        case Unknown(reason):
            return DeliveryState.UNCERTAIN, without_addresses(reason)
        case Accepted():
            return DeliveryState.SUBMITTED, ""


def expire(connection: Connection, campaign_id: CampaignId, claim_seconds: int) -> int:
    """Turn claims older than `claim_seconds` that nobody settled into `uncertain`; return how many.

    One from the future was made before the clock was put back, and may be of any age.
    """
    reason = "the sending process ended before it noted the outcome"
    expired = update(deliveries).where(*_is_expired(connection, campaign_id, claim_seconds))
    return connection.execute(expired.values(state=DeliveryState.UNCERTAIN.value, reason=reason)).rowcount


def has_expired(connection: Connection, campaign_id: CampaignId, claim_seconds: int) -> bool:
    """Whether `expire` would change anything."""
    one = select(deliveries.c.seq).where(*_is_expired(connection, campaign_id, claim_seconds))
    return connection.execute(one.limit(1)).first() is not None


def _is_expired(connection: Connection, campaign_id: CampaignId, claim_seconds: int) -> list[ColumnElement[bool]]:
    now, good_for = clock(connection), timedelta(seconds=claim_seconds)
    return [
        deliveries.c.campaign_id == campaign_id,
        deliveries.c.state == DeliveryState.SUBMITTING.value,
        or_(deliveries.c.claimed_at < now - good_for, deliveries.c.claimed_at > now + good_for),
    ]


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


def by_ids(connection: Connection, delivery_ids: Collection[DeliveryId]) -> list[Delivery]:
    """The Deliveries of identifiers, oldest first."""
    query = deliveries.select().where(deliveries.c.id.in_(delivery_ids)).order_by(deliveries.c.seq)
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


@dataclass(frozen=True, slots=True)
class Flow:
    """What was accepted in a time, and what of it no Send event has come for; both oldest first."""

    accepted: list[datetime]
    silent: list[datetime]

    def around(self, moment: datetime) -> tuple[int, int]:
        """Return (accepted, of these without a Send event) within five minutes of a call."""
        first, last = moment - NEIGHBOURHOOD, moment + NEIGHBOURHOOD
        counts = (bisect_right(times, last) - bisect_left(times, first) for times in (self.accepted, self.silent))
        accepted, silent = counts
        return accepted, silent


def flow_around(connection: Connection, moments: Collection[datetime]) -> Flow:
    """Return the acceptances within five minutes of any of these calls: they show whether events flow.

    Calls that lie close together are looked around by one statement.
    """
    windows: list[list[datetime]] = []
    for moment in sorted(moments):
        if windows and moment - NEIGHBOURHOOD <= windows[-1][1]:
            windows[-1][1] = moment + NEIGHBOURHOOD
        else:
            windows.append([moment - NEIGHBOURHOOD, moment + NEIGHBOURHOOD])
    flow = Flow([], [])
    for first, last in windows:
        near = deliveries.c.submitted_at.between(first, last), deliveries.c.message_id != ""
        rows = select(deliveries.c.submitted_at, _has_sent_event()).where(*near).order_by(deliveries.c.submitted_at)
        for accepted_at, is_heard in connection.execute(rows):
            flow.accepted.append(accepted_at)
            if not is_heard:
                flow.silent.append(accepted_at)
    return flow


def has(connection: Connection, campaign_id: CampaignId, *states: DeliveryState) -> bool:
    """Whether any Delivery is in one of these states; quick however many there are."""
    one = select(deliveries.c.seq).where(
        deliveries.c.campaign_id == campaign_id, deliveries.c.state.in_([state.value for state in states])
    )
    return connection.execute(one.limit(1)).first() is not None


def first_claimed(connection: Connection, seqs: Collection[int]) -> datetime | None:
    """When the first of these Deliveries was claimed; None where none was."""
    found = connection.execute(select(func.min(deliveries.c.claimed_at)).where(deliveries.c.seq.in_(seqs)))
    return found.scalar()


def requeue(connection: Connection, delivery_ids: Sequence[DeliveryId]) -> int:
    """Put uncertain Deliveries back into the queue, because a person or their setting said so; return how many."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(delivery_ids), deliveries.c.state == DeliveryState.UNCERTAIN.value)
        .values(state=DeliveryState.QUEUED.value, reason="")
    ).rowcount
