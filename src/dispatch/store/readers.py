"""Readers' acts on our pages: whom a link names, and what unsubscribing and taking it back write down."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from dispatch.model.delivery import DeliveryId, EventKind
from dispatch.model.event import Event
from dispatch.model.member import MemberKey, SubscriptionState
from dispatch.store import members
from dispatch.store.notifications import add_events
from dispatch.store.practice_copy import PRACTICE_SOURCE
from dispatch.store.schema import campaigns, deliveries, editions, subscriptions
from dispatch.store.schema import members as people

#: the source of what a reader does by the link in a mail; practice knows its own acts by it
LINK_SOURCE = PRACTICE_SOURCE
#: the source of a Subscription that its reader took back
BACK_SOURCE = "taken back on the unsubscribe page"


@dataclass(frozen=True, slots=True)
class MailReader:
    """Whom a link in a mail names, and the lists that would carry its Brief."""

    delivery_id: DeliveryId
    #: title of the Brief
    title: str
    #: the Audience whose Edition they got
    audience: str
    #: the address as typed; "" after an erasure
    address: str
    key: MemberKey
    #: list -> whether they are subscribed, for each list of the Campaign that they ever were on
    lists: dict[str, bool]

    @property
    def is_gone(self) -> bool:
        """Whether no Member stands behind the link any more."""
        return not self.address


def find(connection: Connection, delivery_id: str) -> MailReader | None:
    """Whom a Delivery's link names; None where there is no such Delivery."""
    row = connection.execute(
        select(deliveries.c.id, deliveries.c.key, deliveries.c.audience, deliveries.c.campaign_id, campaigns.c.title)
        .join(campaigns, campaigns.c.id == deliveries.c.campaign_id)
        .where(deliveries.c.id == delivery_id)
    ).one_or_none()
    if row is None:
        return None
    member = connection.execute(select(people.c.id, people.c.address).where(people.c.key == row.key)).one_or_none()
    carrying = select(editions.c.member_list).where(editions.c.campaign_id == row.campaign_id)
    ties = select(subscriptions.c.member_list, subscriptions.c.state).where(
        subscriptions.c.member_id == (member.id if member else None), subscriptions.c.member_list.in_(carrying)
    )
    states = connection.execute(ties.order_by(subscriptions.c.member_list))
    return MailReader(
        delivery_id=DeliveryId(row.id),
        title=row.title,
        audience=row.audience,
        address=member.address if member else "",
        key=MemberKey(row.key),
        lists={member_list: state == SubscriptionState.SUBSCRIBED.value for member_list, state in states},
    )


def unsubscribe(connection: Connection, reader: MailReader, now: datetime) -> list[str]:
    """End the reader's Subscriptions to every list that would carry the Brief; gives the lists that this changed."""
    changed = members.unsubscribe(connection, reader.key, list(reader.lists), LINK_SOURCE, now)
    _note(connection, reader, EventKind.UNSUBSCRIBED, changed, now)
    return changed


def resubscribe(connection: Connection, reader: MailReader, member_list: str, now: datetime) -> list[str]:
    """Take back the reader's unsubscribing from one list of the Brief; gives the lists that this changed."""
    if member_list not in reader.lists:
        return []
    reason = "the reader took it back on the page"
    changed = members.resubscribe(connection, reader.key, [member_list], BACK_SOURCE, now, reason)
    _note(connection, reader, EventKind.RESUBSCRIBED, changed, now)
    return changed


def _note(connection: Connection, reader: MailReader, kind: EventKind, changed: list[str], now: datetime) -> None:
    """Add the act to the Events of the Delivery; a repetition changes nothing and is no act."""
    if not changed:
        return
    same = "\0".join((reader.delivery_id, kind.value, now.isoformat(), *changed))
    event = Event(
        delivery_id=reader.delivery_id,
        kind=kind,
        at=now,
        rule="by the link in the mail",
        detail={"lists": ", ".join(changed)},
        fingerprint=hashlib.sha256(same.encode()).hexdigest(),
    )
    add_events(connection, [(event, None)], now)
