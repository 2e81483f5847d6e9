"""One person who missed it: whether they may still get their copy, and their way back into the queue."""

from sqlalchemy import Connection, or_, select, update

from dispatch.model.delivery import CampaignId, DeliveryState, SkipReason
from dispatch.model.member import SubscriptionState
from dispatch.store.schema import deliveries, editions, members, subscriptions, suppressions

#: why someone was left out who may have come back since
_PASSING = (SkipReason.UNSUBSCRIBED.value, SkipReason.SUPPRESSED.value, SkipReason.INVALID.value)


def seq_of(connection: Connection, campaign_id: CampaignId, key: str) -> int | None:
    """The Delivery of a Member; None for someone who has none."""
    of_key = select(deliveries.c.seq).where(deliveries.c.campaign_id == campaign_id, deliveries.c.key == key)
    return connection.execute(of_key).scalar()


def standing(connection: Connection, campaign_id: CampaignId, key: str) -> tuple[DeliveryState, str] | None:
    """(state, reason) of a Member's Delivery; None for someone who has none."""
    of_key = select(deliveries.c.state, deliveries.c.reason).where(
        deliveries.c.campaign_id == campaign_id, deliveries.c.key == key
    )
    row = connection.execute(of_key).first()
    return None if row is None else (DeliveryState(row.state), row.reason)


def copy_of(connection: Connection, campaign_id: CampaignId, key: str) -> tuple[str, str]:
    """Return the Audience and the fingerprint of the text that was locked for a Member who has a Delivery."""
    of_key = (
        select(deliveries.c.audience, editions.c.fingerprint)
        .join(editions, editions.c.id == deliveries.c.edition_id)
        .where(deliveries.c.campaign_id == campaign_id, deliveries.c.key == key)
    )
    audience, fingerprint = connection.execute(of_key).one()
    return str(audience), str(fingerprint)


def wants_it(connection: Connection, campaign_id: CampaignId, key: str) -> bool:
    """Whether the Member of a Delivery is subscribed to its list now, and not suppressed."""
    wanting = (
        select(members.c.id)
        .join(deliveries, deliveries.c.address_hash == members.c.address_hash)
        .join(editions, editions.c.id == deliveries.c.edition_id)
        .join(
            subscriptions,
            (subscriptions.c.member_id == members.c.id) & (subscriptions.c.member_list == editions.c.member_list),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == members.c.address_hash)
        .where(
            deliveries.c.campaign_id == campaign_id,
            members.c.key == key,
            subscriptions.c.state == SubscriptionState.SUBSCRIBED.value,
            suppressions.c.address_hash.is_(None),
        )
    )
    return connection.execute(wanting).first() is not None


def put_back(connection: Connection, campaign_id: CampaignId, key: str) -> bool:
    """Put a refused or left-out Delivery back into the queue, because a person said so; return whether it was one.

    One that waits for a later try waits no longer.
    """
    is_skipped = (deliveries.c.state == DeliveryState.SKIPPED.value) & deliveries.c.reason.in_(_PASSING)
    is_deferred = (deliveries.c.state == DeliveryState.QUEUED.value) & deliveries.c.retry_at.is_not(None)
    member_id = select(members.c.id).where(members.c.key == key).scalar_subquery()
    return bool(
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.campaign_id == campaign_id,
                deliveries.c.key == key,
                or_(deliveries.c.state == DeliveryState.FAILED.value, is_skipped, is_deferred),
            )
            # A member who was removed and imported again is another row of the members.
            .values(state=DeliveryState.QUEUED.value, reason="", retry_at=None, member_id=member_id)
        ).rowcount
    )
