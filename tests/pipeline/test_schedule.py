"""When a Campaign may leave, from what a person typed."""

from datetime import UTC, datetime

import pytest

from dispatch.errors import CampaignError
from dispatch.pipeline.schedule import moment_of

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def test_a_local_time_means_its_moment_in_its_zone() -> None:
    assert moment_of("2026-11-25 09:00", "America/New_York", NOW) == datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert moment_of("2026-10-02T09:00", "Europe/Berlin", NOW) == datetime(2026, 10, 2, 7, tzinfo=UTC)
    assert moment_of(" 2026-10-02 09:00:30 ", "UTC", NOW) == datetime(2026, 10, 2, 9, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone", "said"),
    [
        ("2026-10-25 02:30", "Europe/Berlin", "comes twice there"),
        ("2027-03-28 02:30", "Europe/Berlin", "does not exist there"),
        ("2026-11-01 01:30", "America/New_York", "comes twice there"),
        ("2026-10-01 12:00", "UTC", "is past"),
        ("2026-10-01 13:00", "Europe/Berlin", "is past"),
        ("2062-10-25 09:00", "UTC", "more than a year away"),
        ("tomorrow", "UTC", "is no moment"),
        ("2026-02-30 09:00", "UTC", "is no moment"),
        ("25.11.2026 09:00", "UTC", "is no moment"),
        ("2026-11-25 09:00", "Berlin", "There is no time zone"),
        ("2026-11-25 09:00", "../../etc/passwd", "There is no time zone"),
        ("2026-11-25 09:00", "", "There is no time zone"),
    ],
)
def test_an_unclear_moment_is_refused_with_the_reason(typed: str, zone: str, said: str) -> None:
    with pytest.raises(CampaignError) as caught:
        moment_of(typed, zone, NOW)
    assert said in caught.value.what


@pytest.mark.parametrize("typed", ["2026-10-25 01:59", "2026-10-25 03:00", "2027-03-28 01:59", "2027-03-28 03:00"])
def test_the_edges_of_a_change_of_the_clocks_are_clear(typed: str) -> None:
    assert moment_of(typed, "Europe/Berlin", NOW).astimezone(UTC) > NOW
