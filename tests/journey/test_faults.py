"""Faults one by one, with real processes and a real provider that fails on demand."""

import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.model.delivery import DeliveryState
from dispatch.store.schema import deliveries, pace
from tests.journey.scene import Scene, scene
from tests.postgres import PostgresServer, postgres

#: long enough that no claim ends by itself in a test that is not about that
LONG_CLAIM = {"DISPATCH_SEND__CLAIM_SECONDS": "30", "DISPATCH_SEND__GRACE_SECONDS": "60"}


def finish(process: "subprocess.Popen[str]", status: int | None = 0) -> str:
    """Wait for a command; what it said."""
    said, _ = process.communicate(timeout=120)
    assert "Traceback" not in said, said
    assert status is None or process.returncode == status, said
    return said


def everybody_once(at: Scene) -> None:
    assert at.violations() == []
    assert set(at.copies().values()) == {1}
    assert set(at.copies()) == set(at.people)


# --- the provider -------------------------------------------------------------------------------------------------

#: each strikes one person of the ten, by the place in the list
AFTER_ACCEPTANCE: list[dict[str, Any]] = [
    {"fault": "hang-after", "seconds": 5},
    {"fault": "reset-after"},
    {"fault": "close-after"},
    {"fault": "error-after"},
    {"fault": "error-after", "status": 503},
    {"fault": "truncate"},
    {"fault": "cut"},
]
BEFORE_ACCEPTANCE: list[dict[str, Any]] = [
    {"fault": "hang-before", "seconds": 5},
    {"fault": "reset-before"},
    {"fault": "close-before"},
    {"fault": "error-before"},
    {"fault": "error-before", "status": 502},
]


def of_one_each(at: Scene, rules: list[dict[str, Any]]) -> list[str]:
    """Put each fault in force for one person; gives them."""
    struck = list(at.people[: len(rules)])
    at.fault(*[{**rule, "on": "*", "addresses": [to], "times": 1} for rule, to in zip(rules, struck, strict=True)])
    return struck


def test_unanswered_acceptances_and_events_out_of_order_are_settled_by_what_comes(
    tmp_path: Path, sqlite_url: str
) -> None:
    with scene(tmp_path, sqlite_url, 13, per_second=60, **LONG_CLAIM, DISPATCH_SEND__SETTLE_SECONDS="3") as at:
        of_one_each(at, AFTER_ACCEPTANCE)
        first, doubled, late, lost = at.people[-4:]
        at.fault(
            {"fault": "event-first", "addresses": [first]},
            {"fault": "double-event", "addresses": [doubled]},
            {"fault": "late-event", "addresses": [late], "seconds": 2},
            {"fault": "lose-event", "addresses": [lost]},
        )
        at.send()
        # Whoever's event was lost stays as the answer left them; everybody else is settled by theirs.
        expected = {**dict.fromkeys(at.people, DeliveryState.DELIVERED), lost: DeliveryState.SUBMITTED}
        at.pull_until(lambda: at.states() == expected)
        everybody_once(at)


def test_a_call_that_was_not_accepted_is_named_and_only_a_word_mails_again(tmp_path: Path, sqlite_url: str) -> None:
    with scene(tmp_path, sqlite_url, 8, per_second=60, **LONG_CLAIM, DISPATCH_SEND__SETTLE_SECONDS="1") as at:
        struck = of_one_each(at, BEFORE_ACCEPTANCE)
        sent = at.send()
        assert (sent["state"], sent["submitted"], sent["uncertain"]) == ("finished", 8 - len(struck), len(struck))
        assert at.named_as_unknown() == set(struck)
        assert at.send()["uncertain"] == len(struck)
        assert at.accepted_count() == 8 - len(struck)
        at.journey.run("reconcile", "--assume", "unsent", *struck)
        assert at.send()["uncertain"] == 0
        everybody_once(at)


def test_a_bulk_call_that_failed_in_part_is_settled_person_by_person(tmp_path: Path, sqlite_url: str) -> None:
    with scene(tmp_path, sqlite_url, 60, per_second=200, **LONG_CLAIM, DISPATCH_SEND__SETTLE_SECONDS="1") as at:
        lost, told_wrong = at.people[3], at.people[40]
        at.fault(
            {"fault": "partial", "addresses": [lost], "times": 1},
            {"fault": "partial-after", "addresses": [told_wrong], "times": 1},
            {"fault": "shuffle"},
        )
        at.send()
        expected = {**dict.fromkeys(at.people, DeliveryState.DELIVERED), lost: DeliveryState.UNCERTAIN}
        at.pull_until(lambda: at.states() == expected)
        assert at.named_as_unknown() == {lost}
        assert {message["operation"] for message in at.provider.messages()} == {"SendBulkEmail"}
        assert at.violations() == []


# --- the process --------------------------------------------------------------------------------------------------


def stop_outside_a_transaction(at: Scene, process: "subprocess.Popen[str]") -> None:
    """Stop a process; where it holds locks just then, on which everybody would wait, let it on a moment."""
    until = time.monotonic() + 30
    while True:
        process.send_signal(signal.SIGSTOP)
        while not is_stopped(process.pid):
            assert time.monotonic() < until
        if not at.is_held():
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.003)


def is_stopped(pid: int) -> bool:
    """Whether every thread has come to a stop."""
    tasks = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def test_a_process_that_slept_through_its_claims_mails_nobody_whom_another_took_over(
    tmp_path: Path, sqlite_url: str
) -> None:
    """It wakes with calls in flight, whose claims have grown too old."""
    with scene(tmp_path, sqlite_url, 60, per_second=30) as at:
        at.fault({"fault": "slow", "seconds": 0.3})
        sleeper = at.start()
        at.wait_for_mails(8, sleeper)
        stop_outside_a_transaction(at, sleeper)
        # Longer than its claims and the grace: the other one ends its work, and everybody is decided.
        taken_over = at.send_until_finished()
        assert taken_over["queued"] == taken_over["submitting"] == 0
        sleeper.send_signal(signal.SIGCONT)
        finish(sleeper, status=None)
        at.send_until_finished()
        everybody_once(at)


def test_two_sends_at_once_mail_everybody_once_also_when_refused_for_speed(tmp_path: Path, database_url: str) -> None:
    with scene(tmp_path, database_url, 80, per_second=60, **LONG_CLAIM) as at:
        at.fault({"fault": "throttle", "times": 3})
        both = [at.start(), at.start()]
        for process in both:
            finish(process)
        everybody_once(at)


def test_a_clock_that_is_put_back_doubles_nobody_and_stops_nothing(tmp_path: Path, sqlite_url: str) -> None:
    """An hour back: seen from the clock, everything that was written lies an hour ahead."""
    with scene(tmp_path, sqlite_url, 40, per_second=30, **LONG_CLAIM) as at:
        running = at.start()
        at.wait_for_mails(10, running)
        with at.database.writing() as connection:
            for row in connection.execute(deliveries.select()).all():
                times = {name: getattr(row, name) for name in ("claimed_at", "submitted_at")}
                later = {name: at_ and at_ + timedelta(hours=1) for name, at_ in times.items()}
                connection.execute(update(deliveries).where(deliveries.c.seq == row.seq).values(**later))
            connection.execute(update(pace).values(next_at=pace.c.next_at + 3600))
        finish(running)
        everybody_once(at)


# --- the database -------------------------------------------------------------------------------------------------

GONE_SECONDS = 4
#: in these enough would be mailed to see that it went on
FULL_SECONDS = 2
#: at 20 a second, many enough that they are not all mailed before it happens
PEOPLE = 90
#: events are not what these tests are about
BRIEF = {"DISPATCH_SEND__SETTLE_SECONDS": "3"}


@pytest.fixture(scope="module")
def postgres_that_goes() -> Iterator[PostgresServer]:
    """A server that these tests stop and start."""
    with postgres(starts_again=True) as server:
        yield server


def test_postgresql_gone_for_seconds_ends_no_send(tmp_path: Path, postgres_that_goes: PostgresServer) -> None:
    url = postgres_that_goes.new_database("gone")
    with scene(tmp_path, url, PEOPLE, per_second=20, **LONG_CLAIM, **BRIEF) as at:
        running = at.start()
        at.wait_for_mails(5, running)
        postgres_that_goes.stop()
        time.sleep(GONE_SECONDS)
        assert running.poll() is None, finish(running, status=None)
        assert at.accepted_count() < PEOPLE, "nothing was left to send"
        postgres_that_goes.start()
        said = finish(running, status=None)
        # Of a claim whose commit was not confirmed nobody knows until it ends.
        if DeliveryState.SUBMITTING in at.states().values():
            at.send_until_finished()
        # A call during which the connection went leaves people in doubt, never mailed twice.
        assert at.violations() == [], said


def test_sqlite_held_by_another_program_for_seconds_ends_no_send(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.db"
    with scene(tmp_path, f"sqlite:///{file}", PEOPLE, per_second=20, **LONG_CLAIM, **BRIEF) as at:
        running = at.start()
        at.wait_for_mails(5, running)
        other = sqlite3.connect(file, timeout=30, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(GONE_SECONDS)
            assert running.poll() is None
            assert at.accepted_count() < PEOPLE, "nothing was left to send"
            other.execute("ROLLBACK")
        finally:
            other.close()
        finish(running)
        everybody_once(at)


def test_a_full_disk_stops_the_send_until_there_is_room_and_nobody_is_mailed_twice(tmp_path: Path) -> None:
    """The limit on the size of files stands for the disk: the write fails in the same place."""
    file = tmp_path / "dispatch.db"
    with scene(tmp_path, f"sqlite:///{file}", PEOPLE, per_second=20, **LONG_CLAIM, **BRIEF) as at:
        running = at.start()
        at.wait_for_mails(5, running)
        _, most = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (4096, most))
        full_at = claimed_count(at)
        time.sleep(FULL_SECONDS)
        assert running.poll() is None
        assert claimed_count(at) == full_at < PEOPLE, "it went on, or nothing was left to send"
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (most, most))
        finish(running)
        everybody_once(at)


def claimed_count(at: Scene) -> int:
    return sum(state is not DeliveryState.QUEUED for state in at.states().values())


def test_a_disk_that_is_full_before_the_freeze_sends_nothing_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.db"
    with scene(tmp_path, f"sqlite:///{file}", 60) as at:
        command = at.journey.command("send", "2026-11-24-storm", "--yes")
        done = subprocess.run(
            ["/bin/sh", "-c", 'ulimit -f 16; exec "$@"', "sh", *command],
            env=at.journey.variables(),
            cwd=at.journey.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, done.stdout
        assert "The database cannot be used" in done.stderr
        assert "Traceback" not in done.stderr
        assert at.accepted_count() == 0
        assert at.send()["state"] == "finished"
        everybody_once(at)
