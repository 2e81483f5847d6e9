"""A Proof shows what would be sent, by the same code as a Campaign, is recorded first, and holds until a change."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from dispatch.files import FolderPublisher
from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan, Plan
from dispatch.model.message import Accepted, Busy, Message, Outcome, Refused, Stopped
from dispatch.pipeline.prepare import Prepared, prepare
from dispatch.pipeline.proof import ProofSent, fingerprints, send_proof, settings_that_reach_the_mail
from dispatch.settings import load
from dispatch.store import proofs
from dispatch.store.database import Database
from dispatch.store.schema import proof_messages
from tests.pipeline.scripted import ScriptedMailer

SEED = "briefs/2023-09-19-potential-arms-deals/brief.md"
URL = "https://briefs.example.org"
PLAN = Plan((AudiencePlan("center", 48), AudiencePlan("coalition", 40)))


@pytest.fixture(scope="module")
def audiences(shared_workspace: Path) -> tuple[Audience, ...]:
    return load(shared_workspace, {}).all_audiences()


@pytest.fixture(scope="module")
def prepared(shared_workspace: Path, audiences: tuple[Audience, ...]) -> Prepared:
    return prepare(shared_workspace, shared_workspace / SEED, audiences, public_url=URL)


def prove(
    database: Database,
    prepared: Prepared,
    audiences: Sequence[Audience],
    mailer: ScriptedMailer,
    folder: Path,
    to: Sequence[str] = ("director@example.org",),
) -> ProofSent:
    return send_proof(
        database,
        prepared,
        audiences,
        PLAN,
        to,
        mailer=mailer,
        publisher=FolderPublisher(folder / "public"),
        account=mailer.account(),
        public_url=URL,
    )


def test_every_edition_goes_to_every_address_with_its_cover(
    database: Database, prepared: Prepared, audiences: tuple[Audience, ...], tmp_path: Path
) -> None:
    mailer = ScriptedMailer()
    sent = prove(database, prepared, audiences, mailer, tmp_path, ["director@example.org", "editor@example.org"])
    assert mailer.accepted == {"director@example.org": 2, "editor@example.org": 2}
    assert [type(outcome) for _, _, outcome in sent.outcomes] == [Accepted] * 4
    assert mailer.goodbyes == 1
    for message in mailer.messages:
        assert message.subject.startswith("[PROOF] ")
        for part in (message.html, message.text):
            assert sent.proof.code in part
            assert "It would go to 88 people" in part
            assert f"{URL}/" in part
            assert "approve it" in part
        assert "[[" not in message.html + message.text + message.subject
        names = [name for name, _ in message.headers]
        assert names == ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"]
    senders = {message.sender for message in mailer.messages}
    assert senders == {audience.sender for audience in audiences}
    assert len({message.delivery_id for message in mailer.messages}) == 4


def test_it_is_recorded_before_anything_leaves(
    database: Database, prepared: Prepared, audiences: tuple[Audience, ...], tmp_path: Path
) -> None:
    mailer = ScriptedMailer()
    seen: list[set[str]] = []

    def look(messages: Sequence[Message]) -> None:
        with database.reading() as connection:
            known = set(connection.execute(select(proof_messages.c.id)).scalars())
            seen.append({str(message.delivery_id) for message in messages} - known)

    mailer.before = look
    prove(database, prepared, audiences, mailer, tmp_path)
    assert seen == [set(), set()]


def test_pictures_are_published_before_it_leaves(
    database: Database, prepared: Prepared, audiences: tuple[Audience, ...], tmp_path: Path
) -> None:
    mailer = ScriptedMailer()
    published: list[set[str]] = []
    mailer.before = lambda messages: published.append({file.name for file in (tmp_path / "public").iterdir()})
    prove(database, prepared, audiences, mailer, tmp_path)
    assert published[0] == {picture.name for picture in prepared.pictures.values()}


@pytest.mark.parametrize(
    ("granted", "has_bulk", "in_bulk"), [(14, True, False), (200, True, True), (200, False, False)]
)
def test_it_takes_the_road_of_the_campaign(
    database: Database,
    prepared: Prepared,
    audiences: tuple[Audience, ...],
    tmp_path: Path,
    granted: float,
    has_bulk: bool,
    in_bulk: bool,
) -> None:
    mailer = ScriptedMailer(max_per_second=granted, has_bulk=has_bulk)
    prove(database, prepared, audiences, mailer, tmp_path)
    assert mailer.in_bulk == [in_bulk, in_bulk]


@pytest.mark.parametrize("outcome", [Refused("No such user"), Busy("Too fast"), Stopped("Paused.", "Ask.")])
def test_one_that_nobody_took_is_no_proof(
    database: Database, prepared: Prepared, audiences: tuple[Audience, ...], tmp_path: Path, outcome: Outcome
) -> None:
    sent = prove(database, prepared, audiences, ScriptedMailer(lambda message: outcome), tmp_path)
    assert [found for _, _, found in sent.outcomes] == [outcome] * 2
    with database.reading() as connection:
        assert proofs.latest(connection, prepared.brief.slug) is None


def test_it_holds_until_the_content_or_a_setting_that_reaches_the_mail_changes(
    database: Database, prepared: Prepared, audiences: tuple[Audience, ...], tmp_path: Path
) -> None:
    prove(database, prepared, audiences, ScriptedMailer(), tmp_path)
    with database.reading() as connection:
        proof = proofs.latest(connection, prepared.brief.slug)
    assert proof is not None
    shown = fingerprints(prepared, audiences)
    settings = settings_that_reach_the_mail(audiences, URL)
    assert proof.changes(shown, settings) == []
    assert proof.changes({**shown, "center": "0" * 64}, settings) == ["the content for center"]
    moved = [replace(each, sender="Other <o@example.org>") if each.slug == "center" else each for each in audiences]
    assert proof.changes(shown, settings_that_reach_the_mail(moved, URL)) == ["the setting audiences.center.from"]
    elsewhere = settings_that_reach_the_mail(audiences, "https://other.example.org")
    assert proof.changes(shown, elsewhere) == ["the setting web.public_url"]


def test_it_says_who_it_went_to_and_with_what_counts(
    database: Database, prepared: Prepared, audiences: tuple[Audience, ...], tmp_path: Path
) -> None:
    sent = prove(database, prepared, audiences, ScriptedMailer(), tmp_path)
    with database.reading() as connection:
        assert proofs.counts_of(connection, sent.proof.id) == {"center": 48, "coalition": 40}
        found = proofs.find(connection, sent.proof.id)
    assert found is not None
    assert found.addresses == ("director@example.org",)
    assert len(found.code) == 6
    assert (found.approved_by, found.approved_at) == ("", None)
