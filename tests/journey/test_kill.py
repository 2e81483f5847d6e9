"""A real `dispatch send`, killed again and again: nobody is mailed twice, nobody is lost."""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.fixtures_journey import Journey, PracticeSeen

#: kills of one campaign; two roads make at least 30 together
KILLS = 16


def kill_at(journey: Journey, practice: PracticeSeen, slug: str, moment: float, mails: int) -> bool:
    """Start a send; kill it once `mails` more were accepted, or after `moment` seconds. False if it had ended."""
    before = len(practice.messages())
    process = journey.start("send", slug, "--yes")
    until = time.monotonic() + moment
    try:
        while process.poll() is None and time.monotonic() < until:
            if mails and len(practice.messages()) >= before + mails:
                break
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
    finally:
        process.communicate(timeout=60)
    return was_running


def send_until_done(journey: Journey, slug: str) -> dict[str, object]:
    for _ in range(5):
        found = journey.run_json("send", slug, "--yes", status=None)
        if found["state"] == "finished" and not found["uncertain"]:
            return dict(found)
    raise AssertionError(found)


@pytest.mark.parametrize(("road", "per_second", "people"), [("SendEmail", 60, 88), ("SendBulkEmail", 200, 600)])
def test_a_send_killed_at_many_moments_mails_everybody_exactly_once(
    make_journey: Callable[..., Journey], road: str, per_second: int, people: int
) -> None:
    journey = make_journey()
    practice = journey.practice()
    practice.grant(max_per_second=per_second)
    addresses = {f"reader{number}@example.org": f"Reader {number}" for number in range(people)}
    journey.write_members("center", addresses)
    journey.write_brief("2026-11-24-killed", "Killed in the middle")
    draw = random.Random(road)
    kills = 0
    for number in range(KILLS * 2):
        if kills == KILLS:
            break
        # Half of the kills come at any moment, from the start of the process on; half in the middle of the mails.
        mails = draw.randrange(1, 6) if number % 2 else 0
        moment = 30.0 if mails else 0.3 + draw.random() * 2.5
        kills += kill_at(journey, practice, "2026-11-24-killed", moment, mails)
    done = send_until_done(journey, "2026-11-24-killed")
    journey.run("events", "pull", status=None)

    accepted = practice.messages(str(done["campaign"]))
    copies = Counter(message["to"] for message in accepted)
    assert kills >= KILLS - 2
    assert {message["road"] for message in accepted} <= {road, "SendEmail"}
    assert {to for to, number in copies.items() if number > 1} == set()
    assert set(copies) == set(addresses)
    assert done["audience"] == done["submitted"] == people


def test_the_ledger_and_the_server_agree_after_kills(journey: Journey) -> None:
    """What the report says was mailed is what the server accepted, person by person."""
    practice = journey.practice()
    practice.grant(max_per_second=40)
    journey.write_members("center", {f"reader{number}@example.org": "" for number in range(40)})
    journey.write_brief("2026-11-23-agree", "They agree")
    kill_at(journey, practice, "2026-11-23-agree", 30.0, 7)
    journey.run("events", "pull")
    report = journey.run_json("report")
    assert report["adds_up"] is True
    totals = report["totals"]
    assert totals["submitted"] == len(practice.messages()) >= 7
    assert totals["submitted"] + totals["queued"] + totals["uncertain"] + totals["submitting"] == 40


def test_ctrl_c_settles_what_is_in_flight_and_pauses(journey: Journey) -> None:
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
