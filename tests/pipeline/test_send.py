"""Send, on both databases: who is mailed, what stops it, and that nobody is ever mailed twice."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, update
from sqlalchemy import event as sql_event

from dispatch.errors import ProviderError
from dispatch.model.campaign import Campaign, CampaignState, Limit
from dispatch.model.delivery import Delivery, DeliveryState, EventKind
from dispatch.model.event import Notification
from dispatch.model.member import SuppressionReason
from dispatch.model.message import (
    Accepted,
    Account,
    Busy,
    Deferred,
    Message,
    NotSent,
    Outcome,
    Refused,
    Stopped,
    Unknown,
)
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.options import SendContext
from dispatch.pipeline.pause_resume_cancel import resume
from dispatch.pipeline.send import Progress, Watch, send
from dispatch.store import campaigns, ledger, notifications
from dispatch.store.database import Database, clock
from dispatch.store.schema import audit, deliveries, pace
from dispatch.store.schema import campaigns as campaigns_table
from tests.pipeline.scripted import LANES, QUICK, ScriptedMailer, ScriptedQueue, run
from tests.store.samples import all_deliveries, claim, event, join, leave, reasons, start, states

D = DeliveryState


def many(database: Database, count: int) -> Campaign:
    join(database, "center", *(f"p{number:03d}" for number in range(count)))
    return start(database)


def tally(database: Database, campaign: Campaign) -> Counter[DeliveryState]:
    return Counter(states(database, campaign).values())


def make_older(database: Database, seconds: int) -> None:
    with database.writing() as connection:
        then = clock(connection) - timedelta(seconds=seconds)
        connection.execute(update(deliveries).where(deliveries.c.claimed_at.is_not(None)).values(claimed_at=then))
        connection.execute(update(deliveries).where(deliveries.c.submitted_at.is_not(None)).values(submitted_at=then))


def of_name(message: Message) -> str:
    return message.to.partition("@")[0]


def in_turn(*outcomes: Outcome) -> Callable[[Message], Outcome]:
    """These Outcomes one after the other, then acceptance."""
    left = list(outcomes)
    return lambda message: left.pop(0) if left else Accepted(message.delivery_id)


# --- the line -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_bulk", [False, True])
def test_everybody_is_mailed_once_events_settle_and_it_is_finished(database: Database, has_bulk: bool) -> None:
    campaign = many(database, 120)
    queue = ScriptedQueue()
    mailer = ScriptedMailer(has_bulk=has_bulk, queue=queue)
    ended = run(database, campaign, mailer, queue)
    assert (ended.state, ended.reason) == (CampaignState.FINISHED, "")
    assert tally(database, campaign) == {D.DELIVERED: 120}
    assert len(mailer.accepted) == mailer.accepted.total() == 120
    assert set(mailer.in_bulk) == {has_bulk}
    assert max(mailer.calls) == (50 if has_bulk else 1)


def test_a_message_carries_its_persons_words_and_address(database: Database) -> None:
    join(database, "center", "ann,Ann Example")
    campaign = start(database)
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK)
    (message,) = mailer.messages
    (delivery,) = all_deliveries(database, campaign)
    assert (message.to, message.delivery_id, message.campaign_id) == ("ann@example.com", delivery.id, campaign.id)
    names = [name for name, _ in message.headers]
    assert names == ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"]
    assert dict(message.headers)["List-Unsubscribe"].startswith("<https://news.example.org/u/")


def test_two_editions_in_one_batch_are_two_calls(database: Database) -> None:
    join(database, "center", "ann", "bob")
    join(database, "coalition", "bob", "cy")
    campaign = start(database)
    mailer = ScriptedMailer(has_bulk=True)
    run(database, campaign, mailer, options=QUICK)
    assert mailer.accepted == {"ann@example.com": 1, "bob@example.com": 1, "cy@example.com": 1}
    assert sorted(mailer.calls) == [1, 2]
    senders = {message.to: message.sender for message in mailer.messages}
    assert senders["bob@example.com"].startswith("Coalition")


def test_who_unsubscribed_after_the_freeze_is_skipped(database: Database) -> None:
    campaign = many(database, 3)
    leave(database, "p001", "center")
    mailer = ScriptedMailer()
    ended = run(database, campaign, mailer, options=QUICK)
    assert ended.state is CampaignState.FINISHED
    assert sorted(mailer.accepted) == ["p000@example.com", "p002@example.com"]
    assert reasons(database, campaign)["p001"] == "unsubscribed"


def test_a_scheduled_campaign_is_waited_for_and_starts_at_its_time(database: Database) -> None:
    campaign = many(database, 3)
    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, CampaignState.SCHEDULED)
        campaigns.schedule(connection, campaign.id, clock(connection) + timedelta(seconds=2))
    mailer = ScriptedMailer()
    assert run(database, campaign, mailer, options=QUICK).state is CampaignState.FINISHED
    found = all_deliveries(database, campaign)
    with database.reading() as connection:
        started = campaigns.find_by_id(connection, campaign.id)
        acts = list(connection.execute(select(audit.c.act)).scalars())
    assert started is not None
    assert all(each.claimed_at and started.not_before and each.claimed_at >= started.not_before for each in found)
    assert acts.count("campaign started at its time") == 1


def test_ctrl_c_leaves_a_scheduled_campaign_scheduled(database: Database) -> None:
    campaign = many(database, 3)
    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, CampaignState.SCHEDULED)
        campaigns.schedule(connection, campaign.id, clock(connection) + timedelta(hours=1))
    ended = run(database, campaign, ScriptedMailer(), options=QUICK, is_interrupted=lambda: True)
    assert ended.state is CampaignState.SCHEDULED
    assert tally(database, campaign) == {D.QUEUED: 3}


def test_a_second_send_mails_nobody_again(database: Database) -> None:
    campaign = many(database, 10)
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK)
    run(database, campaign, mailer, options=QUICK)
    assert mailer.accepted.total() == 10


def test_two_sends_at_once_mail_nobody_twice(database: Database) -> None:
    campaign = many(database, 150)
    mailer = ScriptedMailer(has_bulk=True, max_per_second=100_000)
    gate = threading.Barrier(2)

    def one() -> None:
        gate.wait()
        run(database, campaign, mailer, options=QUICK)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mailer.accepted) == mailer.accepted.total() == 150
    assert tally(database, campaign) == {D.SUBMITTED: 150}


# --- what stops it ------------------------------------------------------------------------------------------------


def test_the_limit_sends_so_many_and_pauses_and_the_next_send_goes_on(database: Database) -> None:
    campaign = many(database, 12)
    mailer = ScriptedMailer()
    ended = run(database, campaign, mailer, options=QUICK, limit=5)
    assert (ended.state, ended.reason) == (CampaignState.PAUSED, "The limit of 5 was reached.")
    assert mailer.accepted.total() == 5
    resume(database, campaign)
    ended = run(database, campaign, mailer, options=QUICK)
    assert ended.state is CampaignState.FINISHED
    assert len(mailer.accepted) == mailer.accepted.total() == 12


def test_busy_people_do_not_count_against_the_limit(database: Database) -> None:
    campaign = many(database, 6)
    mailer = ScriptedMailer(in_turn(Busy("slow down")))
    run(database, campaign, mailer, options=replace(QUICK, calls_in_flight=1), limit=3)
    assert mailer.accepted.total() == 3


def test_a_provider_that_stops_pauses_with_its_reason_and_nobody_is_lost(database: Database) -> None:
    campaign = many(database, 10)
    mailer = ScriptedMailer(lambda message: Stopped("Sending is paused.", "Ask Amazon."))
    ended = run(database, campaign, mailer, options=QUICK)
    assert (ended.state, ended.reason, ended.todo) == (CampaignState.PAUSED, "Sending is paused.", "Ask Amazon.")
    assert tally(database, campaign) == {D.QUEUED: 10}
    assert len(mailer.calls) <= LANES


def test_nobody_is_back_in_the_queue_before_the_campaign_is_paused(database: Database) -> None:
    """Looked at in the moment of every commit: another lane can take what it sees there."""
    campaign = many(database, 10)
    seen: list[tuple[str, int]] = []

    def look(connection: Connection) -> None:
        returned = select(func.count()).where(deliveries.c.state == D.QUEUED.value, deliveries.c.attempt > 0)
        state = select(campaigns_table.c.state).where(campaigns_table.c.id == campaign.id)
        seen.append((connection.execute(state).scalar_one(), connection.execute(returned).scalar_one()))

    sql_event.listen(database.engine, "commit", look)
    mailer = ScriptedMailer(lambda message: Stopped("Sending is paused.", "Ask Amazon."))
    run(database, campaign, mailer, options=replace(QUICK, calls_in_flight=1))
    assert ("paused", 1) in seen
    assert [state for state, number in seen if number and state == "sending"] == []
    assert len(mailer.calls) == 1


def test_one_refusal_fails_one_person_with_the_providers_words(database: Database) -> None:
    campaign = many(database, 5)
    mailer = ScriptedMailer(
        lambda message: Refused("550 No such user") if of_name(message) == "p002" else Accepted("id")
    )
    ended = run(database, campaign, mailer, options=QUICK)
    assert ended.state is CampaignState.FINISHED
    assert tally(database, campaign) == {D.SUBMITTED: 4, D.FAILED: 1}
    assert reasons(database, campaign)["p002"] == "550 No such user"


def test_ten_refusals_in_a_row_pause(database: Database) -> None:
    campaign = many(database, 30)
    mailer = ScriptedMailer(lambda message: Refused("Bad content"))
    ended = run(database, campaign, mailer, options=replace(QUICK, calls_in_flight=1))
    assert (ended.state, ended.reason) == (
        CampaignState.PAUSED,
        "10 people in a row were refused: Bad content",
    )
    assert tally(database, campaign) == {D.FAILED: 10, D.QUEUED: 20}


def test_ten_calls_in_a_row_without_an_answer_pause_before_everybody_is_in_doubt(database: Database) -> None:
    campaign = many(database, 30)
    mailer = ScriptedMailer(lambda message: Unknown("no answer"))
    ended = run(database, campaign, mailer, options=replace(QUICK, calls_in_flight=1))
    assert ended.state is CampaignState.PAUSED
    assert "10 calls in a row had no clear answer" in ended.reason
    assert tally(database, campaign) == {D.UNCERTAIN: 10, D.QUEUED: 20}


def test_a_pause_from_another_connection_stops_within_the_batches_in_flight(database: Database) -> None:
    campaign = many(database, 60)
    mailer = ScriptedMailer()

    def pause_at_the_fifth(messages: Sequence[Message]) -> None:
        if len(mailer.calls) == 5:
            with database.writing() as connection:
                campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, "By hand.", "")

    mailer.before = pause_at_the_fifth
    ended = run(database, campaign, mailer, options=QUICK)
    assert (ended.state, ended.reason) == (CampaignState.PAUSED, "By hand.")
    assert 5 <= mailer.accepted.total() <= 5 + LANES
    assert tally(database, campaign)[D.SUBMITTING] == 0


def test_an_interrupt_settles_what_is_in_flight_and_pauses(database: Database) -> None:
    campaign = many(database, 60)
    mailer = ScriptedMailer(max_per_second=40)
    ended = run(database, campaign, mailer, options=QUICK, is_interrupted=lambda: mailer.accepted.total() >= 3)
    assert (ended.state, ended.reason) == (CampaignState.PAUSED, "You stopped it.")
    found = tally(database, campaign)
    assert found == {D.SUBMITTED: mailer.accepted.total(), D.QUEUED: 60 - mailer.accepted.total()}


def told(database: Database, campaign: Campaign, kind: EventKind, count: int, *, suppress: bool = True) -> None:
    """So many of the accepted people have such an event."""
    reason = SuppressionReason.BOUNCED if kind is EventKind.BOUNCED else SuppressionReason.COMPLAINED
    with database.writing() as connection:
        people = ledger.in_state(connection, campaign.id, D.SUBMITTED, limit=count)
        facts = [(event(each.id, kind, suppress=reason if suppress else None), None) for each in people]
        notifications.add_events(connection, facts, clock(connection))


def test_a_yes_to_send_again_lifts_no_pause_that_came_while_the_question_was_open(database: Database) -> None:
    campaign, _ = with_one_unknown(database)
    make_older(database, 1000)

    def pause_and_say_yes(people: list[Delivery]) -> bool:
        with database.writing() as connection:
            campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, "12 of 200 bounced.", "Look.")
        return True

    mailer = ScriptedMailer()
    options = replace(QUICK, settle_seconds=1)
    ended = run(database, campaign, mailer, ScriptedQueue(), options=options, may_send_again=pause_and_say_yes)
    assert (ended.state, ended.reason) == (CampaignState.PAUSED, "12 of 200 bounced.")
    assert mailer.calls == []
    # The yes counts when the pause is over.
    assert states(database, campaign)["p001"] is D.QUEUED


@pytest.mark.parametrize(
    ("kind", "most"), [(EventKind.BOUNCED, 10), (EventKind.COMPLAINED, 2)], ids=["bounces", "complaints"]
)
@pytest.mark.parametrize("too_many", [False, True])
def test_the_breaker_stops_after_200_above_its_limits(
    database: Database, kind: EventKind, most: int, too_many: bool
) -> None:
    campaign = many(database, 240)
    first = ScriptedMailer(has_bulk=True)
    run(database, campaign, first, options=QUICK, limit=200)
    told(database, campaign, kind, most + too_many)
    resume(database, campaign)
    # So slow that the first look at the rates comes long before the last mail.
    second = ScriptedMailer(max_per_second=4 if too_many else 100_000)
    ended = run(database, campaign, second, options=replace(QUICK, calls_in_flight=1))
    assert ended.state is (CampaignState.PAUSED if too_many else CampaignState.FINISHED)
    assert (ended.reason == "") is not too_many
    assert (second.accepted.total() < 40) is too_many


def test_before_200_the_breaker_says_nothing(database: Database) -> None:
    campaign = many(database, 60)
    run(database, campaign, ScriptedMailer(has_bulk=True), options=QUICK, limit=40)
    told(database, campaign, EventKind.BOUNCED, 30)
    resume(database, campaign)
    assert run(database, campaign, ScriptedMailer(), options=QUICK).state is CampaignState.FINISHED


# --- busy, not sent ------------------------------------------------------------------------------------------------


def test_busy_people_wait_and_are_mailed_once_the_provider_takes_them(database: Database) -> None:
    campaign = many(database, 8)
    mailer = ScriptedMailer(in_turn(Busy("Maximum sending rate exceeded."), NotSent("no network")))
    ended = run(database, campaign, mailer, options=QUICK)
    assert ended.state is CampaignState.FINISHED
    assert len(mailer.accepted) == mailer.accepted.total() == 8
    assert len(mailer.calls) == 10


def test_an_unknown_outcome_for_speed_holds_all_processes_back(database: Database) -> None:
    campaign = many(database, 1)
    mailer = ScriptedMailer(lambda message: Unknown("10 of 50 were throttled", is_throttled=True))
    run(database, campaign, mailer, options=QUICK)
    (one,) = all_deliveries(database, campaign)
    assert one.state is D.UNCERTAIN
    assert one.claimed_at is not None
    with database.reading() as connection:
        next_at = connection.execute(select(pace.c.next_at)).scalar_one()
    assert next_at >= one.claimed_at.timestamp() + 1.0


def test_a_provider_that_cannot_say_what_it_grants_any_more_does_not_end_the_send(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgetful(ScriptedMailer):
        asked = 0

        def account(self) -> Account:
            self.asked += 1
            if self.asked > 1:
                raise ProviderError("Asking failed.")
            return super().account()

    monkeypatch.setattr("dispatch.pipeline.lanes.ACCOUNT_SECONDS", 0.0)
    campaign = many(database, 5)
    mailer = Forgetful()
    assert run(database, campaign, mailer, options=QUICK).state is CampaignState.FINISHED
    assert mailer.asked > 1
    assert mailer.accepted.total() == 5


def test_what_no_mail_can_carry_is_refused_here_and_the_others_go(database: Database) -> None:
    campaign = many(database, 3)
    with database.writing() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.address == "p001@example.com").values(address="p 1@example.com")
        )
    mailer = ScriptedMailer(has_bulk=True)
    run(database, campaign, mailer, options=QUICK)
    assert sorted(mailer.accepted) == ["p000@example.com", "p002@example.com"]
    assert tally(database, campaign) == {D.SUBMITTED: 2, D.FAILED: 1}


# --- what is not known ---------------------------------------------------------------------------------------------


def with_one_unknown(database: Database, *, has_neighbours: bool = True) -> tuple[Campaign, ScriptedMailer]:
    """A Campaign of three, where the call for p001 had no answer, and events of the others came."""
    campaign = many(database, 3)
    queue = ScriptedQueue()
    mailer = ScriptedMailer(
        lambda message: Unknown("no answer") if of_name(message) == "p001" else Accepted(message.delivery_id),
        queue=queue if has_neighbours else None,
    )
    run(database, campaign, mailer, queue, options=replace(QUICK, settle_seconds=1, calls_in_flight=1))
    assert states(database, campaign)["p001"] is D.UNCERTAIN
    return campaign, mailer


def asked_again(database: Database, campaign: Campaign, answer: bool) -> tuple[list[str], ScriptedMailer]:
    people: list[str] = []

    def may_send_again(found: list[Delivery]) -> bool:
        people.extend(each.address for each in found)
        return answer

    mailer = ScriptedMailer()
    run(
        database,
        campaign,
        mailer,
        ScriptedQueue(),
        options=replace(QUICK, settle_seconds=1),
        may_send_again=may_send_again,
    )
    return people, mailer


def test_within_the_grace_nobody_is_asked(database: Database) -> None:
    campaign, _ = with_one_unknown(database)
    people, mailer = asked_again(database, campaign, True)
    assert (people, mailer.calls) == ([], [])
    assert states(database, campaign)["p001"] is D.UNCERTAIN


def test_after_the_grace_with_events_flowing_a_yes_sends_once_more_and_is_in_the_audit(database: Database) -> None:
    campaign, _ = with_one_unknown(database)
    make_older(database, 1000)
    people, mailer = asked_again(database, campaign, True)
    assert people == ["p001@example.com"]
    assert mailer.accepted == {"p001@example.com": 1}
    with database.reading() as connection:
        assert "again" in " ".join(connection.execute(select(audit.c.act)).scalars())


class HidingQueue(ScriptedQueue):
    """A queue that hides one Notification for a while, as SQS does where the process that had taken it was killed."""

    name = "hiding"
    hidden_seconds = 0.5

    def __init__(self, hidden: Notification) -> None:
        super().__init__()
        self.hidden = hidden
        self.until = time.monotonic() + self.hidden_seconds

    def receive(self, wait_seconds: int) -> list[tuple[Notification, str]]:
        if time.monotonic() >= self.until:
            self.put(self.hidden.body, self.hidden.transport_id)
            self.until = float("inf")
        return super().receive(wait_seconds)


def test_an_event_that_a_killed_process_had_taken_from_the_queue_is_waited_for(database: Database) -> None:
    """The neighbours' events are all there, the grace is over, and the queue looks empty."""
    campaign, _ = with_one_unknown(database)
    make_older(database, 1000)
    (unknown,) = [each for each in all_deliveries(database, campaign) if each.state is D.UNCERTAIN]
    body = json.dumps({"of": unknown.id, "kind": EventKind.SENT, "suppress": None})
    mailer = ScriptedMailer()
    options = replace(QUICK, settle_seconds=3)
    queue = HidingQueue(Notification("hidden", body))
    run(database, campaign, mailer, queue, options=options, may_send_again=lambda people: True)
    assert mailer.calls == []
    assert states(database, campaign)["p001"] is D.SUBMITTED


def test_a_notification_that_nobody_understands_may_be_about_whoever_is_unknown(database: Database) -> None:
    campaign, _ = with_one_unknown(database)
    queue = ScriptedQueue()
    queue.put("garbage")
    pull(database, queue, wait_seconds=0)
    make_older(database, 1000)
    people, mailer = asked_again(database, campaign, True)
    assert (people, mailer.calls) == ([], [])


def test_a_no_leaves_it_uncertain(database: Database) -> None:
    campaign, _ = with_one_unknown(database)
    make_older(database, 1000)
    people, mailer = asked_again(database, campaign, False)
    assert set(people) == {"p001@example.com"}
    assert mailer.calls == []
    assert states(database, campaign)["p001"] is D.UNCERTAIN


def test_without_proof_that_events_flow_nobody_is_asked(database: Database) -> None:
    campaign, _ = with_one_unknown(database, has_neighbours=False)
    make_older(database, 1000)
    people, mailer = asked_again(database, campaign, True)
    assert (people, mailer.calls) == ([], [])


def test_an_event_settles_what_was_not_known(database: Database) -> None:
    campaign, _ = with_one_unknown(database)
    (unknown,) = [each for each in all_deliveries(database, campaign) if each.state is D.UNCERTAIN]
    queue = ScriptedQueue()
    queue.tell(unknown.id, EventKind.DELIVERED)
    mailer = ScriptedMailer()
    ended = run(database, campaign, mailer, queue)
    assert (ended.state, mailer.calls) == (CampaignState.FINISHED, [])
    assert states(database, campaign)["p001"] is D.DELIVERED


def test_what_a_killed_process_left_becomes_uncertain_after_its_claim_and_is_not_mailed(database: Database) -> None:
    campaign = many(database, 3)
    claim(database, campaign, 2)
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK)
    assert tally(database, campaign) == {D.SUBMITTING: 2, D.SUBMITTED: 1}
    make_older(database, 61)
    ended = run(database, campaign, mailer, options=QUICK)
    assert ended.state is CampaignState.FINISHED
    assert tally(database, campaign) == {D.UNCERTAIN: 2, D.SUBMITTED: 1}
    assert mailer.accepted == {"p002@example.com": 1}


def test_a_claim_that_grew_too_old_before_its_call_is_given_back(database: Database) -> None:
    campaign = many(database, 2)
    mailer = ScriptedMailer()
    slept = threading.Event()

    def sleep_once(messages: Sequence[Message]) -> None:
        if not slept.is_set():
            slept.set()
            threading.Event().wait(1.1)

    mailer.before = sleep_once
    ended = run(database, campaign, mailer, options=replace(QUICK, claim_seconds=1, calls_in_flight=1))
    assert ended.state is CampaignState.FINISHED
    assert mailer.accepted == {"p000@example.com": 1, "p001@example.com": 1}
    assert len(mailer.calls) == 3


# --- recipients whose server asks for a later try -----------------------------------------------------------------


def later(wait: timedelta) -> Deferred:
    return Deferred("450 4.2.0 Greylisted", wait, timedelta(hours=4))


def test_a_recipient_whose_server_asks_is_tried_again_and_the_campaign_waits(database: Database) -> None:
    campaign = many(database, 5)
    answers = [later(timedelta(seconds=0.1)), later(timedelta(seconds=0.1))]
    mailer = ScriptedMailer(
        lambda message: answers.pop() if answers and of_name(message) == "p001" else Accepted(message.delivery_id)
    )
    ended = run(database, campaign, mailer, options=QUICK)
    assert (ended.state, tally(database, campaign)) == (CampaignState.FINISHED, {D.SUBMITTED: 5})
    assert mailer.accepted.total() == 5
    assert len(mailer.messages) == 7
    assert mailer.goodbyes


def test_who_waits_for_a_later_try_is_still_queued_when_the_send_is_interrupted(database: Database) -> None:
    campaign = many(database, 3)
    mailer = ScriptedMailer(
        lambda message: later(timedelta(hours=1)) if of_name(message) == "p001" else Accepted(message.delivery_id)
    )
    shown: list[Progress] = []

    def is_interrupted() -> bool:
        return any(progress.phase == "waiting to try again" and progress.retries.people for progress in shown)

    context = SendContext(database, mailer, None, QUICK)
    watch = Watch(shown.append, is_interrupted, lambda people: False)
    ended = send(context, campaign, mailer.account(), watch)
    assert (ended.state, ended.todo) == (CampaignState.PAUSED, "To go on: dispatch resume")
    assert tally(database, campaign) == {D.SUBMITTED: 2, D.QUEUED: 1}
    assert shown[-1].retries.people == 1
    assert shown[-1].retries.next_at is not None


def test_a_limit_that_is_reached_does_not_wait_for_a_later_try(database: Database) -> None:
    campaign = many(database, 3)
    mailer = ScriptedMailer(
        lambda message: later(timedelta(hours=1)) if of_name(message) == "p000" else Accepted(message.delivery_id)
    )
    ended = run(database, resume(database, campaign, Limit(2)), mailer, options=QUICK)
    assert (ended.state, ended.reason) == (CampaignState.PAUSED, "The limit of 2 was reached.")
    assert tally(database, campaign) == {D.SUBMITTED: 2, D.QUEUED: 1}
