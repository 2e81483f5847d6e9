"""Each command in each state, on both databases; and taking a Campaign back before its first message has left."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import DeliveryState
from dispatch.model.message import Accepted, NotSent, Unknown
from dispatch.pipeline.pause_resume_cancel import Cancelled, cancel, pause, resume, unschedule
from dispatch.store import campaigns, history, jobs, ledger, uncertain
from dispatch.store.database import Database
from dispatch.store.schema import campaigns as campaigns_table
from dispatch.store.schema import deliveries, editions, probes
from tests.pipeline.confirmed import SLUG, brief, in_days, lock, see, send_to
from tests.pipeline.scripted import ScriptedMailer, run
from tests.store.samples import all_deliveries, claim, join, states

D = DeliveryState


def settle_one(database: Database, campaign: Campaign) -> None:
    """One message leaves."""
    (claimed,) = claim(database, campaign, 1)
    with database.writing() as connection:
        ledger.settle(connection, [(claimed, Accepted("id"))])


def scheduled(database: Database) -> Campaign:
    return send_to(database, not_before=in_days(database, 3)).campaign


def scheduled_newcomers(database: Database) -> Campaign:
    run(database, send_to(database).campaign, ScriptedMailer())
    join(database, "center", "dan")
    return scheduled(database)


def sending_untouched(database: Database) -> Campaign:
    return send_to(database).campaign


def sending(database: Database) -> Campaign:
    campaign = sending_untouched(database)
    settle_one(database, campaign)
    return campaign


def paused_before_its_time(database: Database) -> Campaign:
    return pause(database, scheduled(database))


def paused_untouched(database: Database) -> Campaign:
    return pause(database, sending_untouched(database))


def paused(database: Database) -> Campaign:
    return pause(database, sending(database))


def finished(database: Database) -> Campaign:
    return run(database, send_to(database).campaign, ScriptedMailer())


def cancelled(database: Database) -> Campaign:
    return cancel(database, sending(database)).campaign


MAKERS = {
    maker.__name__: maker
    for maker in (
        scheduled,
        scheduled_newcomers,
        sending_untouched,
        sending,
        paused_before_its_time,
        paused_untouched,
        paused,
        finished,
        cancelled,
    )
}
COMMANDS: dict[str, Callable[[Database, Campaign], Campaign | Cancelled]] = {
    "pause": pause,
    "resume": resume,
    "cancel": cancel,
    "unschedule": unschedule,
}
#: state -> what pause, resume, cancel and unschedule make of it: a state, "draft" (taken back) or "refused"
TABLE = {
    "scheduled": ("paused", "scheduled", "draft", "draft"),
    "scheduled_newcomers": ("paused", "scheduled", "cancelled", "refused"),
    "sending_untouched": ("paused", "sending", "draft", "draft"),
    "sending": ("paused", "sending", "cancelled", "refused"),
    "paused_before_its_time": ("paused", "scheduled", "draft", "draft"),
    "paused_untouched": ("paused", "sending", "draft", "draft"),
    "paused": ("paused", "sending", "cancelled", "refused"),
    "finished": ("refused", "finished", "refused", "refused"),
    "cancelled": ("refused", "refused", "cancelled", "refused"),
}


@pytest.mark.parametrize("state", TABLE)
def test_each_command_in_each_state(database: Database, state: str) -> None:
    for command, expected in zip(COMMANDS, TABLE[state], strict=True):
        empty(database)
        join(database, "center", "ann", "bob")
        join(database, "coalition", "cy")
        campaign = MAKERS[state](database)
        before = states(database, campaign)
        time = campaign.not_before

        assert outcome(database, COMMANDS[command], campaign) == expected, command

        with database.reading() as connection:
            found = campaigns.find(connection, SLUG)
        assert (found is None) == (expected == "draft"), command
        if found is not None:
            assert found.not_before == time, command
            if expected != "cancelled":
                assert states(database, found) == before, command


def outcome(
    database: Database, command: Callable[[Database, Campaign], Campaign | Cancelled], campaign: Campaign
) -> str:
    try:
        done = command(database, campaign)
    except CampaignError as err:
        return "refused" if err.todo else "nothing to do is said"
    if isinstance(done, Cancelled):
        return "draft" if done.is_taken_back else done.campaign.state.value
    return done.state.value


def empty(database: Database) -> None:
    from dispatch.store.schema import metadata

    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "keys":
                connection.execute(table.delete())


# --- taking back --------------------------------------------------------------------------------------------------


@pytest.fixture
def campaign(database: Database) -> Campaign:
    """Scheduled for three people."""
    join(database, "center", "ann", "bob", "cy")
    return scheduled(database)


def test_what_was_taken_back_leaves_only_its_trail_and_the_brief_is_sent_under_its_own_name(
    database: Database, campaign: Campaign
) -> None:
    with database.writing() as connection:
        jobs.enqueue_lanes(connection, campaign.id)
        uncertain.add_probe(connection, campaign.id)

    done = unschedule(database, campaign)

    assert (done.is_taken_back, done.counts.queued) == (True, 3)
    with database.reading() as connection:
        for table in (campaigns_table, deliveries, editions, probes):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, table.name
        assert not jobs.has_lanes(connection, campaign.id)
    sent = lock(database, see(database, brief("Corrected.")))
    assert (sent.campaign.slug, sent.campaign.title, sent.added) == (campaign.slug, campaign.title, 3)
    with database.reading() as connection:
        trail = history.trail(connection, sent.campaign.id, slug=SLUG)
    assert [act.act for act in trail] == ["campaign taken back", "recipients locked"]
    assert trail[0].detail == {
        "slug": SLUG,
        "title": "A brief",
        "date": "2026-11-24",
        "state": "scheduled",
        "queued": 3,
        "skipped": 0,
        "not_before": campaign.not_before.isoformat() if campaign.not_before else "",
    }


def test_who_came_back_unsent_does_not_keep_it_from_being_taken_back(database: Database, campaign: Campaign) -> None:
    claims = claim(database, campaign)
    with database.writing() as connection:
        ledger.settle(connection, [(each, NotSent("no connection")) for each in claims])
    assert unschedule(database, campaign).is_taken_back


@pytest.mark.parametrize("is_again", [False, True], ids=["a call in the air", "queued again after an unknown outcome"])
def test_what_may_have_left_is_not_taken_back(database: Database, campaign: Campaign, is_again: bool) -> None:
    claims = claim(database, campaign, 1)
    if is_again:
        with database.writing() as connection:
            ledger.settle(connection, [(each, Unknown("no answer")) for each in claims])
        with database.writing() as connection:
            uncertain.send_again(connection, ledger.in_state(connection, campaign.id, D.UNCERTAIN), "me", at_once=False)
        assert set(states(database, campaign).values()) == {D.QUEUED}

    with pytest.raises(CampaignError) as caught:
        unschedule(database, campaign)

    assert caught.value.what == "Messages of this campaign have left, so it cannot be taken back."
    assert len(all_deliveries(database, campaign)) == 3


def test_a_claim_and_a_taking_back_at_the_same_moment_never_both_succeed(database: Database) -> None:
    for _ in range(5):
        empty(database)
        join(database, "center", *(f"p{number}" for number in range(20)))
        campaign = send_to(database).campaign
        gate = threading.Barrier(2)
        claimed: list[int] = []

        def take(campaign: Campaign = campaign, gate: threading.Barrier = gate, claimed: list[int] = claimed) -> None:
            gate.wait()
            claimed.append(len(claim(database, campaign, 5)))

        thread = threading.Thread(target=take)
        thread.start()
        gate.wait()
        try:
            is_taken_back = unschedule(database, campaign).is_taken_back
        except CampaignError:
            is_taken_back = False
        thread.join()
        assert is_taken_back == (claimed == [0])
        assert len(all_deliveries(database, campaign)) == (0 if is_taken_back else 20)


def test_a_process_that_waits_for_it_ends_with_a_clear_message(database: Database, campaign: Campaign) -> None:
    waiting: list[CampaignError] = []

    def wait() -> None:
        try:
            run(database, campaign, mailer)
        except CampaignError as err:
            waiting.append(err)

    mailer = ScriptedMailer()
    thread = threading.Thread(target=wait)
    thread.start()
    unschedule(database, campaign)
    thread.join(timeout=60)
    assert [err.what for err in waiting] == ["This campaign was taken back or replaced; this process sends nothing."]
    assert not mailer.accepted


def test_a_scheduled_campaign_leaves_at_its_time_and_not_before(database: Database) -> None:
    join(database, "center", "ann")
    at = (database.now() + timedelta(seconds=4)).replace(microsecond=0)
    campaign = send_to(database, not_before=at).campaign

    ended = run(database, campaign, ScriptedMailer())

    assert (ended.state, ended.not_before) == (CampaignState.FINISHED, at)
    assert [each.claimed_at is not None and each.claimed_at >= at for each in all_deliveries(database, campaign)] == [
        True
    ]
