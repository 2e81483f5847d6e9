"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.model.words import appointment, distance, plural, time_text

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 recipients"), (1, "1 recipient"), (2, "2 recipients"), (1200, "1,200 recipients")]
)
def test_a_count_stands_with_its_noun(count: int, said: str) -> None:
    assert plural(count, "recipient") == said


def test_a_noun_of_another_plural() -> None:
    assert (plural(1, "person", "people"), plural(2, "person", "people")) == ("1 person", "2 people")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "in 0 seconds"),
        (59.4, "in 59 seconds"),
        (60, "in 1 minute"),
        (-3600, "1 hour ago"),
        (3 * 3600 + 61, "in 3 hours 1 minute"),
        (86400, "in 1 day"),
        (6 * 86400 + 14 * 3600 + 1799, "in 6 days 14 hours"),
    ],
)
def test_how_far_away_a_moment_is_in_two_units(seconds: float, said: str) -> None:
    assert distance(timedelta(seconds=seconds)) == said


def test_a_moment_names_its_weekday_zone_and_distance() -> None:
    moment = datetime(2026, 12, 1, 14, tzinfo=UTC)
    assert appointment(moment, NEW_YORK, datetime(2026, 11, 25, 0, tzinfo=UTC)) == (
        "Tuesday 1 December 2026, 09:00 EST, in 6 days 14 hours"
    )
    assert time_text(moment, NEW_YORK) == "2026-12-01 09:00 EST"
