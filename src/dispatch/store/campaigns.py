"""Campaigns and their frozen content: planned and frozen by one SQL statement, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, and_, case, func, literal, literal_column, or_, select, update

from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan, Campaign, CampaignState, Counts, Plan
from dispatch.model.delivery import CampaignId, DeliveryState, SkipReason, counted_as
from dispatch.model.edition import Edition
from dispatch.model.member import SubscriptionState
from dispatch.store.database import random_id_sql
from dispatch.store.schema import campaigns, deliveries, editions, members, subscriptions, suppressions

SUBSCRIBED = SubscriptionState.SUBSCRIBED.value


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
        way=row.way,
        created_at=row.created_at,
    )


def create(connection: Connection, *, slug: str, title: str, date: str, way: str, now: datetime) -> Campaign:
    """A new Campaign, sending, with no Deliveries yet."""
    values = {"id": new_id(), "slug": slug, "title": title, "date": date, "way": way, "created_at": now}
    connection.execute(campaigns.insert().values(state=CampaignState.SENDING.value, **values))
    made = find(connection, slug)
    assert made is not None
    return made


def set_state(
    connection: Connection, campaign_id: CampaignId, state: CampaignState, reason: str = "", todo: str = ""
) -> None:
    """Put a Campaign into a state, with the reason and what to do."""
    values = {"state": state.value, "reason": reason, "todo": todo}
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**values))


def state_of(connection: Connection, campaign_id: CampaignId) -> CampaignState:
    """The state alone: what a running send asks before every batch."""
    return CampaignState(
        connection.execute(select(campaigns.c.state).where(campaigns.c.id == campaign_id)).scalar_one()
    )


# --- whom it is for -----------------------------------------------------------------------------------------------


def _candidates(audiences: Sequence[Audience], campaign_id: str | None) -> Select[Any]:
    """Everybody on the lists, one row a person: the Audience that wins, and why they would be left out.

    Who is subscribed to several lists falls to the Audience of the highest priority among those; who is subscribed to
    none of them any more, to the highest that they left. People with a Delivery of this Campaign are not candidates.
    """
    place = {audience.slug: number for number, audience in enumerate(_by_priority(audiences), start=1)}
    rank = case(
        *[(subscriptions.c.member_list == audience.member_list, place[audience.slug]) for audience in audiences]
    )
    wanted = case((subscriptions.c.state == SUBSCRIBED, rank))
    person = (
        select(
            subscriptions.c.member_id,
            func.max(wanted).label("wanted"),
            func.max(rank).label("any"),
            func.count(wanted).label("lists"),
        )
        .where(subscriptions.c.member_list.in_([audience.member_list for audience in audiences]))
        .group_by(subscriptions.c.member_id)
        .subquery("person")
    )
    winner = func.coalesce(person.c.wanted, person.c.any)
    reason = case(
        (suppressions.c.address_hash.is_not(None), SkipReason.SUPPRESSED.value),
        (person.c.wanted.is_(None), SkipReason.UNSUBSCRIBED.value),
        else_="",
    )
    query = (
        select(
            members.c.id.label("member_id"),
            members.c.key,
            members.c.address,
            members.c.address_hash,
            members.c.name,
            case(*[(winner == number, slug) for slug, number in place.items()]).label("audience"),
            reason.label("reason"),
            person.c.lists,
        )
        .select_from(person)
        .join(members, members.c.id == person.c.member_id)
        .outerjoin(suppressions, suppressions.c.address_hash == members.c.address_hash)
    )
    if campaign_id is None:
        return query
    has_one = select(deliveries.c.seq).where(deliveries.c.campaign_id == campaign_id, deliveries.c.key == members.c.key)
    return query.where(~has_one.exists())


def _by_priority(audiences: Sequence[Audience]) -> list[Audience]:
    return sorted(audiences, key=lambda audience: (audience.priority, audience.slug))


def plan(connection: Connection, audiences: Sequence[Audience], campaign_id: str | None) -> Plan:
    """What a `send` to these Audiences would do now; changes nothing."""
    people = _candidates(audiences, campaign_id).subquery("people")
    rows = connection.execute(
        select(people.c.audience, people.c.reason, func.count(), func.count(case((people.c.lists > 1, 1)))).group_by(
            people.c.audience, people.c.reason
        )
    ).all()
    found = {(audience, reason): (count, several) for audience, reason, count, several in rows}
    on_list = _given_elsewhere(connection, audiences, campaign_id)
    return Plan(
        audiences=tuple(
            AudiencePlan(
                audience=audience.slug,
                people=found.get((audience.slug, ""), (0, 0))[0],
                left_out={r: n for (a, r), (n, _) in sorted(found.items()) if a == audience.slug and r},
                also_elsewhere=found.get((audience.slug, ""), (0, 0))[1],
                given_elsewhere=on_list.get(audience.slug, 0),
            )
            for audience in reversed(_by_priority(audiences))
        ),
        already=_already(connection, audiences, campaign_id),
        waiting=0 if campaign_id is None else counts(connection, CampaignId(campaign_id)).queued,
    )


def _given_elsewhere(connection: Connection, audiences: Sequence[Audience], campaign_id: str | None) -> dict[str, int]:
    """Audience -> people subscribed to its list who get another Audience's Edition."""
    people = _candidates(audiences, campaign_id).subquery("people")
    slug_of_list = case(*[(subscriptions.c.member_list == each.member_list, each.slug) for each in audiences])
    rows = connection.execute(
        select(slug_of_list, func.count())
        .select_from(people)
        .join(subscriptions, subscriptions.c.member_id == people.c.member_id)
        .where(
            people.c.reason == "",
            subscriptions.c.state == SUBSCRIBED,
            subscriptions.c.member_list.in_([each.member_list for each in audiences]),
            slug_of_list != people.c.audience,
        )
        .group_by(slug_of_list)
    ).all()
    return {str(slug): int(count) for slug, count in rows}


def _already(connection: Connection, audiences: Sequence[Audience], campaign_id: str | None) -> int:
    if campaign_id is None:
        return 0
    on_lists = select(subscriptions.c.member_id).where(
        subscriptions.c.member_list.in_([audience.member_list for audience in audiences]),
        subscriptions.c.state == SUBSCRIBED,
    )
    has_one = and_(deliveries.c.campaign_id == campaign_id, deliveries.c.member_id.in_(on_lists))
    return int(connection.execute(select(func.count()).where(has_one)).scalar_one())


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """One person of a plan, for the list that the preview shows."""

    address: str
    name: str
    audience: str
    #: why left out, "" for people who get it
    reason: str
    #: subscribed to several of the lists
    on_several: bool


def planned_people(
    connection: Connection,
    audiences: Sequence[Audience],
    campaign_id: str | None,
    *,
    search: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> list[PlannedPerson]:
    """The people of a plan by address, searched by a part of name or address."""
    people = _candidates(audiences, campaign_id).subquery("people")
    query = select(people).order_by(people.c.key).limit(limit).offset(offset)
    if search:
        part = f"%{_escape_like(search.casefold())}%"
        query = query.where(
            or_(people.c.key.like(part, escape="\\"), func.lower(people.c.name).like(part, escape="\\"))
        )
    return [
        PlannedPerson(row.address, row.name, row.audience, row.reason, row.lists > 1)
        for row in connection.execute(query)
    ]


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# --- freezing -----------------------------------------------------------------------------------------------------


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


def freeze_audience(
    connection: Connection,
    campaign_id: CampaignId,
    audiences: Sequence[Audience],
    edition_rows: Mapping[str, int],
) -> int:
    """Give everybody on the lists who has none their Delivery, by one statement; gives how many were added.

    Whoever is left out gets one too, `skipped` with the reason, so that the states always add up.
    """
    people = _candidates(audiences, campaign_id).subquery("people")
    edition = case(*[(people.c.audience == slug, row) for slug, row in edition_rows.items()])
    state = case((people.c.reason == "", DeliveryState.QUEUED.value), else_=DeliveryState.SKIPPED.value)
    chosen = select(
        literal_column(random_id_sql(connection)).label("id"),
        literal(campaign_id).label("campaign_id"),
        people.c.member_id,
        people.c.key,
        people.c.address,
        people.c.address_hash,
        people.c.audience,
        edition.label("edition_id"),
        state.label("state"),
        people.c.reason,
    ).order_by(people.c.member_id)
    names = [
        "id",
        "campaign_id",
        "member_id",
        "key",
        "address",
        "address_hash",
        "audience",
        "edition_id",
        "state",
        "reason",
    ]
    return connection.execute(deliveries.insert().from_select(names, chosen)).rowcount


def latest_fingerprints(connection: Connection, campaign_id: CampaignId) -> dict[str, str]:
    """Audience -> fingerprint of the content frozen last."""
    rows = connection.execute(
        select(editions.c.audience, editions.c.fingerprint)
        .where(editions.c.campaign_id == campaign_id)
        .order_by(editions.c.id)
    )
    return {row.audience: row.fingerprint for row in rows}


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


def counts_by_audience(connection: Connection, campaign_id: CampaignId) -> dict[str, Counts]:
    """Audience -> the six counts of its Deliveries."""
    rows = connection.execute(
        select(deliveries.c.audience, deliveries.c.state, func.count())
        .where(deliveries.c.campaign_id == campaign_id)
        .group_by(deliveries.c.audience, deliveries.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for audience, state, count in rows:
        name = counted_as(DeliveryState(state))
        of_audience = found.setdefault(audience, {})
        of_audience[name] = of_audience.get(name, 0) + count
    return {audience: Counts(**numbers) for audience, numbers in found.items()}


def counts(connection: Connection, campaign_id: CampaignId) -> Counts:
    """The six counts of the whole Campaign."""
    return sum(counts_by_audience(connection, campaign_id).values(), Counts())
