"""Practice's copy of the lists: up to date, apart, and made only when the lists changed; from both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dispatch.audience.addresses import read_address
from dispatch.model.member import Address, SubscriptionState, SuppressionReason
from dispatch.store import members
from dispatch.store.database import Database
from dispatch.store.erasure import erase
from dispatch.store.practice_copy import PRACTICE_SOURCE, copy_lists
from tests.store.samples import NOW, join, key, leave


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Database]:
    with Database.in_file(tmp_path / "practice.db") as opened:
        yield opened


def people(database: Database) -> dict[str, tuple[str, dict[str, str]]]:
    """Name before the @ -> (name, list -> state)."""
    with database.reading() as connection:
        return {
            each.key.partition("@")[0]: (each.name, {one.member_list: one.state.value for one in each.subscriptions})
            for each in members.members_of(connection)
        }


def test_the_lists_are_copied_with_names_states_and_suppressions(database: Database, practice: Database) -> None:
    join(database, "center", "ann,Ann Özlem", "bob")
    join(database, "coalition", "ann")
    leave(database, "bob", "center")
    with database.writing() as connection:
        members.suppress(connection, key("ann"), SuppressionReason.BOUNCED, "", NOW)

    assert copy_lists(database, practice)

    assert people(practice) == people(database)
    with practice.reading() as connection:
        assert members.is_suppressed(connection, key("ann"))
        assert [each.name for each in members.members_of(connection, search="ozlem")] == ["Ann Özlem"]


def test_nothing_is_copied_while_the_lists_stay_as_they_are(database: Database, practice: Database) -> None:
    join(database, "center", "ann")
    assert copy_lists(database, practice)
    assert not copy_lists(database, practice)
    join(database, "center", "bob")
    assert copy_lists(database, practice)
    assert set(people(practice)) == {"ann", "bob"}


def test_every_change_of_the_lists_reaches_practice(database: Database, practice: Database) -> None:
    join(database, "center", "ann", "bob", "cy", "dan")
    copy_lists(database, practice)

    def erase_cy() -> None:
        cy = read_address("cy@example.com")
        assert isinstance(cy, Address)
        with database.writing() as connection:
            erase(connection, cy, NOW)

    def remove_dan() -> None:
        with database.writing() as connection:
            members.remove(connection, key("dan"), "center", NOW)

    changes: list[Callable[[], None]] = [
        lambda: join(database, "center", "ann,Another Name"),
        lambda: leave(database, "bob", "center"),
        lambda: join(database, "coalition", "bob"),
        erase_cy,
        remove_dan,
    ]
    for change in changes:
        change()
        assert copy_lists(database, practice)
        assert people(practice) == people(database)


def test_what_happened_in_practice_stays_there_and_reaches_no_real_list(database: Database, practice: Database) -> None:
    join(database, "center", "ann", "bob")
    copy_lists(database, practice)
    with practice.writing() as connection:
        members.unsubscribe(connection, key("ann"), ["center"], PRACTICE_SOURCE, NOW)
        members.suppress(connection, key("bob"), SuppressionReason.COMPLAINED, "", NOW)

    join(database, "center", "cy")
    copy_lists(database, practice)

    assert people(practice)["ann"] == ("", {"center": SubscriptionState.UNSUBSCRIBED.value})
    assert people(database)["ann"] == ("", {"center": SubscriptionState.SUBSCRIBED.value})
    with practice.reading() as mine, database.reading() as real:
        assert members.is_suppressed(mine, key("bob"))
        assert not members.is_suppressed(real, key("bob"))


def test_another_database_of_lists_is_copied_whatever_the_last_copy_was(
    database: Database, practice: Database, tmp_path: Path
) -> None:
    join(database, "center", "ann")
    copy_lists(database, practice)
    with Database.in_file(tmp_path / "other.db") as other:
        join(other, "center", "zoe")
        assert copy_lists(other, practice)
    assert set(people(practice)) == {"zoe"}
