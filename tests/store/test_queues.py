"""How far a queue of events has been read: two looks that found nothing, far enough from each other."""

from datetime import timedelta

import pytest

from dispatch.store import queues
from dispatch.store.database import Database
from tests.store.samples import NOW

QUEUE = "https://sqs.example.org/events"
APART = timedelta(seconds=10)


def look(database: Database, *seconds: float, name: str = QUEUE) -> None:
    """Looks that found nothing, begun so many seconds after the first moment."""
    for each in seconds:
        with database.writing() as connection:
            queues.note_empty(connection, name, NOW + timedelta(seconds=each), APART)


def read_through(database: Database, name: str = QUEUE) -> float | None:
    with database.reading() as connection:
        found = queues.read_through(connection, name)
    return None if found is None else (found - NOW).total_seconds()


@pytest.mark.parametrize(
    ("looks", "through"),
    [
        ((), None),
        ((0,), None),
        ((0, 9.9), None),
        ((0, 10), 0),
        ((0, 4, 8, 12), 0),
        ((0, 12, 13, 21), 0),
        ((0, 12, 22), 12),
        ((0, 3600), 0),
    ],
)
def test_what_was_in_the_queue_at_the_first_of_two_looks_is_stored(
    database: Database, looks: tuple[float, ...], through: float | None
) -> None:
    look(database, *looks)

    assert read_through(database) == through


def test_looks_at_the_same_time_end_in_any_order(database: Database) -> None:
    look(database, 20, 5, 30)

    assert read_through(database) == 20


def test_a_clock_that_was_put_back_tells_nothing(database: Database) -> None:
    look(database, 7200, 7210, 0)
    assert read_through(database) is None

    look(database, 10)
    assert read_through(database) == 0


def test_each_queue_is_read_by_itself(database: Database) -> None:
    look(database, 0, 10)

    assert read_through(database, "https://sqs.example.org/another") is None
