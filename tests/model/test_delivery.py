"""A Delivery's state: what moves it, for every state, every event and every order."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.model.campaign import Counts
from dispatch.model.delivery import ACCEPTED, COUNTED, DeliveryState, EventKind, advance, counted_as, rank

S = DeliveryState
#: design.md section 5, from the lowest rank to the highest
RANKS = [
    {S.QUEUED, S.SUBMITTING, S.SKIPPED},
    {S.FAILED, S.UNCERTAIN},
    {S.SUBMITTED},
    {S.SOFT_BOUNCED},
    {S.DELIVERED},
    {S.REJECTED},
    {S.BOUNCED},
    {S.COMPLAINED},
]
any_state = st.sampled_from(list(DeliveryState))
any_event = st.sampled_from(list(EventKind))


def after(state: DeliveryState, events: list[EventKind]) -> DeliveryState:
    return reduce(advance, events, state)


def test_every_state_has_the_rank_of_the_design() -> None:
    assert {state: rank(state) for state in DeliveryState} == {
        state: number for number, states in enumerate(RANKS) for state in states
    }


@given(any_state, any_event)
def test_every_state_takes_every_event_and_never_sinks(state: DeliveryState, event: EventKind) -> None:
    reached = advance(state, event)

    assert isinstance(reached, DeliveryState)
    assert rank(reached) >= rank(state)
    assert reached is state or rank(reached) > rank(state)


@given(any_state, any_event)
def test_any_event_proves_that_the_provider_accepted_the_message(state: DeliveryState, event: EventKind) -> None:
    assert advance(state, event) in ACCEPTED


@given(any_state, st.lists(any_event, max_size=8).flatmap(lambda es: st.tuples(st.just(es), st.permutations(es))))
def test_any_order_of_events_ends_in_the_same_state(
    state: DeliveryState, orders: tuple[list[EventKind], list[EventKind]]
) -> None:
    told, shuffled = orders

    assert after(state, told) is after(state, shuffled)


@given(any_state, st.lists(any_event, min_size=1, max_size=8), st.data())
def test_any_repetition_of_events_ends_in_the_same_state(
    state: DeliveryState, events: list[EventKind], data: st.DataObject
) -> None:
    repeated = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=8))))

    assert after(state, events) is after(state, repeated)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (EventKind.SENT, S.SUBMITTED),
        (EventKind.DELAYED, S.SUBMITTED),
        (EventKind.OPENED, S.SUBMITTED),
        (EventKind.CLICKED, S.SUBMITTED),
        (EventKind.UNSUBSCRIBED, S.SUBMITTED),
        (EventKind.RESUBSCRIBED, S.SUBMITTED),
        (EventKind.SOFT_BOUNCED, S.SOFT_BOUNCED),
        (EventKind.DELIVERED, S.DELIVERED),
        (EventKind.REJECTED, S.REJECTED),
        (EventKind.BOUNCED, S.BOUNCED),
        (EventKind.COMPLAINED, S.COMPLAINED),
    ],
)
def test_what_an_event_says_of_a_queued_delivery(event: EventKind, state: DeliveryState) -> None:
    assert advance(S.QUEUED, event) is state


def test_delivered_after_a_soft_bounce_is_delivered_and_a_bounce_after_delivery_is_a_bounce() -> None:
    assert after(S.SUBMITTED, [EventKind.SOFT_BOUNCED, EventKind.DELIVERED]) is S.DELIVERED
    assert after(S.SUBMITTED, [EventKind.BOUNCED, EventKind.DELIVERED]) is S.BOUNCED
    assert after(S.SUBMITTED, [EventKind.COMPLAINED, EventKind.BOUNCED, EventKind.DELIVERED]) is S.COMPLAINED


@given(any_state)
def test_every_state_falls_under_exactly_one_of_the_six_counts(state: DeliveryState) -> None:
    assert counted_as(state) in COUNTED
    assert (counted_as(state) == "submitted") is (state in ACCEPTED)


@given(st.tuples(*[st.integers(0, 1000)] * 6))
def test_the_six_counts_sum_to_the_audience(numbers: tuple[int, ...]) -> None:
    counts = Counts(*numbers)

    assert counts.audience == sum(numbers)
    assert (counts + counts).audience == 2 * counts.audience
