"""Proof: the form that mails one, and how the newest one stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.audience.addresses import BadAddress, read_mailbox
from dispatch.errors import DispatchError, ProblemsFound, ProviderError, RosterError
from dispatch.model.message import Accepted
from dispatch.model.proof import Proof
from dispatch.pipeline.plan import propose
from dispatch.pipeline.prepare import Prepared, prepare
from dispatch.pipeline.proof import ProofSent, fingerprints, send_proof, settings_that_reach_the_mail
from dispatch.store import proofs
from dispatch.web.preview.live import Live, Shown
from dispatch.web.preview.outside import Courier, Outside
from dispatch.web.preview.people import People

#: most addresses that one Proof goes to: it is for the people who approve it
MOST_ADDRESSES = 10


def sheet(shown: Shown, people: People) -> dict[str, Any]:
    """The newest Proof, and what changed since; or why it cannot be told."""
    assert shown.prepared is not None
    try:
        with people.database().reading() as connection:
            proof = proofs.latest(connection, shown.prepared.brief.slug)
    except DispatchError as err:
        return {"proof": None, "changes": [], "proof_problem": err.lines()}
    changes = _changes(proof, shown) if proof else []
    return {"proof": proof, "changes": changes, "proof_problem": []}


def _changes(proof: Proof, shown: Shown) -> list[str]:
    assert shown.prepared is not None
    audiences = shown.bearings.audiences
    reaching = settings_that_reach_the_mail(audiences, shown.bearings.public_url)
    return proof.changes(fingerprints(shown.prepared, audiences), reaching)


def addresses_of(typed: str) -> list[str]:
    """The addresses in a text box, one a line or with commas between. Raises RosterError, ProblemsFound."""
    wanted = list(dict.fromkeys(part.strip() for part in typed.replace(",", "\n").splitlines() if part.strip()))
    if not 1 <= len(wanted) <= MOST_ADDRESSES:
        raise RosterError(
            "No address is given." if not wanted else f"A proof goes to at most {MOST_ADDRESSES} addresses.",
            todo="Write the addresses of the approvers, one per line.",
        )
    read = [(part, read_mailbox(part)) for part in wanted]
    bad = [
        RosterError(f"{part} is not an address that can be mailed: {found.reason}")
        for part, found in read
        if isinstance(found, BadAddress)
    ]
    if bad:
        raise ProblemsFound("Nothing was sent.", bad, todo="Correct the addresses.")
    return [found.address.ascii for _, found in read if not isinstance(found, BadAddress)]


def mail_proof(live: Live, outside: Outside, typed: str) -> dict[str, Any]:
    """Mail a Proof of what is shown now. Raises DispatchError; then nothing was mailed."""
    wanted = addresses_of(typed)
    shown = live.refresh()
    if shown.problem is not None:
        raise shown.problem
    courier = outside.courier()
    prepared = _for(courier, live, shown)
    audiences = shown.bearings.audiences
    account = courier.mailer.account()
    if account.stopped:
        raise ProviderError(account.stopped, todo="Nothing was sent.")
    plan = propose(courier.database, prepared, audiences, shown.bearings.transport).plan
    sent = send_proof(
        courier.database,
        prepared,
        audiences,
        plan,
        wanted,
        mailer=courier.mailer,
        publisher=courier.publisher,
        account=account,
        public_url=courier.public_url,
    )
    live.refresh()
    return _told(sent, {audience.slug: audience.name for audience in audiences})


def _for(courier: Courier, live: Live, shown: Shown) -> Prepared:
    """The Editions under the address that the courier's mails will carry."""
    assert shown.prepared is not None
    if courier.public_url == shown.bearings.public_url:
        return shown.prepared
    return prepare(live.workspace, live.brief_file, shown.bearings.audiences, public_url=courier.public_url)


def _told(sent: ProofSent, names: Mapping[str, str]) -> dict[str, Any]:
    outcomes: Sequence[tuple[str, str, str]] = [
        (to, names[audience], "accepted" if isinstance(outcome, Accepted) else outcome.reason)
        for to, audience, outcome in sent.outcomes
    ]
    return {"sent": sent.proof, "outcomes": outcomes, "all_accepted": all(each[2] == "accepted" for each in outcomes)}
