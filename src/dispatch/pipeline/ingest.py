"""Ingest: Notifications are stored, then deleted from the queue, then understood; nothing that SES says is lost."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from dispatch.errors import NotificationError, ProviderError
from dispatch.model.event import Event, Notification, NotificationState
from dispatch.pipeline.ports import Notifications
from dispatch.store import notifications as stored
from dispatch.store.database import Database, clock
from dispatch.store.erasure import forget_late_notifications
from dispatch.store.queues import note_empty
from dispatch.store.uncertain import see_probes

#: a Notification, and the receipt by which it is deleted from its queue
Arrived = tuple[Notification, str]
#: Notifications read in one transaction
BATCH = 500


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a pull brought."""

    #: Notifications that were not stored before
    received: int = 0
    #: Events that were not known before
    events: int = 0
    #: Notifications with another database's tags
    foreign: int = 0
    #: Notifications that cannot be understood
    unreadable: int = 0

    def __add__(self, other: "Ingested") -> "Ingested":
        return Ingested(
            self.received + other.received,
            self.events + other.events,
            self.foreign + other.foreign,
            self.unreadable + other.unreadable,
        )


def pull(
    database: Database, queue: Notifications, *, wait_seconds: int, keep_on: Callable[[], bool] = lambda: True
) -> Ingested:
    """Empty the queue into the database and read all that is unread; safe to run anywhere, at any time, twice.

    Waits up to `wait_seconds` for the first Notification, and stops between batches when `keep_on` says so. Raises
    ProviderError where the queue cannot be read.
    """
    total = read_pending(database, queue)
    while True:
        began = time.monotonic()
        first = queue.receive(wait_seconds)
        if not first:
            if wait_seconds:
                _note_empty(database, queue, time.monotonic() - began)
            return total
        arrived, failed = _receive_more(queue, first, keep_on)
        with database.writing() as connection:
            received = stored.keep(connection, [notification for notification, _ in arrived], clock(connection))
        queue.delete([receipt for _, receipt in arrived])
        total = total + Ingested(received=received) + read_pending(database, queue)
        if failed is not None:
            raise failed
        wait_seconds = 0
        if not keep_on():
            return total


def _receive_more(
    queue: Notifications, arrived: list[Arrived], keep_on: Callable[[], bool]
) -> tuple[list[Arrived], ProviderError | None]:
    """What is in the queue now, up to a transaction's worth; and why it could not be read further, if so."""
    found = {receipt: notification for notification, receipt in arrived}
    failed = None
    while len(found) < BATCH and keep_on():
        before = len(found)
        try:
            found.update((receipt, notification) for notification, receipt in queue.receive(0))
        except ProviderError as err:
            failed = err
        if len(found) == before:
            break
    return [(notification, receipt) for receipt, notification in found.items()], failed


def _note_empty(database: Database, queue: Notifications, seconds_ago: float) -> None:
    with database.writing() as connection:
        asked_at = clock(connection) - timedelta(seconds=seconds_ago)
        # Twice as long as anything is hidden: for a process that died, and for one that is just storing.
        note_empty(connection, queue.name, asked_at, timedelta(seconds=2 * queue.hidden_seconds))


def read_pending(database: Database, queue: Notifications) -> Ingested:
    """Read what is stored and unread, also what an earlier process left."""
    total = Ingested()
    while True:
        with database.writing() as connection:
            batch = stored.pending(connection, BATCH)
            if not batch:
                return total
            facts: list[tuple[Event, int]] = []
            outcome: Counter[NotificationState] = Counter()
            for notification in batch:
                try:
                    found = queue.read(notification.body, notification.received_at)
                except NotificationError as err:
                    stored.mark(connection, [notification.id], NotificationState.UNREADABLE, err.what)
                    outcome[NotificationState.UNREADABLE] += 1
                    continue
                facts.extend((event, notification.id) for event in found)
            named = [event.delivery_id for event, _ in facts]
            known = stored.known_deliveries(connection, named)
            others = [each for each in named if each not in known]
            proofs = stored.known_proof_messages(connection, others) if others else set()
            probes = see_probes(connection, others, clock(connection)) if others else set()
            ours = [(event, number) for event, number in facts if event.delivery_id in known]
            foreign = {number for event, number in facts if event.delivery_id not in known | proofs | probes}
            stored.mark(connection, sorted(foreign), NotificationState.FOREIGN)
            stored.mark_rest_read(connection, [notification.id for notification in batch])
            added = stored.add_events(connection, ours, clock(connection))
            forget_late_notifications(connection, [notification.id for notification in batch])
        total = total + Ingested(events=added, foreign=len(foreign), unreadable=outcome[NotificationState.UNREADABLE])
