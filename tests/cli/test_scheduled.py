"""A scheduled Campaign at a terminal: kept, moved, sent now or taken back; and what the preview says of it."""

import re

import pytest

from dispatch.cli.preview import look
from dispatch.model.campaign import Campaign
from dispatch.store import campaigns
from dispatch.store.database import Database
from dispatch.web.preview.live import Live
from tests.fixtures_journey import Journey
from tests.terminal import at_terminal

SLUG = "2026-03-01-scheduled"


@pytest.fixture
def scheduled(journey: Journey) -> Journey:
    """A workspace with a brief that is scheduled for two people; nobody waits for it."""
    journey.environ["DISPATCH_TIMEZONE"] = "America/New_York"
    journey.write_members("center", {"ann@example.org": "Ann", "bob@example.org": "Bob"})
    journey.write_brief(SLUG, "A scheduled brief")
    status, said = at_terminal(
        journey,
        "send",
        SLUG,
        "--at",
        "tomorrow 09:00",
        answers=[("anything else stops", "2\n"), ("Waiting for its time", "\x03")],
    )
    assert status == 130, said
    assert re.search(r"To schedule it for \w+ \d+ \w+ \d{4}, 09:00 E[SD]T, in .*, type the number", said)
    assert "No worker runs, so this terminal waits" in said
    assert "This terminal waits no longer." in said
    return journey


def campaign_of(journey: Journey) -> Campaign | None:
    with Database.in_file(journey.folder / ".dispatch" / "practice.db") as database, database.reading() as connection:
        return campaigns.find(connection, SLUG)


def test_nothing_leaves_early_without_the_number_and_it_is_moved_and_taken_back(scheduled: Journey) -> None:
    first = campaign_of(scheduled)
    assert first is not None

    status, said = at_terminal(
        scheduled, "send", SLUG, answers=[("or take it back?", "now\n"), ("anything else stops", "\n")]
    )
    assert status == 1
    assert "To send NOW what is scheduled, type the number of recipients (2)" in said
    assert campaign_of(scheduled) == first

    status, said = at_terminal(
        scheduled,
        "send",
        SLUG,
        answers=[
            ("or take it back?", "move\n"),
            ("New time", "tomorrow 10:00\n"),
            ("anything else stops", "2\n"),
            ("Waiting for its time", "\x03"),
        ],
    )
    assert status == 130
    assert re.search(r"Scheduled for \w+ \d+ \w+ \d{4}, 09:00 E[SD]T, in .* New time \w+ \d+ \w+ \d{4}, 10:00", said)
    moved = campaign_of(scheduled)
    assert moved is not None
    assert (moved.not_before, moved.state.value) != (first.not_before, "sending")

    status, said = at_terminal(scheduled, "send", SLUG, answers=[("or take it back?", "take back\n")])
    assert (status, campaign_of(scheduled)) == (0, None)
    assert scheduled.practice_seen.messages() == []


def test_the_preview_says_that_the_scheduled_text_is_older(scheduled: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPATCH_TIMEZONE", "America/New_York")
    file = scheduled.folder / "briefs" / SLUG / "brief.md"
    live = Live(scheduled.folder, file, lambda: look(scheduled.folder, file), "PRACTICE")
    assert codes(live) == []

    scheduled.write_brief(SLUG, "A scheduled brief", "The corrected text.")

    assert codes(live) == ["scheduled-text-older"]


def codes(live: Live) -> list[str]:
    prepared = live.refresh().prepared
    assert prepared is not None
    return [finding.code for finding in prepared.findings if finding.code.startswith("scheduled")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["send", "--to", "director@example.org"], "dispatch proof --to director@example.org"),
        (["send", "--test"], "dispatch proof --to ADDRESS"),
        (["test"], "dispatch proof --to ADDRESS"),
        (["schedule"], "dispatch send --at"),
        (["send", "--at", "9am", "--now"], "not both"),
        (["send", "--only", "ann@example.org", "--at", "9am"], "it takes no --at"),
    ],
)
def test_a_word_that_people_try_names_the_command_that_does_it(journey: Journey, words: list[str], said: str) -> None:
    journey.run(*words, status=2)
    assert said in " ".join(journey.errors.split())
