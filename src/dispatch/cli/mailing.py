"""Desk: what `send` and `proof` share: the Brief, the transport, and all that must hold before mail leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from datetime import datetime

    from dispatch.cli.transport import Transport
    from dispatch.errors import DispatchError
    from dispatch.model.brand import Audience
    from dispatch.model.campaign import Limit
    from dispatch.pipeline.freeze import Frozen
    from dispatch.pipeline.plan import Proposal
    from dispatch.pipeline.prepare import Prepared

#: domains that nobody reads (RFC 2606, RFC 6761); real mail to them only spoils the sender's name
EXAMPLE_DOMAINS = ("example.com", "example.org", "example.net", "example", "test", "invalid", "localhost")


@dataclass
class Desk:
    """A prepared Brief, its Audiences and an open transport."""

    context: Context
    brief_file: Path
    audiences: "tuple[Audience, ...]"
    transport: "Transport"
    prepared: "Prepared"

    @classmethod
    def open(cls, context: Context, brief_file: Path, named: Sequence[str]) -> Self:
        """Prepare the Brief for the Audiences named (all, where none is). Raises DispatchErrors."""
        from dispatch.cli.preparing import prepare_brief
        from dispatch.cli.transport import open_transport

        audiences = choose_audiences(context, named)
        if not context.is_practice:
            require_public_url(context, audiences)
        transport = open_transport(context)
        prepared = prepare_brief(context, brief_file, audiences, transport.public_url)
        return cls(context, brief_file, audiences, transport, prepared)

    @property
    def is_real(self) -> bool:
        """Whether mail would leave this computer."""
        return self.transport.name != "practice"

    def propose(self, only: str | None = None) -> "Proposal":
        """What a send would do now; `only` is the address of the one person whom it is for. Raises CampaignError."""
        from dispatch.cli.members import read_mailbox
        from dispatch.pipeline.plan import propose

        key = None if only is None else read_mailbox(only).address.key
        return propose(self.transport.database, self.prepared, self.audiences, self.transport.name, key)

    def prepare_again(self) -> "Prepared":
        """Return what the files of the Brief say now. Raise DispatchErrors."""
        from dispatch.cli.preparing import prepare_brief

        return prepare_brief(self.context, self.brief_file, self.audiences, self.transport.public_url)

    def freeze(
        self, proposal: "Proposal", forced: Sequence[str], *, not_before: "datetime | None", limit: "Limit | None"
    ) -> "Frozen":
        """Make the proposal so."""
        from dispatch.pipeline.freeze import Terms, freeze

        # Without events nothing could be learned from those who go first.
        canary = self.context.settings.send.canary if self.transport.notifications is not None else 0
        may_be_examples = not self.is_real or self.context.settings.send.allow_example_domains
        terms = Terms(
            forced=tuple(forced),
            not_before=not_before,
            canary=canary,
            limit=limit,
            forbidden_domains=() if may_be_examples else EXAMPLE_DOMAINS,
        )
        return freeze(self.transport.database, proposal, self.transport.publisher, terms)

    def refuse_what_blocks(self, proposal: "Proposal", forced: Sequence[str]) -> None:
        """Raise ProblemsFound with everything that stops this send, all at once."""
        from dispatch.errors import BriefError, CampaignError, ProblemsFound
        from dispatch.model.finding import errors_of

        problems: list[DispatchError] = [
            BriefError(f"{finding.message} [{finding.code}]", where=str(finding.place), todo=finding.advice)
            for finding in errors_of(self.prepared.findings)
            if finding.code not in forced
        ]
        if not proposal.plan.to_send and proposal.campaign is None:
            problems.append(
                CampaignError(
                    "There is nobody to mail.",
                    where="Lists: " + ", ".join(audience.member_list for audience in self.audiences),
                    todo="Bring members in: dispatch members import FILE --list LIST",
                )
            )
        if self.is_real:
            problems.extend(self._what_blocks_real_mail())
        if problems:
            raise ProblemsFound("This cannot be sent yet. Nothing was sent.", problems)

    def _what_blocks_real_mail(self) -> "list[DispatchError]":
        from dispatch.errors import BriefError, RosterError

        problems: list[DispatchError] = []
        if stand_ins := self.prepared.brief.stand_ins:
            problems.append(
                BriefError(
                    "The brief shows stand-in pictures: " + ", ".join(figure.file for figure in stand_ins) + ".",
                    where=str(self.brief_file),
                    todo="Put the real pictures in their place and take `.stand-in` away.",
                )
            )
        if not self.context.settings.send.allow_example_domains and (example := self._example_addresses()):
            problems.append(
                RosterError(
                    f"{len(example)} or more addresses are examples that nobody reads, such as {example[0]}.",
                    where="Lists: " + ", ".join(audience.member_list for audience in self.audiences),
                    todo="Remove the sample members: dispatch members remove ADDRESS --list LIST",
                )
            )
        return problems

    def _example_addresses(self) -> list[str]:
        from dispatch.store import plans

        found = []
        with self.transport.database.reading() as connection:
            for domain in EXAMPLE_DOMAINS:
                for person in plans.planned_people(connection, self.audiences, None, search=domain, limit=20):
                    host = person.address.rpartition("@")[2].casefold()
                    if not person.reason and (host == domain or host.endswith("." + domain)):
                        found.append(person.address)
        return found

    def require_proof(self, proposal: "Proposal", approved_by: str | None, *, may_ask: bool) -> None:
        """Raise CampaignError unless a Proof of just this content was approved, where the settings want one."""
        from dispatch.errors import CampaignError
        from dispatch.pipeline.proof import fingerprints, settings_that_reach_the_mail
        from dispatch.store import proofs
        from dispatch.store.database import clock

        if not self.context.settings.send.require_proof or not proposal.plan.new:
            return
        todo = "Show it to whoever answers for it: dispatch proof --to ADDRESS"
        with self.transport.database.reading() as connection:
            proof = proofs.latest(connection, self.prepared.brief.slug)
        if proof is None:
            raise CampaignError("Nobody has seen a proof of this brief.", where=str(self.brief_file), todo=todo)
        changes = proof.changes(
            fingerprints(self.prepared, self.audiences),
            settings_that_reach_the_mail(self.audiences, self.transport.public_url),
        )
        if changes:
            raise CampaignError(
                f"Changed since the proof {proof.code}: " + ", ".join(changes) + ".",
                where=str(self.brief_file),
                todo=todo,
            )
        if proof.approved_at is not None:
            return
        shown = ", ".join(proof.addresses)
        if approved_by is None and may_ask:
            approved_by = click.prompt(f"Proof {proof.code} went to {shown}. Who said yes to it? (name)").strip()
        if not approved_by:
            raise CampaignError(
                f"Nobody has said yes to the proof {proof.code} that went to {shown}.",
                where=str(self.brief_file),
                todo='If somebody did: dispatch send --approved-by "NAME"',
            )
        with self.transport.database.writing() as connection:
            proofs.approve(connection, proof.id, approved_by, clock(connection))

    def check_account(self, mails: int) -> None:
        """Raise ProviderError where the provider would not take so many mails now."""
        from dispatch.cli.readiness import check_account, too_many_for_today

        left = check_account(self.transport).left_today
        if left is not None and left < mails:
            raise too_many_for_today(left, mails)

    def share_of_today(self, mails: int, *, may_split: bool, may_ask: bool) -> int | None:
        """How many of the mails may leave today; None for all. Raises ProviderError where nobody wants to split."""
        from dispatch.cli.readiness import share_of_today

        return share_of_today(self.transport, mails, may_split=may_split, may_ask=may_ask)

    def check_ready(self) -> None:
        """Raise ProblemsFound where real mail cannot leave yet: home, sender, unsubscribing, pictures."""
        if self.is_real:
            from dispatch.cli.readiness import check_ready

            senders = [audience.sender for audience in self.audiences]
            for picture in self.prepared.pictures.values():
                self.transport.publisher.publish(picture)
            check_ready(self.context, self.transport, senders, list(self.prepared.pictures.values()))


def choose_audiences(context: Context, named: Sequence[str]) -> "tuple[Audience, ...]":
    """The Audiences of these names, all where none is named. Raises SettingsError for a name nobody has."""
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


def require_public_url(context: Context, audiences: "Sequence[Audience]") -> None:
    """Raise ProblemsFound unless real mail could be unsubscribed from and names its sender."""
    from dispatch.errors import ProblemsFound, SettingsError

    file = str(context.workspace / "dispatch.toml")
    problems: list[DispatchError] = []
    url = context.settings.web.public_url
    if not url:
        problems.append(
            SettingsError(
                "Real mail needs an address at which readers can unsubscribe.",
                where=f"{file}, [web] public_url",
                todo='Write the https address of `dispatch serve`, such as "https://briefs.example.org".',
            )
        )
    elif not url.startswith("https://") and not url.startswith("http://127.0.0.1"):
        problems.append(
            SettingsError(
                f"The public address must be https: {url}",
                where=f"{file}, [web] public_url",
                todo="Write https://…",
            )
        )
    problems.extend(
        SettingsError(
            f"{audience.brand.name} has no postal address, and the law wants one in every such mail.",
            where=f"{file}, [brands.{audience.brand.slug}] postal_address",
            todo='Write it in one line, such as "1 Example Street, City, ST 00000".',
        )
        for audience in audiences
        if not audience.brand.postal_address.strip()
    )
    if problems:
        raise ProblemsFound("Real mail is not set up yet. Nothing was sent.", problems)
