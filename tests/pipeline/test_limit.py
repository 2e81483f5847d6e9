"""The limit of a Campaign, on both databases: no more leave than it allows, through however many processes."""

import threading
from collections.abc import Callable

from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import DeliveryState
from dispatch.model.message import Accepted, Account, Busy, Message, NotSent, Outcome, Refused, Unknown
from dispatch.pipeline.pause_resume_cancel import resume
from dispatch.pipeline.worker import WorkerContext, help_with
from dispatch.store import campaigns, claims, ledger
from dispatch.store.claims import Claim, Permission, WhyNot, permission
from dispatch.store.database import Database
from tests.pipeline.scripted import OPTIONS, QUICK, ScriptedMailer, run, set_limit
from tests.store.samples import join, start, states


def many(database: Database, count: int) -> Campaign:
    join(database, "center", *(f"p{number:03d}" for number in range(count)))
    return start(database)


def found(database: Database, campaign: Campaign) -> Campaign:
    with database.reading() as connection:
        made = campaigns.find_by_id(connection, campaign.id)
    assert made is not None
    return made


def worker_of(database: Database, mailer: ScriptedMailer) -> WorkerContext:
    return WorkerContext(database, mailer, None, QUICK, "practice", resend_unknown=False)


def all_at_once(*acts: Callable[[], object]) -> None:
    gate = threading.Barrier(len(acts))

    def begin(act: Callable[[], object]) -> None:
        gate.wait()
        act()

    threads = [threading.Thread(target=begin, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def claim(database: Database, campaign: Campaign, size: int) -> list[Claim]:
    """What a process may take now; it may be killed before it settles anything."""
    with database.writing() as connection:
        allowed = permission(connection, campaign.id)
        return claims.claim(connection, allowed, size) if isinstance(allowed, Permission) else []


def settle(database: Database, taken: list[Claim], outcome: Outcome) -> None:
    with database.writing() as connection:
        ledger.settle(connection, [(each, outcome) for each in taken])


def test_workers_and_foregrounds_together_send_no_more_than_the_limit(database: Database) -> None:
    campaign = many(database, 40)
    set_limit(database, campaign, 7)
    mailer = ScriptedMailer()
    context = worker_of(database, mailer)

    def worker() -> None:
        help_with(context, campaign.id, lambda: False)

    def foreground() -> None:
        run(database, campaign, mailer, options=OPTIONS)

    all_at_once(worker, worker, foreground, foreground)
    ended = found(database, campaign)
    assert (ended.state, ended.reason) == (CampaignState.PAUSED, "The limit of 7 was reached.")
    assert mailer.accepted.total() == len(mailer.accepted) == 7


def test_a_worker_that_was_asked_for_help_before_the_limit_was_reached_sends_nobody_after_it(
    database: Database,
) -> None:
    campaign = many(database, 12)
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK, limit=5)
    assert help_with(worker_of(database, mailer), campaign.id, lambda: False) == 0
    assert mailer.accepted.total() == 5


def test_what_a_killed_process_had_claimed_counts_against_the_limit(database: Database) -> None:
    campaign = many(database, 12)
    set_limit(database, campaign, 5)
    assert len(claim(database, campaign, 2)) == 2
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK)
    assert mailer.accepted.total() == 3


def test_a_batch_is_no_larger_than_what_the_limit_leaves(database: Database) -> None:
    campaign = many(database, 12)
    set_limit(database, campaign, 5)
    assert len(claim(database, campaign, 3)) == 3
    assert len(claim(database, campaign, 3)) == 2
    assert claim(database, campaign, 3) == []
    with database.reading() as connection:
        assert claims.why_not(connection, campaign.id) is WhyNot.LIMIT_REACHED


def test_only_what_comes_back_unsent_uses_up_nothing(database: Database) -> None:
    campaign = many(database, 12)
    set_limit(database, campaign, 6)
    one, two, three, four, five, six = ([each] for each in claim(database, campaign, 6))
    for taken, outcome in (
        (one, NotSent("late")),
        (two, Busy("slow down")),
        (three, Accepted("id")),
        (four, Refused("no")),
        (five, Unknown("time-out")),
    ):
        settle(database, taken, outcome)
        # A settle that was not confirmed runs again, and gives back no second time.
        settle(database, taken, outcome)
    assert found(database, campaign).may_send == 2
    assert [each.seq for each in claim(database, campaign, 6)] == [one[0].seq, two[0].seq]
    assert six


def test_what_was_claimed_under_an_earlier_limit_gives_nothing_back_to_the_new_one(database: Database) -> None:
    campaign = many(database, 20)
    earlier = claim(database, campaign, 3)
    set_limit(database, campaign, 4)
    under_limit = claim(database, campaign, 1)
    set_limit(database, campaign, 5)
    settle(database, [*earlier, *under_limit], NotSent("the claim grew too old"))
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK)
    assert mailer.accepted.total() == 5


def test_whoever_left_the_list_since_does_not_count(database: Database) -> None:
    from tests.store.samples import leave

    campaign = many(database, 12)
    for name in ("p000", "p001", "p002"):
        leave(database, name, "center")
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK, limit=5)
    assert mailer.accepted.total() == 5


def test_a_resume_without_a_limit_lifts_it(database: Database) -> None:
    campaign = many(database, 12)
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK, limit=5)
    assert run(database, resume(database, campaign), mailer, options=QUICK).state is CampaignState.FINISHED
    assert mailer.accepted.total() == 12


class DailyMailer(ScriptedMailer):
    """A provider that grants four messages in 24 hours, and would take more if it were asked."""

    per_day = 4

    def account(self) -> Account:
        return Account(self.max_per_second, self.per_day, self.accepted.total(), "scripted")


def test_workers_share_what_the_provider_grants_for_today_and_the_campaign_goes_on_tomorrow(
    database: Database,
) -> None:
    campaign = many(database, 20)
    mailer = DailyMailer()
    context = worker_of(database, mailer)
    all_at_once(*[lambda: help_with(context, campaign.id, lambda: False)] * 3)
    ended = found(database, campaign)
    assert mailer.accepted.total() == 4
    assert (ended.state, ended.reason) == (
        CampaignState.PAUSED,
        "What Amazon lets out in 24 hours is used up.",
    )
    assert ended.goes_on_at is not None


def test_a_limit_that_a_person_set_is_not_replaced_by_that_of_the_day(database: Database) -> None:
    campaign = many(database, 20)
    set_limit(database, campaign, 2)
    mailer = DailyMailer()
    help_with(worker_of(database, mailer), campaign.id, lambda: False)
    ended = found(database, campaign)
    assert (ended.reason, ended.goes_on_at) == ("The limit of 2 was reached.", None)
    assert mailer.accepted.total() == 2


def test_one_person_whom_a_person_named_gets_theirs_whatever_the_limit(database: Database) -> None:
    campaign = many(database, 3)
    set_limit(database, campaign, 1)
    mailer = ScriptedMailer()
    run(database, campaign, mailer, options=QUICK)
    (last,) = [seq for seq, name in enumerate(sorted(states(database, campaign)), start=1) if name == "p002"]
    run(database, campaign, mailer, options=QUICK, named=frozenset({last}))
    assert sorted(mailer.accepted) == ["p000@example.com", "p002@example.com"]
    assert states(database, campaign)["p001"] is DeliveryState.QUEUED
    assert found(database, campaign).state is CampaignState.PAUSED


def test_busy_people_wait_their_turn_under_a_limit(database: Database) -> None:
    campaign = many(database, 6)
    left = [Busy("slow down")]

    def answer(message: Message) -> Outcome:
        return left.pop() if left else Accepted(message.delivery_id)

    mailer = ScriptedMailer(answer)
    run(database, campaign, mailer, options=QUICK, limit=3)
    assert mailer.accepted.total() == 3
