"""Whom a Campaign is for: planned and frozen by the same query, one row a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, false, func, literal, literal_column, or_, select

from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan, Plan
from dispatch.model.delivery import CampaignId, DeliveryState, SkipReason
from dispatch.model.member import SubscriptionState
from dispatch.store.campaigns import counts
from dispatch.store.database import random_id_sql
from dispatch.store.schema import deliveries, members, subscriptions, suppressions

SUBSCRIBED = SubscriptionState.SUBSCRIBED.value


def people_of(
    audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None, *, also_known: bool = False
) -> Select[Any]:
    """Everybody on the lists, one row a person: the Audience that wins, and why they would be left out.

    Who is subscribed to several lists falls to the Audience of the highest priority among those; who is subscribed to
    none of them any more, to the highest that they left. People with a Delivery of this Campaign are not among them,
    or, with `also_known`, are marked. `only` is the key of the one Member who counts. `on_1`, `on_2`, … say whether
    somebody is subscribed to the list of the Audience of that place in the order of priority.
    """
    place = {audience.slug: number for number, audience in enumerate(by_priority(audiences), start=1)}
    rank = case(
        *[(subscriptions.c.member_list == audience.member_list, place[audience.slug]) for audience in audiences]
    )
    wanted = case((subscriptions.c.state == SUBSCRIBED, rank))
    person_query = (
        select(
            subscriptions.c.member_id,
            func.max(wanted).label("wanted"),
            func.max(rank).label("any"),
            func.count(wanted).label("lists"),
            *[func.max(case((wanted == number, 1), else_=0)).label(f"on_{number}") for number in place.values()],
        )
        # Not by the list, whose index would give the people in another order than that of the groups.
        .where(rank.is_not(None))
        .group_by(subscriptions.c.member_id)
    )
    if only is not None:
        member_id = select(members.c.id).where(members.c.key == only).scalar_subquery()
        person_query = person_query.where(subscriptions.c.member_id == member_id)
    person = person_query.subquery("person")
    winner = func.coalesce(person.c.wanted, person.c.any)
    # From the suppressions, which are few, to the members, and not the other way round.
    suppressed = select(members.c.id).where(members.c.address_hash.in_(select(suppressions.c.address_hash)))
    reason = case(
        (person.c.member_id.in_(suppressed), SkipReason.SUPPRESSED.value),
        (person.c.wanted.is_(None), SkipReason.UNSUBSCRIBED.value),
        else_="",
    )
    query = select(
        person.c.member_id,
        case(*[(winner == number, slug) for slug, number in place.items()]).label("audience"),
        reason.label("reason"),
        person.c.lists,
        *[person.c[f"on_{number}"] for number in place.values()],
    )
    if also_known:
        return query.add_columns(_has_delivery(person.c.member_id, campaign_id).label("is_known"))
    return query if campaign_id is None else query.where(~_has_delivery(person.c.member_id, campaign_id))


def _has_delivery(member_id: ColumnElement[int], campaign_id: str | None) -> ColumnElement[bool]:
    """Whether a Member has a Delivery of the Campaign."""
    if campaign_id is None:
        return false()
    of_campaign = deliveries.c.campaign_id == campaign_id
    own = select(deliveries.c.seq).where(deliveries.c.member_id == member_id, of_campaign).exists()
    # By the hash, which outlives an erasure: who had a copy, was erased and came back gets no second one.
    erased = select(deliveries.c.address_hash).where(deliveries.c.member_id.is_(None), of_campaign)
    back = select(members.c.id).where(members.c.address_hash.in_(erased))
    return or_(own, member_id.in_(back))


def candidates(audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None) -> Select[Any]:
    """The people of a `send`, as `people_of`, with what a Delivery keeps and a search looks through."""
    person = people_of(audiences, campaign_id, only).subquery("chosen")
    return select(
        person.c.member_id,
        members.c.key,
        members.c.address,
        members.c.address_hash,
        members.c.name,
        members.c.folded,
        person.c.audience,
        person.c.reason,
        person.c.lists,
    ).join(members, members.c.id == person.c.member_id)


def by_priority(audiences: Sequence[Audience]) -> list[Audience]:
    """The Audiences, the highest priority last."""
    return sorted(audiences, key=lambda audience: (audience.priority, audience.slug))


def plan(
    connection: Connection, audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None
) -> Plan:
    """What a `send` to these Audiences, or to `only` one Member of them, would do now; changes nothing."""
    order = by_priority(audiences)
    people = people_of(audiences, campaign_id, only, also_known=True).subquery("people")
    on_list = [people.c[f"on_{number}"] for number in range(1, len(order) + 1)]
    columns = (people.c.audience, people.c.reason, people.c.is_known)
    rows = connection.execute(
        select(
            *columns,
            func.count().label("people"),
            func.count(case((people.c.lists > 0, 1))).label("wanting"),
            func.count(case((people.c.lists > 1, 1))).label("several"),
            *[func.sum(column).label(column.name) for column in on_list],
        ).group_by(*columns)
    ).all()
    new = {(row.audience, row.reason): row for row in rows if not row.is_known}

    def of(number: int, audience: Audience) -> AudiencePlan:
        getting = new.get((audience.slug, ""))
        others = [row for (slug, reason), row in new.items() if slug != audience.slug and not reason]
        return AudiencePlan(
            audience=audience.slug,
            people=getting.people if getting else 0,
            left_out={why: row.people for (slug, why), row in sorted(new.items()) if slug == audience.slug and why},
            also_elsewhere=getting.several if getting else 0,
            given_elsewhere=sum(getattr(row, f"on_{number}") for row in others) if only is None else 0,
        )

    return Plan(
        audiences=tuple(of(number, audience) for number, audience in reversed(list(enumerate(order, start=1)))),
        already=sum(row.wanting for row in rows if row.is_known),
        waiting=0 if campaign_id is None else counts(connection, CampaignId(campaign_id)).queued,
    )


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
