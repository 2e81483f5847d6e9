"""The ledger: a claim is committed before the call, an outcome after it, and nothing is ever mailed twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select, text, update

from dispatch.audience.addresses import read_address
from dispatch.audience.changes import plan_changes
from dispatch.audience.rows import read_rows
from dispatch.errors import StoreError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import DeliveryId, DeliveryState, EventKind
from dispatch.model.member import Address, SuppressionReason
from dispatch.model.message import Accepted, Busy, Deferred, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.store import campaigns, erasure, ledger, members, notifications, one_person
from dispatch.store.claims import Claim, Permission, Retries, WhyNot, permission, queued, retries, why_not
from dispatch.store.claims import claim as claim_in
from dispatch.store.database import Database, clock
from dispatch.store.member_import import apply
from dispatch.store.schema import deliveries
from tests.store.samples import all_deliveries, claim, event, join, key, leave, reasons, start, states

QUEUED, SUBMITTING, SUBMITTED = DeliveryState.QUEUED, DeliveryState.SUBMITTING, DeliveryState.SUBMITTED
UNCERTAIN, FAILED, SKIPPED = DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.SKIPPED


@pytest.fixture
def campaign(database: Database) -> Campaign:
    """A Campaign with ann, bob and cy waiting."""
    join(database, "center", "ann,Ann Example", "bob", "cy")
    return start(database)


def settle(database: Database, claimed: Claim, outcome: Outcome) -> None:
    with database.writing() as connection:
        ledger.settle(connection, [(claimed, outcome)])


def make_older(database: Database, seconds: int) -> None:
    """As if the claims had been made some seconds earlier."""
    with database.writing() as connection:
        connection.execute(update(deliveries).values(claimed_at=clock(connection) - timedelta(seconds=seconds)))


def expire(database: Database, campaign: Campaign, claim_seconds: int = 60) -> int:
    with database.writing() as connection:
        return ledger.expire(connection, campaign.id, claim_seconds)


def requeue(database: Database, *of: DeliveryId) -> int:
    with database.writing() as connection:
        return ledger.requeue(connection, of)


# --- claiming -----------------------------------------------------------------------------------------------------


def test_a_claim_takes_the_oldest_and_commits_submitting(database: Database, campaign: Campaign) -> None:
    claims = claim(database, campaign, 2)

    assert [each.address for each in claims] == ["ann@example.com", "bob@example.com"]
    assert states(database, campaign) == {"ann": SUBMITTING, "bob": SUBMITTING, "cy": QUEUED}
    first = all_deliveries(database, campaign)[0]
    assert first.attempt == claims[0].attempt == 1
    assert first.claimed_at is not None
    assert abs(first.claimed_at - database.now()) < timedelta(seconds=30)


def test_a_claim_that_is_not_committed_is_none(database: Database, campaign: Campaign) -> None:
    with pytest.raises(KeyboardInterrupt), database.writing() as connection:
        _claim_and_die(claim_in(connection, Permission(campaign.id), 3))

    assert set(states(database, campaign).values()) == {QUEUED}


def _claim_and_die(claims: list[Claim]) -> None:
    assert len(claims) == 3
    raise KeyboardInterrupt


def test_merge_values_are_those_of_the_moment_of_the_claim(database: Database, campaign: Campaign) -> None:
    join(database, "center", "ann,Ann Married")

    (first, *_) = claim(database, campaign, 1)

    assert first.values == {"name": "Ann Married", "email": "ann@example.com"}


def test_mail_travels_to_the_address_as_typed_with_its_domain_in_ascii(database: Database) -> None:
    typed = "Ann.Example@Bücher.example"
    sheet = read_rows(f"email\n{typed}\n".encode(), "list.csv")
    with database.writing() as connection:
        apply(connection, plan_changes(sheet, "center", {}, 0), source="list.csv", now=clock(connection))
    campaign = start(database)

    (only,) = claim(database, campaign)

    assert (only.address, only.envelope) == (typed, "Ann.Example@xn--bcher-kva.example")


def test_who_unsubscribed_since_the_freeze_is_skipped_at_the_claim(database: Database, campaign: Campaign) -> None:
    leave(database, "ann")

    claims = claim(database, campaign)

    assert [each.address for each in claims] == ["bob@example.com", "cy@example.com"]
    assert states(database, campaign)["ann"] is SKIPPED
    assert reasons(database, campaign)["ann"] == "unsubscribed"


def test_who_was_suppressed_or_removed_since_the_freeze_is_skipped_at_the_claim(
    database: Database, campaign: Campaign
) -> None:
    with database.writing() as connection:
        members.suppress(connection, key("ann"), SuppressionReason.COMPLAINED, "abuse", clock(connection))
        members.remove(connection, key("bob"), "center", clock(connection))

    assert [each.address for each in claim(database, campaign)] == ["cy@example.com"]
    assert reasons(database, campaign) == {"ann": "suppressed", "bob": "unsubscribed", "cy": ""}


def test_who_was_erased_since_the_freeze_is_never_claimed(database: Database, campaign: Campaign) -> None:
    address = read_address("ann@example.com")
    assert isinstance(address, Address)
    with database.writing() as connection:
        erasure.erase(connection, address, clock(connection))

    claims = claim(database, campaign)

    assert [each.address for each in claims] == ["bob@example.com", "cy@example.com"]
    with database.reading() as connection:
        assert campaigns.counts(connection, campaign.id).audience == 3


def test_leaving_the_other_list_does_not_matter(database: Database) -> None:
    join(database, "center", "ann")
    join(database, "coalition", "ann")
    campaign = start(database)
    leave(database, "ann", "center")

    assert [each.address for each in claim(database, campaign)] == ["ann@example.com"]


def test_a_claim_can_be_empty_while_others_still_wait(database: Database, campaign: Campaign) -> None:
    leave(database, "ann")

    assert claim(database, campaign, 1) == []
    with database.reading() as connection:
        assert queued(connection, campaign.id) is True
    claim(database, campaign)
    with database.reading() as connection:
        assert queued(connection, campaign.id) is False


def test_claimers_at_the_same_time_never_get_the_same_row(database: Database, database_url: str) -> None:
    join(database, "center", *[f"p{number}" for number in range(240)])
    campaign = start(database)
    gate = Barrier(4)

    def take_all(_: int) -> list[int]:
        taken: list[int] = []
        with Database.open(database_url) as own:
            gate.wait()
            while claims := claim(own, campaign, 7):
                taken.extend(each.seq for each in claims)
        return taken

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(take_all, range(4)))

    counted = Counter(seq for share in shares for seq in share)
    assert len(counted) == 240
    assert set(counted.values()) == {1}


def test_a_claim_does_not_wait_for_another_that_is_not_committed_yet(postgres_url: str) -> None:
    with Database.open(postgres_url) as database:
        join(database, "center", "ann", "bob")
        campaign = start(database)
        with database.writing() as slow:
            held = claim_in(slow, Permission(campaign.id), 1)
            others = claim(database, campaign)

    assert [each.address for each in held] == ["ann@example.com"]
    assert [each.address for each in others] == ["bob@example.com"]


def test_a_pause_waits_for_the_claim_that_has_looked_before_it(postgres_url: str) -> None:
    """Else the claim would go on with what the pause has stopped."""
    with Database.open(postgres_url) as database:
        join(database, "center", "ann")
        campaign = start(database)

        def pause() -> bool:
            with database.writing() as pausing:
                pausing.execute(text("SET LOCAL lock_timeout = '100ms'"))
                return campaigns.pause_if_sending(pausing, campaign.id, "A person paused it.", "")

        with database.writing() as claiming:
            assert isinstance(permission(claiming, campaign.id), Permission)
            with pytest.raises(StoreError, match="lock timeout"):
                pause()
        assert pause()
        with database.writing() as claiming:
            assert permission(claiming, campaign.id) is WhyNot.STOPPED


# --- settling -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Accepted("id-1"), SUBMITTED, ""),
        (Refused("MessageRejected"), FAILED, "MessageRejected"),
        (NotSent("given back"), QUEUED, ""),
        (Busy("TooManyRequests"), QUEUED, ""),
        (Stopped("AccountSuspended", "ask Amazon"), QUEUED, ""),
        (Unknown("time-out"), UNCERTAIN, "time-out"),
    ],
)
def test_each_outcome_settles_its_claim(
    database: Database, campaign: Campaign, outcome: Outcome, state: DeliveryState, reason: str
) -> None:
    (claimed,) = claim(database, campaign, 1)

    settle(database, claimed, outcome)

    assert states(database, campaign) == {"ann": state, "bob": QUEUED, "cy": QUEUED}
    assert reasons(database, campaign)["ann"] == reason


def test_an_acceptance_keeps_the_providers_id_and_the_moment(database: Database, campaign: Campaign) -> None:
    (claimed,) = claim(database, campaign, 1)

    settle(database, claimed, Accepted("id-1"))

    first = all_deliveries(database, campaign)[0]
    assert first.message_id == "id-1"
    assert first.submitted_at is not None


def test_a_batch_of_mixed_outcomes_settles_each_for_itself(database: Database, campaign: Campaign) -> None:
    ann, bob, cy = claim(database, campaign)

    with database.writing() as connection:
        ledger.settle(connection, [(cy, Accepted("id-3")), (ann, Refused("no")), (bob, Unknown("reset"))])

    assert states(database, campaign) == {"ann": FAILED, "bob": UNCERTAIN, "cy": SUBMITTED}


def test_an_event_that_comes_before_the_settle_is_not_undone_by_it(database: Database, campaign: Campaign) -> None:
    (claimed,) = claim(database, campaign, 1)
    with database.writing() as connection:
        notifications.add_events(connection, [(event(claimed.delivery_id, EventKind.BOUNCED), None)], clock(connection))

    settle(database, claimed, Accepted("id-1"))

    assert states(database, campaign)["ann"] is DeliveryState.BOUNCED
    assert all_deliveries(database, campaign)[0].message_id == "id-1"


@pytest.mark.parametrize("outcome", [Refused("no"), NotSent("late"), Unknown("reset"), Busy("slow")])
def test_an_event_proves_acceptance_whatever_the_call_said(
    database: Database, campaign: Campaign, outcome: Outcome
) -> None:
    (claimed,) = claim(database, campaign, 1)
    settle(database, claimed, outcome)

    with database.writing() as connection:
        notifications.add_events(connection, [(event(claimed.delivery_id, EventKind.SENT), None)], clock(connection))

    assert states(database, campaign)["ann"] is SUBMITTED
    assert [each.address for each in claim(database, campaign)] == ["bob@example.com", "cy@example.com"]


def test_a_late_acceptance_of_an_earlier_attempt_counts(database: Database, campaign: Campaign) -> None:
    (first,) = claim(database, campaign, 1)
    make_older(database, 120)
    expire(database, campaign)
    requeue(database, first.delivery_id)

    settle(database, first, Accepted("id-1"))

    assert states(database, campaign)["ann"] is SUBMITTED
    assert [each.address for each in claim(database, campaign)] == ["bob@example.com", "cy@example.com"]


def test_a_late_refusal_of_the_same_attempt_settles_what_was_uncertain(database: Database, campaign: Campaign) -> None:
    (claimed,) = claim(database, campaign, 1)
    make_older(database, 120)
    expire(database, campaign)

    settle(database, claimed, Refused("MessageRejected"))

    assert states(database, campaign)["ann"] is FAILED


def test_a_late_refusal_of_an_earlier_attempt_says_nothing_of_the_later_one(
    database: Database, campaign: Campaign
) -> None:
    (first,) = claim(database, campaign, 1)
    settle(database, first, Unknown("reset"))
    requeue(database, first.delivery_id)
    (second, *_) = claim(database, campaign, 1)
    assert (second.delivery_id, second.attempt) == (first.delivery_id, 2)

    settle(database, first, Refused("no"))
    assert states(database, campaign)["ann"] is SUBMITTING

    settle(database, second, Accepted("id-2"))
    settle(database, first, Refused("no"))
    assert states(database, campaign)["ann"] is SUBMITTED


def test_the_same_settle_twice_changes_nothing_more(database: Database, campaign: Campaign) -> None:
    (claimed,) = claim(database, campaign, 1)
    settle(database, claimed, Accepted("id-1"))
    before = all_deliveries(database, campaign)

    settle(database, claimed, Accepted("id-1"))

    assert all_deliveries(database, campaign) == before


def test_settling_and_events_at_once_never_wait_in_a_circle(database: Database) -> None:
    join(database, "center", *[f"p{number}" for number in range(60)])
    campaign = start(database)
    claims = claim(database, campaign)
    gate = Barrier(2)

    def settle_backwards() -> None:
        gate.wait()
        for _ in range(10):
            with database.writing() as connection:
                ledger.settle(connection, [(each, Accepted("id")) for each in reversed(claims)])

    def tell() -> None:
        gate.wait()
        for round_number in range(10):
            facts = [(event(each.delivery_id, EventKind.DELIVERED, mark=str(round_number)), None) for each in claims]
            with database.writing() as connection:
                notifications.add_events(connection, facts, clock(connection))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(settle_backwards), pool.submit(tell)]:
            done.result()

    assert set(states(database, campaign).values()) == {DeliveryState.DELIVERED}


# --- what is not known yet ----------------------------------------------------------------------------------------


def test_a_claim_that_nobody_settled_becomes_uncertain_after_its_time(database: Database, campaign: Campaign) -> None:
    claim(database, campaign, 1)
    assert expire(database, campaign) == 0

    make_older(database, 61)

    assert expire(database, campaign) == 1
    assert states(database, campaign)["ann"] is UNCERTAIN
    assert "ended before" in reasons(database, campaign)["ann"]


def test_a_claim_of_before_the_clock_was_put_back_expires_too(database: Database, campaign: Campaign) -> None:
    """Seen from the clock, it was made an hour from now; without this nobody would ever be told of it."""
    claim(database, campaign, 1)
    make_older(database, -3600)

    assert expire(database, campaign) == 1
    assert states(database, campaign)["ann"] is UNCERTAIN


def test_what_is_uncertain_is_not_claimed_until_a_person_says_so(database: Database, campaign: Campaign) -> None:
    (claimed,) = claim(database, campaign, 1)
    settle(database, claimed, Unknown("reset"))

    assert "ann@example.com" not in [each.address for each in claim(database, campaign)]
    assert requeue(database, claimed.delivery_id) == 1
    assert [(each.address, each.attempt) for each in claim(database, campaign)] == [("ann@example.com", 2)]


@pytest.mark.parametrize("outcome", [Accepted("id"), Refused("no")])
def test_only_what_is_uncertain_can_be_queued_again(database: Database, campaign: Campaign, outcome: Outcome) -> None:
    (claimed,) = claim(database, campaign, 1)
    settle(database, claimed, outcome)

    assert requeue(database, claimed.delivery_id) == 0
    assert states(database, campaign)["ann"] is not QUEUED


def test_calls_that_lie_close_together_are_looked_around_at_once(database: Database) -> None:
    """Whatever the number of calls: the answer for each is that of looking around it alone."""
    join(database, "center", *[f"p{number:02d}" for number in range(30)])
    campaign = start(database)
    with database.writing() as connection:
        now = clock(connection)
        for number, each in enumerate(ledger.in_state(connection, campaign.id, QUEUED)):
            at = now + timedelta(minutes=number if number < 20 else 100 + number)
            values = {"submitted_at": at, "message_id": "id", "state": SUBMITTED.value}
            connection.execute(update(deliveries).where(deliveries.c.id == each.id).values(**values))
            if number % 7:
                notifications.add_events(connection, [(event(each.id, EventKind.SENT), None)], now)
    moments = [now + timedelta(seconds=47 * number) for number in range(0, 180, 3)]
    statements: list[str] = []
    sql_event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with database.reading() as connection:
        together = ledger.flow_around(connection, moments)
        assert len([each for each in statements if each.startswith("SELECT")]) == 1
        alone = [ledger.flow_around(connection, [each]).around(each) for each in moments]
    assert [together.around(each) for each in moments] == alone
    assert {silent for _, silent in alone} >= {0, 1}


def test_events_flow_when_every_neighbour_of_a_call_has_its_send_event(database: Database, campaign: Campaign) -> None:
    ann, bob, _ = claim(database, campaign)
    with database.writing() as connection:
        ledger.settle(connection, [(ann, Accepted("id-1")), (bob, Accepted("id-2"))])
        now = clock(connection)
        assert ledger.flow_around(connection, [now]).around(now) == (2, 2)

        notifications.add_events(connection, [(event(ann.delivery_id, EventKind.SENT), None)], now)
        assert ledger.flow_around(connection, [now]).around(now) == (2, 1)
        notifications.add_events(connection, [(event(bob.delivery_id, EventKind.DELIVERED), None)], now)
        assert ledger.flow_around(connection, [now]).around(now) == (2, 1)
        notifications.add_events(connection, [(event(bob.delivery_id, EventKind.SENT), None)], now)
        assert ledger.flow_around(connection, [now]).around(now) == (2, 0)

        assert ledger.flow_around(connection, [now]).around(now + timedelta(minutes=6)) == (0, 0)


# --- recipients whose server asks for a later try -----------------------------------------------------------------

LATER = Deferred("450 4.2.0 Greylisted", timedelta(minutes=5), timedelta(hours=4))


def let_pass(database: Database, minutes: float) -> None:
    """As if all that concerns later tries had been some minutes earlier."""
    with database.writing() as connection:
        for row in connection.execute(select(deliveries.c.seq, deliveries.c.retry_at, deliveries.c.deferred_at)).all():
            earlier = {
                name: moment - timedelta(minutes=minutes)
                for name, moment in (("retry_at", row.retry_at), ("deferred_at", row.deferred_at))
                if moment is not None
            }
            if earlier:
                connection.execute(update(deliveries).where(deliveries.c.seq == row.seq).values(earlier))


def waiting(database: Database, campaign: Campaign) -> Retries:
    with database.reading() as connection:
        return retries(connection, campaign.id)


def look(database: Database, campaign: Campaign) -> WhyNot | None:
    with database.reading() as connection:
        return why_not(connection, campaign.id)


def test_who_is_to_be_tried_later_is_queued_and_not_claimed_before(database: Database, campaign: Campaign) -> None:
    (ann, *others) = claim(database, campaign)
    settle(database, ann, LATER)
    for other in others:
        settle(database, other, Accepted("id"))

    assert states(database, campaign)["ann"] is QUEUED
    assert reasons(database, campaign)["ann"] == "450 4.2.0 Greylisted"
    assert claim(database, campaign) == []
    assert look(database, campaign) is WhyNot.RETRY_LATER
    found = waiting(database, campaign)
    assert found.people == 1
    assert found.next_at is not None
    assert abs(found.next_at - database.now() - timedelta(minutes=5)) < timedelta(seconds=30)

    let_pass(database, 5)
    assert look(database, campaign) is None
    assert [each.address for each in claim(database, campaign)] == ["ann@example.com"]
    assert waiting(database, campaign) == Retries(0, None)


def test_waits_double_up_to_the_last_try_and_then_it_is_refused_with_the_servers_words(
    database: Database, campaign: Campaign
) -> None:
    waits = []
    claimed = claim(database, campaign, 1)
    while claimed:
        settle(database, claimed[0], LATER)
        next_at = waiting(database, campaign).next_at
        minutes = (next_at - database.now()).total_seconds() / 60 if next_at else 0.0
        waits.append(round(minutes))
        let_pass(database, minutes + 0.01)
        claimed = [each for each in claim(database, campaign) if each.seq == claimed[0].seq]
    # Together 240 minutes: the last wait is what is left of them.
    assert waits == [5, 10, 20, 40, 80, 85, 0]
    assert states(database, campaign)["ann"] is FAILED
    assert reasons(database, campaign)["ann"] == "450 4.2.0 Greylisted (tried again for 4 h)"


def test_a_campaign_that_ended_meanwhile_goes_on_for_a_later_try(database: Database, campaign: Campaign) -> None:
    (ann,) = claim(database, campaign, 1)
    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, CampaignState.FINISHED)
    settle(database, ann, LATER)
    with database.reading() as connection:
        found = campaigns.find_by_id(connection, campaign.id)
    assert found is not None
    assert found.state is CampaignState.SENDING


def test_a_person_who_is_named_is_not_kept_waiting(database: Database, campaign: Campaign) -> None:
    (ann,) = claim(database, campaign, 1)
    settle(database, ann, LATER)
    with database.writing() as connection:
        assert one_person.put_back(connection, campaign.id, key("ann"))
    assert [each.address for each in claim(database, campaign, 1)] == ["ann@example.com"]


def test_a_cancelled_campaign_tries_nobody_later(database: Database, campaign: Campaign) -> None:
    (ann,) = claim(database, campaign, 1)
    with database.writing() as connection:
        campaigns.cancel(connection, campaign.id)
    settle(database, ann, LATER)
    assert states(database, campaign)["ann"] is SKIPPED
    assert waiting(database, campaign) == Retries(0, None)


def test_a_claim_reads_past_nobody_who_is_done_or_waits(database: Database, campaign: Campaign) -> None:
    """By its index a claim begins at the first who can be claimed, and so does the look for whose time has come."""
    ran: list[tuple[str, Any]] = []
    with database.writing() as connection:
        sql_event.listen(connection, "before_cursor_execute", lambda *run: ran.append((run[2], run[3])))
        claim_in(connection, Permission(campaign.id), 1)
        plans = []
        for statement, values in ran[:2]:
            if database.is_sqlite:
                found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans.append(" ".join(row[3] for row in found))
            else:
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                plans.append(" ".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)))
    let_in, take = plans
    assert "ix_deliveries_retry_at" in let_in
    assert "ix_deliveries_queued" in take
