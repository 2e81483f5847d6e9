"""Many workers on one PostgreSQL: together they mail everybody once, also when some of them die."""

import signal
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta

from dispatch.store import campaigns
from dispatch.store.database import Database, clock
from tests.journey.conftest import Engine


def start_worker(engine: Engine) -> "subprocess.Popen[str]":
    process = engine.start("worker")
    assert process.stdout is not None
    while "is ready" not in (line := process.stdout.readline()):
        assert line, "the worker ended"
    return process


def stop(worker: "subprocess.Popen[str]") -> None:
    worker.send_signal(signal.SIGTERM)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert "Stopped." in said


def everybody_once(engine: Engine, people: int) -> None:
    copies = Counter(engine.to())
    assert set(copies.values()) == {1}
    assert len(copies) == people


def test_two_workers_and_a_send_share_a_campaign(postgres_engine: Engine) -> None:
    engine = postgres_engine
    engine.journey.practice_seen.grant(max_per_second=20)
    slug = engine.people(300)
    workers = [start_worker(engine), start_worker(engine)]
    sending = engine.start("send", slug, "--yes")

    def present() -> Counter[str]:
        return Counter(each["kind"] for each in engine.journey.run_json("show", slug, status=None)["workers"])

    engine.until(lambda: engine.mails, "nothing is mailed")
    engine.until(lambda: present() == {"send": 1, "worker": 2}, "the workers do not help")
    sending.communicate(timeout=60)
    found = engine.journey.run_json("show", slug)
    assert (found["state"], found["submitted"]) == ("finished", 300)
    everybody_once(engine, 300)
    for worker in workers:
        stop(worker)


def test_workers_go_on_when_the_send_and_one_of_three_are_killed(postgres_engine: Engine) -> None:
    engine = postgres_engine
    slug = engine.people(300)
    workers = [start_worker(engine) for _ in range(3)]
    sending = engine.start("send", slug, "--yes", DISPATCH_SEND__RESEND_UNKNOWN="true")
    engine.until(lambda: len(engine.mails) > 30, "nothing is mailed")
    sending.send_signal(signal.SIGKILL)
    workers[0].send_signal(signal.SIGKILL)

    def is_settled() -> bool:
        found = engine.journey.run_json("show", slug)
        return bool(found["state"] == "finished" and not found["submitting"])

    engine.until(is_settled, "the other workers do not go on")
    found = engine.journey.run_json("show", slug)
    copies = Counter(engine.to())
    assert set(copies.values()) == {1}
    assert found["submitted"] + found["uncertain"] == 300
    named = {each["address"] for each in found["people"]["uncertain"]}
    assert len(copies.keys() | named) == 300
    for worker in workers[1:]:
        stop(worker)


def test_a_worker_that_is_told_to_stop_leaves_nothing_in_flight(postgres_engine: Engine) -> None:
    engine = postgres_engine
    engine.journey.practice_seen.grant(max_per_second=20)
    slug = engine.people(300)
    at = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%Y-%m-%d %H:%M:%S")
    frozen = engine.start("send", slug, "--yes", "--at", at, "--tz", "UTC")
    engine.until(lambda: "scheduled" in engine.journey.run("campaigns"), "nothing is frozen")
    frozen.send_signal(signal.SIGKILL)
    assert engine.mails == []
    first = start_worker(engine)
    engine.until(lambda: len(engine.mails) > 10, "the worker does not take the campaign at its time")
    stop(first)
    found = engine.journey.run_json("show", slug)
    assert (found["state"], found["submitting"], found["uncertain"]) == ("sending", 0, 0)
    assert found["submitted"] == len(engine.mails) < 300

    engine.journey.practice_seen.grant(max_per_second=90)
    second = start_worker(engine)
    engine.until(lambda: len(engine.mails) == 300, "the next worker does not go on")
    everybody_once(engine, 300)
    stop(second)


def test_a_campaign_moves_from_sqlite_to_postgresql_and_goes_on_there(engine: Engine, empty_postgres: str) -> None:
    slug = engine.people(12)
    engine.journey.run("send", slug, "--yes", "--limit", "5", status=1)
    before = engine.journey.run_json("db", "status")["rows"]

    moved = engine.journey.run_json("db", "move", "--to", empty_postgres)["rows"]
    assert moved == {name: before[name] for name in moved}
    engine.journey.run("db", "move", "--to", empty_postgres, status=1)
    assert "The other database is not empty" in engine.journey.errors

    engine.journey.run("resume", slug, "--yes", status=1)
    assert "This database was moved to" in engine.journey.errors
    there = {"DISPATCH_DATABASE_URL": empty_postgres}
    assert engine.journey.run_json("resume", slug, "--yes", environ=there)["state"] == "finished"
    everybody_once(engine, 12)
    engine.journey.write_brief("2026-03-02-after", "After the move")
    assert engine.journey.run_json("send", "after", "--yes", environ=there)["submitted"] == 12


def scheduled(engine: Engine, people: int) -> str:
    """A campaign that waits for its time, an hour from now, and whose `send` is gone."""
    slug = engine.people(people)
    at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    waiting = engine.start("send", slug, "--yes", "--at", at, "--tz", "UTC")
    engine.until(lambda: slug in engine.journey.run("campaigns"), "nothing is locked")
    waiting.send_signal(signal.SIGKILL)
    waiting.communicate()
    return slug


def let_its_time_come(engine: Engine) -> None:
    with Database.open(engine.journey.environ["DISPATCH_DATABASE_URL"]) as database, database.writing() as connection:
        (campaign,) = campaigns.all_campaigns(connection)
        campaigns.schedule(connection, campaign.id, clock(connection))


def test_cron_sends_a_scheduled_campaign_at_its_time_from_sqlite(engine: Engine) -> None:
    slug = scheduled(engine, 3)
    assert "Sent 0 messages" in engine.journey.run("worker", "--once")
    assert engine.mails == []

    let_its_time_come(engine)
    said = engine.journey.run("worker", "--once")
    assert said.startswith("REAL MAIL")
    assert "Sent 3 messages" in said
    assert len(said.splitlines()) == 1
    assert engine.journey.run_json("show", slug)["state"] == "finished"
    everybody_once(engine, 3)


def test_a_worker_on_sqlite_sends_what_is_due_and_stops_when_told(engine: Engine) -> None:
    slug = scheduled(engine, 3)
    let_its_time_come(engine)
    worker = start_worker(engine)
    engine.until(lambda: len(engine.mails) == 3, "the worker does not take the campaign at its time")
    stop(worker)
    everybody_once(engine, 3)
    assert engine.journey.run_json("show", slug)["submitted"] == 3
