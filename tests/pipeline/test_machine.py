"""The ledger as a state machine: anything may happen in any order, and its promises hold after every step.

The provider of the model keeps the one truth: which calls it accepted. It can accept a call as long as the call's
signature holds, even after the caller has given up; it can answer or be silent; its Send events can get lost.
"""

import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import update

from dispatch.errors import CampaignError
from dispatch.model.campaign import CampaignState, Limit
from dispatch.model.delivery import ACCEPTED, Delivery, DeliveryState, EventKind, rank
from dispatch.model.message import Accepted, Busy, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.pipeline import pause_resume_cancel
from dispatch.pipeline.batches import close
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.reconcile import open_questions
from dispatch.store import campaigns, ledger, notifications, uncertain
from dispatch.store.claims import Claim, Permission, claim, permission
from dispatch.store.database import Database, clock
from dispatch.store.schema import deliveries
from tests.pipeline.scripted import OPTIONS, ScriptedQueue
from tests.store.samples import all_deliveries, event, join, leave, start

PEOPLE = 5
#: how long the provider can accept a call after it left (AWS: a signature is good for five minutes)
SIGNATURE_SECONDS = 300
D = DeliveryState


@dataclass
class Call:
    """One claimed Delivery in the hands of one process, and the outcome of its call at the provider."""

    claimed: Claim
    claimed_at: float
    left_at: float | None = None
    #: the provider has accepted it, or surely never will
    is_accepted: bool = False
    is_closed: bool = False
    #: the process lives and has settled nothing yet
    is_held: bool = True
    #: it came back unsent, for sure
    is_returned: bool = False

    @property
    def to(self) -> str:
        """The address."""
        return self.claimed.address


def prepare(folder: Path) -> Path:
    """A database with one Campaign: people who wait, and one who was left out."""
    file = folder / "prepared.db"
    with Database.in_file(file) as database:
        names = [f"p{number}" for number in range(PEOPLE)]
        join(database, "center", *names, "gone")
        leave(database, "gone", "center")
        start(database)
    return file


_FOLDER = tempfile.TemporaryDirectory(prefix="dispatch-machine-")
_PREPARED: list[Path] = []


class LedgerMachine(RuleBasedStateMachine):
    """Processes that claim, call, answer, sleep and die; a provider; events; people who decide."""

    def __init__(self) -> None:
        super().__init__()
        if not _PREPARED:
            _PREPARED.append(prepare(Path(_FOLDER.name)))
        self._file = Path(_FOLDER.name) / f"{os.urandom(8).hex()}.db"
        shutil.copyfile(_PREPARED[0], self._file)
        self.database = Database.in_file(self._file)
        with self.database.reading() as connection:
            (self.campaign,) = campaigns.all_campaigns(connection)
        self.seconds = 0.0
        self.calls: list[Call] = []
        #: what the provider accepted
        self.copies: Counter[str] = Counter()
        #: Send and other events on their way: (address, kind)
        self.queue: list[tuple[str, EventKind]] = []
        #: people of whom a Send event got lost
        self.unheard: set[str] = set()
        #: how often a person said that someone is to be mailed again; and dispatch, because it surely knew
        self.words: Counter[str] = Counter()
        self.offers: Counter[str] = Counter()
        #: what the Campaign may send, and how many calls had been claimed when a person said so; None for all
        self.limit: tuple[int, int] | None = None
        #: what the ledger was told for sure
        self.told: set[str] = set()

    def teardown(self) -> None:
        self.database.close()
        for file in self._file.parent.glob(f"{self._file.name}*"):
            file.unlink()

    # --- looking --------------------------------------------------------------------------------------------------

    @initialize()
    def look(self) -> None:
        found = all_deliveries(self.database, self.campaign)
        self.ids = {each.address: each.id for each in found}
        self.audience = len(found)

    def people(self) -> dict[str, Delivery]:
        return {each.address: each for each in all_deliveries(self.database, self.campaign)}

    def uncertain(self) -> list[Delivery]:
        return [each for each in self.people().values() if each.state is D.UNCERTAIN]

    def state(self) -> CampaignState:
        with self.database.reading() as connection:
            found = campaigns.find_by_id(connection, self.campaign.id)
        assert found is not None
        return found.state

    def held(self) -> list[Call]:
        return [call for call in self.calls if call.is_held]

    def in_flight(self) -> list[Call]:
        return [
            call
            for call in self.calls
            if call.left_at is not None
            and not call.is_accepted
            and not call.is_closed
            and self.seconds - call.left_at <= SIGNATURE_SECONDS
        ]

    # --- processes ------------------------------------------------------------------------------------------------

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        with self.database.writing() as connection:
            allowed = permission(connection, self.campaign.id)
            if isinstance(allowed, Permission):
                found = claim(connection, allowed, limit)
                self.calls += [Call(each, self.seconds) for each in found]

    @precondition(lambda self: any(call.left_at is None for call in self.held()))
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """The request leaves, unless its claim has grown too old meanwhile."""
        call = data.draw(st.sampled_from([call for call in self.held() if call.left_at is None]))
        if self.seconds - call.claimed_at >= OPTIONS.claim_seconds:
            self._settle(call, NotSent("the claim grew too old"))
        else:
            call.left_at = self.seconds

    @precondition(lambda self: self.held())
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """The process learns, or fails to learn, the outcome of its call."""
        call = data.draw(st.sampled_from(self.held()))
        outcome = data.draw(st.sampled_from(self._possible(call)))
        # Whatever the provider answered, it is done with the call; only silence leaves it open.
        call.is_closed = not isinstance(outcome, Unknown)
        self._settle(call, outcome)

    def _possible(self, call: Call) -> list[Outcome]:
        if call.left_at is None:
            return [NotSent("no connection")]
        if call.is_accepted:
            return [Accepted(f"id-{call.to}"), Unknown("no answer")]
        return [Unknown("no answer"), Refused("bad"), Busy("slow down"), Stopped("paused", "ask")]

    def _settle(self, call: Call, outcome: Outcome) -> None:
        call.is_held = False
        call.is_returned = isinstance(outcome, NotSent | Busy | Stopped)
        if isinstance(outcome, Accepted):
            self.told.add(call.to)
        with self.database.writing() as connection:
            ledger.settle(connection, [(call.claimed, outcome)])

    @precondition(lambda self: self.held())
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.held())).is_held = False

    @rule(seconds=st.sampled_from([20, 70, 400, 1000]))
    def time_passes(self, seconds: int) -> None:
        """Everything that has happened lies further back."""
        self.seconds += seconds
        by = timedelta(seconds=seconds)
        with self.database.writing() as connection:
            for row in connection.execute(deliveries.select()).all():
                moved = {
                    name: getattr(row, name) and getattr(row, name) - by for name in ("claimed_at", "submitted_at")
                }
                connection.execute(update(deliveries).where(deliveries.c.seq == row.seq).values(**moved))

    @rule()
    def expire(self) -> None:
        with self.database.writing() as connection:
            ledger.expire(connection, self.campaign.id, OPTIONS.claim_seconds)

    @rule()
    def a_send_ends(self) -> None:
        close(self.database, self.campaign.id)

    # --- the provider ---------------------------------------------------------------------------------------------

    @precondition(lambda self: self.in_flight())
    @rule(data=st.data(), is_lost=st.sampled_from([False, False, False, True]))
    def accept(self, data: st.DataObject, is_lost: bool) -> None:
        call = data.draw(st.sampled_from(self.in_flight()))
        call.is_accepted = True
        self.copies[call.to] += 1
        if is_lost:
            self.unheard.add(call.to)
        else:
            self.queue.append((call.to, EventKind.SENT))

    @precondition(lambda self: self.copies)
    @rule(data=st.data(), kind=st.sampled_from(EventKind))
    def happen(self, data: st.DataObject, kind: EventKind) -> None:
        self.queue.append((data.draw(st.sampled_from(sorted(self.copies))), kind))

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), is_doubled=st.booleans())
    def an_event_comes(self, data: st.DataObject, is_doubled: bool) -> None:
        """Any of them, whatever came first, perhaps again later."""
        found = data.draw(st.sampled_from(self.queue))
        if not is_doubled:
            self.queue.remove(found)
        self._hear([found])

    def _hear(self, facts: list[tuple[str, EventKind]]) -> None:
        before = self.people()
        with self.database.writing() as connection:
            heard = [(event(self.ids[to], kind), None) for to, kind in facts]
            notifications.add_events(connection, heard, clock(connection))
        self.told |= {to for to, _ in facts}
        after = self.people()
        assert all(rank(after[to].state) >= rank(before[to].state) for to in before)

    # --- people ---------------------------------------------------------------------------------------------------

    @rule()
    def pause(self) -> None:
        with self.database.writing() as connection:
            campaigns.pause_if_sending(connection, self.campaign.id, "A person paused it.", "")

    @rule()
    def resume(self) -> None:
        if self.state() is not CampaignState.CANCELLED:
            pause_resume_cancel.resume(self.database, self.campaign)
            self.limit = None

    @rule(most=st.none() | st.integers(1, 3))
    def resume_with_a_limit(self, most: int | None) -> None:
        if self.state() is not CampaignState.CANCELLED:
            limit = None if most is None else Limit(most)
            pause_resume_cancel.resume(self.database, self.campaign, limit)
            self.limit = None if most is None else (most, len(self.calls))

    @precondition(lambda self: self.seconds > 2000)
    @rule()
    def cancel(self) -> None:
        is_finished = self.state() is CampaignState.FINISHED
        try:
            done = pause_resume_cancel.cancel(self.database, self.campaign)
        except CampaignError:
            assert is_finished
            return
        assert not is_finished
        if done.is_taken_back:
            self._begin_again()

    @rule()
    def take_back(self) -> None:
        try:
            pause_resume_cancel.unschedule(self.database, self.campaign)
        except CampaignError:
            return
        self._begin_again()

    def _begin_again(self) -> None:
        """The Campaign is gone: nothing of it has left or can still leave, and the Brief is sent again."""
        assert not self.copies
        assert not self.held()
        assert not self.in_flight()
        self.campaign = start(self.database)
        self.look()

    @precondition(lambda self: self.uncertain())
    @rule(data=st.data(), at_once=st.booleans())
    def a_person_says_unsent(self, data: st.DataObject, at_once: bool) -> None:
        one = data.draw(st.sampled_from(self.uncertain()))
        with self.database.writing() as connection:
            self.words[one.address] += uncertain.send_again(connection, [one], "a person", at_once=at_once)

    @precondition(lambda self: self.uncertain())
    @rule(data=st.data())
    def a_person_says_sent(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.uncertain()))
        with self.database.writing() as connection:
            uncertain.assume_sent(connection, [one], "a person")
        self.told.add(one.address)

    @rule(at_once=st.booleans())
    def reconcile(self, at_once: bool) -> None:
        """All events are fetched; whoever surely got nothing is mailed again."""
        self._hear(self.queue)
        self.queue.clear()
        self.expire()
        quiet = ScriptedQueue()
        for _ in range(2):
            pull(self.database, quiet, wait_seconds=1)
        found = open_questions(self.database, self.campaign.id, OPTIONS.grace_seconds, quiet)
        assert not found.unread
        surely_unsent = found.may_be_sent_again
        for each in surely_unsent:
            got_it = self.copies[each.address] > self.words[each.address]
            assert not got_it or each.address in self.unheard, f"{each.address} has had it, and is said to have not"
        with self.database.writing() as connection:
            uncertain.send_again(connection, surely_unsent, "the setting", at_once=at_once)
        self.offers.update(each.address for each in surely_unsent)

    # --- the promises ---------------------------------------------------------------------------------------------

    @invariant()
    def nobody_has_two_unless_a_person_said_so(self) -> None:
        for to, number in self.copies.items():
            # Where a Send event was lost, the offer was wrong, and the setting that took it was a person's.
            wrong_offers = self.offers[to] if to in self.unheard else 0
            assert number <= 1 + self.words[to] + wrong_offers

    @invariant()
    def no_more_leave_than_the_limit_allows(self) -> None:
        if self.limit is not None:
            most, claimed_before = self.limit
            assert sum(not call.is_returned for call in self.calls[claimed_before:]) <= most

    @invariant()
    def the_states_sum_to_the_audience(self) -> None:
        if hasattr(self, "audience"):
            with self.database.reading() as connection:
                assert campaigns.counts(connection, self.campaign.id).audience == self.audience == PEOPLE + 1

    @invariant()
    def finished_means_that_nobody_waits(self) -> None:
        if self.state() is CampaignState.FINISHED:
            assert not {each.state for each in self.people().values()} & {D.QUEUED, D.SUBMITTING}

    @invariant()
    def what_was_told_is_never_forgotten(self) -> None:
        found = self.people()
        assert all(found[to].state in ACCEPTED for to in self.told)

    @invariant()
    def whoever_has_had_it_never_waits_for_another(self) -> None:
        for to, each in self.people().items():
            if self.copies[to] and not self.words[to] and not self.offers[to]:
                assert each.state in ACCEPTED | {D.SUBMITTING, D.UNCERTAIN}


LedgerMachine.TestCase.settings = settings(
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestLedgerMachine = LedgerMachine.TestCase


def test_what_a_sleeper_gives_back_reopens_a_campaign_that_was_finished_meanwhile() -> None:
    """A process sleeps through its claim, another one ends the Campaign, the sleeper wakes and gives it back."""
    machine = LedgerMachine()
    try:
        machine.look()
        with machine.database.writing() as connection:
            found = claim(connection, Permission(machine.campaign.id), PEOPLE)
        machine.calls = [Call(each, 0.0) for each in found]
        machine.time_passes(70)
        machine.expire()
        machine.a_send_ends()
        assert machine.state() is CampaignState.FINISHED
        machine._settle(machine.calls[0], NotSent("the claim grew too old"))
        machine.finished_means_that_nobody_waits()
        assert machine.state() is CampaignState.SENDING
        assert machine.people()[machine.calls[0].to].state is D.QUEUED
    finally:
        machine.teardown()
