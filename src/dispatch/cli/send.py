"""`dispatch send`: shows the plan, asks for the number, waits, sends, and says what became of everybody."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.frame import (
    DONE,
    INTERRUPTED,
    REFUSED,
    USAGE,
    Frame,
    find_brief,
    is_terminal,
    json_option,
    pass_frame,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.cli.way import Way
    from dispatch.model.campaign import Campaign, Counts
    from dispatch.model.delivery import Delivery
    from dispatch.pipeline.plan import Proposal


def audience_option(command: "click.decorators.FC") -> "click.decorators.FC":
    """The option `--to`: the Audiences, by the names that dispatch.toml gives them."""
    text = "Only this audience; may be given several times. Left out: all of them."
    return click.option("--to", "audiences", multiple=True, metavar="AUDIENCE", help=text)(command)


@click.command("send", short_help="Mail a brief: shows the plan, asks, waits, sends.")
@click.argument("brief", required=False)
@audience_option
@click.option("--dry-run", is_flag=True, help="Show what would happen, in the browser or as text; send nothing.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Send N mails, then pause; the rest stays queued.",
)
@click.option(
    "--yes",
    is_flag=True,
    help="Answer every question with yes, also whether to send again what is known to be lost.",
)
@click.option(
    "--approved-by",
    metavar="NAME",
    default="",
    help="Who said yes to the proof, where nobody approved it on its page.",
)
@click.option(
    "--force",
    "forced",
    multiple=True,
    metavar="CODE",
    help="Send in spite of this finding of `dispatch check`; recorded.",
)
@json_option
@pass_frame
def send_command(
    frame: Frame,
    /,
    brief: str | None,
    audiences: tuple[str, ...],
    *,
    dry_run: bool,
    limit: int | None,
    yes: bool,
    approved_by: str,
    forced: tuple[str, ...],
    as_json: bool,
) -> None:
    """Mail a brief to the member lists: one copy a person, nobody twice, nobody lost.

    Shows who would get what, asks for the number of people, waits some seconds in which nothing has left, and sends.
    Called again for the same brief it goes on where it stopped, and mails only people who have not had it. Ctrl-C
    finishes the mails in flight and pauses.
    """
    from dispatch.cli.mailing import Desk

    if not dry_run and not yes and (as_json or not is_terminal()):
        click.echo("Error: there is nobody here to confirm.", err=True)
        click.echo("  To send without being asked, add --yes; to look only, add --dry-run.", err=True)
        sys.exit(USAGE)
    desk = Desk.open(frame, find_brief(frame.workspace, brief), audiences)
    if dry_run and is_terminal() and not as_json:
        from dispatch.cli.preview import open_preview

        open_preview(frame, desk.brief_file)
        return
    proposal = desk.propose()
    if dry_run:
        _print_plan(frame, proposal, as_json=as_json)
        return
    sending = _Sending(frame, desk.way, proposal, is_silent=as_json, says_yes=yes)
    if not as_json:
        show_plan(frame, proposal)
    desk.refuse_what_blocks(proposal, forced)
    if desk.is_real:
        desk.require_proof(proposal, approved_by or None, may_ask=not yes)
    if proposal.plan.to_send:
        desk.check_account(proposal.plan.to_send if limit is None else min(limit, proposal.plan.to_send))
        if not yes:
            confirm(proposal.plan.to_send)
        hold(frame.settings.send.hold_seconds, is_silent=as_json)
    campaign, added = desk.freeze(proposal, forced)
    campaign = sending.run(campaign, limit)
    counts = sending.counts(campaign)
    if as_json:
        print_json(summary(campaign, counts, added))
    else:
        sending.tell(campaign, counts)
    sys.exit(_status(campaign, counts, is_interrupted=sending.is_interrupted))


def _status(campaign: "Campaign", counts: "Counts", *, is_interrupted: bool) -> int:
    if is_interrupted and campaign.state.value != "finished":
        return INTERRUPTED
    is_clean = campaign.state.value == "finished" and not counts.failed and not counts.uncertain
    return DONE if is_clean else REFUSED


def summary(campaign: "Campaign", counts: "Counts", added: int) -> dict[str, Any]:
    """The document of `send --json`: the whole Campaign, and how many were added by this call."""
    from dispatch.model.delivery import COUNTED

    return {
        "campaign": campaign.id,
        "brief": campaign.slug,
        "state": campaign.state.value,
        "audience": counts.audience,
        **{name: getattr(counts, name) for name in COUNTED},
        "new": added,
        **({"reason": campaign.reason, "todo": campaign.todo} if campaign.reason else {}),
    }


# --- the plan -----------------------------------------------------------------------------------------------------


def _print_plan(frame: Frame, proposal: "Proposal", *, as_json: bool) -> None:
    if not as_json:
        show_plan(frame, proposal)
        return
    plan = proposal.plan
    print_json(
        {
            "dry_run": True,
            "brief": proposal.prepared.brief.slug,
            "way": proposal.way,
            "to_send": plan.to_send,
            "new": plan.new,
            "waiting": plan.waiting,
            "already": plan.already,
            "left_out": plan.left_out,
            "audiences": {
                each.audience: {
                    "people": each.people,
                    "also_elsewhere": each.also_elsewhere,
                    "given_elsewhere": each.given_elsewhere,
                    "left_out": dict(each.left_out),
                    "subject": proposal.prepared.editions[each.audience].subject,
                }
                for each in plan.audiences
            },
            "remarks": proposal.remarks(),
            "findings": [
                {
                    "level": f.level.value,
                    "code": f.code,
                    "message": f.message,
                    "place": str(f.place),
                    "advice": f.advice,
                }
                for f in proposal.prepared.findings
            ],
        }
    )


def show_plan(frame: Frame, proposal: "Proposal") -> None:
    """The plan as people read it."""
    plan, editions = proposal.plan, proposal.prepared.editions
    names = {audience.slug: audience.name for audience in proposal.audiences}
    width = max(len(name) for name in [*names.values(), "together"])
    click.echo(frame.banner)
    click.echo(f"{proposal.prepared.brief.title} ({proposal.prepared.brief.date.isoformat()})")
    click.echo()
    for each in plan.audiences:
        note = f"  of them {each.also_elsewhere} also on another list: one copy each" if each.also_elsewhere else ""
        click.echo(f"  {names[each.audience]:{width}}  {each.people:>7} people{note}")
        click.echo(f"  {'':{width}}          subject: {editions[each.audience].subject}")
        for reason, count in each.left_out.items():
            click.echo(f"  {'':{width}}  {count:>7} left out: {reason}")
    if plan.waiting:
        click.echo(f"  {'queued':{width}}  {plan.waiting:>7} people of an earlier send")
    click.echo(f"  {'together':{width}}  {plan.to_send:>7} mails")
    for remark in proposal.remarks():
        click.echo(f"  {remark}")
    errors = [finding for finding in proposal.prepared.findings if finding.level.value == "error"]
    warnings = [finding for finding in proposal.prepared.findings if finding.level.value == "warning"]
    for finding in [*errors, *warnings]:
        click.echo(f"  {finding.level.value}: {finding.message} ({finding.place}, {finding.code})")
    click.echo()


def confirm(number: int) -> None:
    """Ask for the number of mails to be typed; anything else sends nothing."""
    from dispatch.errors import CampaignError

    typed = click.prompt(
        f"To send, type the number of mails ({number}); anything else stops", default="", show_default=False
    )
    if typed.strip() != str(number):
        raise CampaignError("Nothing was sent.", todo="You did not type the number. To try again: dispatch send")


def hold(seconds: int, *, is_silent: bool) -> None:
    """Wait, with nothing sent and nothing frozen; Ctrl-C ends it there."""
    import time

    from dispatch.errors import CampaignError

    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            if not is_silent and sys.stdout.isatty():
                click.echo(f"\rSending in {left:3.0f} s. Ctrl-C stops it; nothing has left yet. ", nl=False)
            time.sleep(min(0.25, left))
    except KeyboardInterrupt:
        click.echo(err=is_silent)
        raise CampaignError("Stopped. Nothing was sent.", todo="To try again: dispatch send") from None
    if seconds and not is_silent and sys.stdout.isatty():
        click.echo()


# --- sending ------------------------------------------------------------------------------------------------------


class _Sending:
    """One send in front of a person: its progress, its questions, its end."""

    def __init__(self, frame: Frame, way: "Way", proposal: "Proposal", *, is_silent: bool, says_yes: bool) -> None:
        from dispatch.cli.interrupt import Interrupt

        self._frame = frame
        self._way = way
        self._slug = proposal.prepared.brief.slug
        self._is_silent = is_silent
        self._says_yes = says_yes
        self._declined: set[str] = set()
        self._interrupt = Interrupt()

    @property
    def is_interrupted(self) -> bool:
        return self._interrupt.is_asked

    def run(self, campaign: "Campaign", limit: int | None) -> "Campaign":
        from dispatch.cli.progress import Bar
        from dispatch.cli.way import send_options
        from dispatch.pipeline.send import Watch, send

        with self._interrupt, Bar(is_silent=self._is_silent) as bar:
            watch = Watch(
                show=bar.show,
                is_interrupted=lambda: self._interrupt.is_asked,
                may_send_again=self._may_send_again,
            )
            return send(
                self._way.database,
                campaign,
                self._way.mailer,
                self._way.notices,
                self._way.mailer.account(),
                send_options(self._frame, self._way.public_url, limit),
                watch,
            )

    def _may_send_again(self, people: "list[Delivery]") -> bool:
        """A person's word, or the setting that a person set."""
        if self._says_yes or self._frame.settings.send.resend_unknown:
            return True
        fresh = [each for each in people if each.id not in self._declined]
        if not fresh or self._is_silent or not is_terminal():
            return False
        self._declined.update(each.id for each in fresh)
        click.echo(f"\n{len(fresh)} people were being mailed when the connection or the computer failed:")
        _name(fresh)
        click.echo(
            "The provider has told of every mail around that moment, and of none to them: they surely got nothing."
        )
        return click.confirm("Mail them again?", default=False)

    def counts(self, campaign: "Campaign") -> "Counts":
        from dispatch.store import campaigns

        with self._way.database.reading() as connection:
            return campaigns.counts(connection, campaign.id)

    def tell(self, campaign: "Campaign", counts: "Counts") -> None:
        """How it ended, in words."""
        from dispatch.model.delivery import DeliveryState
        from dispatch.store import ledger

        click.echo(self._frame.banner)
        said = {"finished": "Done.", "paused": "Paused.", "cancelled": "Cancelled."}.get(
            campaign.state.value, "Not done yet."
        )
        click.echo(
            f"{said} Of {counts.audience} people {counts.submitted} have been mailed, {counts.queued} wait, "
            f"{counts.skipped} were left out, {counts.failed} were refused, "
            f"{counts.uncertain + counts.submitting} are not known yet."
        )
        if campaign.reason:
            click.echo(f"  {campaign.reason} {campaign.todo}")
        with self._way.database.reading() as connection:
            uncertain = ledger.in_state(connection, campaign.id, DeliveryState.UNCERTAIN, limit=20)
            failed = ledger.in_state(connection, campaign.id, DeliveryState.FAILED, limit=20)
        if uncertain:
            click.echo(
                "Not known yet, never counted as sent or lost; `dispatch send` looks again and offers what can be done:"
            )
            _name(uncertain)
        if failed:
            click.echo("Refused:")
            _name(failed)
        if self._way.name == "practice":
            click.echo(f"The mails: {self._way.public_url}/inbox")
        click.echo("What became of them: dispatch report")


def _name(people: "Sequence[Delivery]") -> None:
    for each in people:
        reason = f"  ({each.reason})" if each.reason else ""
        click.echo(f"  {each.address}{reason}")
