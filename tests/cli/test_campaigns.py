"""What `campaigns`, `show`, `report` and `send` print of a Campaign: its times, who waits for a try, who is left."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from dispatch.cli.progress import Bar
from dispatch.model.campaign import Campaign, CampaignState, Counts
from dispatch.pipeline.send import Progress
from dispatch.store import campaigns
from dispatch.store.claims import Retries
from dispatch.store.database import Database
from dispatch.store.schema import audit, deliveries
from tests.fixtures_journey import Journey
from tests.store.samples import CENTER, join, start

SLUG = "2026-03-01-a-brief"
#: 09:05 in New York in winter
MOMENT = datetime(2031, 12, 1, 14, 5, tzinfo=UTC)


@pytest.fixture
def journey(journey: Journey) -> Journey:
    journey.environ["DISPATCH_TIMEZONE"] = "America/New_York"
    return journey


def practice_database(journey: Journey) -> Database:
    return Database.in_file(journey.folder / ".dispatch" / "practice.db")


def campaign_for_three(database: Database) -> Campaign:
    join(database, "center", "ann", "bob", "cy")
    return start(database, [CENTER], slug=SLUG)


# --- greylisting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (1, "1 recipient: the server asked to try again at 09:05 EST."),
        (2, "2 recipients: their server asked to try again at 09:05 EST."),
    ],
)
def test_show_and_campaigns_say_whose_server_asked_to_try_again_later_and_when(
    journey: Journey, people: int, said: str
) -> None:
    with practice_database(journey) as database:
        campaign_for_three(database)
        with database.writing() as connection:
            for number, name in enumerate(("ann", "bob")[:people]):
                later = MOMENT + timedelta(minutes=number)
                whose = deliveries.c.address == f"{name}@example.com"
                connection.execute(update(deliveries).where(whose).values(retry_at=later))
    for command in ("show", "campaigns"):
        assert said in [line.strip() for line in journey.run(command).splitlines()]
    assert journey.run_json("show")["retries"] == {"people": people, "next_at": "2031-12-01T14:05:00+00:00"}


def test_nothing_is_said_of_another_try_where_nobody_waits_for_one(journey: Journey) -> None:
    with practice_database(journey) as database:
        campaign_for_three(database)
    for command in ("show", "campaigns"):
        assert "try again" not in journey.run(command)
    assert journey.run_json("show")["retries"] == {"people": 0, "next_at": None}


def test_the_progress_says_how_far_it_is_how_fast_and_who_waits_for_another_try(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dispatch.cli.progress.LINE_SECONDS", 0.0)
    counts = Counts(submitted=40, queued=8, submitting=2, uncertain=1, failed=3, skipped=6)
    progress = Progress(counts, 4.2, 14.0, 124.0, "sending", Retries(2, MOMENT))
    with Bar(ZoneInfo("America/New_York"), is_silent=False) as bar:
        bar.show(progress)
    assert capsys.readouterr().out == (
        "sending: 44 of 54, 4/s of 14/s granted, 2 min 5 s left, 3 refused; "
        "2 recipients: their server asked to try again at 09:05 EST\n"
    )


# --- times --------------------------------------------------------------------------------------------------------


def test_the_trail_is_shown_with_its_times_in_the_workspaces_zone(journey: Journey) -> None:
    with practice_database(journey) as database:
        campaign_for_three(database)
        with database.writing() as connection:
            connection.execute(update(audit).values(at=MOMENT))
    trail = journey.run("show").partition("What was decided:\n")[2]
    assert trail.startswith("  2031-12-01 09:05 EST  recipients locked")


@pytest.mark.parametrize("command", ["report", "show", "campaigns"])
def test_a_scheduled_campaign_is_shown_with_its_time_in_the_workspaces_zone(journey: Journey, command: str) -> None:
    with practice_database(journey) as database:
        campaign = campaign_for_three(database)
        with database.writing() as connection:
            campaigns.set_state(connection, campaign.id, CampaignState.SCHEDULED)
            campaigns.schedule(connection, campaign.id, MOMENT)
    said = journey.run(command)
    assert "  Scheduled for Monday 1 December 2031, 09:05 EST, in " in said


# --- a second send ------------------------------------------------------------------------------------------------


def test_a_second_send_says_that_nobody_is_left_and_that_nothing_was_sent_now(journey: Journey) -> None:
    journey.write_members("center", {"ann@example.org": "Ann", "bob@example.org": "Bob"})
    journey.write_brief(SLUG, "A brief")
    assert "Done. 2 recipients: 2 sent." in journey.run("send", SLUG, "--yes")

    again = journey.run("send", SLUG, "--yes")

    assert "Nobody is left to send to." in again
    assert "Nothing was sent now. 2 recipients: 2 sent." in again
    assert "Done." not in again
    assert len(journey.practice_seen.messages()) == 2
