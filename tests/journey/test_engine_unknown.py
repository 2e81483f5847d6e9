"""Calls whose outcome is not known: settled by events, by a probe, or by a person; each decision is written down."""

from collections import Counter

from tests.journey.conftest import Engine

ONE = "reader1@example.org"


def acts(engine: Engine, slug: str) -> list[str]:
    return [act["act"] for act in engine.journey.run_json("show", slug)["trail"]]


def test_what_no_event_tells_is_named_and_mailed_again_on_a_persons_word(engine: Engine) -> None:
    journey = engine.journey
    slug = engine.people(3)
    engine.fault({"on": "SendEmail", "fault": "error-before", "addresses": [ONE], "times": 1})
    # Nobody may be asked, and the grace is too long for a yes.
    slow = {"DISPATCH_SEND__GRACE_SECONDS": "3600", "DISPATCH_SEND__SETTLE_SECONDS": "1"}
    assert journey.run_json("send", slug, "--yes", status=1, environ=slow)["uncertain"] == 1
    found = journey.run_json("reconcile", slug, status=1, environ=slow)
    assert [each["address"] for each in found["too_early"]] == [ONE]
    assert found["may_be_sent_again"] == found["for_a_person"] == []

    # The grace is over, and the neighbours have their events: it surely got nothing.
    found = journey.run_json("reconcile", slug, status=1)
    assert [each["address"] for each in found["may_be_sent_again"]] == [ONE]
    assert engine.to().count(ONE) == 0
    again = journey.run_json("reconcile", slug, "--yes")
    assert again["again"] == 1
    assert journey.run_json("show", slug)["state"] == "paused"
    assert journey.run_json("resume", slug, "--yes")["submitted"] == 3
    assert Counter(engine.to()).most_common(1)[0][1] == 1
    assert "sent again after an unknown outcome" in acts(engine, slug)


def test_where_nothing_else_was_mailed_a_probe_shows_whether_events_flow(engine: Engine) -> None:
    journey = engine.journey
    slug = engine.people(1)
    engine.fault({"on": "SendEmail", "fault": "error-before", "addresses": ["reader0@example.org"], "times": 1})
    settle = {"DISPATCH_SEND__SETTLE_SECONDS": "1"}
    assert journey.run_json("send", slug, "--yes", status=1, environ=settle)["uncertain"] == 1
    found = journey.run_json("reconcile", slug, status=1)
    assert [each["address"] for each in found["may_be_sent_again"]] == ["reader0@example.org"]
    probes = [each for each in journey.practice_seen.messages() if "simulator" in each["to"]]
    assert len(probes) == 1
    journey.run("events", "pull", "--wait", "2")
    assert journey.run_json("report")["notifications"]["foreign"] == 0


def test_where_events_do_not_flow_only_a_person_can_settle_it(engine: Engine) -> None:
    journey = engine.journey
    slug = engine.people(4)
    unknown = [f"reader{n}@example.org" for n in range(3)]
    engine.fault(
        {"on": "SendEmail", "fault": "error-before", "addresses": unknown, "times": 3},
        {"fault": "lose-event", "addresses": ["reader3@example.org"], "kinds": ["Send", "Delivery"]},
    )
    settle = {"DISPATCH_SEND__SETTLE_SECONDS": "1"}
    assert journey.run_json("send", slug, "--yes", status=1, environ=settle)["uncertain"] == 3
    found = journey.run_json("reconcile", slug, status=1)
    assert [each["address"] for each in found["for_a_person"]] == unknown
    shown = journey.run("show", slug)
    assert all(address in shown for address in unknown)

    journey.run("reconcile", slug, "--assume", "sent", "reader0@example.org", "reader3@example.org", status=1)
    assert "reader3@example.org is not of unknown outcome" in journey.errors
    assert journey.run_json("show", slug)["uncertain"] == 3
    journey.run("reconcile", slug, "--assume", "sent", status=2)

    assert journey.run_json("reconcile", slug, "--assume", "sent", "reader0@example.org", status=1)["sent"] == 1
    done = journey.run_json("reconcile", slug, "--assume", "unsent", "reader1@example.org", "reader2@example.org")
    assert done["again"] == 2
    assert journey.run_json("resume", slug, "--yes", environ=settle)["submitted"] == 4
    assert Counter(engine.to()) == {"reader1@example.org": 1, "reader2@example.org": 1, "reader3@example.org": 1}
    told = journey.run_json("show", slug, "reader0@example.org")["trail"]
    assert [act["act"] for act in told] == ["assumed sent"]
    assert told[0]["detail"]["by"] == "a person"


def test_an_event_settles_what_a_call_left_open(engine: Engine) -> None:
    slug = engine.people(3)
    engine.fault({"on": "SendEmail", "fault": "error-after", "addresses": [ONE], "times": 1})
    settle = {"DISPATCH_SEND__SETTLE_SECONDS": "0", "DISPATCH_SES__QUEUE_URL": ""}
    assert engine.journey.run_json("send", slug, "--yes", status=1, environ=settle)["uncertain"] == 1
    engine.until(lambda: not engine.journey.run_json("reconcile", slug, status=None)["too_early"], "it stays open")
    assert engine.journey.run_json("show", slug)["submitted"] == 3
    assert engine.to().count(ONE) == 1
