"""The whole line on the real brief: members in, the seed brief checked, sent, its events pulled, its report exact."""

import time
from collections import Counter
from email import message_from_string, policy
from typing import Any

from tests.fixtures_journey import Journey

SEED = "2023-09-19-potential-arms-deals"


def import_samples(journey: Journey) -> None:
    for member_list in ("center", "coalition"):
        file = str(journey.folder / "subscribers" / f"{member_list}.csv")
        journey.run("members", "import", file, "--list", member_list, "--yes")


def test_the_seed_brief_reaches_88_people_once_each_and_the_numbers_add_up(journey: Journey) -> None:
    import_samples(journey)
    practice = journey.practice()
    practice.grant(max_per_second=60)
    assert journey.run_json("check")["errors"] == 0

    plan = journey.run_json("send", "--dry-run")
    assert (plan["to_send"], plan["new"]) == (88, 88)
    assert {name: each["people"] for name, each in plan["audiences"].items()} == {"center": 48, "coalition": 40}
    assert practice.messages() == []

    sent = journey.run_json("send", "--yes")
    assert sent | {"campaign": ""} == {
        "campaign": "",
        "brief": SEED,
        "title": "Potential Arms Deals? Russia-North Korea Summit in Eastern Russia",
        "date": "2023-09-19",
        "transport": "practice",
        "state": "finished",
        "audience": 88,
        "queued": 0,
        "submitting": 0,
        "submitted": 88,
        "failed": 0,
        "uncertain": 0,
        "skipped": 0,
        "new": 88,
    }
    accepted = practice.messages(sent["campaign"])
    assert len(accepted) == len({message["to"] for message in accepted}) == 88
    assert Counter(message["from"] for message in accepted) == {
        "America-Eurasia Center <briefs@news.example.org>": 48,
        "America-Eurasia Business Coalition <briefs@coalition.example.org>": 40,
    }
    report = report_with_clicks(journey)
    for name, people in (("center", 48), ("coalition", 40)):
        numbers = report["audiences"][name]
        assert numbers["submitted"] == numbers["audience"] == people
        assert numbers["delivered"] + numbers["soft_bounced"] == people
    assert report["totals"]["audience"] == report["totals"]["submitted"] == 88
    assert 0 < report["totals"]["clicked"] <= report["totals"]["opened"] <= 88
    assert report["adds_up"] is True

    again = journey.run_json("send", "--yes")
    assert (again["state"], again["new"]) == ("finished", 0)
    assert len(practice.messages()) == 88


def report_with_clicks(journey: Journey) -> Any:
    """The report once readers, who take their time, have clicked."""
    until = time.monotonic() + 60
    while True:
        journey.run("events", "pull", "--wait", "2")
        report = journey.run_json("report")
        if report["totals"]["clicked"] or time.monotonic() > until:
            return report


def test_a_mail_carries_what_readers_and_their_programs_need(journey: Journey) -> None:
    import_samples(journey)
    practice = journey.practice()
    practice.grant(max_per_second=100)
    sent = journey.run_json("send", "--to", "coalition", "--yes")
    first = practice.messages(sent["campaign"])[0]
    whole = practice.ask(f"/api/messages/{first['message_id']}")
    mail = message_from_string(whole["source"], policy=policy.default)
    names = [name.lower() for name in mail]
    assert names.index("list-unsubscribe") < names.index("list-unsubscribe-post")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith(f"<{practice.url}/u/")
    assert mail["List-Id"] == "<coalition.coalition.example.org>"
    assert first["tags"]["campaign"] == sent["campaign"]
    assert len(first["tags"]["delivery"]) == 32
    unsubscribe = mail["List-Unsubscribe"].strip("<>")
    assert unsubscribe in whole["text"]
    assert unsubscribe in whole["html"]
    assert "[[" not in whole["text"] + whole["html"]


def test_an_edited_brief_reaches_only_people_who_have_had_none(journey: Journey) -> None:
    practice = journey.practice()
    practice.grant(max_per_second=100)
    journey.write_members("center", {"first@example.org": "First"})
    journey.write_brief("2026-01-01-edited", "An edited brief", "The first text.")
    journey.run_json("send", "edited", "--yes")
    journey.write_members("center", {"first@example.org": "First", "second@example.org": "Second"})
    journey.write_brief("2026-01-01-edited", "An edited brief", "The second text.")

    said = journey.run("send", "edited", "--dry-run")
    assert "1 new recipient will get the edited text" in said
    assert journey.run_json("send", "edited", "--yes")["new"] == 1
    texts = {each["to"]: practice.ask(f"/api/messages/{each['message_id']}")["text"] for each in practice.messages()}
    assert "The first text." in texts["first@example.org"]
    assert "The second text." in texts["second@example.org"]
    assert len(practice.messages()) == 2


def test_a_known_name_with_another_title_and_a_known_title_under_another_name_are_refused(journey: Journey) -> None:
    journey.write_members("center", {"first@example.org": "First"})
    journey.write_brief("2026-01-01-one", "The title")
    journey.run("send", "2026-01-01-one", "--yes")
    journey.write_brief("2026-01-01-one", "Another title")
    journey.run("send", "2026-01-01-one", "--yes", status=1)
    assert "Another brief was sent under the name '2026-01-01-one'" in journey.errors
    journey.write_brief("2026-01-01-two", "The title")
    journey.run("send", "2026-01-01-two", "--yes", status=1)
    assert "known already: '2026-01-01-one' (finished)" in journey.errors


def test_a_limit_freezes_all_sends_some_and_pauses(journey: Journey) -> None:
    practice = journey.practice()
    practice.grant(max_per_second=100)
    journey.write_members("center", {f"reader{number}@example.org": "" for number in range(10)})
    journey.write_brief("2026-01-01-limited", "Limited")
    sent = journey.run_json("send", "--limit", "3", "--yes", "limited", status=1)
    assert (sent["state"], sent["audience"], sent["submitted"], sent["queued"]) == ("paused", 10, 3, 7)
    assert len(practice.messages()) == 3
    rest = journey.run_json("send", "--yes", "limited")
    assert (rest["state"], rest["submitted"], rest["new"]) == ("finished", 10, 0)
    assert len(practice.messages()) == 10


def test_what_happens_to_mails_is_told_and_suppresses(journey: Journey) -> None:
    practice = journey.practice()
    practice.grant(max_per_second=100)
    people = ["good@example.org", "gone+bounce@example.org", "cross+complaint@example.org", "eager+click@example.org"]
    journey.write_members("center", dict.fromkeys(people, ""))
    journey.write_brief("2026-01-01-fates", "Fates")
    journey.run("send", "fates", "--yes")
    totals = journey.run_json("report")["totals"]
    while not totals["clicked"]:
        journey.run("events", "pull", "--wait", "5")
        totals = journey.run_json("report")["totals"]
    assert (totals["submitted"], totals["delivered"], totals["bounced"], totals["complained"]) == (4, 3, 1, 1)
    assert totals["clicked"] == 1
    journey.write_brief("2026-01-02-next", "The next one")
    plan = journey.run_json("send", "next", "--dry-run")
    assert plan["audiences"]["center"]["left_out"] == {"suppressed": 2}
    sent = journey.run_json("send", "next", "--yes")
    assert (sent["audience"], sent["submitted"], sent["skipped"]) == (4, 2, 2)


def test_practice_touches_nothing_real(journey: Journey) -> None:
    practice = journey.practice()
    practice.grant(max_per_second=100)
    journey.write_members("center", {"gone+bounce@example.org": "Gone", "left@example.org": "Left"})
    journey.write_brief("2026-01-01-apart", "Apart")
    journey.run("send", "apart", "--yes")
    left = next(each for each in practice.messages() if each["to"] == "left@example.org")
    mail = message_from_string(practice.ask(f"/api/messages/{left['message_id']}")["source"], policy=policy.default)
    post_one_click(mail["List-Unsubscribe"].strip("<>"))
    real = journey.run_json("members", "show", "left@example.org")
    assert "unsubscribed" not in str(real)
    journey.write_brief("2026-01-02-after", "After")
    # Nobody is left on the list, which stops a send.
    plan = journey.run_json("send", "after", "--dry-run", status=1)
    assert plan["audiences"]["center"]["left_out"] == {"suppressed": 1, "unsubscribed": 1}


def post_one_click(url: str) -> None:
    import urllib.request

    request = urllib.request.Request(url, data=b"List-Unsubscribe=One-Click", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
        assert answer.url == url
