"""A worker's care, on both databases: it goes on when a reason has passed, and mails again where a setting says so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, update
from sqlalchemy import event as sql_event

from dispatch.errors import ProblemsFound, ProviderError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import DeliveryState
from dispatch.model.message import Accepted, Account, Deferred, Message, Outcome, Stopped, Unknown
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.worker import Work, WorkerContext, help_with, tidy, work, work_once
from dispatch.store import campaigns, canary
from dispatch.store.database import Database, clock
from dispatch.store.jobs import has_lanes
from dispatch.store.schema import campaigns as campaigns_table
from dispatch.store.schema import deliveries
from tests.pipeline.scripted import OPTIONS, ScriptedMailer, ScriptedQueue, set_limit
from tests.store.samples import claim, join, start, states

D = DeliveryState


def context_for(
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
    context = context_for(database, campaign, mailer)
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
        campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, "Someone paused it.", "")
    context = context_for(database, campaign, ScriptedMailer())
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
    context = context_for(database, campaign, mailer, resend_unknown=resend_unknown)
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
    context = replace(context_for(database, campaign, mailer, resend_unknown=True), notifications=silent)
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
    context = context_for(database, campaign, mailer)
    assert help_with(context, campaign.id, never) == 1
    assert found(database, campaign).state is CampaignState.SENDING
    tidy(context, never)
    assert database.is_sqlite or not is_helped(database, campaign)
    assert help_with(context, campaign.id, never) == 0

    with database.writing() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.retry_at.is_not(None)).values(retry_at=clock(connection))
        )
    tidy(context, never)
    assert is_helped(database, campaign)
    assert help_with(context, campaign.id, never) == 1
    assert found(database, campaign).state is CampaignState.FINISHED
    assert set(states(database, campaign).values()) == {D.SUBMITTED}


# --- what it does not do ------------------------------------------------------------------------------------------


def writes_of(database: Database) -> list[str]:
    """Grows with every transaction that writes."""
    begun: list[str] = []

    def note(connection: Connection) -> None:
        if connection.get_execution_options().get("dispatch_writing"):
            begun.append("begin")

    sql_event.listen(database.engine, "begin", note)
    return begun


@pytest.mark.parametrize("state", [CampaignState.SENDING, CampaignState.SCHEDULED])
def test_a_campaign_that_is_not_due_ends_the_job_at_once(database: Database, state: CampaignState) -> None:
    join(database, "center", "ann")
    campaign = start(database)
    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, state)
        campaigns.schedule(connection, campaign.id, clock(connection) + timedelta(hours=1))
    context = context_for(database, campaign, ScriptedMailer())
    begun = writes_of(database)
    assert help_with(context, campaign.id, never) == 0
    tidy(context, never)
    assert begun == []
    assert states(database, campaign) == {"ann": D.QUEUED}
    assert found(database, campaign).state is state


def test_a_campaign_that_is_put_off_while_a_worker_sends_it_ends_the_job(database: Database) -> None:
    """The next look would find that someone waits, and the claim that they may not be sent theirs: no endless loop."""
    join(database, "center", *(f"p{number:02d}" for number in range(30)))
    campaign = start(database)
    mailer = ScriptedMailer()

    def put_off(messages: Sequence[Message]) -> None:
        with database.writing() as connection:
            campaigns.schedule(connection, campaign.id, clock(connection) + timedelta(hours=1))

    mailer.before = put_off
    assert 1 <= help_with(context_for(database, campaign, mailer), campaign.id, never) <= OPTIONS.calls_in_flight
    assert found(database, campaign).state is CampaignState.SENDING


def test_a_scheduled_campaign_whose_time_has_come_is_started_by_whoever_sends_first(database: Database) -> None:
    join(database, "center", "ann")
    campaign = start(database)
    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, CampaignState.SCHEDULED)
        campaigns.schedule(connection, campaign.id, clock(connection) - timedelta(seconds=1))
    context = context_for(database, campaign, ScriptedMailer())
    tidy(context, never)
    assert is_helped(database, campaign)
    assert help_with(context, campaign.id, never) == 1
    assert found(database, campaign).state is CampaignState.FINISHED


def test_tidying_writes_nothing_to_campaigns_that_need_nothing(database: Database) -> None:
    join(database, "center", "ann")
    finished = start(database, slug="2026-finished")
    context = context_for(database, finished, ScriptedMailer())
    help_with(context, finished.id, never)
    paused = start(database, slug="2026-paused")
    with database.writing() as connection:
        campaigns.set_state(connection, paused.id, CampaignState.PAUSED, "A person paused it.", "")
    begun = writes_of(database)
    tidy(context, never)
    assert begun == []


def test_tidying_notes_a_campaign_whose_last_claim_nobody_settled(database: Database) -> None:
    join(database, "center", "ann")
    campaign = start(database)
    claim(database, campaign, 1)
    context = context_for(database, campaign, ScriptedMailer())
    tidy(context, never)
    assert states(database, campaign) == {"ann": D.SUBMITTING}
    let_time_pass(database, OPTIONS.claim_seconds + 1)
    tidy(context, never)
    assert states(database, campaign) == {"ann": D.UNCERTAIN}
    assert found(database, campaign).state is CampaignState.FINISHED


# --- the account --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account(100, None, 0, "ses/x", stopped="Sending is paused for this account."), "Sending is paused for this"),
        (Account(100, None, 0, "ses/x", is_sandbox=True), "This Amazon account is in Amazon's own sandbox"),
        (Account(100, None, 0, "ses/x", least_grace_seconds=900), "The grace of 900 s is too short"),
    ],
    ids=["stopped", "sandbox", "grace"],
)
@pytest.mark.parametrize("is_once", [False, True], ids=["help_with", "work_once"])
def test_a_worker_sends_nothing_through_an_account_that_preflight_would_refuse(
    database: Database, account: Account, said: str, is_once: bool
) -> None:
    class Refused(ScriptedMailer):
        def account(self) -> Account:
            return account

    join(database, "center", "ann")
    campaign = start(database)
    with database.writing() as connection:
        connection.execute(update(campaigns_table).values(transport="ses"))
    mailer = Refused()
    context = replace(context_for(database, campaign, mailer), transport="ses")

    with pytest.raises(ProblemsFound, match="This worker cannot send") as refused:
        work_once(context, never) if is_once else help_with(context, campaign.id, never)

    assert [said in problem.what for problem in refused.value.problems] == [True]
    assert mailer.calls == []
    assert states(database, campaign) == {"ann": D.QUEUED}
    assert found(database, campaign).state is CampaignState.SENDING


# --- one process, without a task engine ---------------------------------------------------------------------------


def test_one_turn_sends_what_is_due_reads_the_events_and_goes_on_with_what_waits(database: Database) -> None:
    join(database, "center", "ann", "bob", "cy")
    due, later = start(database, slug="2026-due"), start(database, slug="2026-later")
    with database.writing() as connection:
        now = clock(connection)
        for campaign, hours in ((due, -1), (later, 1)):
            campaigns.set_state(connection, campaign.id, CampaignState.SCHEDULED)
            campaigns.schedule(connection, campaign.id, now + timedelta(hours=hours))
    mailer = ScriptedMailer(queue=ScriptedQueue())
    context = context_for(database, due, mailer)
    done = work_once(context, never)
    assert (done.sent, done.campaigns, done.events, done.stopped) == (3, 1, 6, ())
    assert set(states(database, due).values()) == {D.DELIVERED}
    assert found(database, due).state is CampaignState.FINISHED
    assert found(database, later).state is CampaignState.SCHEDULED
    assert work_once(context, never).sent == 0


def test_one_turn_goes_on_with_the_day_after_the_quota(database: Database) -> None:
    join(database, "center", *(f"p{number:02d}" for number in range(6)))
    campaign = start(database)
    set_limit(database, campaign, 4, is_of_today=True)
    mailer = ScriptedMailer()
    context = context_for(database, campaign, mailer)
    assert work_once(context, never) == Work(4, 1, 0, ())
    assert found(database, campaign).state is CampaignState.PAUSED
    assert work_once(context, never).sent == 0
    let_time_pass(database, 24 * 3600)
    assert work_once(context, never) == Work(2, 1, 0, ())
    assert found(database, campaign).state is CampaignState.FINISHED


def test_one_turn_sends_to_the_others_once_the_first_people_are_well(database: Database) -> None:
    join(database, "center", *(f"p{number:02d}" for number in range(6)))
    campaign = start(database)
    with database.writing() as connection:
        campaigns.set_canary(connection, campaign.id, canary.choose(connection, campaign.id, 2))
    mailer = ScriptedMailer(queue=ScriptedQueue())
    assert work_once(context_for(database, campaign, mailer), never).sent == 6
    assert found(database, campaign).state is CampaignState.FINISHED


def test_one_turn_names_what_stopped_for_a_reason_that_a_person_must_look_into(database: Database) -> None:
    join(database, "center", "ann")
    campaign = start(database)
    mailer = ScriptedMailer(lambda message: Stopped("Sending is paused.", "Ask Amazon."))
    (stopped,) = work_once(context_for(database, campaign, mailer), never).stopped
    assert (stopped.id, stopped.reason) == (campaign.id, "Sending is paused.")
    assert work_once(context_for(database, campaign, mailer), never).stopped == ()


def test_a_worker_alone_goes_on_until_it_is_asked_to_stop(database: Database) -> None:
    join(database, "center", "ann", "bob")
    campaign = start(database)
    mailer = ScriptedMailer()
    work(context_for(database, campaign, mailer), lambda: mailer.accepted.total() == 2, lambda err: None)
    assert set(states(database, campaign).values()) == {D.SUBMITTED}


def test_a_worker_alone_says_once_what_stands_in_its_way_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(ScriptedMailer):
        asked = 0

        def account(self) -> Account:
            self.asked += 1
            if self.asked < 3:
                raise ProviderError("It cannot be reached.")
            return super().account()

    monkeypatch.setattr("dispatch.pipeline.worker.LOOK_SECONDS", 0.0)
    join(database, "center", "ann")
    campaign = start(database)
    mailer = Silent()
    told: list[str] = []
    work(context_for(database, campaign, mailer), lambda: bool(mailer.accepted), lambda err: told.append(str(err)))
    assert told == ["It cannot be reached."]
