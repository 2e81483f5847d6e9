"""Proof: the form that mails one, and how the newest one stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.audience.addresses import BadAddress, read_mailbox
from dispatch.errors import DispatchError, ProblemsFound, RosterError
from dispatch.model.message import Accepted
from dispatch.pipeline.plan import propose
from dispatch.pipeline.preflight.content import proof_standing
from dispatch.pipeline.preflight.look import before_proof
from dispatch.pipeline.prepare import Prepared, prepare
from dispatch.pipeline.proof import ProofSent, send_proof
from dispatch.web.preview.live import Live, Shown
from dispatch.web.preview.outside import Outside
from dispatch.web.preview.people import People

#: most addresses that one Proof goes to: it is for the people who approve it
MOST_ADDRESSES = 10


def sheet(shown: Shown, people: People) -> dict[str, Any]:
    """The newest Proof, and what changed since; or why it is not known."""
    assert shown.prepared is not None
    bearings = shown.bearings
    try:
        standing = proof_standing(people.database(), shown.prepared, bearings.audiences, bearings.public_url)
    except DispatchError as err:
        return {"proof": None, "changes": [], "proof_problem": err.lines()}
    return {"proof": standing.proof, "changes": list(standing.changes), "proof_problem": []}


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
    audiences = shown.bearings.audiences
    with outside.setup() as setup:
        before_proof(setup, audiences, len(wanted) * len(audiences)).require("Nothing was sent.")
        prepared = _under(setup.public_url, live, shown)
        sent = send_proof(
            setup.database,
            prepared,
            audiences,
            propose(setup.database, prepared, audiences, setup.transport).plan,
            wanted,
            mailer=setup.mailer,
            publisher=setup.publisher,
            account=setup.mailer.account(),
            public_url=setup.public_url,
        )
    live.refresh()
    return _told(sent, {audience.slug: audience.name for audience in audiences})


def _under(public_url: str, live: Live, shown: Shown) -> Prepared:
    """The Editions under the address that the mails will carry."""
    assert shown.prepared is not None
    if public_url == shown.bearings.public_url:
        return shown.prepared
    return prepare(live.workspace, live.brief_file, shown.bearings.audiences, public_url=public_url)


def _told(sent: ProofSent, names: Mapping[str, str]) -> dict[str, Any]:
    outcomes: Sequence[tuple[str, str, str]] = [
        (to, names[audience], "accepted" if isinstance(outcome, Accepted) else outcome.reason)
        for to, audience, outcome in sent.outcomes
    ]
    return {"sent": sent.proof, "outcomes": outcomes, "all_accepted": all(each[2] == "accepted" for each in outcomes)}
