"""What `send`, `resume` and `proof` share: the Brief prepared for its Audiences; preflight, shown and asked about."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from dispatch.cli.transport import Transport
    from dispatch.model.brand import Audience
    from dispatch.model.readiness import Readiness
    from dispatch.pipeline.plan import Proposal
    from dispatch.pipeline.preflight.look import Preflight


def propose(
    context: Context, transport: "Transport", brief_file: Path, named: Sequence[str], only: str | None = None
) -> "Proposal":
    """Return what a send to the Audiences named (all, where none is) would do now. Raise DispatchError.

    `only` is the address of the one person whom it is for.
    """
    from dispatch.cli.member_arguments import read_mailbox
    from dispatch.cli.preparing import prepare_brief
    from dispatch.pipeline.plan import propose

    audiences = choose_audiences(context, named)
    key = None if only is None else read_mailbox(only).address.key
    prepared = prepare_brief(context, brief_file, audiences, transport.public_url)
    return propose(transport.database, prepared, audiences, transport.name, key)


def choose_audiences(context: Context, named: Sequence[str]) -> "tuple[Audience, ...]":
    """Return the Audiences of these names, all where none is named. Raise SettingsError for a name nobody has."""
    from dispatch.errors import SettingsError

    known = context.settings.all_audiences()
    slugs = ", ".join(audience.slug for audience in known)
    if not known:
        raise SettingsError(
            "There is no audience.",
            where=str(context.workspace / "dispatch.toml"),
            todo="Write an [audiences.NAME] section.",
        )
    for name in named:
        if name not in {audience.slug for audience in known}:
            raise SettingsError(f"There is no audience {name!r}.", where="--to", todo=f"Known: {slugs}.")
    return tuple(audience for audience in known if not named or audience.slug in named)


def show_notes(readiness: "Readiness") -> None:
    """Print what a person should know before mail leaves, on standard error."""
    for note in readiness.notes:
        click.echo(f"Note: {note}", err=True)


def require_approval(transport: "Transport", found: "Preflight", file: str, approved_by: str, *, may_ask: bool) -> None:
    """Note who approved the Proof that shows what would be sent. Raise CampaignError where nobody did."""
    from dispatch.pipeline.preflight.content import not_approved
    from dispatch.store import proofs
    from dispatch.store.database import clock

    proof = found.unapproved
    if proof is None:
        return
    if not approved_by and may_ask:
        shown = ", ".join(proof.addresses)
        approved_by = click.prompt(f"Proof {proof.code} went to {shown}. Who approved it? (name)").strip()
    if not approved_by:
        raise not_approved(proof, file)
    with transport.database.writing() as connection:
        proofs.approve(connection, proof.id, approved_by, clock(connection))


def share_of_today(found: "Preflight", *, may_split: bool, may_ask: bool) -> int | None:
    """Return how many messages may leave today; None for all. Raise ProviderError where they are not to be spread."""
    share = found.share
    if share is None:
        return None
    if may_ask:
        click.echo(share.sentence)
        may_split = may_split or click.confirm("Spread it over these days?", default=False)
    if not may_split:
        raise share.refusal
    return share.left


def open_points(found: "Preflight", file: str) -> "Readiness":
    """Return everything that a send would stop at or ask about, as problems and notes."""
    from dispatch.model.readiness import Readiness
    from dispatch.pipeline.preflight.content import not_approved

    asked = [not_approved(found.unapproved, file)] if found.unapproved is not None else []
    notes = [found.share.sentence] if found.share is not None else []
    return found.readiness + Readiness(tuple(asked), tuple(notes))
