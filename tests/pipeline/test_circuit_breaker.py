"""Circuit breaker: what goes wrong again and again pauses; one thing that goes well starts the count again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dispatch.model.message import Accepted, Busy, Deferred, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.pipeline.circuit_breaker import BUSY_SECONDS, DEFERRED_IN_A_ROW, UNREACHABLE_SECONDS, CircuitBreaker

OK, NO, LOST = Accepted("id"), Refused("No"), Unknown("no answer")
GONE, SLOW = NotSent("no network"), Busy("too fast")
LATER = Deferred("450 greylisted", timedelta(minutes=5), timedelta(hours=4))
SLOW_IN_PART = Unknown("10 of 50 were throttled", is_throttled=True)


def halts(calls: Sequence[tuple[float, Sequence[Outcome]]]) -> list[bool]:
    breaker = CircuitBreaker()
    return [breaker.note(outcomes, at) is not None for at, outcomes in calls]


def test_nine_refusals_are_borne_and_the_tenth_pauses() -> None:
    assert halts([(0, [NO])] * 10) == [False] * 9 + [True]
    assert halts([(0, [NO] * 9), (0, [OK]), (0, [NO] * 9)]) == [False] * 3
    assert halts([(0, [NO] * 50)]) == [True]


def test_calls_without_an_answer_count_as_calls_not_as_people() -> None:
    assert halts([(0, [LOST] * 50)] * 10) == [False] * 9 + [True]
    assert halts([(0, [LOST])] * 9 + [(0, [OK])] + [(0, [LOST])] * 9) == [False] * 19


def test_calls_that_were_throttled_in_part_slow_down_and_do_not_pause() -> None:
    assert halts([(at, [SLOW_IN_PART] * 50) for at in range(30)]) == [False] * 30


@pytest.mark.parametrize(
    ("outcome", "seconds"), [(GONE, UNREACHABLE_SECONDS), (SLOW, BUSY_SECONDS), (SLOW_IN_PART, BUSY_SECONDS)]
)
def test_a_provider_that_is_away_is_waited_for_and_then_a_person_is_asked(outcome: Outcome, seconds: float) -> None:
    assert halts([(5, [outcome]), (4 + seconds, [outcome]), (5 + seconds, [outcome])]) == [False, False, True]
    assert halts([(5, [outcome]), (6, [OK]), (6 + seconds, [outcome])]) == [False] * 3


def test_stopped_pauses_at_once_with_the_providers_words() -> None:
    found = CircuitBreaker().note([OK, Stopped("Paused.", "Ask.")], 0)
    assert found is not None
    assert (found.reason, found.todo) == ("Paused.", "Ask.")


def test_a_later_try_for_a_few_slows_nobody_and_for_everybody_all() -> None:
    breaker = CircuitBreaker()
    defers_all = []
    calls: list[list[Outcome]] = [[LATER] * (DEFERRED_IN_A_ROW - 1), [OK, LATER], [LATER] * DEFERRED_IN_A_ROW]
    for outcomes in calls:
        assert breaker.note(outcomes, 5) is None
        defers_all.append(breaker.defers_all)
    assert defers_all == [False, False, True]
    found = breaker.note([LATER], 5 + BUSY_SECONDS)
    assert found is not None
    assert "450 greylisted" in found.reason
