"""Reports: counted from Deliveries and Events, and adding up whatever happened."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from dispatch.model.campaign import Campaign, Counts
from dispatch.model.delivery import DeliveryState, EventKind
from dispatch.model.event import Event, Notification, NotificationState, Reader
from dispatch.model.member import SuppressionReason
from dispatch.model.report import Rates, Report
from dispatch.store import members, notifications, reports
from dispatch.store.database import Database
from dispatch.store.schema import deliveries
from tests.store.samples import NOW, all_deliveries, event, join, key, leave, start

PEOPLE = ("ann", "bob", "cy", "dan", "eve", "fay")


def report(database: Database, campaign: Campaign) -> Report:
    with database.reading() as connection:
        return reports.report(connection, campaign)


def rates(database: Database, campaign: Campaign) -> Rates:
    with database.reading() as connection:
        return reports.rates(connection, campaign.id)


def tell(database: Database, *facts: Event) -> None:
    with database.writing() as connection:
        notifications.add_events(connection, [(fact, None) for fact in facts], NOW)


def test_a_campaign_without_anybody_adds_up_to_nothing(database: Database) -> None:
    found = report(database, start(database))

    assert (found.frozen, found.totals.counts, found.audiences) == (0, Counts(), {})
    assert found.adds_up


def test_the_counts_of_each_audience_and_of_all(database: Database) -> None:
    join(database, "center", "ann", "bob", "cy")
    join(database, "coalition", "ann", "dan")
    leave(database, "cy")

    found = report(database, start(database))

    assert found.audiences["center"].counts == Counts(queued=1, skipped=1)
    assert found.audiences["coalition"].counts == Counts(queued=2)
    assert found.audiences["center"].left_out == {"unsubscribed": 1}
    assert found.totals.counts.audience == found.frozen == 4


def test_a_person_who_opened_often_is_one_person(database: Database) -> None:
    join(database, "center", *PEOPLE)
    campaign = start(database)
    ann, bob, cy, dan, *_ = (each.id for each in all_deliveries(database, campaign))

    for number in range(3):
        tell(database, event(ann, EventKind.OPENED, mark=f"h{number}", reader=Reader.HUMAN))
    tell(
        database,
        event(ann, EventKind.OPENED, mark="m", reader=Reader.MACHINE),
        event(bob, EventKind.OPENED, mark="p", reader=Reader.PROXY),
        event(cy, EventKind.OPENED, mark="m", reader=Reader.MACHINE),
        event(cy, EventKind.CLICKED, mark="m", reader=Reader.MACHINE),
        event(dan, EventKind.CLICKED, mark="h", reader=Reader.HUMAN),
        event(dan, EventKind.UNSUBSCRIBED, mark="u"),
    )

    found = report(database, campaign).totals
    assert found.opens == {"human": 1, "proxy": 1, "machine": 2}
    assert found.clicks == {"human": 1, "proxy": 0, "machine": 1}
    assert found.opened == 3  # ann, bob through a proxy, dan who clicked without loading pictures
    assert found.clicked == 1
    assert found.unsubscribed == 1


def test_haste_gives_a_scanner_away_that_looks_like_a_browser(database: Database) -> None:
    join(database, "center", *PEOPLE)
    campaign = start(database)
    ann, bob, *_ = (each.id for each in all_deliveries(database, campaign))
    human = Reader.HUMAN
    tell(
        database,
        event(ann, EventKind.DELIVERED),
        # Told of before the delivery, as events may be.
        event(ann, EventKind.OPENED, at=NOW + timedelta(seconds=1), reader=human),
        event(bob, EventKind.DELIVERED),
        event(bob, EventKind.CLICKED, at=NOW + timedelta(seconds=60), reader=human, mark="later"),
        *[
            event(bob, EventKind.CLICKED, at=NOW + timedelta(seconds=9), mark=link, reader=human, detail={"link": link})
            for link in ("a", "b", "c")
        ],
    )

    found = report(database, campaign).totals
    assert found.opens == {"human": 0, "proxy": 0, "machine": 1}
    assert found.clicks == {"human": 1, "proxy": 0, "machine": 1}
    assert (found.opened, found.clicked) == (1, 1)  # bob, who came back


def test_who_complained_had_it_delivered_and_who_bounced_had_not(database: Database) -> None:
    join(database, "center", *PEOPLE)
    campaign = start(database)
    ann, bob, cy, dan, eve, _ = (each.id for each in all_deliveries(database, campaign))

    tell(
        database,
        event(ann, EventKind.DELIVERED),
        event(bob, EventKind.COMPLAINED),
        event(cy, EventKind.DELIVERED),
        event(cy, EventKind.BOUNCED),
        event(dan, EventKind.SOFT_BOUNCED),
        event(eve, EventKind.REJECTED),
    )

    found = report(database, campaign).totals
    assert (found.delivered, found.bounced, found.soft_bounced) == (2, 1, 1)
    assert (found.complained, found.rejected) == (1, 1)
    assert found.counts == Counts(queued=1, submitted=5)


def test_notifications_of_others_and_unreadable_ones_are_counted(database: Database) -> None:
    campaign = start(database)
    with database.writing() as connection:
        notifications.keep(connection, [Notification(str(number), "x") for number in range(3)], NOW)
        first, second, _ = notifications.pending(connection, 3)
        notifications.mark(connection, [first.id, second.id], NotificationState.FOREIGN)
        notifications.mark(
            connection, [third.id for third in notifications.pending(connection, 3)], NotificationState.UNREADABLE, "?"
        )

    found = report(database, campaign)

    assert (found.foreign_notifications, found.unreadable_notifications) == (2, 1)


def test_another_campaigns_numbers_are_its_own(database: Database) -> None:
    join(database, "center", "ann")
    one, other = start(database), start(database, slug="2026-another")
    (ann,) = (each.id for each in all_deliveries(database, one))

    tell(database, event(ann, EventKind.DELIVERED), event(ann, EventKind.OPENED, reader=Reader.HUMAN))

    assert (report(database, one).totals.delivered, report(database, other).totals.delivered) == (1, 0)
    assert report(database, other).totals.opened == 0


def test_rates_name_what_they_are_shares_of(database: Database) -> None:
    join(database, "center", *PEOPLE)
    campaign = start(database)
    ann, bob, cy, dan, *_ = (each.id for each in all_deliveries(database, campaign))

    tell(
        database,
        event(ann, EventKind.DELIVERED),
        event(bob, EventKind.COMPLAINED, suppress=SuppressionReason.COMPLAINED),
        event(cy, EventKind.BOUNCED, suppress=SuppressionReason.BOUNCED),
        event(dan, EventKind.BOUNCED, suppress=SuppressionReason.PROVIDER),
    )

    # dan is on the provider's own list: it never tried, so that he is in no rate
    found = rates(database, campaign)
    assert found == Rates(submitted=3, bounced=1, complained=1)
    assert found.bounce_rate == found.complaint_rate == 1 / 3


def test_rates_of_nothing_are_nothing(database: Database) -> None:
    found = rates(database, start(database))

    assert (found.bounce_rate, found.complaint_rate) == (0.0, 0.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(list(DeliveryState)), min_size=6, max_size=6))
def test_any_states_add_up_to_the_audience(database: Database, wanted: list[DeliveryState]) -> None:
    join(database, "center", *PEOPLE)
    join(database, "coalition", "ann", "bob")
    campaign = start(database)
    found = all_deliveries(database, campaign)
    with database.writing() as connection:
        for delivery, state in zip(found, wanted, strict=True):
            at = None if state is DeliveryState.QUEUED else NOW + timedelta(seconds=1)
            row = update(deliveries).where(deliveries.c.id == delivery.id)
            connection.execute(row.values(state=state.value, submitted_at=at))

    told = report(database, campaign)

    assert told.adds_up
    assert told.totals.counts.audience == 6
    assert told.totals.counts.submitted == sum(
        (
            told.totals.delivered,
            told.totals.bounced,
            told.totals.soft_bounced,
            told.totals.rejected,
            wanted.count(DeliveryState.SUBMITTED),
        )
    )


def test_a_delivery_that_got_lost_is_seen_because_the_freezes_wrote_down_how_many_there_were(
    database: Database,
) -> None:
    join(database, "center", *PEOPLE)
    campaign = start(database)
    join(database, "center", "gus")
    start(database)
    assert (report(database, campaign).frozen, report(database, campaign).adds_up) == (7, True)

    with database.writing() as connection:
        connection.execute(delete(deliveries).where(deliveries.c.key == "ann@example.com"))

    assert (report(database, campaign).totals.counts.audience, report(database, campaign).adds_up) == (6, False)


def test_a_rate_does_not_change_when_a_suppression_is_made_or_lifted(database: Database) -> None:
    """Whether the provider tried is what its event said, and not what is suppressed today."""
    join(database, "center", *PEOPLE)
    with database.writing() as connection:
        # On the provider's list since an earlier Campaign; this time it was tried, and came back.
        members.suppress(connection, key("ann"), SuppressionReason.PROVIDER, "", NOW)
        members.lift(connection, key("ann"), "asked", NOW)
    campaign = start(database)
    ann, bob, cy, *_ = (each.id for each in all_deliveries(database, campaign))
    tell(
        database,
        event(ann, EventKind.BOUNCED, suppress=SuppressionReason.BOUNCED),
        event(bob, EventKind.BOUNCED, suppress=SuppressionReason.PROVIDER),
        event(cy, EventKind.DELIVERED),
    )
    assert rates(database, campaign) == Rates(submitted=2, bounced=1, complained=0)

    with database.writing() as connection:
        members.lift(connection, key("bob"), "asked", NOW)
        members.suppress(connection, key("ann"), SuppressionReason.PROVIDER, "", NOW)

    assert rates(database, campaign) == Rates(submitted=2, bounced=1, complained=0)
