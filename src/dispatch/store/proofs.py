"""Proofs: kept with what they showed, and who approved it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dispatch.model.proof import Proof
from dispatch.store.audit import record
from dispatch.store.schema import proof_messages, proofs


def add(
    connection: Connection, proof: Proof, counts: Mapping[str, int], messages: Sequence[tuple[str, str, str]]
) -> None:
    """Keep a Proof and its mails, (identifier, Audience, address) each, before any of them leaves."""
    connection.execute(
        proofs.insert().values(
            id=proof.id,
            slug=proof.slug,
            code=proof.code,
            created_at=proof.created_at,
            fingerprints=dict(proof.fingerprints),
            settings=dict(proof.settings),
            counts=dict(counts),
            addresses=list(proof.addresses),
        )
    )
    rows = [{"id": mail, "proof_id": proof.id, "audience": of, "address": to} for mail, of, to in messages]
    connection.execute(proof_messages.insert(), rows)


def note_outcome(connection: Connection, message_id: str, words: str) -> None:
    """Write down the outcome of one mail of a Proof."""
    connection.execute(update(proof_messages).where(proof_messages.c.id == message_id).values(outcome=words))


def latest(connection: Connection, slug: str) -> Proof | None:
    """The newest Proof of a Brief of which a mail was accepted."""
    accepted = select(proof_messages.c.id).where(
        proof_messages.c.proof_id == proofs.c.id, proof_messages.c.outcome == ACCEPTED
    )
    query = proofs.select().where(proofs.c.slug == slug, accepted.exists()).order_by(proofs.c.created_at.desc())
    return _proof(connection.execute(query.limit(1)).first())


#: the outcome of a mail that the provider took
ACCEPTED = "accepted"


def find(connection: Connection, proof_id: str) -> Proof | None:
    """The Proof of an identifier."""
    return _proof(connection.execute(proofs.select().where(proofs.c.id == proof_id)).first())


def counts_of(connection: Connection, proof_id: str) -> dict[str, int]:
    """Audience -> people, as the Proof told them."""
    return dict(connection.execute(select(proofs.c.counts).where(proofs.c.id == proof_id)).scalar_one())


def approve(connection: Connection, proof_id: str, by: str, now: datetime) -> None:
    """Write down who approved it; the first one counts."""
    changed = connection.execute(
        update(proofs)
        .where(proofs.c.id == proof_id, proofs.c.approved_at.is_(None))
        .values(approved_by=by, approved_at=now)
    ).rowcount
    if changed:
        record(connection, "proof approved", now=now, detail={"proof": proof_id, "by": by})


def _proof(row: Row[Any] | None) -> Proof | None:
    if row is None:
        return None
    return Proof(
        id=row.id,
        slug=row.slug,
        code=row.code,
        created_at=row.created_at,
        fingerprints=row.fingerprints,
        settings=row.settings,
        addresses=tuple(row.addresses),
        approved_by=row.approved_by,
        approved_at=row.approved_at,
    )
