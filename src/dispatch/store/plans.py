"""Whom a Campaign is for: planned and frozen by the same query, one row a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, func, literal, literal_column, or_, select

from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan, Plan
from dispatch.model.delivery import CampaignId, DeliveryState, SkipReason
from dispatch.model.member import SubscriptionState
from dispatch.store.campaigns import counts
from dispatch.store.database import random_id_sql
from dispatch.store.schema import deliveries, members, subscriptions, suppressions

SUBSCRIBED = SubscriptionState.SUBSCRIBED.value


def people_of(audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None) -> Select[Any]:
    """Everybody on the lists, one row a person; `only` is the key of the one Member who counts.

    `wants` and `left` hold a bit for the Audience of each list that they are subscribed to, and that they left: 1 for
    that of the lowest priority, 2, 4 … for the others. `is_out` says whether they are suppressed, `is_known` whether
    they have a Delivery of the Campaign.
    """
    bits = {audience.slug: 1 << place for place, audience in enumerate(by_priority(audiences))}
    bit = case(*[(subscriptions.c.member_list == audience.member_list, bits[audience.slug]) for audience in audiences])
    is_subscribed = subscriptions.c.state == SUBSCRIBED
    person_query = (
        select(
            subscriptions.c.member_id,
            func.sum(case((is_subscribed, bit), else_=0)).label("wants"),
            func.sum(case((is_subscribed, 0), else_=bit)).label("left"),
        )
        # Not by the list, whose index would give the people in another order than that of the groups.
        .where(bit.is_not(None))
        .group_by(subscriptions.c.member_id)
    )
    if only is not None:
        member_id = select(members.c.id).where(members.c.key == only).scalar_subquery()
        person_query = person_query.where(subscriptions.c.member_id == member_id)
    person = person_query.subquery("person")
    # From the suppressions, which are few, to the members, and not the other way round.
    suppressed = select(members.c.id).where(members.c.address_hash.in_(select(suppressions.c.address_hash)))
    return select(
        person.c.member_id,
        person.c.wants,
        person.c.left,
        person.c.member_id.in_(suppressed).label("is_out"),
        _has_delivery(person.c.member_id, campaign_id).label("is_known"),
    )


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
    """The people of a `send`: the Audience that wins, why they would be left out, and what a Delivery keeps.

    Who is subscribed to several lists falls to the Audience of the highest priority among those; who is subscribed to
    none of them any more, to the highest that they left. People with a Delivery of this Campaign are not candidates.
    """
    person = people_of(audiences, campaign_id, only).subquery("chosen")
    highest_first = [(1 << place, audience) for place, audience in enumerate(by_priority(audiences))][::-1]
    audience = case(
        *[(person.c.wants >= bit, audience.slug) for bit, audience in highest_first],
        *[(person.c.left >= bit, audience.slug) for bit, audience in highest_first],
    )
    reason = case(
        (person.c.is_out, SkipReason.SUPPRESSED.value),
        (person.c.wants == 0, SkipReason.UNSUBSCRIBED.value),
        else_="",
    )
    return (
        select(
            person.c.member_id,
            members.c.key,
            members.c.address,
            members.c.address_hash,
            members.c.name,
            members.c.folded,
            audience.label("audience"),
            reason.label("reason"),
            (person.c.wants.op("&")(person.c.wants - 1) != 0).label("is_on_several"),
        )
        .join(members, members.c.id == person.c.member_id)
        .where(~person.c.is_known)
    )


def by_priority(audiences: Sequence[Audience]) -> list[Audience]:
    """The Audiences, the highest priority last."""
    return sorted(audiences, key=lambda audience: (audience.priority, audience.slug))


def plan(
    connection: Connection, audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None
) -> Plan:
    """What a `send` to these Audiences, or to `only` one Member of them, would do now; changes nothing.

    The database counts the people by what they are on, of which there are few kinds; the rest is worked out here.
    """
    order = by_priority(audiences)
    person = people_of(audiences, campaign_id, only).subquery("people")
    kinds = (person.c.wants, person.c.left, person.c.is_out, person.c.is_known)
    getting, several, elsewhere = Counter[str](), Counter[str](), Counter[str]()
    left_out: dict[str, Counter[str]] = {audience.slug: Counter() for audience in order}
    for wants, left, is_out, is_known, count in connection.execute(select(*kinds, func.count()).group_by(*kinds)):
        winner = order[int(wants or left).bit_length() - 1].slug
        if is_known:
            continue
        if is_out or not wants:
            left_out[winner][SkipReason.SUPPRESSED.value if is_out else SkipReason.UNSUBSCRIBED.value] += count
        else:
            getting[winner] += count
            others = [each.slug for place, each in enumerate(order) if wants >> place & 1 and each.slug != winner]
            several[winner] += count if others else 0
            elsewhere.update(dict.fromkeys(others, count) if only is None else {})
    return Plan(
        audiences=tuple(
            AudiencePlan(
                audience=audience.slug,
                people=getting[audience.slug],
                left_out=dict(sorted(left_out[audience.slug].items())),
                also_elsewhere=several[audience.slug],
                given_elsewhere=elsewhere[audience.slug],
            )
            for audience in reversed(order)
        ),
        already=_already(connection, audiences, campaign_id),
        waiting=0 if campaign_id is None else counts(connection, CampaignId(campaign_id)).queued,
    )


def _already(connection: Connection, audiences: Sequence[Audience], campaign_id: str | None) -> int:
    """How many people on the lists have had their copy, or may have had it."""
    if campaign_id is None:
        return 0
    on_lists = select(subscriptions.c.member_id).where(
        subscriptions.c.member_list.in_([audience.member_list for audience in audiences]),
        subscriptions.c.state == SUBSCRIBED,
    )
    waits = deliveries.c.state.in_([DeliveryState.QUEUED.value, DeliveryState.SKIPPED.value])
    has_one = and_(deliveries.c.campaign_id == campaign_id, ~waits, deliveries.c.member_id.in_(on_lists))
    return int(connection.execute(select(func.count()).where(has_one)).scalar_one())


def has_candidates(
    connection: Connection, audiences: Sequence[Audience], campaign_id: CampaignId, only: str | None = None
) -> bool:
    """Return whether anyone on the lists, or `only` the Member of a key, has no Delivery of a Campaign."""
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

    A person who is left out gets one too, `skipped` with the reason, so that the states always add up.
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
