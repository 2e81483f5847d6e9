"""Pace: bulk calls or single ones, and the batch, follow from what is granted; a busy provider slows it down."""

import pytest

from dispatch.model.message import Account
from dispatch.pipeline.pace import Pace, Throttle, pace_for


@pytest.mark.parametrize(
    ("granted", "has_bulk", "expected"),
    [
        (1, True, Pace(0.9, 1, in_bulk=False)),
        (14, True, Pace(12.6, 1, in_bulk=False)),
        (100, True, Pace(90, 1, in_bulk=False)),
        (101, True, Pace(90.9, 9, in_bulk=True)),
        (200, True, Pace(180, 18, in_bulk=True)),
        (1000, True, Pace(900, 50, in_bulk=True)),
        (1000, False, Pace(900, 1, in_bulk=False)),
    ],
)
def test_the_pace_follows_from_what_is_granted(granted: float, has_bulk: bool, expected: Pace) -> None:
    found = pace_for(Account(granted, None, 0, "x"), 0.9, has_bulk=has_bulk)
    assert (found.batch, found.in_bulk) == (expected.batch, expected.in_bulk)
    assert found.per_second == pytest.approx(expected.per_second)


@pytest.mark.parametrize(("granted", "batch"), [(5, 1), (50, 4), (1000, 50)])
def test_messages_that_go_one_after_the_other_share_a_claim(granted: float, batch: int) -> None:
    found = pace_for(Account(granted, None, 0, "x", messages_in_a_row=50), 0.9, has_bulk=False)
    assert (found.batch, found.in_bulk) == (batch, False)


@pytest.mark.parametrize(("granted", "calls"), [(1, 4), (14, 4), (100, 23), (200, 4), (1000, 5), (100_000, 32)])
def test_as_many_calls_are_made_at_once_as_hold_the_pace_at_slow_answers(granted: float, calls: int) -> None:
    assert pace_for(Account(granted, None, 0, "x"), 0.9, has_bulk=True).calls_in_flight == calls


def test_each_refusal_halves_the_pace_down_to_a_floor_and_it_recovers_with_time() -> None:
    throttle = Throttle()
    assert throttle.share(0) == 1
    throttle.refused(1)
    assert throttle.share(1) == 0.5
    assert throttle.share(5) == pytest.approx(0.7)
    assert throttle.share(60) == 1
    for _ in range(20):
        throttle.refused(60)
    assert throttle.share(60) == Throttle.FLOOR
    assert throttle.share(200) == 1
