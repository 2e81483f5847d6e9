"""Ingest, on both databases: stored before deleted, deleted before read, and no Notification ever stops another."""

import itertools
import random
import re
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from dispatch.errors import ProviderError
from dispatch.model.campaign import Campaign
from dispatch.model.delivery import Delivery, DeliveryState, EventKind
from dispatch.model.event import Notification
from dispatch.model.member import SuppressionReason
from dispatch.pipeline.ingest import Ingested, pull, read_pending
from dispatch.store import notifications as stored
from dispatch.store.database import Database
from dispatch.store.schema import notifications, suppressions
from tests.pipeline.scripted import ScriptedQueue
from tests.store.samples import all_deliveries, join, start, states

D, K = DeliveryState, EventKind


@pytest.fixture
def campaign(database: Database) -> Campaign:
    join(database, "center", "ann", "bob")
    return start(database)


@pytest.fixture
def ann(database: Database, campaign: Campaign) -> Delivery:
    return all_deliveries(database, campaign)[0]


def kept(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return stored.counts(connection)


def total(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(notifications)).scalar_one()


def pull_all(database: Database, queue: ScriptedQueue) -> Ingested:
    return pull(database, queue, wait_seconds=0)


def test_notifications_move_their_deliveries_and_leave_the_queue(
    database: Database, campaign: Campaign, ann: Delivery
) -> None:
    queue = ScriptedQueue()
    queue.tell(ann.id, K.SENT)
    queue.tell(ann.id, K.DELIVERED)
    assert pull_all(database, queue) == Ingested(received=2, events=2)
    assert states(database, campaign)["ann"] is D.DELIVERED
    assert queue.receive(0) == []
    assert kept(database) == {"read": 2}


def test_a_notification_is_stored_before_it_is_deleted(database: Database, campaign: Campaign, ann: Delivery) -> None:
    queue = ScriptedQueue()
    queue.tell(ann.id, K.SENT)
    seen: list[dict[str, int]] = []
    queue.at_delete = lambda: seen.append(kept(database))
    pull_all(database, queue)
    assert seen == [{"new": 1}]


def test_a_queue_that_cannot_delete_loses_nothing_and_doubles_nothing(
    database: Database, campaign: Campaign, ann: Delivery
) -> None:
    queue = ScriptedQueue()
    queue.tell(ann.id, K.DELIVERED)
    queue.can_delete = False
    with pytest.raises(ProviderError):
        pull_all(database, queue)
    assert kept(database) == {"new": 1}
    queue.can_delete = True
    assert pull_all(database, queue) == Ingested(events=1)
    assert states(database, campaign)["ann"] is D.DELIVERED
    assert (total(database), kept(database)) == (1, {"read": 1})


def test_what_an_earlier_process_left_unread_is_read(database: Database, campaign: Campaign, ann: Delivery) -> None:
    queue = ScriptedQueue()
    queue.tell(ann.id, K.DELIVERED)
    queue.can_delete = False
    with pytest.raises(ProviderError):
        pull_all(database, queue)
    assert read_pending(database, queue) == Ingested(events=1)


def test_what_cannot_be_read_is_kept_with_its_reason_and_stops_nothing(
    database: Database, campaign: Campaign, ann: Delivery
) -> None:
    queue = ScriptedQueue()
    queue.put("garbage")
    queue.tell(ann.id, K.DELIVERED)
    queue.put("garbage")
    assert pull_all(database, queue) == Ingested(received=3, events=1, unreadable=2)
    assert states(database, campaign)["ann"] is D.DELIVERED
    with database.reading() as connection:
        assert [problem for _, _, problem in stored.unreadable(connection, 10)] == ["It cannot be understood."] * 2
    assert queue.receive(0) == []


def test_another_databases_notifications_are_kept_and_counted(database: Database, campaign: Campaign) -> None:
    queue = ScriptedQueue()
    queue.tell("f" * 32, K.DELIVERED)
    queue.tell("strange-tag", K.BOUNCED, suppress=SuppressionReason.BOUNCED)
    assert pull_all(database, queue) == Ingested(received=2, foreign=2)
    assert kept(database) == {"foreign": 2}
    with database.reading() as connection:
        assert connection.execute(select(suppressions)).all() == []


def test_what_tells_nothing_is_read(database: Database, campaign: Campaign) -> None:
    queue = ScriptedQueue()
    queue.put("{}")
    assert pull_all(database, queue) == Ingested(received=1)
    assert kept(database) == {"read": 1}


def test_the_same_notice_twice_is_one_and_the_same_fact_in_two_notifications_is_one(
    database: Database, campaign: Campaign, ann: Delivery
) -> None:
    queue = ScriptedQueue()
    for transport_id in ("sns-1", "sns-1", "sns-2"):
        queue.tell(ann.id, K.DELIVERED, transport_id=transport_id)
        pull_all(database, queue)
    assert kept(database) == {"read": 2}
    queue.tell(ann.id, K.DELIVERED, transport_id="sns-3")
    assert pull_all(database, queue) == Ingested(received=1)


def test_events_in_any_order_end_in_the_same_state(database: Database, campaign: Campaign, ann: Delivery) -> None:
    story = (K.SENT, K.DELAYED, K.DELIVERED, K.COMPLAINED)
    for order in random.Random(7).sample(list(itertools.permutations(story)), 6):
        queue = ScriptedQueue()
        for kind in order:
            queue.tell(ann.id, kind)
        pull_all(database, queue)
        assert states(database, campaign) == {"ann": D.COMPLAINED, "bob": D.QUEUED}


def test_a_bounce_for_good_suppresses(database: Database, campaign: Campaign, ann: Delivery) -> None:
    queue = ScriptedQueue()
    queue.tell(ann.id, K.BOUNCED, suppress=SuppressionReason.BOUNCED)
    pull_all(database, queue)
    with database.reading() as connection:
        assert connection.execute(select(suppressions.c.reason)).scalars().all() == ["bounced"]


def test_more_notifications_than_one_batch_are_all_read(database: Database, campaign: Campaign, ann: Delivery) -> None:
    queue = ScriptedQueue()
    for number in range(35):
        queue.tell(ann.id, K.OPENED, transport_id=f"n-{number}")
    assert pull_all(database, queue) == Ingested(received=35, events=1)


def test_a_pull_stops_between_batches_when_it_is_told(database: Database, campaign: Campaign) -> None:
    queue = ScriptedQueue()
    for _ in range(25):
        queue.put("{}")
    assert pull(database, queue, wait_seconds=0, keep_on=lambda: False).received == 10


class CountingQueue(ScriptedQueue):
    """Hides what it has given, as SQS does, and fails at the given receive."""

    def __init__(self, fails_at: int = 0) -> None:
        super().__init__()
        self.fails_at = fails_at
        self.receives = 0
        self.in_transaction: list[int] = []
        self._given: set[str] = set()

    def receive(self, wait_seconds: int) -> list[tuple[Notification, str]]:
        self.receives += 1
        if self.receives == self.fails_at:
            raise ProviderError("Receiving failed.")
        left = [(Notification(name, body), name) for name, body in self._waiting.items() if name not in self._given]
        self._given.update(name for _, name in left[:10])
        return left[:10]

    def delete(self, receipts: Sequence[str]) -> None:
        self.in_transaction.append(len(receipts))
        super().delete(receipts)


def test_several_receives_are_stored_in_one_transaction(database: Database, campaign: Campaign, ann: Delivery) -> None:
    queue = CountingQueue()
    for number in range(45):
        queue.tell(ann.id, K.OPENED, transport_id=f"n{number}")
    assert pull_all(database, queue).received == 45
    assert (queue.in_transaction, kept(database)) == ([45], {"read": 45})


def test_what_had_arrived_before_the_queue_failed_is_stored_read_and_deleted(
    database: Database, campaign: Campaign, ann: Delivery
) -> None:
    queue = CountingQueue(fails_at=3)
    queue.tell(ann.id, K.DELIVERED)
    for number in range(30):
        queue.tell(ann.id, K.OPENED, transport_id=f"n{number}")
    with pytest.raises(ProviderError, match="Receiving failed"):
        pull_all(database, queue)
    assert (queue.in_transaction, kept(database)) == ([20], {"read": 20})
    assert states(database, campaign)["ann"] is D.DELIVERED


def test_neither_reading_nor_forgetting_looks_through_all_events(database: Database) -> None:
    """A look through all of them grows with every event ever read, inside a writing transaction."""
    statements = (
        "DELETE FROM notifications WHERE id IN (SELECT e.notification_id FROM events e JOIN deliveries d"
        " ON d.id = e.delivery_id WHERE d.address = d.address_hash AND e.notification_id IN (1, 2))",
        # What a deleted Notification asks of its Events.
        "UPDATE events SET notification_id = NULL WHERE notification_id = 1",
    )
    with database.writing() as connection:
        if database.is_sqlite:
            explain = "EXPLAIN QUERY PLAN "
        else:
            # With a few rows PostgreSQL would look through them all, and rightly.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN "
        plans = [" ".join(map(str, connection.exec_driver_sql(explain + each).all())) for each in statements]
    for plan in plans:
        assert "ix_events_notification_id" in plan
        assert not re.search(r"SCAN (events|e)\b|Seq Scan on events", plan)
