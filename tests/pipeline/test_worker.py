"""A worker's care, on both databases: it goes on when a reason has passed, and mails again where a setting says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import DeliveryState
from dispatch.model.message import Accepted, Deferred, Message, Outcome, Stopped, Unknown
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.worker import WorkerContext, help_with, tidy
from dispatch.store import campaigns
from dispatch.store.database import Database, clock
from dispatch.store.jobs import has_lanes
from dispatch.store.schema import campaigns as campaigns_table
from dispatch.store.schema import deliveries
from tests.pipeline.scripted import OPTIONS, ScriptedMailer, ScriptedQueue
from tests.store.samples import join, start, states

D = DeliveryState


def bench_for(
    database: Database, campaign: Campaign, mailer: ScriptedMailer, *, resend_unknown: bool = False
) -> WorkerContext:
    return WorkerContext(
        database, mailer, mailer.queue, replace(OPTIONS, settle_seconds=0), campaign.transport, resend_unknown
    )


def never() -> bool:
    return False


def found(database: Database, campaign: Campaign) -> Campaign:
    with database.reading() as connection:
        made = campaigns.find_by_id(connection, campaign.id)
    assert made is not None
    return made


def is_helped(database: Database, campaign: Campaign) -> bool:
    """Whether workers are asked for lanes; on SQLite there are none to ask."""
    with database.reading() as connection:
        return has_lanes(connection, campaign.id) or database.is_sqlite


def let_time_pass(database: Database, seconds: int) -> None:
    """What lies on the database's clock lies further back."""
    by = timedelta(seconds=seconds)
    with database.writing() as connection:
        now = clock(connection)
        for moment in (deliveries.c.claimed_at, deliveries.c.submitted_at):
            connection.execute(update(deliveries).where(moment.is_not(None)).values({moment: now - by}))
        for row in connection.execute(campaigns_table.select()).all():
            if row.goes_on_at is not None:
                connection.execute(
                    update(campaigns_table).where(campaigns_table.c.id == row.id).values(goes_on_at=row.goes_on_at - by)
                )


def test_a_campaign_paused_for_the_daily_quota_goes_on_by_itself_the_next_day(database: Database) -> None:
    join(database, "center", *(f"p{number:02d}" for number in range(12)))
    campaign = start(database)
    is_used_up = [True]

    def quota(message: Message) -> Outcome:
        if is_used_up[0] and len(mailer.accepted) >= 5:
            return Stopped("The 24-hour quota is used up.", "Wait.", is_for_today=True)
        return Accepted(message.delivery_id)

    mailer = ScriptedMailer(quota)
    context = bench_for(database, campaign, mailer)
    help_with(context, campaign.id, never)
    paused = found(database, campaign)
    assert (paused.state, paused.reason) == (CampaignState.PAUSED, "The 24-hour quota is used up.")
    assert paused.goes_on_at is not None

    tidy(context, never)
    assert found(database, campaign).state is CampaignState.PAUSED
    let_time_pass(database, 24 * 3600)
    is_used_up[0] = False
    tidy(context, never)
    assert found(database, campaign).state is CampaignState.SENDING
    assert is_helped(database, campaign)
    help_with(context, campaign.id, never)
    tidy(context, never)
    assert found(database, campaign).state is CampaignState.FINISHED
    assert set(mailer.accepted.values()) == {1}
    assert len(mailer.accepted) == 12


def test_a_campaign_that_a_person_paused_does_not_go_on_by_itself(database: Database) -> None:
    join(database, "center", "ann")
    campaign = start(database)
    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, "Somebody paused it.", "")
    context = bench_for(database, campaign, ScriptedMailer())
    let_time_pass(database, 24 * 3600)
    tidy(context, never)
    help_with(context, campaign.id, never)
    assert found(database, campaign).state is CampaignState.PAUSED
    assert states(database, campaign) == {"ann": D.QUEUED}


@pytest.mark.parametrize("resend_unknown", [True, False])
def test_a_worker_mails_again_who_surely_got_nothing_only_where_the_setting_says_so(
    database: Database, resend_unknown: bool
) -> None:
    join(database, "center", "ann", "bob", "cid")
    campaign = start(database)
    lost = ["bob"]

    def once(message: Message) -> Outcome:
        name = message.to.partition("@")[0]
        return Unknown(f"no answer for {lost.pop()}") if name in lost else Accepted(message.delivery_id)

    queue = ScriptedQueue()
    mailer = ScriptedMailer(once, queue=queue)
    context = bench_for(database, campaign, mailer, resend_unknown=resend_unknown)
    help_with(context, campaign.id, never)
    assert states(database, campaign)["bob"] is D.UNCERTAIN
    pull(database, queue, wait_seconds=0)

    # Within the grace an event may still come.
    tidy(context, never)
    assert states(database, campaign)["bob"] is D.UNCERTAIN
    let_time_pass(database, OPTIONS.grace_seconds + 1)
    tidy(context, never)
    # Nor is it known that the queue holds none.
    assert states(database, campaign)["bob"] is D.UNCERTAIN
    for _ in range(2):
        pull(database, queue, wait_seconds=1)
    tidy(context, never)
    assert states(database, campaign)["bob"] is (D.QUEUED if resend_unknown else D.UNCERTAIN)
    if resend_unknown:
        assert is_helped(database, campaign)
    help_with(context, campaign.id, never)
    names = sorted(address.partition("@")[0] for address in mailer.accepted.elements())
    assert names == (["ann", "bob", "cid"] if resend_unknown else ["ann", "cid"])


def test_a_worker_does_not_mail_again_while_events_do_not_flow(database: Database) -> None:
    join(database, "center", "ann", "bob")
    campaign = start(database)
    mailer = ScriptedMailer(
        lambda message: Unknown("no answer") if message.to.startswith("bob") else Accepted(message.delivery_id)
    )
    silent = ScriptedQueue()
    context = replace(bench_for(database, campaign, mailer, resend_unknown=True), notifications=silent)
    help_with(context, campaign.id, never)
    let_time_pass(database, OPTIONS.grace_seconds + 1)
    for _ in range(2):
        pull(database, silent, wait_seconds=1)
    tidy(context, never)
    assert states(database, campaign)["bob"] is D.UNCERTAIN


def test_a_worker_tries_again_when_the_recipients_server_asked_to(database: Database) -> None:
    join(database, "center", "ann", "bob")
    campaign = start(database)
    answers = [Deferred("450 4.2.0 Greylisted", timedelta(minutes=5), timedelta(hours=4))]
    mailer = ScriptedMailer(lambda message: answers.pop() if answers else Accepted(message.delivery_id))
    bench = bench_for(database, campaign, mailer)
    assert help_with(bench, campaign.id, never) == 1
    assert found(database, campaign).state is CampaignState.SENDING
    tidy(bench, never)
    assert database.is_sqlite or not is_helped(database, campaign)
    assert help_with(bench, campaign.id, never) == 0

    with database.writing() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.retry_at.is_not(None)).values(retry_at=clock(connection))
        )
    tidy(bench, never)
    assert is_helped(database, campaign)
    assert help_with(bench, campaign.id, never) == 1
    assert found(database, campaign).state is CampaignState.FINISHED
    assert set(states(database, campaign).values()) == {D.SUBMITTED}
