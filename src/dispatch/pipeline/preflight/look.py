"""Preflight: the rules asked for a send, a resumed send and a proof."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dispatch.errors import DispatchError, ProviderError, SettingsError
from dispatch.model.brand import Audience, Picture
from dispatch.model.message import Account
from dispatch.model.proof import Proof
from dispatch.model.readiness import Readiness
from dispatch.pipeline import home
from dispatch.pipeline.check_public_pages import unreachable
from dispatch.pipeline.plan import Proposal
from dispatch.pipeline.preflight.content import about_content, proof_standing
from dispatch.pipeline.preflight.provider import Share, about_account, share_of_today
from dispatch.pipeline.preflight.setup import Setup


@dataclass(frozen=True, slots=True)
class Preflight:
    """Whether a send may start: what stops it, what a person should know, and what a person can still decide."""

    readiness: Readiness
    #: a Proof of just this content that is not approved: a person can say who approved it
    unapproved: Proof | None = None
    #: less than all can leave in these 24 hours: a person can spread the rest over later days
    share: Share | None = None


def before_send(
    setup: Setup, proposal: Proposal, forced: Collection[str], mails: int, *, publishes: bool = True
) -> Preflight:
    """Return what decides about a send of `mails` messages now. Raise StoreError.

    Real mail's pictures are published, and asked for at their addresses; without `publishes` neither.
    """
    found = about_content(setup, proposal, forced)
    unapproved = None
    if setup.is_real and setup.rules.require_proof and proposal.plan.new:
        standing = proof_standing(setup.database, proposal.prepared, proposal.audiences, setup.public_url)
        problem = standing.problem(proposal.prepared.brief.file)
        found += Readiness((problem,) if problem else ())
        unapproved = standing.unapproved
    if setup.is_real:
        found += about_brands(setup, proposal.audiences)
    if not mails:
        return Preflight(found, unapproved)
    account, share = _account(setup, mails)
    pictures = tuple(proposal.prepared.pictures.values()) if publishes else ()
    senders = [audience.sender for audience in proposal.audiences]
    return Preflight(found + account + _leaving(setup, senders, pictures), unapproved, share)


def before_resume(setup: Setup, audiences: Sequence[Audience], senders: Sequence[str], mails: int) -> Preflight:
    """Return what decides about `mails` messages of a Campaign whose content is locked. Raise StoreError."""
    if not mails:
        return Preflight(Readiness())
    account, share = _account(setup, mails)
    brands = about_brands(setup, audiences) if setup.is_real else Readiness()
    return Preflight(brands + account + _leaving(setup, senders, ()), share=share)


def before_proof(setup: Setup, audiences: Sequence[Audience], mails: int) -> Readiness:
    """Return what stops a Proof of `mails` messages."""
    account, share = _account(setup, mails)
    brands = about_brands(setup, audiences) if setup.is_real else Readiness()
    return brands + account + Readiness((share.refusal,) if share else ())


def about_brands(setup: Setup, audiences: Sequence[Audience]) -> Readiness:
    """Return what real mail lacks by which readers can unsubscribe and see who sends."""
    return Readiness((*_public_url(setup), *_postal_addresses(setup, audiences)))


def _account(setup: Setup, mails: int) -> tuple[Readiness, Share | None]:
    """What the account says; with the part that can leave today, where that is some and not all."""
    try:
        account: Account = setup.mailer.account()
    except ProviderError as err:
        return Readiness((err,)), None
    found = about_account(
        account,
        is_real=setup.is_real,
        claim_seconds=setup.rules.claim_seconds,
        grace_seconds=setup.rules.grace_seconds,
        settings_file=setup.rules.settings_file,
    )
    share = share_of_today(account, mails)
    if share is not None and not share.left:
        return found + Readiness((share.refusal,)), None
    return found, share


def _leaving(setup: Setup, senders: Sequence[str], pictures: Sequence[Picture]) -> Readiness:
    """What keeps real mail from leaving here: the home, the senders, the events, the pages that readers reach."""
    if not setup.is_real:
        return Readiness()
    problems: list[DispatchError] = []
    notes: list[str] = []
    try:
        home.refuse_elsewhere(setup.database)
        for picture in pictures:
            setup.publisher.publish(picture)
    except DispatchError as err:
        problems.append(err)
    if setup.mailer.has_events and not setup.has_queue:
        notes.append(
            "No queue of events is set ([ses] queue_url): bounces and complaints stay unknown, and only a person can "
            "settle what a call leaves open."
        )
    found = Readiness(tuple(problems), tuple(notes)) + setup.mailer.problems(senders)
    if setup.rules.check_public_url and setup.public_url:
        found += Readiness(tuple(unreachable(setup.database, setup.public_url, pictures)))
    return found


def _public_url(setup: Setup) -> Iterator[DispatchError]:
    where = f"{setup.rules.settings_file}, [web] public_url"
    if not setup.public_url:
        todo = 'Write the https address of `dispatch serve`, such as "https://briefs.example.org".'
        yield SettingsError("Real mail needs an address at which readers can unsubscribe.", where=where, todo=todo)
    elif not setup.public_url.startswith("https://") and not setup.rules.allow_http:
        yield SettingsError(
            f"The public address must be https: {setup.public_url}", where=where, todo="Write https://…"
        )


def _postal_addresses(setup: Setup, audiences: Sequence[Audience]) -> Iterator[DispatchError]:
    for brand in {audience.brand.slug: audience.brand for audience in audiences}.values():
        if not brand.postal_address.strip():
            yield SettingsError(
                f"{brand.name} has no postal address, and the law wants one in every such message.",
                where=f"{setup.rules.settings_file}, [brands.{brand.slug}] postal_address",
                todo='Write it in one line, such as "1 Example Street, City, ST 00000".',
            )
