"""Every rule about whether mail may be sent, and all that it finds at once."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.errors import ProviderError
from dispatch.files import FolderPublisher
from dispatch.model.brand import Audience
from dispatch.model.finding import Finding, Level, Place
from dispatch.model.message import Account
from dispatch.model.readiness import Readiness
from dispatch.pipeline.home import count_send
from dispatch.pipeline.plan import Proposal, propose
from dispatch.pipeline.preflight.content import proof_standing
from dispatch.pipeline.preflight.look import before_proof, before_resume, before_send
from dispatch.pipeline.preflight.provider import about_account, share_of_today
from dispatch.pipeline.preflight.setup import Rules, Setup
from dispatch.pipeline.prepare import Prepared, prepare
from dispatch.pipeline.proof import send_proof
from dispatch.settings import load
from dispatch.store import homes, proofs
from dispatch.store.database import Database, clock
from tests.pipeline.scripted import ScriptedMailer
from tests.store.samples import join

SEED = "briefs/2023-09-19-potential-arms-deals/brief.md"
URL = "https://briefs.example.org"
RULES = Rules(
    settings_file="dispatch.toml",
    claim_seconds=60,
    grace_seconds=900,
    require_proof=False,
    allow_example_domains=True,
    allow_http=False,
    check_public_url=False,
)
TEXT = """---
title: A plain brief
date: 2026-11-24
authors:
  - name: Ann Author
---

A paragraph of the brief, long enough to be one.
"""
MakeSetup = Callable[..., Setup]
WELL = Account(100, None, 0, "scripted")


class Provider(ScriptedMailer):
    """A provider that says what a test wants of its account and its senders."""

    def __init__(self, account: Account | ProviderError = WELL, readiness: Readiness | None = None) -> None:
        super().__init__()
        self.granted = account
        self.readiness = readiness or Readiness()
        self.asked: list[str] = []

    def account(self) -> Account:
        if isinstance(self.granted, ProviderError):
            raise self.granted
        return self.granted

    def problems(self, senders: Sequence[str]) -> Readiness:
        self.asked += senders
        return self.readiness


@pytest.fixture(scope="module")
def audiences(shared_workspace: Path) -> tuple[Audience, ...]:
    found = load(shared_workspace, {}).all_audiences()
    return tuple(replace(each, brand=replace(each.brand, postal_address="1 Example Street")) for each in found)


@pytest.fixture(scope="module")
def prepared(
    shared_workspace: Path, audiences: tuple[Audience, ...], tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    file = tmp_path_factory.mktemp("2026-11-24-plain") / "brief.md"
    file.write_text(TEXT, "utf-8")
    return prepare(shared_workspace, file, audiences, public_url=URL)


@pytest.fixture(scope="module")
def seed(shared_workspace: Path, audiences: tuple[Audience, ...]) -> Prepared:
    """A brief with stand-in pictures."""
    return prepare(shared_workspace, shared_workspace / SEED, audiences, public_url=URL)


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """A database; its queries are proven on both where they stand."""
    shutil.copyfile(sqlite_template, tmp_path / "dispatch.db")
    with Database.in_file(tmp_path / "dispatch.db") as opened:
        yield opened


@pytest.fixture
def make(sqlite: Database, tmp_path: Path) -> MakeSetup:
    def made(mailer: Provider | None = None, transport: str = "ses", url: str = URL, **rules: object) -> Setup:
        return Setup(
            transport=transport,
            database=sqlite,
            mailer=mailer or Provider(),
            publisher=FolderPublisher(tmp_path / "public"),
            public_url=url,
            has_queue=True,
            rules=replace(RULES, **rules),  # type: ignore[arg-type]  # the fields' own names
        )

    return made


def proposed(setup: Setup, prepared: Prepared, audiences: tuple[Audience, ...], *people: str) -> Proposal:
    join(setup.database, "center", *people)
    return propose(setup.database, prepared, audiences, setup.transport)


def whats(readiness: Readiness) -> list[str]:
    return [problem.what for problem in readiness.problems]


# --- a send -------------------------------------------------------------------------------------------------------


def test_a_send_that_lacks_nothing_has_no_problem(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    mailer = Provider()
    setup = make(mailer)
    found = before_send(setup, proposed(setup, prepared, audiences, "ann", "bo"), (), 2)
    assert found.readiness == Readiness()
    assert (found.unapproved, found.share) == (None, None)
    assert mailer.asked == [audience.sender for audience in audiences]


def test_everything_that_stops_a_send_is_said_at_once(
    make: MakeSetup, seed: Prepared, audiences: tuple[Audience, ...]
) -> None:
    unknown = ProviderError("The sender is unknown.")
    account = replace(WELL, stopped="The account is paused.", is_sandbox=True, least_grace_seconds=300)
    setup = make(
        Provider(account, Readiness((unknown,), ("Something cannot be asked.",))),
        url="",
        require_proof=True,
        allow_example_domains=False,
        grace_seconds=360,
    )
    nowhere = tuple(replace(each, brand=replace(each.brand, postal_address=" ")) for each in audiences)
    proposal = replace(proposed(setup, seed, audiences, "ann", "bo"), audiences=nowhere)
    found = before_send(setup, proposal, [finding.code for finding in seed.errors], 2)
    assert whats(found.readiness) == [
        "The brief shows stand-in pictures: " + ", ".join(each.file for each in seed.brief.stand_ins) + ".",
        "2 recipients have example addresses that nobody reads, such as ann@example.com.",
        "No proof of this brief was sent.",
        "Real mail needs an address at which readers can unsubscribe.",
        *[f"{each.brand.name} has no postal address, and the law wants one in every such message." for each in nowhere],
        "The account is paused.",
        "This Amazon account is in Amazon's own sandbox: it sends to verified addresses only.",
        "The grace of 360 s is too short: a call of unknown outcome can still be accepted.",
        "The sender is unknown.",
    ]
    assert found.readiness.notes == ("Something cannot be asked.",)


def test_a_provider_that_cannot_be_asked_is_one_problem_among_the_others(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    setup = make(Provider(ProviderError("No credentials.")), url="http://briefs.example.org")
    found = before_send(setup, proposed(setup, prepared, audiences, "ann"), (), 1)
    assert whats(found.readiness) == [
        "The public address must be https: http://briefs.example.org",
        "No credentials.",
    ]


def test_without_recipients_only_that_is_said(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    setup = make()
    found = before_send(setup, propose(setup.database, prepared, audiences, "ses"), (), 0)
    assert whats(found.readiness) == ["There are no recipients."]


def test_an_error_in_the_brief_stops_every_send_unless_its_code_is_overridden(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    wrong = Finding(Level.ERROR, "alt-missing", "A picture has no words.", Place("brief.md", 3), "Write them.")
    setup = make(transport="practice")
    proposal = proposed(setup, replace(prepared, findings=[wrong]), audiences, "ann")
    [problem] = before_send(setup, proposal, (), 1).readiness.problems
    assert problem.lines() == ["A picture has no words. [alt-missing]", "brief.md:3", "Write them."]
    assert not before_send(setup, proposal, ("alt-missing",), 1).readiness.problems


def test_practice_wants_nothing_of_what_only_readers_need(
    make: MakeSetup, seed: Prepared, audiences: tuple[Audience, ...]
) -> None:
    setup = make(transport="practice", url="", require_proof=True, allow_example_domains=False, grace_seconds=1)
    setup = replace(setup, mailer=Provider(replace(WELL, is_sandbox=True, least_grace_seconds=300)))
    codes = [finding.code for finding in seed.errors]
    assert not before_send(setup, proposed(setup, seed, audiences, "ann"), codes, 1).readiness.problems


def test_a_database_that_is_a_copy_and_pictures_that_readers_cannot_reach_stop_real_mail(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    setup = make(url="http://127.0.0.1:9", allow_http=True, check_public_url=True)
    count_send(setup.database)
    counter = homes.counter_file(setup.database)
    assert counter is not None
    proposal = proposed(setup, prepared, audiences, "ann")
    [broken] = before_send(setup, proposal, (), 1, publishes=False).readiness.problems
    assert broken.what.startswith("Readers could not unsubscribe: no answer")
    with setup.database.writing() as connection:
        connection.exec_driver_sql("UPDATE homes SET machine = 'elsewhere'")
    [copy, _] = before_send(setup, proposal, (), 1, publishes=False).readiness.problems
    assert copy.what.startswith("This is a copy")


def test_a_missing_queue_of_events_is_a_note(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    setup = replace(make(), has_queue=False)
    found = before_send(setup, proposed(setup, prepared, audiences, "ann"), (), 1).readiness
    assert found.problems == ()
    assert "[ses] queue_url" in found.notes[0]


# --- the proof ----------------------------------------------------------------------------------------------------


def test_a_proof_must_show_what_would_be_sent_and_be_approved(
    make: MakeSetup, prepared: Prepared, audiences: tuple[Audience, ...]
) -> None:
    setup = make(require_proof=True)
    proposal = proposed(setup, prepared, audiences, "ann")
    sent = send_proof(
        setup.database,
        prepared,
        audiences,
        proposal.plan,
        ["director@example.org"],
        mailer=setup.mailer,
        publisher=setup.publisher,
        account=WELL,
        public_url=URL,
    )
    found = before_send(setup, proposal, (), 1)
    assert found.readiness == Readiness()
    assert found.unapproved == sent.proof

    moved = replace(setup, public_url="https://elsewhere.example.org")
    found = before_send(moved, proposal, (), 1)
    assert found.unapproved is None
    assert whats(found.readiness) == [f"Changed since the proof {sent.proof.code}: the setting web.public_url."]

    with setup.database.writing() as connection:
        proofs.approve(connection, sent.proof.id, "The Director", clock(connection))
    assert before_send(setup, proposal, (), 1).unapproved is None
    assert proof_standing(setup.database, prepared, audiences, URL).problem("brief.md") is None


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (replace(WELL, stopped="The account is paused."), "The account is paused."),
        (replace(WELL, is_sandbox=True), "This Amazon account is in Amazon's own sandbox"),
        (replace(WELL, max_per_day=10, sent_last_day=7), "Amazon accepts 3 more messages in these 24 hours"),
        (replace(WELL, least_grace_seconds=900), "The grace of 900 s is too short"),
    ],
)
def test_a_proof_is_held_to_the_rules_of_the_account(
    make: MakeSetup, audiences: tuple[Audience, ...], account: Account, said: str
) -> None:
    [problem] = before_proof(make(Provider(account)), audiences, 4).problems
    assert problem.what.startswith(said)


# --- the account --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grace", "least", "is_real", "said"),
    [
        (360, 300, True, "at least 361."),
        (361, 300, True, ""),
        (1, 0, True, ""),
        (1, 300, False, ""),
    ],
)
def test_the_grace_outlasts_the_claim_and_the_signature(grace: int, least: int, is_real: bool, said: str) -> None:
    account = replace(WELL, least_grace_seconds=least)
    found = about_account(account, is_real=is_real, claim_seconds=60, grace_seconds=grace)
    assert [problem.todo.endswith(said) for problem in found.problems] == ([True] if said else [])


def test_what_the_24_hours_do_not_hold_can_be_spread_over_days() -> None:
    share = share_of_today(replace(WELL, max_per_day=4, sent_last_day=1), 10)
    assert share is not None
    assert (share.left, share.wanted) == (3, 10)
    assert "3 of 10 would leave now, the other 7 within 2 more days, at most 4 a day." in share.sentence
    assert "--over-days" in share.refusal.todo
    assert share_of_today(replace(WELL, max_per_day=10), 10) is None
    assert share_of_today(WELL, 10_000_000) is None


def test_a_quota_that_is_used_up_cannot_be_split(make: MakeSetup, audiences: tuple[Audience, ...]) -> None:
    setup = make(Provider(replace(WELL, max_per_day=4, sent_last_day=4)))
    found = before_resume(setup, audiences, ["a@example.org"], 1)
    assert found.share is None
    assert [problem.todo.partition(",")[0] for problem in found.readiness.problems] == [
        "Try again when the 24 hours have passed"
    ]
