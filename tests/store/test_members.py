"""Members, Subscriptions and Suppressions, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import StatementError

from dispatch.audience.addresses import read_address
from dispatch.audience.changes import plan_changes
from dispatch.audience.rows import read_rows
from dispatch.model.member import Address, MemberKey, SubscriptionState, SuppressionReason
from dispatch.model.member_import import Changes
from dispatch.store import members as store
from dispatch.store.database import Database
from dispatch.store.member_import import apply
from dispatch.store.schema import audit

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ANN, BOB, CY = (MemberKey(f"{name}@example.com") for name in ("ann", "bob", "cy"))


def plan(database: Database, rows: str, member_list: str = "center") -> Changes:
    sheet = read_rows(("email,name,country\n" + rows).encode(), "list.csv")
    with database.reading() as connection:
        known = store.known(connection, [entry.address.key for entry in sheet.entries])
        size = store.counts(connection).get(member_list, store.ListCounts()).subscribed
    return plan_changes(sheet, member_list, known, size)


def take_in(database: Database, rows: str, member_list: str = "center", now: datetime = NOW) -> Changes:
    changes = plan(database, rows, member_list)
    with database.writing() as connection:
        apply(connection, changes, source="list.csv", now=now)
    return changes


def in_writing(database: Database, act: Callable[..., Any], *args: Any) -> Any:
    with database.writing() as connection:
        return act(connection, *args)


def apply_and_remove(connection: Connection, changes: Changes, moment: datetime) -> None:
    apply(connection, changes, source="list.csv", now=NOW)
    store.remove(connection, ANN, "center", moment)


def trail(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        rows = connection.execute(select(audit.c.act, audit.c.address).order_by(audit.c.id))
        return [(row.act, row.address) for row in rows]


def state(database: Database, key: MemberKey, member_list: str = "center") -> str | None:
    with database.reading() as connection:
        member = store.find(connection, key)
    ties = member.subscriptions if member else ()
    return next((one.state.value for one in ties if one.member_list == member_list), None)


def test_an_import_makes_members_with_their_subscriptions(database: Database) -> None:
    take_in(database, "Ann@example.com,Ann Roe,NL\nbob@exämple.example.com,Bob,\n")
    with database.reading() as connection:
        ann, bob = store.members_of(connection, "center")
    assert (ann.address, ann.key, ann.name, ann.attributes) == (
        "Ann@example.com",
        ANN,
        "Ann Roe",
        {"country": "NL"},
    )
    (tie,) = ann.subscriptions
    assert (tie.member_list, tie.state, tie.since, tie.source) == (
        "center",
        SubscriptionState.SUBSCRIBED,
        NOW,
        "list.csv",
    )
    assert (bob.address, bob.key) == ("bob@exämple.example.com", "bob@xn--exmple-cua.example.com")
    assert trail(database) == [("members imported", "")]


def test_a_person_on_two_lists_is_one_member(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,NL\n")
    take_in(database, "ANN@example.com,,\n", "coalition", LATER)
    with database.reading() as connection:
        (ann,) = store.members_of(connection)
        assert list(store.members_of(connection, "coalition")) == [ann]
    assert (ann.address, ann.name) == ("ann@example.com", "Ann")
    assert [(one.member_list, one.since) for one in ann.subscriptions] == [
        ("center", NOW),
        ("coalition", LATER),
    ]


def test_a_changed_row_changes_name_and_attributes_and_not_since_when(database: Database) -> None:
    take_in(database, "ann@example.com,Anne,BE\n")
    assert take_in(database, "ann@example.com,Ann,NL\n", now=LATER).counts()["changed"] == 1
    with database.reading() as connection:
        ann = store.find(connection, ANN)
    assert ann is not None
    assert (ann.name, ann.attributes, ann.subscriptions[0].since) == ("Ann", {"country": "NL"}, NOW)


def test_an_import_never_brings_back_who_unsubscribed(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,\n")
    assert in_writing(database, store.unsubscribe, ANN, None, "unsubscribe page", LATER) == ["center"]
    assert take_in(database, "ann@example.com,Changed,\n").counts()["unsubscribed"] == 1
    assert state(database, ANN) == "unsubscribed"


def test_an_import_never_brings_in_who_is_suppressed(database: Database) -> None:
    in_writing(database, store.suppress, ANN, SuppressionReason.COMPLAINED, "abuse", NOW)
    assert take_in(database, "ann@example.com,Ann,\n").counts()["suppressed"] == 1
    with database.reading() as connection:
        assert store.find(connection, ANN) is None
        assert store.is_suppressed(connection, ANN)


def test_who_unsubscribes_between_the_plan_and_its_application_stays_away(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,\n", "coalition")
    made_before = plan(database, "ann@example.com,Ann,\n")
    take_in(database, "ann@example.com,Ann,\n")
    in_writing(database, store.unsubscribe, ANN, ["center"], "unsubscribe page", LATER)
    with database.writing() as connection:
        apply(connection, made_before, source="list.csv", now=LATER)
    assert state(database, ANN) == "unsubscribed"


def test_an_application_that_fails_leaves_nothing(database: Database) -> None:
    changes = plan(database, "ann@example.com,Ann,\n")
    unusable = cast(datetime, "not a moment")
    with pytest.raises(StatementError):
        in_writing(database, apply_and_remove, changes, unusable)
    with database.reading() as connection:
        assert list(store.members_of(connection)) == []
    assert trail(database) == []


def test_unsubscribing_names_the_lists_that_it_ended_and_only_once(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,\n")
    take_in(database, "ann@example.com,Ann,\n", "coalition")
    assert in_writing(database, store.unsubscribe, ANN, ["center"], "by hand", LATER) == ["center"]
    assert in_writing(database, store.unsubscribe, ANN, None, "by hand", LATER) == ["coalition"]
    assert in_writing(database, store.unsubscribe, ANN, None, "by hand", LATER) == []
    assert trail(database)[2:] == [("unsubscribed", "ann@example.com")] * 2


def test_a_person_can_take_their_unsubscribing_back(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,\n")
    in_writing(database, store.unsubscribe, ANN, None, "unsubscribe page", NOW)
    assert in_writing(database, store.resubscribe, ANN, ["center", "coalition"], "unsubscribe page", LATER) == [
        "center"
    ]
    assert state(database, ANN) == "subscribed"
    assert state(database, ANN, "coalition") is None
    assert trail(database)[-1] == ("resubscribed", "ann@example.com")


def test_removing_leaves_no_trace_on_the_list_but_remembers_who_unsubscribed(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,\nbob@example.com,Bob,\n")
    in_writing(database, store.unsubscribe, BOB, None, "unsubscribe page", NOW)
    assert in_writing(database, store.remove, ANN, "center", NOW) is True
    assert in_writing(database, store.remove, ANN, "center", NOW) is False
    assert in_writing(database, store.remove, BOB, "center", NOW) is False
    assert (state(database, ANN), state(database, BOB)) == (None, "unsubscribed")
    assert trail(database)[-1] == ("removed from list", "ann@example.com")


def test_the_first_reason_of_a_suppression_stays_and_no_address_is_kept_with_it(database: Database) -> None:
    assert in_writing(database, store.suppress, ANN, SuppressionReason.BOUNCED, "NoEmail", NOW) is True
    assert in_writing(database, store.suppress, ANN, SuppressionReason.COMPLAINED, "abuse", LATER) is False
    with database.reading() as connection:
        suppression = store.suppression_of(connection, ANN)
        assert store.suppression_of(connection, BOB) is None
    assert suppression is not None
    assert (suppression.reason, suppression.since, suppression.detail) == (
        SuppressionReason.BOUNCED,
        NOW,
        "NoEmail",
    )
    assert trail(database) == [("address suppressed", suppression.address_hash)]
    assert "ann" not in suppression.address_hash


def test_a_suppression_can_be_lifted_with_a_reason(database: Database) -> None:
    in_writing(database, store.suppress, ANN, SuppressionReason.BOUNCED, "", NOW)
    assert in_writing(database, store.lift, ANN, "new mailbox", LATER) is True
    assert in_writing(database, store.lift, ANN, "new mailbox", LATER) is False
    with database.reading() as connection:
        assert not store.is_suppressed(connection, ANN)
    assert [act for act, _ in trail(database)] == ["address suppressed", "suppression lifted"]


def test_the_hash_is_keyed_by_the_database(database: Database) -> None:
    import hashlib
    import hmac

    expected = hmac.new(database.key("address-hash"), b"ann@example.com", hashlib.sha256).hexdigest()
    with database.reading() as connection:
        assert store.hash_address(connection, ANN) == expected


def test_known_gives_members_and_bare_suppressions_and_nothing_else(database: Database) -> None:
    take_in(database, "ann@example.com,Ann,\n")
    in_writing(database, store.suppress, ANN, SuppressionReason.BOUNCED, "", NOW)
    in_writing(database, store.suppress, BOB, SuppressionReason.ERASED, "", NOW)
    with database.reading() as connection:
        known = store.known(connection, [ANN, BOB, CY])
    assert set(known) == {ANN, BOB}
    assert known[ANN].member is not None
    assert known[ANN].suppression is not None
    assert known[BOB].member is None
    assert known[BOB].suppression is not None


def test_the_counts_of_a_list_hold_each_person_once(database: Database) -> None:
    take_in(database, "ann@example.com,,\nbob@example.com,,\ncy@example.com,,\ndi@example.com,,\n")
    in_writing(database, store.unsubscribe, ANN, None, "by hand", NOW)
    in_writing(database, store.suppress, ANN, SuppressionReason.BOUNCED, "", NOW)
    in_writing(database, store.suppress, BOB, SuppressionReason.BOUNCED, "", NOW)
    with database.reading() as connection:
        assert store.counts(connection) == {"center": store.ListCounts(subscribed=2, unsubscribed=1, suppressed=1)}
        assert set(store.suppressed_members(connection)) == {ANN, BOB}


def test_a_large_file_is_taken_in_by_few_statements(database: Database) -> None:
    statements = []

    def count(*args: Any) -> None:
        statements.append(args[2])

    rows = "".join(f"p{number}@example.com,P{number},NL\n" for number in range(12_000))
    event.listen(database.engine, "before_cursor_execute", count)
    take_in(database, rows)
    take_in(database, rows.replace("NL", "BE"))
    event.remove(database.engine, "before_cursor_execute", count)
    with database.reading() as connection:
        assert store.counts(connection)["center"].subscribed == 12_000
        assert {member.attributes["country"] for member in store.members_of(connection)} == {"BE"}
    assert len(statements) < 150


def test_addresses_are_told_apart_by_their_key_alone(database: Database) -> None:
    take_in(database, "jane@exämple.example.com,Jane,\n")
    again = read_address("JANE@xn--exmple-cua.EXAMPLE.com")
    assert isinstance(again, Address)
    with database.reading() as connection:
        found = store.find(connection, again.key)
    assert found is not None
    assert found.address == "jane@exämple.example.com"
