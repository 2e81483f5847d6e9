"""`dispatch send`: shows the plan, asks for the number, waits, sends, and says what became of everybody."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import (
    DONE,
    REFUSED,
    USAGE,
    Context,
    complain,
    find_brief,
    is_terminal,
    json_option,
    pass_workspace,
    print_json,
)

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Limit
    from dispatch.model.readiness import Readiness
    from dispatch.pipeline.plan import Frozen, Proposal
    from dispatch.pipeline.preflight.look import Preflight


def audience_option(command: "click.decorators.FC") -> "click.decorators.FC":
    """The option `--to`: the Audiences, by the names that dispatch.toml gives them."""
    text = "Only this audience; may be given several times. Left out: all of them."
    return click.option("--to", "audiences", multiple=True, metavar="AUDIENCE", help=text)(command)


@click.command("send", short_help="Mail a brief: shows the plan, asks, waits, sends.")
@click.argument("brief", required=False)
@audience_option
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show the plan and everything that would stop the send; send nothing. In a terminal it also opens the preview "
    "in the browser, and stays until Ctrl-C.",
)
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
@click.option(
    "--only",
    metavar="ADDRESS",
    help="Mail one person who missed it: somebody new, refused, or left out and back since; nobody who has had it.",
)
@click.option("--at", metavar="MOMENT", help='Freeze now and send then, such as "2026-11-25 09:00".')
@click.option("--tz", "zone", metavar="ZONE", help="The time zone of --at, such as Europe/Berlin; else the setting's.")
@click.option(
    "--over-days",
    is_flag=True,
    help="Where Amazon's 24-hour quota is too small for all: send what it lets out today, the rest on later days.",
)
@json_option
@pass_workspace
def send_command(
    context: Context,
    /,
    brief: str | None,
    audiences: tuple[str, ...],
    *,
    dry_run: bool,
    limit: int | None,
    yes: bool,
    approved_by: str,
    forced: tuple[str, ...],
    only: str | None,
    at: str | None,
    zone: str | None,
    over_days: bool,
    as_json: bool,
) -> None:
    """Mail a brief to the member lists: one copy a person, nobody twice, nobody lost.

    Shows who would get what, asks for the number of people, waits some seconds in which nothing has left, and sends.
    Called again for the same brief it goes on where it stopped, and mails only people who have not had it. Ctrl-C
    finishes the mails in flight and pauses.
    """
    from dispatch.cli.mailing import propose, require_approval, share_of_today, show_notes
    from dispatch.cli.send_screen import SendScreen, limit_of, summary
    from dispatch.cli.transport import setup_of, use_transport
    from dispatch.pipeline.home import count_send
    from dispatch.pipeline.preflight.look import before_send

    _check_usage(dry_run=dry_run, yes=yes, as_json=as_json, only=only, at=at, zone=zone)
    not_before = _moment(context, at, zone)
    brief_file = find_brief(context.workspace, brief)
    transport = use_transport(context)
    proposal = propose(context, transport, brief_file, audiences, only)
    if not as_json:
        show_plan(context, proposal)
    people = proposal.plan.to_send
    setup = setup_of(context, transport)
    found = before_send(setup, proposal, forced, min(limit or people, people), publishes=not dry_run)
    if dry_run:
        sys.exit(_end_dry_run(context, brief_file, proposal, found, as_json=as_json))
    show_notes(found.readiness)
    found.readiness.require("This cannot be sent yet. Nothing was sent.")
    require_approval(transport, found, str(brief_file), approved_by, may_ask=not yes)
    share = share_of_today(found, may_split=over_days, may_ask=not yes)
    sending = SendScreen(context, transport, is_silent=as_json, says_yes=yes)
    if people:
        _ask_and_hold(context, people, yes=yes, as_json=as_json)
        if setup.is_real:
            count_send(transport.database)
    frozen = _freeze(context, transport, proposal, forced, not_before, limit_of(limit, share))
    campaign = sending.run(frozen.campaign, named=frozen.only)
    counts = sending.counts(campaign)
    if as_json:
        print_json(summary(campaign, counts, frozen.added))
    else:
        sending.tell(campaign, counts)
    sys.exit(sending.status(campaign, counts, frozen.only))


def _ask_and_hold(context: Context, people: int, *, yes: bool, as_json: bool) -> None:
    """Return when the number was typed and the hold is over. Raise CampaignError where a person stops it."""
    from dispatch.cli.send_screen import confirm, hold

    if not yes:
        confirm(people, "dispatch send")
    hold(context.settings.send.hold_seconds, "dispatch send", is_silent=as_json)


def _freeze(
    context: Context,
    transport: "Transport",
    proposal: "Proposal",
    forced: tuple[str, ...],
    not_before: "datetime | None",
    limit: "Limit | None",
) -> "Frozen":
    from dispatch.pipeline.plan import Terms, freeze

    # Without events nothing could be learned from those who go first.
    canary = context.settings.send.canary if transport.notifications is not None else 0
    terms = Terms(forced=forced, not_before=not_before, canary=canary, limit=limit)
    return freeze(transport.database, proposal, transport.publisher, terms)


def _end_dry_run(
    context: Context, brief_file: "Path", proposal: "Proposal", found: "Preflight", *, as_json: bool
) -> int:
    """Show every open point after the plan, in a terminal also the preview; return the exit status."""
    from dispatch.cli.mailing import open_points
    from dispatch.errors import ProblemsFound

    points = open_points(found, proposal.prepared.brief.file)
    if as_json:
        print_json(_as_document(proposal, points))
    else:
        for note in points.notes:
            click.echo(f"  note: {note}")
        if points.problems:
            complain(ProblemsFound("This cannot be sent yet:", points.problems))
        else:
            click.echo("Nothing stops this send. This was a dry run: nothing was sent.")
        if is_terminal():
            from dispatch.cli.preview import open_preview

            open_preview(context, brief_file)
    return REFUSED if points.problems else DONE


def _check_usage(
    *, dry_run: bool, yes: bool, as_json: bool, only: str | None, at: str | None, zone: str | None
) -> None:
    if not dry_run and not yes and (as_json or not is_terminal()):
        click.echo("Error: there is nobody here to confirm.", err=True)
        click.echo("  To send without being asked, add --yes; to look only, add --dry-run.", err=True)
        sys.exit(USAGE)
    if zone and not at:
        raise click.UsageError("--tz says the time zone of --at; give both.")
    if only and at:
        raise click.UsageError("--only mails one person at once; it takes no --at.")


def _moment(context: Context, at: str | None, zone: str | None) -> "datetime | None":
    """The moment of --at. Raises CampaignError for one that is past, or that a clock change makes unclear."""
    if at is None:
        return None
    from datetime import UTC, datetime

    from dispatch.pipeline.schedule import moment_of

    return moment_of(at, zone or context.settings.timezone, datetime.now(UTC))


# --- the plan -----------------------------------------------------------------------------------------------------


def _as_document(proposal: "Proposal", points: "Readiness") -> dict[str, Any]:
    plan = proposal.plan
    return {
        "dry_run": True,
        "brief": proposal.prepared.brief.slug,
        "transport": proposal.transport,
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
        "problems": [{"what": e.what, "where": e.where, "todo": e.todo} for e in points.problems],
        "notes": list(points.notes),
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


def show_plan(context: Context, proposal: "Proposal") -> None:
    """Print the plan as people read it."""
    from dispatch.model.finding import Level, by_audiences

    plan, editions = proposal.plan, proposal.prepared.editions
    names = {audience.slug: audience.name for audience in proposal.audiences}
    width = max(len(name) for name in [*names.values(), "together"])
    click.echo(context.banner)
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
    for finding, slugs in by_audiences(proposal.prepared.findings):
        if finding.level is not Level.NOTE:
            named = f"{', '.join(names[slug] for slug in slugs)}: " if slugs else ""
            click.echo(f"  {finding.level.value}: {named}{finding.message} ({finding.place}, {finding.code})")
    click.echo()
