"""`dispatch worker --once` as cron runs it."""

from dispatch.store.database import Database
from tests.fixtures_journey import Journey
from tests.store.samples import CENTER, join, start


def test_worker_once_says_why_the_account_sends_nothing_and_ends_with_status_1(journey: Journey) -> None:
    journey.practice().grant(sending_enabled=False)
    with Database.in_file(journey.folder / ".dispatch" / "practice.db") as database:
        join(database, "center", "ann")
        start(database, [CENTER])

    said = journey.run("worker", "--once", status=1)

    assert "Sent" not in said
    assert journey.errors.splitlines()[:2] == [
        "Error: This worker cannot send.",
        "  - Sending is paused for this Amazon account.",
    ]
    assert journey.practice_seen.messages() == []
    assert journey.run_json("show")["queued"] == 1
