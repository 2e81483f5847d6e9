"""Pausing, going on, giving up, and one person who missed it: from other processes, while a send runs."""

import shutil
from collections import Counter

import pytest

from tests.journey.conftest import Engine

#: calls in flight when someone says stop: they are finished
IN_FLIGHT = 4


def test_a_pause_from_another_process_holds_within_one_batch_and_resume_sends_what_was_approved(
    each_engine: Engine,
) -> None:
    engine = each_engine
    engine.journey.practice_seen.grant(max_per_second=20)
    slug = engine.people(200)
    sending = engine.start("send", slug, "--yes")
    engine.until(lambda: len(engine.mails) > 5, "nothing is mailed")
    paused = engine.journey.run_json("pause", slug)
    mailed = len(engine.mails)
    said, _ = sending.communicate(timeout=60)
    assert sending.returncode == 1, said
    assert "Paused." in said
    assert "A person paused it." in said
    assert paused["state"] == "paused"
    assert len(engine.mails) <= mailed + IN_FLIGHT
    # Said twice it is the same.
    assert engine.journey.run_json("pause")["state"] == "paused"

    shutil.rmtree(engine.journey.folder / "briefs" / slug)
    engine.journey.practice_seen.grant(max_per_second=90)
    resumed = engine.journey.run_json("resume", slug, "--yes")
    assert (resumed["state"], resumed["submitted"]) == ("finished", 200)
    assert Counter(Counter(engine.to()).values()) == {1: 200}
    assert {each["subject"] for each in engine.mails} == {f"The brief {slug}"}

    engine.journey.run("pause", slug, status=1)
    assert "This campaign is finished; there is nothing to pause." in engine.journey.errors
    acts = [act["act"] for act in engine.journey.run_json("show", slug)["trail"]]
    assert acts == ["recipients locked", "campaign paused", "campaign resumed"]


def test_a_cancelled_campaign_mails_nobody_any_more(each_engine: Engine) -> None:
    engine = each_engine
    engine.journey.practice_seen.grant(max_per_second=20)
    # So many that the send outlasts both commands on a busy machine.
    slug = engine.people(500)
    sending = engine.start("send", slug, "--yes")
    engine.until(lambda: len(engine.mails) > 5, "nothing is mailed")
    engine.journey.run("cancel", slug, status=2)
    assert "there is nobody here to confirm" in engine.journey.errors
    engine.journey.run("cancel", slug, "--yes")
    sending.communicate(timeout=60)

    found = engine.journey.run_json("show", slug)
    assert found["state"] == "cancelled"
    assert (found["queued"], found["submitting"]) == (0, 0)
    assert found["submitted"] == len(engine.mails) < 500
    assert found["submitted"] + found["skipped"] == 500
    for command in ("resume", "send"):
        engine.journey.run(command, slug, "--yes", status=1)
        assert "This campaign was cancelled." in engine.journey.errors
    assert engine.journey.run_json("cancel", slug, "--yes")["state"] == "cancelled"


def test_only_mails_one_person_who_missed_it_and_nobody_twice(engine: Engine) -> None:
    slug = engine.people(3)
    journey = engine.journey
    refused = {"on": "SendEmail", "fault": "refuse", "code": "MessageRejected", "message": "Bad.", "status": 400}
    engine.fault({**refused, "addresses": ["reader0@example.org"], "times": 1})
    journey.run("members", "unsubscribe", "reader1@example.org", "--list", "center", "--yes")
    journey.run("send", slug, "--yes", status=1)
    assert engine.to() == ["reader2@example.org"]

    assert journey.run_json("send", slug, "--only", "reader0@example.org", "--yes")["failed"] == 0
    for address, said in (
        ("reader0@example.org", "has had this brief"),
        ("reader2@example.org", "has had this brief"),
        ("reader1@example.org", "does not take this mail"),
        ("stranger@example.org", "is on none of the lists"),
        ("no address", "not an address"),
    ):
        journey.run("send", slug, "--only", address, "--yes", status=1)
        assert said in journey.errors
    journey.run("members", "add", "reader1@example.org", "--list", "center", "--resubscribe", "asked for it")
    assert journey.run_json("send", slug, "--only", "reader1@example.org", "--yes")["skipped"] == 0
    journey.write_members("center", {"new@example.org": "New", "other@example.org": "Other"})
    assert journey.run_json("send", slug, "--only", "new@example.org", "--yes")["new"] == 1
    assert Counter(engine.to()) == dict.fromkeys([*(f"reader{n}@example.org" for n in range(3)), "new@example.org"], 1)
    found = journey.run_json("show", slug, "new@example.org")
    assert (found["state"], found["attempts"]) == ("delivered", 1)
    assert {event["kind"] for event in found["events"]} >= {"sent", "delivered"}


def test_one_person_of_a_paused_campaign_is_mailed_while_the_others_go_on_waiting(engine: Engine) -> None:
    slug = engine.people(10)
    engine.journey.run("send", slug, "--limit", "2", "--yes", status=1)
    engine.journey.run("send", slug, "--only", "reader7@example.org", "--yes")
    found = engine.journey.run_json("show", slug)
    assert (found["state"], found["queued"], found["submitted"]) == ("paused", 7, 3)
    assert "reader7@example.org" in engine.to()
    assert engine.journey.run_json("resume", "--yes")["state"] == "finished"
    assert Counter(Counter(engine.to()).values()) == {1: 10}


def test_a_campaign_with_a_time_leaves_then_and_not_before(engine: Engine) -> None:
    from datetime import UTC, datetime, timedelta

    slug = engine.people(3)
    at = datetime.now(UTC) + timedelta(seconds=15)
    sent = engine.journey.run_json("send", slug, "--yes", "--at", at.strftime("%Y-%m-%dT%H:%M:%S"), "--tz", "UTC")
    assert (sent["state"], sent["submitted"]) == ("finished", 3)
    assert min(each["accepted_at"] for each in engine.mails) >= at.strftime("%Y-%m-%dT%H:%M:%S")


def test_the_list_names_every_campaign_the_newest_first(engine: Engine) -> None:
    for slug in ("2026-03-01-first", "2026-03-02-second"):
        engine.people(2, slug)
        engine.journey.run("send", slug, "--yes")
    assert [each["brief"] for each in engine.journey.run_json("campaigns")["campaigns"]] == [
        "2026-03-02-second",
        "2026-03-01-first",
    ]
    assert "2 recipients: 2 sent" in engine.journey.run("campaigns")
    assert engine.journey.run("campaigns", "show", "first").startswith("REAL MAIL\nThe brief 2026-03-01-first")


@pytest.mark.parametrize("command", ["show", "pause", "resume"])
def test_a_campaign_that_is_not_there_is_named_with_those_that_are(engine: Engine, command: str) -> None:
    yes = ["--yes"] if command == "resume" else []
    engine.journey.run(command, *yes, status=1)
    assert "Nothing was sent yet." in engine.journey.errors
    slug = engine.people(1)
    engine.journey.run("send", slug, "--yes")
    engine.journey.run(command, "another", *yes, status=1)
    assert "There is no campaign 'another'." in engine.journey.errors
    assert slug in engine.journey.errors
