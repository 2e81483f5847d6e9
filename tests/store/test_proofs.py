"""Proofs: what was shown to whom, and who approved it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from dispatch.model.delivery import DeliveryId
from dispatch.model.proof import Proof
from dispatch.store import notifications, proofs
from dispatch.store.database import Database
from dispatch.store.schema import audit
from tests.store.samples import NOW

SHOWN = Proof(
    id="a" * 32,
    slug="2026-a-brief",
    code="K7PQ2M",
    created_at=NOW,
    fingerprints={"center": "f1", "coalition": "f2"},
    settings={"brands.center.postal_address": "1 Example Street"},
    addresses=("director@example.org",),
)


def add(database: Database, proof: Proof, outcome: str = proofs.ACCEPTED) -> None:
    mails = [(proof.id[:-1] + str(number), name, "director@example.org") for number, name in enumerate("xy")]
    with database.writing() as connection:
        proofs.add(connection, proof, {"center": 48, "coalition": 40}, mails)
        for mail, _, _ in mails:
            proofs.note_outcome(connection, mail, outcome)


def latest(database: Database) -> Proof | None:
    with database.reading() as connection:
        return proofs.latest(connection, SHOWN.slug)


def test_a_proof_is_found_as_it_was_shown(database: Database) -> None:
    add(database, SHOWN)

    assert latest(database) == SHOWN
    with database.reading() as connection:
        assert proofs.find(connection, SHOWN.id) == SHOWN
        assert proofs.find(connection, "b" * 32) is None
        assert proofs.counts_of(connection, SHOWN.id) == {"center": 48, "coalition": 40}


def test_the_newest_proof_of_the_brief_counts(database: Database) -> None:
    newer = replace(SHOWN, id="b" * 32, created_at=NOW + timedelta(minutes=1))
    other = replace(SHOWN, id="c" * 32, slug="2026-another", created_at=NOW + timedelta(minutes=2))
    for proof in (newer, SHOWN, other):
        add(database, proof)

    assert latest(database) == newer


def test_a_proof_of_which_nothing_left_is_none(database: Database) -> None:
    add(database, SHOWN, outcome="refused: MessageRejected")

    assert latest(database) is None


def test_the_first_who_says_yes_counts_and_the_trail_names_them_once(database: Database) -> None:
    add(database, SHOWN)

    with database.writing() as connection:
        proofs.approve(connection, SHOWN.id, "Director", NOW + timedelta(minutes=5))
        proofs.approve(connection, SHOWN.id, "Someone else", NOW + timedelta(minutes=6))
        acts = connection.execute(select(audit.c.detail).where(audit.c.act == "proof approved")).scalars().all()

    found = latest(database)
    assert found is not None
    assert (found.approved_by, found.approved_at) == ("Director", NOW + timedelta(minutes=5))
    assert acts == [{"proof": SHOWN.id, "by": "Director"}]


def test_events_of_a_proofs_mails_are_known_as_ours(database: Database) -> None:
    add(database, SHOWN)
    mine, strange = DeliveryId(SHOWN.id[:-1] + "0"), DeliveryId("f" * 32)

    with database.reading() as connection:
        assert notifications.known_proof_messages(connection, [mine, strange]) == {mine}


def test_a_proof_says_what_has_changed_since(database: Database) -> None:
    add(database, SHOWN)
    found = latest(database)
    assert found is not None

    assert found.changes(SHOWN.fingerprints, SHOWN.settings) == []
    assert found.changes({"center": "f1", "coalition": "new"}, SHOWN.settings) == ["the content for coalition"]
    assert found.changes(SHOWN.fingerprints, {}) == ["the setting brands.center.postal_address"]
