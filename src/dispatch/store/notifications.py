"""Notifications and Events: stored first, understood after; each fact once, however often it is told."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from dispatch.model.delivery import DeliveryId
from dispatch.model.event import Event, Notification, NotificationState
from dispatch.store import bulk_values
from dispatch.store.audit import record
from dispatch.store.bulk_values import insert_for
from dispatch.store.column_types import instant_text
from dispatch.store.ledger import raise_states
from dispatch.store.schema import deliveries, events, notifications, proof_messages, suppressions

#: what neither JSON in PostgreSQL nor UTF-8 can hold: NUL and half surrogate pairs
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text, with U+FFFD for what a database cannot hold: what comes from outside may hold anything."""
    return _UNSTORABLE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """A Notification in the database."""

    id: int
    body: str
    received_at: datetime


def keep(connection: Connection, arrived: Sequence[Notification], now: datetime) -> int:
    """Store Notifications that are not stored yet; gives how many were new."""
    if not arrived:
        return 0
    bodies = [storable(notification.body) for notification in arrived]
    rows = [
        {
            "transport_id": storable(notification.transport_id) or hashlib.sha256(body.encode()).hexdigest(),
            "body": body,
            "received_at": instant_text(now),
            "state": NotificationState.NEW.value,
            "problem": "",
        }
        for notification, body in zip(arrived, bodies, strict=True)
    ]
    unique = {row["transport_id"]: row for row in rows}
    return _add_new(connection, notifications, list(unique.values()))


def last_unreadable(connection: Connection) -> datetime | None:
    """When the last Notification came that nobody understands; None where there is none."""
    unreadable = notifications.c.state == NotificationState.UNREADABLE.value
    found: datetime | None = connection.execute(
        select(func.max(notifications.c.received_at)).where(unreadable)
    ).scalar()
    return found


def pending(connection: Connection, limit: int) -> list[StoredNotification]:
    """Notifications that nobody has read yet, oldest first; another process's are left to it."""
    query = (
        select(notifications.c.id, notifications.c.body, notifications.c.received_at)
        .where(notifications.c.state == NotificationState.NEW.value)
        .order_by(notifications.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [StoredNotification(row.id, row.body, row.received_at) for row in connection.execute(query)]


def mark(connection: Connection, notification_ids: Sequence[int], state: NotificationState, problem: str = "") -> None:
    """Note what became of Notifications."""
    if notification_ids:
        connection.execute(
            update(notifications)
            .where(notifications.c.id.in_(notification_ids))
            .values(state=state.value, problem=storable(problem))
        )


def mark_rest_read(connection: Connection, notification_ids: Sequence[int]) -> None:
    """Note as read those that nothing else was noted of."""
    if notification_ids:
        connection.execute(
            update(notifications)
            .where(notifications.c.id.in_(notification_ids), notifications.c.state == NotificationState.NEW.value)
            .values(state=NotificationState.READ.value)
        )


def known_deliveries(connection: Connection, delivery_ids: Sequence[DeliveryId]) -> set[DeliveryId]:
    """Those of the identifiers that are this database's."""
    found = connection.execute(select(deliveries.c.id).where(deliveries.c.id.in_(set(delivery_ids)))).scalars()
    return {DeliveryId(each) for each in found}


def known_proof_messages(connection: Connection, delivery_ids: Sequence[DeliveryId]) -> set[DeliveryId]:
    """Those of the identifiers that are mails of a Proof."""
    found = connection.execute(select(proof_messages.c.id).where(proof_messages.c.id.in_(set(delivery_ids)))).scalars()
    return {DeliveryId(each) for each in found}


def add_events(connection: Connection, facts: Sequence[tuple[Event, int | None]], now: datetime) -> int:
    """Add Events, move their Deliveries, suppress; gives how many were new.

    Each comes with the Notification that it was read from; None for a reader's act on our pages.
    """
    if not facts:
        return 0
    rows = {
        event.fingerprint: {
            "delivery_id": event.delivery_id,
            "kind": event.kind.value,
            "at": instant_text(event.at),
            "reader": event.reader.value if event.reader else "",
            "rule": storable(event.rule),
            "detail": {storable(name): storable(value) for name, value in event.detail.items()},
            "fingerprint": event.fingerprint,
            "notification_id": notification_id,
            "suppresses": event.suppress.value if event.suppress else "",
        }
        for event, notification_id in facts
    }
    added = _add_new(connection, events, list(rows.values()))
    raise_states(connection, [(event.delivery_id, event.kind, event.at) for event, _ in facts])
    _suppress(connection, [event for event, _ in facts if event.suppress], now)
    return added


def _suppress(connection: Connection, facts: Sequence[Event], now: datetime) -> None:
    for event in facts:
        assert event.suppress is not None
        row = connection.execute(
            select(deliveries.c.address_hash, deliveries.c.campaign_id).where(deliveries.c.id == event.delivery_id)
        ).one()
        values = {
            "address_hash": row.address_hash,
            "reason": event.suppress.value,
            "since": instant_text(event.at),
            "detail": storable(event.rule),
        }
        if _add_new(connection, suppressions, [values]):
            record(
                connection,
                "address suppressed",
                now=now,
                address=row.address_hash,
                campaign_id=row.campaign_id,
                detail={"reason": event.suppress.value, "rule": storable(event.rule)},
            )


def counts(connection: Connection) -> dict[str, int]:
    """How many Notifications are in each state."""
    rows = connection.execute(select(notifications.c.state, func.count()).group_by(notifications.c.state))
    return dict(rows.all())


def unreadable(connection: Connection, limit: int) -> list[tuple[int, datetime, str]]:
    """(number, when it came, what is wrong with it) of Notifications that cannot be understood, newest first."""
    query = (
        select(notifications.c.id, notifications.c.received_at, notifications.c.problem)
        .where(notifications.c.state == NotificationState.UNREADABLE.value)
        .order_by(notifications.c.id.desc())
        .limit(limit)
    )
    return [(row.id, row.received_at, row.problem) for row in connection.execute(query)]


def _add_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that are not there yet, by one statement; return how many those were."""
    names = list(rows[0])
    chosen = bulk_values.rows(connection, rows, {name: table.c[name].type for name in names})
    insert = insert_for(connection, table).from_select(names, chosen, include_defaults=False).on_conflict_do_nothing()
    # Without this SQLAlchemy forgets how many rows psycopg added.
    return connection.execute(insert.execution_options(preserve_rowcount=True)).rowcount
