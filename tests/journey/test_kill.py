"""A real `dispatch send`, killed again and again: nobody is mailed twice, nobody is lost."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.fixtures_journey import Journey, PracticeSeen
from tests.journey.scene import scene

#: kills of one campaign; `make storm` does 200 on each database
KILLS = 5
#: long enough that the server of a busy machine has read what a killed process left in the network
GRACE = {"DISPATCH_SEND__GRACE_SECONDS": "12", "DISPATCH_SEND__SETTLE_SECONDS": "45"}


# So many people that they are not all mailed before the last kill.
@pytest.mark.parametrize(
    ("database", "operation", "per_second", "people"),
    [("postgres_url", "SendEmail", 60, 300), ("sqlite_url", "SendBulkEmail", 120, 700)],
)
def test_a_send_killed_at_many_moments_mails_everybody_exactly_once(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, operation: str, per_second: int, people: int
) -> None:
    database_url = request.getfixturevalue(database)
    with scene(tmp_path, database_url, people, per_second=per_second, **GRACE) as at:
        # Sends are killed and started again within a second, and each asks for the account.
        at.provider.grant(calls_per_second=0)
        assert at.kill_often(KILLS, operation) == KILLS
        done = at.send_until_finished(is_all_known=True)
        assert at.violations() == []
        assert {message["operation"] for message in at.provider.messages()} <= {operation, "SendEmail"}
        assert set(at.copies().values()) == {1}
        assert set(at.copies()) == set(at.people)
        assert done["audience"] == done["submitted"] == people


def kill_after(journey: Journey, practice: PracticeSeen, slug: str, mails: int) -> None:
    """Start a send in practice, and kill it once so many were accepted."""
    process = journey.start("send", slug, "--yes")
    try:
        while len(practice.messages()) < mails:
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_the_ledger_and_the_server_agree_after_kills(journey: Journey) -> None:
    """What the report says was mailed is what the server accepted, person by person."""
    practice = journey.practice()
    practice.grant(max_per_second=40)
    journey.write_members("center", {f"reader{number}@example.org": "" for number in range(40)})
    journey.write_brief("2026-11-23-agree", "They agree")
    kill_after(journey, practice, "2026-11-23-agree", 7)
    journey.run("events", "pull")
    report = journey.run_json("report")
    assert report["adds_up"] is True
    totals = report["totals"]
    assert totals["submitted"] == len(practice.messages()) >= 7
    assert totals["submitted"] + totals["queued"] + totals["uncertain"] + totals["submitting"] == 40


def test_ctrl_c_settles_what_is_in_flight_and_pauses(journey: Journey) -> None:
    # Events are not what it is about.
    journey.environ["DISPATCH_SEND__SETTLE_SECONDS"] = "2"
    practice = journey.practice()
    practice.grant(max_per_second=20)
    journey.write_members("center", {f"reader{number}@example.org": "" for number in range(60)})
    journey.write_brief("2026-11-22-paused", "Paused by hand")
    process: subprocess.Popen[str] = journey.start("send", "2026-11-22-paused", "--yes")
    while len(practice.messages()) < 5:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    report = journey.run_json("report")
    assert report["state"] == "paused"
    assert report["totals"]["submitting"] == report["totals"]["uncertain"] == 0
    assert report["totals"]["submitted"] == len(practice.messages())
    again = journey.run_json("send", "2026-11-22-paused", "--yes")
    assert again["state"] == "finished"
    assert len(practice.messages()) == 60
