"""What was confirmed is what is sent, on both databases: what changes between the plan and the lock."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import DeliveryState
from dispatch.pipeline.freeze import refuse_edits
from dispatch.pipeline.pause_resume_cancel import unschedule
from dispatch.store import campaigns
from dispatch.store.claims import Permission, WhyNot, permission
from dispatch.store.database import Database
from dispatch.store.database import clock as database_clock
from dispatch.store.schema import audit, deliveries, editions, members, subscriptions
from dispatch.store.schema import campaigns as campaigns_table
from tests.pipeline.confirmed import SLUG, Act, brief, in_days, lock, see, send_to
from tests.pipeline.scripted import ScriptedMailer, run
from tests.store.samples import claim, join, leave, reasons, states

D = DeliveryState


def find(database: Database) -> Campaign | None:
    with database.reading() as connection:
        return campaigns.find(connection, SLUG)


def rows(database: Database) -> Mapping[str, int]:
    """Table -> rows, of everything that a lock makes."""
    with database.reading() as connection:
        return {
            table.name: len(connection.execute(select(table)).all())
            for table in (campaigns_table, editions, deliveries, audit)
        }


def texts(database: Database) -> dict[str, str]:
    """Name before the @ -> the text that was locked for them."""
    with database.reading() as connection:
        found = connection.execute(
            select(deliveries.c.key, editions.c.text).join(editions, editions.c.id == deliveries.c.edition_id)
        )
        return {key.partition("@")[0]: text for key, text in found}


@pytest.fixture(scope="module")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for many examples."""
    with Database.in_file(tmp_path_factory.mktemp("freeze") / "dispatch.db") as opened:
        yield opened


@pytest.fixture
def three(database: Database) -> Database:
    """ann and bob on center, cy on coalition."""
    join(database, "center", "ann", "bob")
    join(database, "coalition", "cy")
    return database


def fifty_join(database: Database) -> None:
    join(database, "center", *(f"new{number}" for number in range(50)))


def one_moves_up(database: Database) -> None:
    join(database, "coalition", "ann")


def another_text_is_locked(database: Database) -> None:
    send_to(database, "Another text.")


def it_is_scheduled_elsewhere(database: Database) -> None:
    send_to(database, not_before=in_days(database, 3))


@pytest.mark.parametrize(
    ("change", "what", "where"),
    [
        (fifty_join, "The lists or the text changed after you saw the plan.", "Center: 52 recipients instead of 2"),
        (one_moves_up, "The lists or the text changed after you saw the plan.", "Coalition: 2 recipients instead of 1"),
        (another_text_is_locked, "The lists or the text changed", "Center: 2 recipients would get another text"),
        (it_is_scheduled_elsewhere, "Another process has scheduled this campaign after you saw the plan.", SLUG),
    ],
    ids=["more people", "one of another audience", "another text", "another time"],
)
def test_more_than_was_confirmed_stops_the_send_and_locks_nothing(
    three: Database, change: Act, what: str, where: str
) -> None:
    seen = see(three)
    change(three)
    before = rows(three)

    with pytest.raises(CampaignError) as caught:
        lock(three, seen)

    assert caught.value.what.startswith(what)
    assert where in caught.value.where
    assert "dispatch send" in caught.value.todo
    assert rows(three) == before


def test_somebody_who_joins_after_a_plan_for_nobody_is_not_sent_to_and_stops_it(three: Database) -> None:
    mailer = ScriptedMailer()
    run(three, send_to(three).campaign, mailer)
    seen = see(three)
    assert (seen.plan.to_send, seen.plan.left_out) == (0, 0)
    join(three, "center", "dan")

    with pytest.raises(CampaignError):
        lock(three, seen)

    assert "dan" not in texts(three)
    assert lock(three, see(three)).added == 1


def test_fewer_than_were_confirmed_are_sent_to_and_it_is_said_how_many(three: Database) -> None:
    seen = see(three)
    leave(three, "bob")

    found = lock(three, seen)

    assert (found.queued, found.fewer) == (2, 1)
    assert states(three, found.campaign) == {"ann": D.QUEUED, "bob": D.SKIPPED, "cy": D.QUEUED}
    assert reasons(three, found.campaign)["bob"] == "unsubscribed"


def test_nobody_left_makes_no_campaign(three: Database) -> None:
    seen = see(three)
    for name in ("ann", "bob", "cy"):
        leave(three, name)

    with pytest.raises(CampaignError) as caught:
        lock(three, seen)

    assert "Nobody is left to send to" in caught.value.what
    assert find(three) is None


def test_who_comes_in_the_place_of_another_does_not_pass_the_domains(database: Database) -> None:
    join(database, "center", "ann@real.org", "bob@contest.org")
    seen = see(database)
    with database.writing() as connection:
        connection.execute(delete(members).where(members.c.key == "bob@contest.org"))
    join(database, "center", "zoe@news.example.com")
    before = rows(database)

    with pytest.raises(CampaignError) as caught:
        lock(database, seen, allows_examples=False)

    assert "zoe@news.example.com is an example address" in caught.value.what
    assert rows(database) == before


def test_one_person_gets_the_text_that_was_confirmed_or_none(three: Database) -> None:
    seen = see(three, only="ann@example.com")
    send_to(three, "Another text.")

    with pytest.raises(CampaignError) as caught:
        lock(three, seen)

    assert "another text" in caught.value.where
    found = lock(three, see(three, only="ann@example.com"))
    assert (found.added, found.queued, texts(three)["ann"]) == (0, 1, "Another text.")


def test_a_brief_that_was_edited_after_the_plan_is_named_with_its_editions() -> None:
    seen, now = brief("The text."), brief("The text.")
    refuse_edits(seen, now)
    now.editions["center"] = brief("Corrected.").editions["center"]

    with pytest.raises(CampaignError) as caught:
        refuse_edits(seen, now)

    assert caught.value.what == "The brief was edited after you saw the plan."
    assert caught.value.where == f"briefs/{SLUG}/brief.md: center"


def test_two_sends_of_the_same_plan_share_the_campaign(three: Database) -> None:
    one, other = see(three), see(three)
    first = lock(three, one)
    claim(three, first.campaign, 1)

    second = lock(three, other)

    assert second.campaign.id == first.campaign.id
    assert (first.added, second.added) == (3, 0)
    assert (second.queued, second.fewer) == (2, 1)


# --- scheduled ----------------------------------------------------------------------------------------------------


def test_a_scheduled_campaign_lets_nothing_leave_and_starts_once_it_is_due(three: Database) -> None:
    at = in_days(three, 3)
    campaign = send_to(three, not_before=at).campaign
    assert (campaign.state, campaign.not_before) == (CampaignState.SCHEDULED, at)
    with three.writing() as connection:
        assert permission(connection, campaign.id) is WhyNot.NOT_DUE
    make_due(three, campaign)
    with three.writing() as connection:
        assert isinstance(permission(connection, campaign.id), Permission)
    found = find(three)
    assert found is not None
    assert found.state is CampaignState.SENDING
    assert acts(three, campaign) == ["recipients locked", "campaign started at its time"]


def make_due(database: Database, campaign: Campaign) -> None:
    """Its time comes."""
    with database.writing() as connection:
        due = campaigns_table.update().where(campaigns_table.c.id == campaign.id)
        connection.execute(due.values(not_before=database_clock(connection) - timedelta(seconds=1)))


def test_a_time_that_passed_while_the_question_stood_stops_the_send(three: Database) -> None:
    seen = see(three)
    with pytest.raises(CampaignError) as caught:
        lock(three, seen, in_days(three, -0.001))
    assert caught.value.what == "The time that you confirmed has passed."
    assert find(three) is None


def test_moving_replaces_what_is_scheduled_with_the_text_and_the_lists_of_now(three: Database) -> None:
    first = send_to(three, not_before=in_days(three, 3)).campaign
    join(three, "center", "dan")
    leave(three, "bob")
    seen = see(three, brief("Corrected."))
    assert seen.is_replacement
    assert seen.is_edited
    assert seen.plan.to_send == 3

    found = lock(three, seen, at := in_days(three, 5))

    assert found.campaign.not_before == at
    assert found.campaign.state is CampaignState.SCHEDULED
    assert found.campaign.id != first.id
    assert set(texts(three).values()) == {"Corrected."}
    assert states(three, found.campaign) == {"ann": D.QUEUED, "bob": D.SKIPPED, "cy": D.QUEUED, "dan": D.QUEUED}
    assert acts(three, first) == ["recipients locked", "campaign replaced"]


def acts(database: Database, campaign: Campaign) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(audit.c.act).where(audit.c.campaign_id == campaign.id)).scalars())


def test_a_corrected_title_and_date_may_replace_what_is_scheduled(three: Database) -> None:
    send_to(three, not_before=in_days(three, 3))

    found = lock(three, see(three, brief(title="A better brief")), in_days(three, 3))

    assert found.campaign.title == "A better brief"


def test_sending_now_what_is_scheduled_makes_it_sending(three: Database) -> None:
    send_to(three, not_before=in_days(three, 3))
    found = lock(three, see(three))
    assert (found.campaign.state, found.campaign.not_before) == (CampaignState.SENDING, None)


def test_a_campaign_that_starts_while_the_question_stands_is_not_replaced(three: Database) -> None:
    campaign = send_to(three, not_before=in_days(three, 3)).campaign
    seen = see(three, brief("Corrected."))
    make_due(three, campaign)
    with three.writing() as connection:
        permission(connection, campaign.id)

    with pytest.raises(CampaignError) as caught:
        lock(three, seen, in_days(three, 5))

    assert "has started after you saw the plan" in caught.value.what
    assert set(texts(three).values()) == {"The text."}


def test_a_campaign_that_is_taken_back_while_the_question_stands_stops_it(three: Database) -> None:
    campaign = send_to(three, not_before=in_days(three, 3)).campaign
    seen = see(three)
    unschedule(three, campaign)
    with pytest.raises(CampaignError) as caught:
        lock(three, seen, in_days(three, 5))
    assert "was taken back or replaced" in caught.value.what
    assert find(three) is None


def test_newcomers_of_a_sent_brief_can_be_scheduled_and_the_others_keep_what_they_had(three: Database) -> None:
    mailer = ScriptedMailer()
    run(three, send_to(three).campaign, mailer)
    join(three, "center", "dan")
    seen = see(three, brief("Corrected."))
    assert not seen.is_replacement

    found = lock(three, seen, at := in_days(three, 3))

    assert (found.campaign.state, found.campaign.not_before) == (CampaignState.SCHEDULED, at)
    assert (found.added, found.queued, texts(three)["dan"], texts(three)["ann"]) == (1, 1, "Corrected.", "The text.")
    moved = lock(three, see(three), later := in_days(three, 4))
    assert (moved.campaign.id, moved.campaign.not_before, moved.queued) == (found.campaign.id, later, 1)


def test_a_time_for_a_finished_campaign_without_anybody_queued_changes_nothing(three: Database) -> None:
    ended = run(three, send_to(three).campaign, ScriptedMailer())
    assert ended.state is CampaignState.FINISHED

    found = lock(three, see(three), in_days(three, 3))

    assert (found.queued, found.campaign.state, found.campaign.not_before) == (0, CampaignState.FINISHED, None)


def test_what_is_being_sent_now_is_not_scheduled(three: Database) -> None:
    send_to(three)
    with pytest.raises(CampaignError) as caught:
        lock(three, see(three), in_days(three, 3))
    assert caught.value.what == "This campaign is being sent."
    assert "dispatch pause" in caught.value.todo


# --- any change ---------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([f"p{number}" for number in range(6)])
CHANGES = st.lists(st.tuples(NAMES, st.sampled_from(["center", "coalition"]), st.booleans()), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=CHANGES, after=CHANGES)
def test_nobody_is_queued_whom_the_confirmed_numbers_do_not_hold(
    sqlite_file: Database, before: list[tuple[str, str, bool]], after: list[tuple[str, str, bool]]
) -> None:
    """Whatever happens to the lists between the plan and the lock."""
    database = sqlite_file
    with database.writing() as connection:
        for table in (deliveries, editions, campaigns_table, audit, subscriptions, members):
            connection.execute(delete(table))
    change(database, before)
    seen = see(database)
    shown = {each.audience: each.people for each in seen.plan.audiences}
    change(database, after)
    expected = {each.audience: each.people for each in see(database).plan.audiences}

    try:
        found = lock(database, seen)
    except CampaignError:
        assert find(database) is None
        assert not sum(expected.values()) or any(expected[name] > shown[name] for name in shown)
        return

    assert all(expected[name] <= shown[name] for name in shown)
    assert found.queued == sum(expected.values())
    assert found.fewer == sum(shown.values()) - found.queued


def change(database: Database, changes: list[tuple[str, str, bool]]) -> None:
    for name, member_list, is_joining in changes:
        if is_joining:
            join(database, member_list, name)
        else:
            leave(database, name, member_list)
