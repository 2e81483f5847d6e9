"""Notifications and Events: each fact once, in any order; hard bounces and complaints suppress."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dispatch.model.campaign import Campaign
from dispatch.model.delivery import DeliveryState, EventKind, advance
from dispatch.model.event import Event, Notification, NotificationState
from dispatch.model.member import SuppressionReason
from dispatch.store import members, notifications
from dispatch.store.database import Database
from dispatch.store.schema import audit, deliveries, events, suppressions
from dispatch.store.schema import notifications as notifications_table
from tests.store.samples import NOW, all_deliveries, claim, event, join, key, start, states


@pytest.fixture
def campaign(database: Database) -> Campaign:
    join(database, "center", "ann", "bob")
    return start(database)


def keep(database: Database, *arrived: Notification) -> int:
    with database.writing() as connection:
        return notifications.keep(connection, arrived, NOW)


def add(database: Database, *facts: Event) -> int:
    with database.writing() as connection:
        return notifications.add_events(connection, [(fact, None) for fact in facts], NOW)


def pending(database: Database) -> list[str]:
    with database.writing() as connection:
        return [each.body for each in notifications.pending(connection, 100)]


# --- notifications ------------------------------------------------------------------------------------------------


def test_a_notification_is_kept_once_however_often_it_comes(database: Database) -> None:
    assert keep(database, Notification("1", "a"), Notification("2", "b"), Notification("1", "a")) == 2
    assert keep(database, Notification("1", "a"), Notification("3", "c")) == 1

    assert pending(database) == ["a", "b", "c"]


def test_a_notification_without_an_identifier_is_known_by_its_body(database: Database) -> None:
    assert keep(database, Notification("", "a"), Notification("", "a"), Notification("", "b")) == 2


@pytest.mark.parametrize("body", ["", "\x00", "half \ud800 pair", "{not json", "🦅" * 10_000])
def test_any_body_can_be_kept(database: Database, body: str) -> None:
    assert keep(database, Notification("", body)) == 1
    assert keep(database, Notification("", body)) == 0

    (found,) = pending(database)
    assert len(found) == len(body)


def test_a_notification_that_cannot_be_read_is_shown_and_stops_nothing(database: Database) -> None:
    keep(database, Notification("1", "a"), Notification("2", "b"), Notification("3", "c"))

    with database.writing() as connection:
        first, second, third = notifications.pending(connection, 100)
        notifications.mark(connection, [first.id], NotificationState.UNREADABLE, "not JSON \x00")
        notifications.mark(connection, [second.id], NotificationState.FOREIGN)
        notifications.mark_rest_read(connection, [first.id, second.id, third.id])

    assert pending(database) == []
    with database.reading() as connection:
        assert notifications.counts(connection) == {"unreadable": 1, "foreign": 1, "read": 1}
        assert [(number, why[:8]) for number, _, why in notifications.unreadable(connection, 5)] == [
            (first.id, "not JSON")
        ]
        assert connection.execute(
            select(notifications_table.c.body).order_by(notifications_table.c.id)
        ).scalars().all() == [
            "a",
            "b",
            "c",
        ]


def test_two_readers_at_once_never_read_the_same_notification(postgres_url: str) -> None:
    with Database.open(postgres_url) as database:
        keep(database, *[Notification(str(number), str(number)) for number in range(6)])
        with database.writing() as slow:
            mine = [each.body for each in notifications.pending(slow, 3)]
            others = pending(database)

    assert mine == ["0", "1", "2"]
    assert others == ["3", "4", "5"]


# --- events -------------------------------------------------------------------------------------------------------


def test_the_same_fact_is_stored_once(database: Database, campaign: Campaign) -> None:
    ann, _ = claim(database, campaign)
    fact = event(ann.delivery_id, EventKind.DELIVERED)

    assert add(database, fact, fact) == 1
    assert add(database, fact, event(ann.delivery_id, EventKind.OPENED)) == 1

    with database.reading() as connection:
        assert len(connection.execute(events.select()).all()) == 2


def test_an_event_keeps_what_it_was_told_with(database: Database, campaign: Campaign) -> None:
    ann, _ = claim(database, campaign)
    keep(database, Notification("1", "a"))
    fact = event(ann.delivery_id, EventKind.CLICKED, rule="no sign", detail={"link": "https://example.org/\x00?\ud83d"})

    with database.writing() as connection:
        (notification,) = notifications.pending(connection, 1)
        notifications.add_events(connection, [(fact, notification.id)], NOW)
        (row,) = connection.execute(events.select()).all()

    assert (row.kind, row.rule, row.notification_id, row.at) == ("clicked", "no sign", notification.id, NOW)
    assert row.detail == {"link": "https://example.org/\N{REPLACEMENT CHARACTER}?\N{REPLACEMENT CHARACTER}"}


def test_the_moment_of_acceptance_is_that_of_the_first_event_where_no_call_told_it(
    database: Database, campaign: Campaign
) -> None:
    ann, _ = claim(database, campaign)

    add(
        database,
        event(ann.delivery_id, EventKind.DELIVERED, at=NOW + timedelta(seconds=9)),
        event(ann.delivery_id, EventKind.SENT, at=NOW + timedelta(seconds=2)),
    )

    assert all_deliveries(database, campaign)[0].submitted_at == NOW + timedelta(seconds=2)


KINDS = st.lists(st.sampled_from(list(EventKind)), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=KINDS, data=st.data())
def test_events_in_any_order_and_number_of_batches_end_in_the_same_state(
    database: Database, campaign: Campaign, told: list[EventKind], data: st.DataObject
) -> None:
    with database.writing() as connection:
        connection.execute(events.delete())
        connection.execute(deliveries.update().values(state="submitting"))
    ann = all_deliveries(database, campaign)[0].id
    facts = [event(ann, kind, mark=str(number)) for number, kind in enumerate(told)]
    shuffled = data.draw(st.permutations(facts + facts))
    cut = data.draw(st.integers(0, len(shuffled)))

    added = add(database, *shuffled[:cut]) + add(database, *shuffled[cut:])

    expected = DeliveryState.SUBMITTING
    for kind in told:
        expected = advance(expected, kind)
    assert added == len(facts)
    assert states(database, campaign) == {"ann": expected, "bob": DeliveryState.SUBMITTING}


# --- suppression --------------------------------------------------------------------------------------------------


def test_a_hard_bounce_suppresses_the_address_once_and_says_so_in_the_trail(
    database: Database, campaign: Campaign
) -> None:
    ann, _ = claim(database, campaign)
    bounce = event(ann.delivery_id, EventKind.BOUNCED, rule="Permanent/General", suppress=SuppressionReason.BOUNCED)
    complaint = event(ann.delivery_id, EventKind.COMPLAINED, rule="abuse", suppress=SuppressionReason.COMPLAINED)

    add(database, bounce)
    add(database, bounce, complaint)

    with database.reading() as connection:
        found = members.suppression_of(connection, key("ann"))
        assert members.suppression_of(connection, key("bob")) is None
        acts = connection.execute(select(audit).where(audit.c.act == "address suppressed")).all()
        assert len(connection.execute(suppressions.select()).all()) == 1
    assert found is not None
    assert (found.reason, found.since, found.detail) == (SuppressionReason.BOUNCED, NOW, "Permanent/General")
    assert [(act.address, act.campaign_id) for act in acts] == [(found.address_hash, campaign.id)]


def test_a_soft_bounce_suppresses_nobody(database: Database, campaign: Campaign) -> None:
    ann, _ = claim(database, campaign)

    add(database, event(ann.delivery_id, EventKind.SOFT_BOUNCED))

    with database.reading() as connection:
        assert members.is_suppressed(connection, key("ann")) is False


def test_whose_mail_is_whose_is_told_by_the_identifiers_of_this_database(
    database: Database, campaign: Campaign
) -> None:
    ann, _ = claim(database, campaign)
    stranger = type(ann.delivery_id)("f" * 32)

    with database.reading() as connection:
        assert notifications.known_deliveries(connection, [ann.delivery_id, stranger]) == {ann.delivery_id}
        assert notifications.known_proof_messages(connection, [ann.delivery_id, stranger]) == set()
