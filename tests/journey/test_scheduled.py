"""A scheduled send is taken back, corrected and sent under its own name."""

import time

from tests.fixtures_journey import Journey

SLUG = "2026-03-01-scheduled"


def test_a_scheduled_send_is_taken_back_corrected_and_sent_under_its_own_name(journey: Journey) -> None:
    journey.environ["DISPATCH_TIMEZONE"] = "America/New_York"
    journey.write_members("center", {"ann@example.org": "Ann", "bob@example.org": "Bob"})
    journey.write_brief(SLUG, "A schedulled brief")
    practice = journey.practice()
    waiting = journey.start("send", SLUG, "--yes", "--at", "tomorrow 09:00")
    until = time.monotonic() + 60
    while "scheduled" not in journey.run("campaigns"):
        assert time.monotonic() < until
    assert ", 09:00 E" in journey.run("show", SLUG)

    # Nothing is sent early by following what is shown.
    journey.write_brief(SLUG, "A scheduled brief", "The corrected text.")
    said = journey.run()
    assert "Scheduled for " in said
    assert "The scheduled text is older than the file." in said
    assert "To schedule the new text: dispatch send 2026-03-01-scheduled --at" in said
    assert "It stays as it is." in journey.run("send", SLUG, "--yes")
    assert journey.run_json("send", SLUG, "--yes")["is_edited"]
    assert practice.messages() == []

    assert "it is a draft again" in journey.run("unschedule", SLUG, "--yes")
    printed, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "This campaign was taken back or replaced; this process sends nothing." in printed

    sent = journey.run_json("send", SLUG, "--yes")
    assert (sent["state"], sent["submitted"], sent["title"]) == ("finished", 2, "A scheduled brief")
    texts = [practice.ask(f"/api/messages/{each['message_id']}")["text"] for each in practice.messages()]
    assert ["The corrected text." in text for text in texts] == [True, True]
    acts = [act["act"] for act in journey.run_json("show", SLUG)["trail"]]
    assert acts == ["campaign taken back", "recipients locked"]
