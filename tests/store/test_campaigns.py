"""Whom a Campaign is for: planned and frozen, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.model.campaign import CampaignState, Counts, Plan
from dispatch.model.delivery import DeliveryState, SkipReason
from dispatch.model.member import SuppressionReason
from dispatch.store import campaigns, members, plan_people, plans
from dispatch.store.database import Database
from dispatch.store.plan_people import PeopleQuery
from dispatch.store.schema import deliveries, subscriptions
from dispatch.store.schema import members as people
from tests.store.samples import (
    BOTH,
    CENTER,
    COALITION,
    NOW,
    all_deliveries,
    audience,
    edition,
    join,
    key,
    leave,
    reasons,
    start,
    states,
)


def plan(database: Database, campaign_id: str | None = None) -> Plan:
    with database.reading() as connection:
        return plans.plan(connection, BOTH, campaign_id)


def suppress(database: Database, name: str) -> None:
    with database.writing() as connection:
        members.suppress(connection, key(name), SuppressionReason.BOUNCED, "NoEmail", NOW)


@pytest.fixture
def peopled(database: Database) -> Database:
    """On both lists: ann and bob; on center: cy, dan (left) and eve (must not be mailed); on coalition: fay."""
    join(database, "center", "ann", "bob", "cy", "dan", "eve")
    join(database, "coalition", "ann", "bob", "fay")
    leave(database, "dan")
    suppress(database, "eve")
    return database


def test_who_is_on_both_lists_gets_one_copy_that_of_the_higher_priority(peopled: Database) -> None:
    campaign = start(peopled)

    got = {each.address[:3]: each.audience for each in all_deliveries(peopled, campaign)}

    assert got == {
        "ann": "coalition",
        "bob": "coalition",
        "cy@": "center",
        "dan": "center",
        "eve": "center",
        "fay": "coalition",
    }


def test_who_left_the_list_of_higher_priority_gets_the_copy_of_the_other(peopled: Database) -> None:
    leave(peopled, "ann", "coalition")

    campaign = start(peopled)

    assert {each.audience for each in all_deliveries(peopled, campaign) if each.address.startswith("ann")} == {"center"}
    assert states(peopled, campaign)["ann"] is DeliveryState.QUEUED


def test_people_left_out_are_deliveries_too_with_their_reasons(peopled: Database) -> None:
    campaign = start(peopled)

    assert states(peopled, campaign)["dan"] is DeliveryState.SKIPPED
    assert reasons(peopled, campaign)["dan"] == SkipReason.UNSUBSCRIBED.value
    assert reasons(peopled, campaign)["eve"] == SkipReason.SUPPRESSED.value
    with peopled.reading() as connection:
        assert campaigns.counts(connection, campaign.id) == Counts(queued=4, skipped=2)


def test_the_plan_shows_what_the_freeze_then_does(peopled: Database) -> None:
    planned = plan(peopled)

    campaign = start(peopled)

    with peopled.reading() as connection:
        frozen = campaigns.counts_by_audience(connection, campaign.id)
    coalition, center = planned.audiences
    assert (coalition.audience, coalition.people, coalition.left_out) == ("coalition", 3, {})
    assert (center.audience, center.people) == ("center", 1)
    assert center.left_out == {"suppressed": 1, "unsubscribed": 1}
    assert (coalition.also_elsewhere, center.given_elsewhere) == (2, 2)
    assert frozen == {"center": Counts(queued=1, skipped=2), "coalition": Counts(queued=3)}
    assert (planned.new, planned.left_out, planned.to_send) == (4, 2, 4)


def test_a_plan_changes_nothing(peopled: Database) -> None:
    assert plan(peopled) == plan(peopled)
    with peopled.reading() as connection:
        assert connection.execute(deliveries.select()).all() == []


def test_a_second_freeze_adds_only_people_who_have_no_delivery_yet(peopled: Database) -> None:
    campaign = start(peopled)
    join(peopled, "center", "gil")
    join(peopled, "coalition", "cy")

    planned = plan(peopled, campaign.id)
    again = start(peopled, text="The fixed text.")

    assert again.id == campaign.id
    assert (planned.new, planned.waiting, planned.to_send) == (1, 4, 5)
    assert planned.already == 0  # nothing has left yet
    assert len(all_deliveries(peopled, campaign)) == 7
    # cy's copy was frozen before he joined the other list, and stays what it was
    assert {each.audience for each in all_deliveries(peopled, campaign) if each.address.startswith("cy")} == {"center"}


def test_only_new_people_get_the_edited_text(peopled: Database) -> None:
    campaign = start(peopled)
    join(peopled, "center", "gil")
    start(peopled, text="The fixed text.")

    with peopled.reading() as connection:
        texts = {each.id: each.text for each in campaigns.frozen_editions(connection, campaign.id)}
        rows = connection.execute(deliveries.select()).all()
        latest = campaigns.latest_fingerprints(connection, campaign.id)
    got = {row.address.partition("@")[0]: texts[row.edition_id] for row in rows}
    assert got.pop("gil") == "The fixed text."
    assert set(got.values()) == {"The text."}
    assert latest["center"] == edition("center", "The fixed text.").fingerprint


def test_the_same_content_twice_is_one_row(peopled: Database) -> None:
    campaign = start(peopled)
    start(peopled)

    with peopled.reading() as connection:
        assert len(campaigns.frozen_editions(connection, campaign.id)) == 2


def freeze_and_lose_power(database: Database) -> None:
    with database.writing() as connection:
        campaign = campaigns.create(connection, slug="b", title="B", date="2026-11-24", transport="practice", now=NOW)
        rows = campaigns.freeze_editions(connection, campaign.id, {"center": edition("center")}, [CENTER], NOW)
        assert plans.freeze_audience(connection, campaign.id, [CENTER], rows) == 5
        raise RuntimeError("the power went")


def test_a_freeze_that_fails_keeps_nothing(peopled: Database) -> None:
    with pytest.raises(RuntimeError, match="the power went"):
        freeze_and_lose_power(peopled)

    with peopled.reading() as connection:
        assert campaigns.all_campaigns(connection) == []
        assert connection.execute(deliveries.select()).all() == []


def test_identifiers_are_random_and_each_row_has_its_own(peopled: Database) -> None:
    campaign = start(peopled)

    found = [each.id for each in all_deliveries(peopled, campaign)]

    assert len(set(found)) == len(found) == 6
    assert all(len(each) == 32 and bytes.fromhex(each) for each in found)


def test_one_audience_alone_leaves_the_other_list_alone(peopled: Database) -> None:
    campaign = start(peopled, [COALITION])

    assert set(states(peopled, campaign)) == {"ann", "bob", "fay"}


def test_a_brief_under_a_second_name_is_found_by_its_title_and_date(peopled: Database) -> None:
    campaign = start(peopled, slug="2026-a-brief")

    with peopled.reading() as connection:
        assert campaigns.find_twin(connection, "other-name", "2026-a-brief", "2026-11-24") == campaign
        assert campaigns.find_twin(connection, "2026-a-brief", "2026-a-brief", "2026-11-24") is None
        assert campaigns.find_twin(connection, "other-name", "2026-a-brief", "2026-11-25") is None


def test_a_campaign_keeps_its_state_with_the_reason_and_what_to_do(database: Database) -> None:
    campaign = start(database)

    with database.writing() as connection:
        campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, "too many bounces", "clean the list")
    with database.reading() as connection:
        found = campaigns.find_by_id(connection, campaign.id)

    assert found is not None
    assert (found.state, found.reason, found.todo) == (CampaignState.PAUSED, "too many bounces", "clean the list")


def test_campaigns_are_listed_the_newest_first(database: Database) -> None:
    with database.writing() as connection:
        for day, slug in enumerate(("first", "second", "third")):
            at = NOW + timedelta(days=day)
            campaigns.create(connection, slug=slug, title=slug, date="2026-11-24", transport="ses", now=at)

    with database.reading() as connection:
        assert [each.slug for each in campaigns.all_campaigns(connection)] == ["third", "second", "first"]


def test_people_of_a_plan_are_found_by_a_part_of_name_or_address(database: Database) -> None:
    join(database, "center", "ann,Ann O'Neill", "bob_x,Robert", "bobyx,Other")

    def found(search: str) -> list[str]:
        with database.reading() as connection:
            return [each.address for each in plan_people.people(connection, PeopleQuery(BOTH, search=search))]

    assert found("o'n") == ["ann@example.com"]
    assert found("BOB_") == ["bob_x@example.com"]
    assert found("%") == []
    assert len(found("")) == 3


@pytest.mark.parametrize(
    ("name", "searches"),
    [
        ("Иван Петров", ["Иван", "иван", "ИВАН ПЕТ"]),
        ("Özlem Şahin", ["Özlem", "özlem", "ÖZLEM", "ozlem", "şahin", "SAHIN"]),
        ("Łukasz Żak", ["ŁUKASZ", "łukasz", "żak", "ZAK"]),
        ("Jürgen Strauß", ["STRAUSS", "strauß", "jurgen"]),
        ("Γιώργος", ["ΓΙΏΡΓΟΣ", "γιωργος"]),
    ],
)
def test_a_name_in_any_script_is_found_whatever_the_case_and_the_accents(
    database: Database, name: str, searches: list[str]
) -> None:
    join(database, "center", f"ann,{name}", "bob,Robert")

    with database.reading() as connection:
        for search in searches:
            query = PeopleQuery(BOTH, search=search)
            assert [each.name for each in plan_people.people(connection, query)] == [name], search
            assert plan_people.how_many(connection, query) == 1
            assert [each.name for each in members.members_of(connection, search=search)] == [name]


def test_a_member_is_found_by_a_new_name_and_no_longer_by_the_former(database: Database) -> None:
    join(database, "center", "ann,Иван")
    join(database, "center", "ann,Özlem")

    with database.reading() as connection:
        assert [each.name for each in plan_people.people(connection, PeopleQuery(BOTH, search="özlem"))] == ["Özlem"]
        assert list(plan_people.people(connection, PeopleQuery(BOTH, search="иван"))) == []


def test_two_processes_that_freeze_at_once_give_each_person_one_delivery(database: Database) -> None:
    join(database, "center", *[f"p{number}" for number in range(200)])

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: start(database), range(4)))

    assert len({campaign.id for campaign in made}) == 1
    assert len(all_deliveries(database, made[0])) == 200


LISTS = ("one", "two", "three")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    ties=st.dictionaries(
        st.tuples(st.integers(0, 5), st.sampled_from(LISTS)), st.sampled_from(["subscribed", "unsubscribed"])
    ),
    priorities=st.permutations([1, 2, 3]),
)
def test_the_freeze_follows_the_rule_for_any_subscriptions(
    database: Database, ties: dict[tuple[int, str], str], priorities: list[int]
) -> None:
    asked = [audience(slug, priority) for slug, priority in zip(LISTS, priorities, strict=True)]
    names = sorted({str(person) for person, _ in ties})
    with database.writing() as connection:
        for table in (deliveries, subscriptions, people):
            connection.execute(table.delete())
    join(database, "elsewhere", *names)
    with database.writing() as connection:
        number = {row.key[0]: row.id for row in connection.execute(people.select())}
        rows = [
            {"member_id": number[str(person)], "member_list": on, "state": state, "since": NOW, "source": "test"}
            for (person, on), state in ties.items()
        ]
        if rows:
            connection.execute(subscriptions.insert(), rows)
        planned = plans.plan(connection, asked, None)

    campaign = start(database, asked, slug=f"brief-{priorities}")

    expected = {}
    for name in names:
        own = {on: state for (person, on), state in ties.items() if str(person) == name}
        wanted = [each for each in asked if own.get(each.slug) == "subscribed"]
        known = [each for each in asked if each.slug in own]
        best = max(wanted or known, key=lambda each: each.priority)
        expected[name] = (best.slug, "queued" if wanted else "skipped")
    found = all_deliveries(database, campaign)
    assert {each.address.partition("@")[0]: (each.audience, each.state.value) for each in found} == expected
    assert planned.new == sum(state == "queued" for _, state in expected.values())
    assert planned.left_out == sum(state == "skipped" for _, state in expected.values())
