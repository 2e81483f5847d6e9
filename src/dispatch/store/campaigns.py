"""Campaigns: their states, their locked text and their counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, and_, delete, exists, func, null, or_, select, update

from dispatch.model.brand import Audience
from dispatch.model.campaign import Campaign, CampaignState, Copies, Counts, Limit
from dispatch.model.delivery import CampaignId, DeliveryState, SkipReason, counted_as
from dispatch.model.edition import Edition
from dispatch.model.mailbox import without_addresses
from dispatch.store.audit import SENT_AGAIN
from dispatch.store.schema import audit, campaigns, deliveries, editions, probes


def new_id() -> str:
    """A random identifier of 32 hex digits."""
    return uuid4().hex


def find(connection: Connection, slug: str) -> Campaign | None:
    """The Campaign of a Brief, by its slug; None where it was never sent."""
    return _campaign(connection.execute(campaigns.select().where(campaigns.c.slug == slug)).first())


def find_by_id(connection: Connection, campaign_id: str) -> Campaign | None:
    """The Campaign of an identifier."""
    return _campaign(connection.execute(campaigns.select().where(campaigns.c.id == campaign_id)).first())


def find_twin(connection: Connection, slug: str, title: str, date: str) -> Campaign | None:
    """A Campaign of another slug with the same title and date: the same Brief under a second name."""
    same = and_(campaigns.c.title == title, campaigns.c.date == date, campaigns.c.slug != slug)
    return _campaign(connection.execute(campaigns.select().where(same)).first())


def all_campaigns(connection: Connection) -> list[Campaign]:
    """Every Campaign, the newest first."""
    rows = connection.execute(campaigns.select().order_by(campaigns.c.created_at.desc(), campaigns.c.slug))
    return [found for row in rows if (found := _campaign(row))]


def under_way(connection: Connection, transport: str) -> list[Campaign]:
    """The Campaigns of a transport with something to do: to send, to go on with, or calls whose outcome is open."""
    is_open = exists().where(
        deliveries.c.campaign_id == campaigns.c.id,
        deliveries.c.state.in_([DeliveryState.SUBMITTING.value, DeliveryState.UNCERTAIN.value]),
    )
    sends = campaigns.c.state.in_([CampaignState.SCHEDULED.value, CampaignState.SENDING.value])
    where = campaigns.c.transport == transport, or_(sends, campaigns.c.goes_on_at.is_not(None), is_open)
    rows = connection.execute(campaigns.select().where(*where).order_by(campaigns.c.created_at, campaigns.c.id))
    return [found for row in rows if (found := _campaign(row))]


def _campaign(row: Row[Any] | None) -> Campaign | None:
    if row is None:
        return None
    return Campaign(
        id=CampaignId(row.id),
        slug=row.slug,
        title=row.title,
        date=row.date,
        state=CampaignState(row.state),
        reason=row.reason,
        todo=row.todo,
        transport=row.transport,
        created_at=row.created_at,
        not_before=row.not_before,
        goes_on_at=row.goes_on_at,
        canary=tuple(row.canary or ()),
        may_send=row.may_send,
        limited_to=row.limited_to,
    )


def create(connection: Connection, *, slug: str, title: str, date: str, transport: str, now: datetime) -> Campaign:
    """A new Campaign, sending, with no Deliveries yet."""
    values = {"id": new_id(), "slug": slug, "title": title, "date": date, "transport": transport, "created_at": now}
    connection.execute(campaigns.insert().values(state=CampaignState.SENDING.value, **values))
    made = find(connection, slug)
    assert made is not None
    return made


def set_state(
    connection: Connection,
    campaign_id: CampaignId,
    state: CampaignState,
    reason: str = "",
    todo: str = "",
    goes_on_at: datetime | None = None,
) -> None:
    """Put a Campaign into a state, with the reason, what to do, and when it goes on by itself (None: never)."""
    values = {"state": state.value, "reason": without_addresses(reason), "todo": todo, "goes_on_at": goes_on_at}
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**values))


def pause_if_sending(
    connection: Connection, campaign_id: CampaignId, reason: str, todo: str, goes_on_at: datetime | None = None
) -> bool:
    """Pause a Campaign that is sending; return whether it was. The first reason stays."""
    why = without_addresses(reason)
    values = {"state": CampaignState.PAUSED.value, "reason": why, "todo": todo, "goes_on_at": goes_on_at}
    paused = update(campaigns).where(campaigns.c.id == campaign_id, campaigns.c.state == CampaignState.SENDING.value)
    return bool(connection.execute(paused.values(**values)).rowcount)


def begin(connection: Connection, campaign_id: CampaignId, not_before: datetime | None) -> None:
    """Make a Campaign sending; where `not_before` is given, scheduled for that moment."""
    set_state(connection, campaign_id, CampaignState.SCHEDULED if not_before else CampaignState.SENDING)
    schedule(connection, campaign_id, not_before)


def schedule(connection: Connection, campaign_id: CampaignId, not_before: datetime | None) -> None:
    """Let nothing leave before a moment; None for at once. The state stays."""
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(not_before=not_before))


def set_limit(connection: Connection, campaign_id: CampaignId, limit: Limit | None) -> None:
    """Let so many messages leave from now on, through all processes together; None for all."""
    connection.execute(
        update(campaigns)
        .where(campaigns.c.id == campaign_id)
        .values(
            limited_to=limit.messages if limit and not limit.is_of_today else null(),
            may_send=limit.messages if limit else null(),
            limit_number=campaigns.c.limit_number + 1,
        )
    )


def limit_to_today(connection: Connection, campaign_id: CampaignId, messages: int) -> None:
    """Let no more leave than the provider takes in these 24 hours; a limit that a person set stays as it is."""
    is_free = or_(campaigns.c.may_send.is_(None), campaigns.c.may_send > messages)
    where = campaigns.c.id == campaign_id, campaigns.c.limited_to.is_(None), is_free
    connection.execute(update(campaigns).where(*where).values(may_send=messages))


def set_canary(connection: Connection, campaign_id: CampaignId, seqs: Sequence[int]) -> None:
    """Which Deliveries go first and are waited for; none once they are judged."""
    values = {"canary": list(seqs) if seqs else null()}
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**values))


#: a message of such a Delivery has left, or may have
_TOUCHED = frozenset(DeliveryState) - {DeliveryState.QUEUED, DeliveryState.SKIPPED}


def has_begun(connection: Connection, campaign_id: CampaignId) -> bool:
    """Return whether a message of a Campaign has left, or may have."""
    touched = select(deliveries.c.seq).where(
        deliveries.c.campaign_id == campaign_id, deliveries.c.state.in_([state.value for state in _TOUCHED])
    )
    # A recipient who is queued again after a call of unknown outcome may have been sent a message.
    again = select(audit.c.id).where(audit.c.campaign_id == campaign_id, audit.c.act == SENT_AGAIN)
    return any(connection.execute(query.limit(1)).first() is not None for query in (touched, again))


def remove(connection: Connection, campaign_id: CampaignId) -> bool:
    """Delete a Campaign with everything in it; return False, changing nothing, where a message has left or may have.

    The caller holds the Campaign, and rolls back on False. The audit trail stays.
    """
    if has_begun(connection, campaign_id):
        return False
    of_campaign = deliveries.c.campaign_id == campaign_id
    is_touched = deliveries.c.state.in_([state.value for state in _TOUCHED])
    connection.execute(delete(deliveries).where(of_campaign, ~is_touched))
    # What another process claimed at this very moment was not deleted, and shows only now.
    if connection.execute(select(deliveries.c.seq).where(of_campaign).limit(1)).first() is not None:
        return False
    for table in (probes, editions):
        connection.execute(delete(table).where(table.c.campaign_id == campaign_id))
    connection.execute(delete(campaigns).where(campaigns.c.id == campaign_id))
    return True


def cancel(connection: Connection, campaign_id: CampaignId) -> int:
    """Cancel a Campaign: who is queued is skipped; return how many were."""
    set_state(connection, campaign_id, CampaignState.CANCELLED)
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.QUEUED.value)
        .values(state=DeliveryState.SKIPPED.value, reason=SkipReason.CANCELLED.value)
    ).rowcount


def hold(connection: Connection, campaign_id: CampaignId) -> CampaignState:
    """Return the state, which no other process changes until this transaction ends.

    CANCELLED where the Campaign was taken back meanwhile: nothing of it may leave.
    """
    found = connection.execute(select(campaigns.c.state).where(campaigns.c.id == campaign_id).with_for_update())
    return CampaignState(found.scalar() or CampaignState.CANCELLED)


# --- freezing -----------------------------------------------------------------------------------------------------


def hold_freezes(connection: Connection) -> None:
    """Let no other process freeze anything until this transaction ends, so that what it finds first stays true."""
    if connection.dialect.name == "postgresql":
        # In SQLite every writing transaction is alone already.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("dispatch freeze"))))


def freeze_editions(
    connection: Connection,
    campaign_id: CampaignId,
    rendered: Mapping[str, Edition],
    audiences: Iterable[Audience],
    now: datetime,
) -> dict[str, int]:
    """Keep the Editions for ever; gives Audience -> row. The same content twice is one row."""
    rows = {}
    for audience in audiences:
        edition = rendered[audience.slug]
        same = and_(
            editions.c.campaign_id == campaign_id,
            editions.c.audience == audience.slug,
            editions.c.fingerprint == edition.fingerprint,
        )
        found = connection.execute(select(editions.c.id).where(same)).scalar()
        if found is None:
            found = connection.execute(
                editions.insert()
                .values(
                    campaign_id=campaign_id,
                    audience=audience.slug,
                    member_list=audience.member_list,
                    fingerprint=edition.fingerprint,
                    subject=edition.subject,
                    preheader=edition.preheader,
                    html=edition.html,
                    text=edition.text,
                    web_html=edition.web_html,
                    sender=audience.sender,
                    reply_to=audience.reply_to,
                    created_at=now,
                )
                .returning(editions.c.id)
            ).scalar_one()
        rows[audience.slug] = int(found)
    return rows


def latest_fingerprints(connection: Connection, campaign_id: CampaignId) -> dict[str, str]:
    """Audience -> fingerprint of the content frozen last."""
    rows = connection.execute(
        select(editions.c.audience, editions.c.fingerprint)
        .where(editions.c.campaign_id == campaign_id)
        .order_by(editions.c.id)
    )
    return {row.audience: row.fingerprint for row in rows}


def queued_copies(connection: Connection, campaign_id: CampaignId) -> Copies:
    """Return how many people are queued for which text."""
    rows = connection.execute(
        select(deliveries.c.audience, editions.c.fingerprint, func.count())
        .join(editions, editions.c.id == deliveries.c.edition_id)
        .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.QUEUED.value)
        .group_by(deliveries.c.audience, editions.c.fingerprint)
    )
    return {(audience, fingerprint): count for audience, fingerprint, count in rows}


@dataclass(frozen=True, slots=True)
class FrozenEdition:
    """An Edition as it was approved, with what it is sent under."""

    id: int
    audience: str
    member_list: str
    fingerprint: str
    subject: str
    preheader: str
    html: str
    text: str
    web_html: str
    sender: str
    reply_to: str


def frozen_editions(connection: Connection, campaign_id: CampaignId) -> list[FrozenEdition]:
    """Every content that this Campaign froze, oldest first."""
    rows = connection.execute(editions.select().where(editions.c.campaign_id == campaign_id).order_by(editions.c.id))
    names = FrozenEdition.__dataclass_fields__
    return [FrozenEdition(**{name: getattr(row, name) for name in names}) for row in rows]


def counts_of(states: Mapping[str, int]) -> Counts:
    """The six counts of (state -> Deliveries)."""
    found: dict[str, int] = {}
    for state, count in states.items():
        name = counted_as(DeliveryState(state))
        found[name] = found.get(name, 0) + count
    return Counts(**found)


def states_by_audience(connection: Connection, campaign_id: CampaignId) -> dict[str, dict[str, int]]:
    """Audience -> state -> Deliveries; read from one index alone."""
    rows = connection.execute(
        select(deliveries.c.audience, deliveries.c.state, func.count())
        .where(deliveries.c.campaign_id == campaign_id)
        .group_by(deliveries.c.state, deliveries.c.audience)
    )
    found: dict[str, dict[str, int]] = {}
    for audience, state, count in rows:
        found.setdefault(audience, {})[state] = count
    return found


def counts_by_audience(connection: Connection, campaign_id: CampaignId) -> dict[str, Counts]:
    """Audience -> the six counts of its Deliveries."""
    found = states_by_audience(connection, campaign_id)
    return {audience: counts_of(states) for audience, states in found.items()}


def counts(connection: Connection, campaign_id: CampaignId) -> Counts:
    """The six counts of the whole Campaign; a progress bar asks for them, so they are read from one index alone."""
    rows = connection.execute(
        select(deliveries.c.state, func.count())
        .where(deliveries.c.campaign_id == campaign_id)
        .group_by(deliveries.c.state)
    )
    return counts_of({row[0]: row[1] for row in rows})


def all_counts(connection: Connection) -> dict[str, Counts]:
    """Campaign -> its six counts, of every Campaign that has Deliveries."""
    rows = connection.execute(
        select(deliveries.c.campaign_id, deliveries.c.state, func.count()).group_by(
            deliveries.c.campaign_id, deliveries.c.state
        )
    )
    found: dict[str, dict[str, int]] = {}
    for campaign_id, state, count in rows:
        found.setdefault(campaign_id, {})[state] = count
    return {campaign_id: counts_of(states) for campaign_id, states in found.items()}
