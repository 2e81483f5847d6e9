"""A process that sends is seen for as long as it lives, whatever it waits for."""

import time

import pytest

from dispatch.pipeline.heartbeat import Heartbeat
from dispatch.store import workers
from dispatch.store.database import Database


def test_it_goes_on_while_the_process_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.pipeline.heartbeat.BEAT_SECONDS", 0.05)
    accepted = [3]
    with Heartbeat(database, "send", "c" * 32, lambda: accepted[0]):
        with database.reading() as connection:
            (first,) = workers.all_workers(connection)
        accepted[0] = 8
        until = time.monotonic() + 30
        seen = first
        while (seen.accepted, seen.seen_at > first.seen_at) != (8, True):
            assert time.monotonic() < until
            with database.reading() as connection:
                (seen,) = workers.all_workers(connection, "c" * 32)
        assert seen.is_alive
    with database.reading() as connection:
        assert workers.all_workers(connection) == []
