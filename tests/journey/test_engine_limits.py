"""The provider's day, and the few who go first."""

from collections import Counter

from tests.journey.conftest import Engine


def test_an_audience_too_large_for_today_is_spread_over_days_on_a_persons_word(engine: Engine) -> None:
    journey = engine.journey
    slug = engine.people(10)
    journey.practice_seen.grant(max_per_day=4)
    journey.run("send", slug, "--yes", status=1)
    assert "Amazon accepts 4 more messages in these 24 hours, and there are 10 to send." in journey.errors
    assert "--over-days" in journey.errors
    journey.run("show", status=1)

    sent = journey.run_json("send", slug, "--yes", "--over-days", status=1)
    assert (sent["state"], sent["submitted"], sent["queued"]) == ("paused", 4, 6)
    assert sent["reason"] == "What Amazon lets out in 24 hours is used up."
    assert "goes_on_at" in sent
    journey.run("resume", slug, "--yes", "--over-days", status=1)
    assert "Try again when the 24 hours have passed" in journey.errors
    # The next day.
    journey.practice_seen.grant(max_per_day=100)
    assert journey.run_json("resume", slug, "--yes")["state"] == "finished"
    assert Counter(Counter(engine.to()).values()) == {1: 10}


def test_a_canary_that_bounces_stops_the_others(engine: Engine) -> None:
    journey = engine.journey
    journey.environ |= {"DISPATCH_SEND__CANARY": "3"}
    people = {f"one{n}+bounce@a.example.org": "" for n in range(4)} | {f"two{n}@b.example.org": "" for n in range(8)}
    people |= {"three@c.example.org": ""}
    journey.write_members("center", people)
    journey.write_brief("2026-03-01-canary", "A canary")
    sent = journey.run_json("send", "canary", "--yes", status=1)
    assert (sent["state"], sent["submitted"], sent["queued"]) == ("paused", 3, 10)
    assert "Of the first people: 1 of 3 accepted messages were hard bounces" in sent["reason"]
    # One of every domain before a second of any.
    assert {each.rpartition("@")[2] for each in engine.to()} == {f"{x}.example.org" for x in "abc"}
    assert "stopped after the first people" in journey.run("show", "canary")


def test_a_canary_that_is_well_lets_the_others_go(engine: Engine) -> None:
    journey = engine.journey
    journey.environ |= {"DISPATCH_SEND__CANARY": "3"}
    slug = engine.people(20)
    sent = journey.run_json("send", slug, "--yes")
    assert (sent["state"], sent["submitted"]) == ("finished", 20)
    assert Counter(Counter(engine.to()).values()) == {1: 20}
    assert "went on after the first people" in journey.run("show", slug)
    at = [each["accepted_at"] for each in engine.mails]
    told = journey.run_json("show", slug, engine.to()[2])["events"]
    assert at[3] > min(each["at"] for each in told if each["kind"] == "sent")


def test_a_canary_that_says_nothing_is_waited_for_no_longer_than_the_setting(engine: Engine) -> None:
    engine.journey.environ |= {"DISPATCH_SEND__CANARY": "2", "DISPATCH_SEND__CANARY_WAIT_SECONDS": "2"}
    slug = engine.people(6)
    engine.fault({"fault": "lose-event", "kinds": ["Send", "Delivery"]})
    settle = {"DISPATCH_SEND__SETTLE_SECONDS": "0"}
    assert engine.journey.run_json("send", slug, "--yes", environ=settle)["submitted"] == 6
