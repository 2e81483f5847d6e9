"""What taking a file into a list would change, and who stays away whatever the file says."""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dispatch.audience.changes import plan_changes
from dispatch.audience.rows import read_rows
from dispatch.model.member import (
    Member,
    MemberKey,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from dispatch.model.member_import import Changes, Difference, Known

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SUBSCRIBED, UNSUBSCRIBED = SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED


def member(address: str, name: str = "", lists: Iterable[tuple[str, SubscriptionState]] = (), **more: str) -> Known:
    ties = tuple(Subscription(each, state, NOW, "list.csv") for each, state in lists)
    return Known(Member(address, MemberKey(address), name, more, ties))


def suppressed(reason: SuppressionReason, known: Known | None = None) -> Known:
    return Known(known.member if known else None, Suppression("hash", reason, NOW))


def plan(rows: str, *known: tuple[str, Known], list_size: int = 0, member_list: str = "center") -> Changes:
    sheet = read_rows(("email,name,country\n" + rows).encode(), "list.csv")
    return plan_changes(sheet, member_list, {MemberKey(key): each for key, each in known}, list_size)


def kinds(changes: Changes) -> list[str]:
    return [change.kind.value for change in changes.changes]


def test_somebody_unknown_is_new() -> None:
    changes = plan("ann@example.com,Ann,NL\n")
    assert kinds(changes) == ["new"]
    assert (changes.changes[0].name, changes.changes[0].attributes) == ("Ann", {"country": "NL"})


def test_somebody_of_another_list_joins_and_keeps_what_the_file_does_not_say() -> None:
    known = member("ann@example.com", "Ann Roe", [("coalition", SUBSCRIBED)], city="Delft")
    changes = plan("ann@example.com,,NL\n", ("ann@example.com", known))
    (change,) = changes.changes
    assert change.kind.value == "joins"
    assert change.differences == (Difference("country", "", "NL"),)
    assert (change.name, change.attributes) == ("Ann Roe", {"city": "Delft", "country": "NL"})


def test_what_changes_is_said_value_by_value() -> None:
    known = member("ann@example.com", "Anne", [("center", SUBSCRIBED)], country="BE")
    changes = plan("ann@example.com,Ann,NL\n", ("ann@example.com", known))
    assert kinds(changes) == ["changed"]
    assert changes.changes[0].differences == (
        Difference("name", "Anne", "Ann"),
        Difference("country", "BE", "NL"),
    )


def test_the_same_again_is_unchanged_also_under_another_spelling() -> None:
    known = member("ann@example.com", "Ann", [("center", SUBSCRIBED)], country="NL")
    assert kinds(plan("ANN@Example.com,Ann,\n", ("ann@example.com", known))) == ["unchanged"]


def test_who_unsubscribed_from_this_list_stays_away_and_nothing_changes() -> None:
    known = member("ann@example.com", "Anne", [("center", UNSUBSCRIBED), ("coalition", SUBSCRIBED)])
    (change,) = plan("ann@example.com,Ann,NL\n", ("ann@example.com", known)).changes
    assert change.kind.value == "unsubscribed"
    assert change.reason == "unsubscribed from this list on 2026-11-24"
    assert change.differences == ()


def test_who_unsubscribed_from_another_list_can_join_this_one() -> None:
    known = member("ann@example.com", "Ann", [("coalition", UNSUBSCRIBED)])
    assert kinds(plan("ann@example.com,Ann,\n", ("ann@example.com", known))) == ["joins"]


def test_a_suppressed_address_stays_out_whether_a_member_or_not() -> None:
    on_list = member("bob@example.com", "Bob", [("center", SUBSCRIBED)])
    changes = plan(
        "ann@example.com,Ann,\nbob@example.com,Robert,\n",
        ("ann@example.com", suppressed(SuppressionReason.ERASED)),
        ("bob@example.com", suppressed(SuppressionReason.BOUNCED, on_list)),
    )
    assert kinds(changes) == ["suppressed", "suppressed"]
    assert [change.reason for change in changes.changes] == ["suppressed (erased)", "suppressed (bounced)"]


def people(count: int, start: int = 0) -> list[str]:
    return [f"p{number}@example.com" for number in range(start, start + count)]


def on(addresses: list[str], member_list: str, name: str = "P") -> list[tuple[str, Known]]:
    return [(each, member(each, name, [(member_list, SUBSCRIBED)])) for each in addresses]


def rows(addresses: list[str], name: str = "P") -> str:
    return "".join(f"{each},{name},\n" for each in addresses)


def test_a_first_import_is_no_reason_to_look_twice() -> None:
    assert plan(rows(people(60))).warnings == ()


def test_the_same_file_again_is_no_reason_to_look_twice() -> None:
    assert plan(rows(people(60)), *on(people(60), "center"), list_size=60).warnings == ()


def test_the_other_lists_file_is_a_reason_and_the_other_list_is_named() -> None:
    (warning,) = plan(rows(people(40)), *on(people(40), "coalition")).warnings
    assert warning == "Is this the right list? 40 of 40 people are on the list coalition and not on center."


def test_a_list_that_would_nearly_double_is_a_reason() -> None:
    known = on(people(10), "center")
    (warning,) = plan(rows(people(40, start=5)), *known, list_size=10).warnings
    assert warning == "Is this the right list? Most rows are new to center, which has 10 people already."


def test_a_few_new_people_are_no_reason() -> None:
    assert plan(rows(people(3, start=100)), *on(people(60), "center"), list_size=60).warnings == ()


def test_changes_to_many_of_a_list_are_a_reason() -> None:
    known = on(people(60), "center", name="Q")
    (warning,) = plan(rows(people(20)), *known, list_size=60).warnings
    assert warning == "Is this the right list? 20 of the 60 people on center would change."


STATES = st.sampled_from(
    [None, (), ("center", SUBSCRIBED), ("center", UNSUBSCRIBED), ("coalition", SUBSCRIBED), "suppressed"]
)


@given(st.lists(STATES, max_size=20), st.lists(st.sampled_from(["bad", "p0@example.com", ""]), max_size=6))
def test_the_counts_add_up_to_the_rows_and_nobody_who_left_is_written(states: list[object], more: list[str]) -> None:
    addresses = people(len(states))
    known = []
    for address, state in zip(addresses, states, strict=True):
        if state == "suppressed":
            known.append((address, suppressed(SuppressionReason.COMPLAINED)))
        elif isinstance(state, tuple):
            known.append((address, member(address, "P", [state] if state else [])))
    changes = plan(rows(addresses) + "".join(f'"{each}",x,\n' for each in more), *known)
    assert sum(changes.counts().values()) == changes.sheet.rows == len(states) + len(more)
    away = {a for a, state in zip(addresses, states, strict=True) if state in ("suppressed", ("center", UNSUBSCRIBED))}
    assert {change.key for change in changes.changes if change.reason} == away
