"""Proof: mails every Edition, through the same code path as a Campaign, for approval."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.compose import merge
from dispatch.compose.cover import Cover, with_cover
from dispatch.model.brand import Audience
from dispatch.model.campaign import Plan
from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Edition
from dispatch.model.finding import Finding, Level
from dispatch.model.message import Accepted, Account, Message, Outcome
from dispatch.model.proof import Proof
from dispatch.pipeline.message import headers_of, list_id_of
from dispatch.pipeline.pace import pace_for
from dispatch.pipeline.ports import Mailer, Publisher
from dispatch.pipeline.prepare import Prepared
from dispatch.store import proofs
from dispatch.store.campaigns import new_id
from dispatch.store.database import Database, clock
from dispatch.tokens import TokenKind, approval_url, sign, unsubscribe_url

#: no letters and digits that are mistaken for one another when read out
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class ProofSent:
    """A Proof and the outcome of its mails."""

    proof: Proof
    #: (address, Audience, Outcome) of each mail
    outcomes: tuple[tuple[str, str, Outcome], ...]


def settings_that_reach_the_mail(audiences: Sequence[Audience], public_url: str) -> dict[str, str]:
    """Setting -> value: whatever of these changes makes another mail."""
    found = {"web.public_url": public_url}
    for audience in audiences:
        found[f"audiences.{audience.slug}.from"] = audience.sender
        found[f"audiences.{audience.slug}.reply_to"] = audience.reply_to
    return found


def fingerprints(prepared: Prepared, audiences: Sequence[Audience]) -> dict[str, str]:
    """Audience -> fingerprint of its Edition."""
    return {audience.slug: prepared.editions[audience.slug].fingerprint for audience in audiences}


def send_proof(
    database: Database,
    prepared: Prepared,
    audiences: Sequence[Audience],
    plan: Plan,
    addresses: Sequence[str],
    *,
    mailer: Mailer,
    publisher: Publisher,
    account: Account,
    public_url: str,
) -> ProofSent:
    """Mail every Edition to every address, [PROOF] before the subject, a cover above; recorded before it leaves."""
    for picture in prepared.pictures.values():
        publisher.publish(picture)
    counts = {each.audience: each.people for each in plan.audiences}
    with database.writing() as connection:
        proof = _new(prepared, audiences, addresses, public_url, clock(connection))
        mails = [(new_id(), audience, to) for audience in audiences for to in addresses]
        proofs.add(connection, proof, counts, [(mail, audience.slug, to) for mail, audience, to in mails])
    key = database.key("token")
    cover = Cover(
        code=proof.code,
        counts=tuple((audience.name, counts.get(audience.slug, 0)) for audience in audiences),
        warnings=tuple(_warnings(prepared.findings)),
        approval_url=approval_url(public_url, sign(key, TokenKind.APPROVAL, proof.id)),
    )
    url = unsubscribe_url(public_url, sign(key, TokenKind.PROOF, proof.id))
    in_bulk = pace_for(account, 1.0, has_bulk=mailer.has_bulk).in_bulk
    outcomes: list[tuple[str, str, Outcome]] = []
    try:
        for mail, audience, to in mails:
            message = _message(mail, proof, with_cover(prepared.editions[audience.slug], cover), audience, to, url)
            outcome = mailer.submit([message], lambda: False, in_bulk=in_bulk)[0]
            with database.writing() as connection:
                words = proofs.ACCEPTED if isinstance(outcome, Accepted) else outcome.reason
                proofs.note_outcome(connection, mail, words)
            outcomes.append((to, audience.slug, outcome))
    finally:
        mailer.close()
    return ProofSent(proof, tuple(outcomes))


def _new(
    prepared: Prepared,
    audiences: Sequence[Audience],
    addresses: Sequence[str],
    public_url: str,
    now: datetime,
) -> Proof:
    return Proof(
        id=new_id(),
        slug=prepared.brief.slug,
        code="".join(secrets.choice(_CODE_LETTERS) for _ in range(6)),
        created_at=now,
        fingerprints=fingerprints(prepared, audiences),
        settings=settings_that_reach_the_mail(audiences, public_url),
        addresses=tuple(addresses),
    )


def _warnings(findings: Sequence[Finding]) -> list[str]:
    # Once each, although every Edition has it.
    return list(dict.fromkeys(finding.message for finding in findings if finding.level is not Level.NOTE))


def _message(mail: str, proof: Proof, edition: Edition, audience: Audience, to: str, url: str) -> Message:
    letter = merge.letter(edition)
    return Message(
        delivery_id=DeliveryId(mail),
        campaign_id=CampaignId(proof.id),
        to=to,
        sender=audience.sender,
        reply_to=audience.reply_to,
        letter=letter,
        values=merge.values(letter, {"email": to}, {"unsubscribe_url": url}),
        headers=headers_of(url, list_id_of(audience.member_list, audience.sender)),
    )
