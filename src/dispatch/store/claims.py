"""Claims: whether a Campaign may send now, and taking queued Deliveries so that no other process can take them."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    select,
    update,
)

from dispatch.model.campaign import CampaignState
from dispatch.model.delivery import CampaignId, DeliveryId, DeliveryState, SkipReason
from dispatch.model.member import SubscriptionState, SuppressionReason
from dispatch.store.audit import record
from dispatch.store.bulk_values import document, numbers
from dispatch.store.database import DatabaseClock, clock
from dispatch.store.schema import campaigns, deliveries, editions, members, subscriptions, suppressions


class WhyNot(StrEnum):
    """Why nobody of a Campaign may be claimed now."""

    #: nobody is queued
    NOBODY_WAITS = "nobody waits"
    #: it is paused, cancelled or taken back
    STOPPED = "stopped"
    #: its time has not come
    NOT_DUE = "not due"
    #: as many were sent as its limit allows
    LIMIT_REACHED = "limit reached"
    #: the servers of all who wait asked for a later try
    RETRY_LATER = "retry later"
    #: the first people were sent theirs, and the others wait for the events about them
    FIRST_PEOPLE = "first people"


@dataclass(frozen=True, slots=True)
class Permission:
    """Who of a Campaign may be claimed in this transaction."""

    campaign_id: CampaignId
    #: their `seq`; None for all who wait
    among: Collection[int] | None = None
    #: how many the Campaign's limit allows; None for all
    most: int | None = None
    #: which of the Campaign's limits counts them; None for none
    limit_number: int | None = None


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
    #: which of the Campaign's limits counts it; None for none
    limit_number: int | None = None


# --- permission ---------------------------------------------------------------------------------------------------


def why_not(connection: Connection, campaign_id: CampaignId, named: Collection[int] | None = None) -> WhyNot | None:
    """Return why nobody of a Campaign may be claimed now, None where anybody may; change nothing.

    `named` are the `seq` of Deliveries that a person named: these wait for nothing.
    """
    row = connection.execute(_LOOK, {"of_campaign": campaign_id}).first()
    found = WhyNot.STOPPED if row is None else _allowed(connection, row, named)
    if found is WhyNot.STOPPED:
        return found
    if not queued(connection, campaign_id, named):
        if not retries(connection, campaign_id, named).people:
            return WhyNot.NOBODY_WAITS
        return found if isinstance(found, WhyNot) else WhyNot.RETRY_LATER
    if isinstance(found, WhyNot):
        return found
    return None if found.among is named or queued(connection, campaign_id, found.among) else WhyNot.FIRST_PEOPLE


def permission(
    connection: Connection, campaign_id: CampaignId, named: Collection[int] | None = None
) -> Permission | WhyNot:
    """Return who may be claimed in this transaction, or why nobody; start a scheduled Campaign whose time has come.

    The Campaign is held until the transaction ends: a pause waits for the claim, or the claim sees the pause.
    `named` as for `why_not`.
    """
    row = connection.execute(_HOLD, {"of_campaign": campaign_id}).first()
    if row is None:
        return WhyNot.STOPPED
    found = _allowed(connection, row, named)
    if isinstance(found, Permission) and named is None and row.state == CampaignState.SCHEDULED.value:
        connection.execute(_START, {"of_campaign": campaign_id})
        record(connection, "campaign started at its time", now=clock(connection), campaign_id=campaign_id)
    return found


def _allowed(
    connection: Connection, campaign: Row[*tuple[Any, ...]], named: Collection[int] | None
) -> Permission | WhyNot:
    if named is not None:
        is_over = campaign.state == CampaignState.CANCELLED.value
        return WhyNot.STOPPED if is_over else Permission(campaign.id, named)
    if campaign.state not in _CAN_SEND:
        return WhyNot.NOBODY_WAITS if campaign.state == CampaignState.FINISHED.value else WhyNot.STOPPED
    if campaign.not_before is not None and campaign.not_before > clock(connection):
        return WhyNot.NOT_DUE
    if campaign.may_send == 0:
        return WhyNot.LIMIT_REACHED
    number = campaign.limit_number if campaign.may_send is not None else None
    return Permission(campaign.id, campaign.canary or None, campaign.may_send, number)


_CAN_SEND = (CampaignState.SENDING.value, CampaignState.SCHEDULED.value)
# Built once: it runs before every batch, and building a statement costs more than running it.
_LOOK = select(
    campaigns.c.id,
    campaigns.c.state,
    campaigns.c.not_before,
    campaigns.c.canary,
    campaigns.c.may_send,
    campaigns.c.limit_number,
).where(campaigns.c.id == bindparam("of_campaign"))
# Deliveries that are added meanwhile do not wait for it.
_HOLD = _LOOK.with_for_update(key_share=True)
_OF_CAMPAIGN = update(campaigns).where(campaigns.c.id == bindparam("of_campaign"))
_START = _OF_CAMPAIGN.values(state=CampaignState.SENDING.value)
_COUNT_DOWN = _OF_CAMPAIGN.values(may_send=campaigns.c.may_send - bindparam("taken"))


# --- claims -------------------------------------------------------------------------------------------------------


def claim(connection: Connection, allowed: Permission, size: int) -> list[Claim]:
    """Take up to `size` queued Deliveries for sending, oldest first, and count them against the Campaign's limit.

    When the caller's transaction commits they are `submitting`, so that no other process can take them. Who
    unsubscribed or was suppressed since the freeze becomes `skipped` here and is not among the claims, which can
    therefore be fewer than `size`, and none although more are queued: see `queued`. Whose server asked for a later try
    is left alone until then.
    """
    campaign_id, only = allowed.campaign_id, allowed.among
    connection.execute(_LET_IN, {"of_campaign": campaign_id})
    statement = _TAKE if only is None else _take(is_queued(campaign_id, only))
    most = size if allowed.most is None else min(size, allowed.most)
    taken = connection.execute(statement, {"of_campaign": campaign_id, "most": most}).scalars()
    seqs = sorted(taken)
    if not seqs:
        return []
    claims: list[Claim] = []
    skipped: list[dict[str, Any]] = []
    # Unpacked: a row's attributes cost more than all that is done with them.
    for seq, delivery_id, attempt, address, key, edition_id, name, attributes, wish, suppressed in connection.execute(
        _people(connection.dialect.name), {"seqs": document(seqs)}
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
                limit_number=allowed.limit_number,
            )
        )
    if skipped:
        connection.execute(_SKIP, skipped)
    if claims and allowed.limit_number is not None:
        connection.execute(_COUNT_DOWN, {"of_campaign": campaign_id, "taken": len(claims)})
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
_IN_CAMPAIGN = deliveries.c.campaign_id == bindparam("of_campaign")
# Written out, because no plan with a parameter in this place uses the index of what is queued.
_IS_QUEUED = deliveries.c.state == literal_column(f"'{DeliveryState.QUEUED.value}'")
_TAKE = _take([_IN_CAMPAIGN, _IS_QUEUED, deliveries.c.retry_at.is_(None)])
_IS_DUE = (_IN_CAMPAIGN, _IS_QUEUED, deliveries.c.retry_at <= DatabaseClock())
#: a separate step, so that a claim reads past nobody who waits
_LET_IN = update(deliveries).where(*_IS_DUE).values(retry_at=null())


@functools.cache
def _people(dialect: str) -> Select[Any]:
    """What the Messages of claimed Deliveries need; built once for each kind of database."""
    return (
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
        .where(deliveries.c.seq.in_(numbers(dialect, "seqs")))
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


def retries(connection: Connection, campaign_id: CampaignId, only: Collection[int] | None = None) -> Retries:
    """Return who waits for another try; `only` among these `seq`, where given."""
    waiting = [deliveries.c.campaign_id == campaign_id, _IS_QUEUED, deliveries.c.retry_at.is_not(None)]
    if only is not None:
        waiting.append(deliveries.c.seq.in_(only))
    people, next_at = connection.execute(select(func.count(), func.min(deliveries.c.retry_at)).where(*waiting)).one()
    return Retries(people, next_at)
