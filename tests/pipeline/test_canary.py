"""The first people of a Campaign, on both databases: the others wait for their events, and never for ever."""

import time
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import event as sql_event

from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import Delivery, DeliveryState, EventKind
from dispatch.model.member import SuppressionReason
from dispatch.model.message import Accepted, Message, Outcome, Unknown
from dispatch.pipeline.canary import judge
from dispatch.pipeline.options import SendContext
from dispatch.pipeline.worker import WorkerContext, help_with, tidy
from dispatch.store import campaigns, canary, notifications, reports
from dispatch.store.claims import WhyNot, why_not
from dispatch.store.database import Database, clock
from tests.pipeline.scripted import OPTIONS, QUICK, ScriptedMailer, ScriptedQueue, run
from tests.store.samples import all_deliveries, claim, event, join, start, states

D = DeliveryState
SHORT_WAIT = replace(QUICK, canary_wait_seconds=1)


def with_canary(database: Database, people: int, first: int) -> Campaign:
    join(database, "center", *(f"p{number:03d}" for number in range(people)))
    campaign = start(database)
    with database.writing() as connection:
        campaigns.set_canary(connection, campaign.id, canary.choose(connection, campaign.id, first))
    return campaign


def found(database: Database, campaign: Campaign) -> Campaign:
    with database.reading() as connection:
        made = campaigns.find_by_id(connection, campaign.id)
    assert made is not None
    return made


def silent_for(*names: str) -> Callable[[Message], Outcome]:
    """No answer for these people, acceptance for all others."""
    return lambda message: Unknown("no answer") if message.to[:4] in names else Accepted(message.delivery_id)


def test_first_people_whose_calls_had_no_answer_are_waited_for_no_longer_than_the_setting(database: Database) -> None:
    campaign = with_canary(database, 6, 2)
    mailer = ScriptedMailer(silent_for("p000", "p001"))
    assert run(database, campaign, mailer, options=SHORT_WAIT).state is CampaignState.FINISHED
    assert mailer.accepted.total() == 4


def test_first_people_whom_a_killed_process_had_claimed_are_waited_for_no_longer_than_the_setting(
    database: Database,
) -> None:
    campaign = with_canary(database, 6, 2)
    assert len(claim(database, campaign, 2)) == 2
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=SHORT_WAIT)
    assert mailer.accepted.total() == 4


def test_while_the_first_people_are_waited_for_a_person_is_asked_about_those_who_are_unknown(
    database: Database,
) -> None:
    campaign = with_canary(database, 6, 3)
    lost = ["p001"]

    def once(message: Message) -> Outcome:
        return Unknown(f"no answer for {lost.pop()}") if message.to[:4] in lost else Accepted(message.delivery_id)

    queue = ScriptedQueue()
    asked: list[str] = []

    def may_send_again(people: list[Delivery]) -> bool:
        asked.extend(each.address for each in people)
        return True

    mailer = ScriptedMailer(once, queue=queue)
    options = replace(OPTIONS, grace_seconds=0, calls_in_flight=1)
    ended = run(database, campaign, mailer, queue, options=options, may_send_again=may_send_again)
    assert ended.state is CampaignState.FINISHED
    assert asked == ["p001@example.com"]
    assert set(mailer.accepted.values()) == {1}
    assert len(mailer.accepted) == 6


def test_the_first_people_are_mailed_before_anybody_else(database: Database) -> None:
    campaign = with_canary(database, 6, 2)
    queue = ScriptedQueue()
    mailer = ScriptedMailer(queue=queue)
    assert run(database, campaign, mailer, queue).state is CampaignState.FINISHED
    assert {message.to[:4] for message in mailer.messages[:2]} == {"p000", "p001"}
    assert len(mailer.accepted) == mailer.accepted.total() == 6


def test_while_the_first_people_are_waited_for_no_lanes_run(database: Database) -> None:
    campaign = with_canary(database, 6, 2)
    paces = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("UPDATE pace"):
            paces.append(statement)

    sql_event.listen(database.engine, "before_cursor_execute", note)
    run(database, campaign, ScriptedMailer(), options=replace(SHORT_WAIT, calls_in_flight=1))
    # One for each person, one for the row itself, and one in which each of the two runs finds nobody left.
    assert len(paces) == 6 + 1 + 2


def test_a_worker_does_not_wait_for_the_first_people_and_goes_on_when_they_are_judged(database: Database) -> None:
    campaign = with_canary(database, 6, 2)
    mailer = ScriptedMailer()
    context = WorkerContext(database, mailer, None, OPTIONS, "practice", resend_unknown=False)
    began = time.monotonic()
    assert help_with(context, campaign.id, lambda: False) == 2
    assert help_with(context, campaign.id, lambda: False) == 0
    tidy(context, lambda: False)
    assert time.monotonic() - began < OPTIONS.canary_wait_seconds
    with database.reading() as connection:
        assert why_not(connection, campaign.id) is WhyNot.FIRST_PEOPLE

    tidy(replace(context, options=replace(OPTIONS, canary_wait_seconds=0)), lambda: False)
    assert help_with(context, campaign.id, lambda: False) == 4
    assert found(database, campaign).state is CampaignState.FINISHED


def test_an_address_that_the_provider_never_tried_does_not_count_as_a_bounce_of_the_first_people(
    database: Database,
) -> None:
    campaign = with_canary(database, 12, 10)
    context = SendContext(database, ScriptedMailer(), None, replace(OPTIONS, canary_wait_seconds=0))
    help_with(
        WorkerContext(database, ScriptedMailer(), None, OPTIONS, "practice", resend_unknown=False),
        campaign.id,
        lambda: False,
    )
    first = [each for each in all_deliveries(database, campaign) if each.state is D.SUBMITTED]
    assert len(first) == 10
    with database.writing() as connection:
        suppressed = event(first[0].id, EventKind.BOUNCED, suppress=SuppressionReason.PROVIDER)
        notifications.add_events(connection, [(suppressed, None)], clock(connection))
        of_first = reports.rates(connection, campaign.id, found(database, campaign).canary)
    assert (of_first.submitted, of_first.bounced) == (9, 0)
    assert judge(context, campaign.id)
    assert found(database, campaign).state is CampaignState.SENDING


def test_first_people_who_bounce_stop_the_others(database: Database) -> None:
    campaign = with_canary(database, 12, 10)
    context = WorkerContext(database, ScriptedMailer(), None, OPTIONS, "practice", resend_unknown=False)
    help_with(context, campaign.id, lambda: False)
    first = [each for each in all_deliveries(database, campaign) if each.state is D.SUBMITTED]
    with database.writing() as connection:
        facts = [(event(each.id, EventKind.BOUNCED, suppress=SuppressionReason.BOUNCED), None) for each in first]
        notifications.add_events(connection, facts, clock(connection))
    assert judge(context, campaign.id)
    ended = found(database, campaign)
    assert ended.state is CampaignState.PAUSED
    assert ended.reason.startswith("Of the first people: 10 of 10")
    assert states(database, campaign)["p011"] is D.QUEUED
