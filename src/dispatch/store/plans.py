"""Whom a Campaign is for: planned and frozen by the same query, one row a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, literal, literal_column, or_, select

from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan, Plan
from dispatch.model.delivery import CampaignId, DeliveryState, SkipReason
from dispatch.model.member import SubscriptionState
from dispatch.store.campaigns import counts
from dispatch.store.database import random_id_sql
from dispatch.store.schema import deliveries, members, subscriptions, suppressions

SUBSCRIBED = SubscriptionState.SUBSCRIBED.value


def candidates(audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None) -> Select[Any]:
    """Everybody on the lists, one row a person: the Audience that wins, and why they would be left out.

    Who is subscribed to several lists falls to the Audience of the highest priority among those; who is subscribed to
    none of them any more, to the highest that they left. People with a Delivery of this Campaign are not candidates.
    `only` is the key of the one Member who counts.
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
    if only is not None:
        query = query.where(members.c.key == only)
    if campaign_id is None:
        return query
    # By the hash, which outlives an erasure: who had a copy, was erased and came back gets no second one.
    same = deliveries.c.address_hash == members.c.address_hash
    has_one = select(deliveries.c.seq).where(deliveries.c.campaign_id == campaign_id, same)
    return query.where(~has_one.exists())


def _by_priority(audiences: Sequence[Audience]) -> list[Audience]:
    return sorted(audiences, key=lambda audience: (audience.priority, audience.slug))


def plan(
    connection: Connection, audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None
) -> Plan:
    """What a `send` to these Audiences, or to `only` one Member of them, would do now; changes nothing."""
    people = candidates(audiences, campaign_id, only).subquery("people")
    rows = connection.execute(
        select(people.c.audience, people.c.reason, func.count(), func.count(case((people.c.lists > 1, 1)))).group_by(
            people.c.audience, people.c.reason
        )
    ).all()
    found = {(audience, reason): (count, several) for audience, reason, count, several in rows}
    on_list = _given_elsewhere(connection, audiences, campaign_id) if only is None else {}
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
    people = candidates(audiences, campaign_id).subquery("people")
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
    waits = deliveries.c.state.in_([DeliveryState.QUEUED.value, DeliveryState.SKIPPED.value])
    has_one = and_(deliveries.c.campaign_id == campaign_id, ~waits, deliveries.c.member_id.in_(on_lists))
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
    people = candidates(audiences, campaign_id).subquery("people")
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


def has_candidates(
    connection: Connection, audiences: Sequence[Audience], campaign_id: CampaignId, only: str | None = None
) -> bool:
    """Return whether somebody on the lists, or `only` the Member of a key, has no Delivery of a Campaign."""
    return connection.execute(candidates(audiences, campaign_id, only).limit(1)).first() is not None


def freeze_audience(
    connection: Connection,
    campaign_id: CampaignId,
    audiences: Sequence[Audience],
    edition_rows: Mapping[str, int],
    only: str | None = None,
) -> int:
    """Give everybody on the lists who has none their Delivery, by one statement; gives how many were added.

    `only` is the key of the one Member who gets one.

    Whoever is left out gets one too, `skipped` with the reason, so that the states always add up.
    """
    people = candidates(audiences, campaign_id, only).subquery("people")
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
    # Without this SQLAlchemy forgets how many rows psycopg added.
    insert = deliveries.insert().from_select(names, chosen).execution_options(preserve_rowcount=True)
    return connection.execute(insert).rowcount
