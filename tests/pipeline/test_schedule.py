"""When a Campaign may leave, from what a person typed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.errors import CampaignError
from dispatch.pipeline.schedule import moment_of

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def test_a_local_time_means_its_moment_in_its_zone() -> None:
    assert moment_of("2026-11-25 09:00", "America/New_York", NOW) == datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert moment_of("2026-10-02T09:00", "Europe/Berlin", NOW) == datetime(2026, 10, 2, 7, tzinfo=UTC)
    assert moment_of(" 2026-10-02 09:00:30 ", "UTC", NOW) == datetime(2026, 10, 2, 9, 0, 30, tzinfo=UTC)


#: a Thursday; 08:00 in New York
THURSDAY = NOW


@pytest.mark.parametrize(
    ("typed", "local"),
    [
        ("today 17:30", "2026-10-01 17:30"),
        ("tomorrow 09:00", "2026-10-02 09:00"),
        ("Tomorrow, at 9 AM", "2026-10-02 09:00"),
        ("9am", "2026-10-01 09:00"),
        ("at 9am", "2026-10-01 09:00"),
        ("7am", "2026-10-02 07:00"),
        ("17:30", "2026-10-01 17:30"),
        ("noon", "2026-10-01 12:00"),
        ("12am", "2026-10-02 00:00"),
        ("12:30 pm", "2026-10-01 12:30"),
        ("monday 9am", "2026-10-05 09:00"),
        ("thursday 9am", "2026-10-01 09:00"),
        ("thursday 7am", "2026-10-08 07:00"),
        ("1 December 9am", "2026-12-01 09:00"),
        ("1 march 2027 9:05", "2027-03-01 09:05"),
        ("1 march 9am", "2027-03-01 09:00"),
        ("Tuesday 1 December 2026, 09:00", "2026-12-01 09:00"),
        ("2026-12-01 9am", "2026-12-01 09:00"),
    ],
)
def test_a_time_as_people_write_it_means_the_next_such_moment(typed: str, local: str) -> None:
    meant = moment_of(typed, "America/New_York", THURSDAY)
    assert f"{meant.astimezone(ZoneInfo('America/New_York')):%Y-%m-%d %H:%M}" == local


@pytest.mark.parametrize(
    "typed",
    [
        "tomorrow",
        "yesterday 9am",
        "next monday 9am",
        "13pm",
        "0am",
        "25:00",
        "9",
        "monday 1 december 2026 9am",
        "",
        "1",
    ],
)
def test_what_is_not_a_time_is_refused_with_every_form_that_is(typed: str) -> None:
    with pytest.raises(CampaignError) as caught:
        moment_of(typed, "America/New_York", THURSDAY)
    assert caught.value.what == f"{typed!r} is not a time."
    assert '"tomorrow 09:00"' in caught.value.todo


@given(st.text(max_size=30))
def test_any_text_is_a_time_to_come_or_is_refused(typed: str) -> None:
    try:
        moment = moment_of(typed, "Europe/Berlin", NOW)
    except CampaignError:
        return
    assert moment > NOW


@pytest.mark.parametrize(
    ("typed", "zone", "said"),
    [
        ("2026-10-25 02:30", "Europe/Berlin", "comes twice there"),
        ("2027-03-28 02:30", "Europe/Berlin", "does not exist there"),
        ("2026-11-01 01:30", "America/New_York", "comes twice there"),
        ("2026-10-01 12:00", "UTC", "is past"),
        ("2026-10-01 13:00", "Europe/Berlin", "is past"),
        ("2062-10-25 09:00", "UTC", "more than a year away"),
        ("today 11:59", "UTC", "is past"),
        ("2026-02-30 09:00", "UTC", "is not a time"),
        ("25.11.2026 09:00", "UTC", "is not a time"),
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
