"""What a send needs of the Brief and the lists: no errors, recipients, real pictures and addresses, a Proof."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dispatch.errors import BriefError, CampaignError, DispatchError, RosterError
from dispatch.model.brand import Audience
from dispatch.model.finding import errors_of
from dispatch.model.proof import Proof
from dispatch.model.readiness import Readiness
from dispatch.pipeline.plan import Proposal
from dispatch.pipeline.preflight.setup import Setup
from dispatch.pipeline.prepare import Prepared
from dispatch.pipeline.proof import fingerprints, settings_that_reach_the_mail
from dispatch.store import proofs
from dispatch.store.database import Database
from dispatch.store.example_domains import example_recipients

_SHOW_PROOF = "Send a proof for approval: dispatch proof --to ADDRESS"


def about_content(setup: Setup, proposal: Proposal, forced: Collection[str]) -> Readiness:
    """Return what the Brief and its recipients lack; `forced` are the codes of findings that a person overrules."""
    problems = [*_findings(proposal.prepared, forced), *_recipients(proposal)]
    if setup.is_real:
        problems += [*_stand_ins(proposal.prepared), *_examples(setup, proposal)]
    return Readiness(tuple(problems))


def _findings(prepared: Prepared, forced: Collection[str]) -> Iterator[DispatchError]:
    for finding in errors_of(prepared.findings):
        if finding.code not in forced:
            yield BriefError(f"{finding.message} [{finding.code}]", where=str(finding.place), todo=finding.advice)


def _recipients(proposal: Proposal) -> Iterator[DispatchError]:
    if not proposal.plan.to_send and proposal.continues is None:
        todo = "Add members: dispatch members import FILE --list LIST"
        yield CampaignError("There are no recipients.", where=_lists(proposal.audiences), todo=todo)


def _stand_ins(prepared: Prepared) -> Iterator[DispatchError]:
    if stand_ins := prepared.brief.stand_ins:
        yield BriefError(
            "The brief shows stand-in pictures: " + ", ".join(figure.file for figure in stand_ins) + ".",
            where=prepared.brief.file,
            todo="Replace them with the real pictures, and remove `.stand-in`.",
        )


def _examples(setup: Setup, proposal: Proposal) -> Iterator[DispatchError]:
    if setup.rules.allow_example_domains:
        return
    campaign = proposal.continues.id if proposal.continues else None
    with setup.database.reading() as connection:
        count, example = example_recipients(connection, proposal.audiences, campaign, proposal.only)
    if count:
        addresses = "1 recipient has an example address" if count == 1 else f"{count} recipients have example addresses"
        yield RosterError(
            f"{addresses} that nobody reads, such as {example}.",
            where=_lists(proposal.audiences),
            todo="Remove the sample members: dispatch members remove ADDRESS --list LIST",
        )


def _lists(audiences: Sequence[Audience]) -> str:
    return "Lists: " + ", ".join(dict.fromkeys(audience.member_list for audience in audiences))


# --- the proof ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProofStanding:
    """The newest Proof of a Brief, and whether it still shows what would be sent."""

    #: None where no proof was sent
    proof: Proof | None
    #: what differs from what it showed, in words
    changes: tuple[str, ...] = ()

    @property
    def unapproved(self) -> Proof | None:
        """The Proof, if it shows what would be sent and only the approval is missing."""
        return self.proof if self.proof and not self.changes and self.proof.approved_at is None else None

    def problem(self, file: str) -> DispatchError | None:
        """Return why no approval can count, None where one counts or could be given."""
        if self.proof is None:
            return CampaignError("No proof of this brief was sent.", where=file, todo=_SHOW_PROOF)
        if self.changes:
            what = f"Changed since the proof {self.proof.code}: " + ", ".join(self.changes) + "."
            return CampaignError(what, where=file, todo=_SHOW_PROOF)
        return None


def proof_standing(
    database: Database, prepared: Prepared, audiences: Sequence[Audience], public_url: str
) -> ProofStanding:
    """Return how the newest Proof of a Brief stands beside what would be sent now."""
    with database.reading() as connection:
        proof = proofs.latest(connection, prepared.brief.slug)
    if proof is None:
        return ProofStanding(None)
    settings = settings_that_reach_the_mail(audiences, public_url)
    return ProofStanding(proof, tuple(proof.changes(fingerprints(prepared, audiences), settings)))


def not_approved(proof: Proof, file: str) -> DispatchError:
    """Return the problem of a Proof that shows what would be sent and was not approved."""
    return CampaignError(
        f"The proof {proof.code} that went to {', '.join(proof.addresses)} is not approved.",
        where=file,
        todo='Approve it on its page; or, if you know who did: dispatch send --approved-by "NAME"',
    )
