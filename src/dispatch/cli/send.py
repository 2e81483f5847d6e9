"""`dispatch send`: shows the plan, asks for the number, waits, sends or schedules, and reports what happened."""

import sys
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import (
    DONE,
    Context,
    find_brief,
    is_terminal,
    json_option,
    pass_workspace,
    refuse_without_yes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dispatch.cli.mailing import Desk
    from dispatch.model.campaign import Campaign
    from dispatch.pipeline.freeze import Frozen
    from dispatch.pipeline.plan import Proposal


def audience_option(command: "click.decorators.FC") -> "click.decorators.FC":
    """The option `--to`: the Audiences, by the names that dispatch.toml gives them."""
    text = "Only this audience; may be given several times. Left out: all of them."
    return click.option("--to", "audiences", multiple=True, metavar="AUDIENCE", help=text)(command)


@click.command("send", short_help="Send a brief: shows the plan, asks, waits, sends.")
@click.argument("brief", required=False)
@audience_option
@click.option("--dry-run", is_flag=True, help="Show what would happen, in the browser or as text; send nothing.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Send N messages, then pause; the others stay queued.",
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
    help="Who approved the proof, where nobody approved it on its page.",
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
    help="Send to one person who missed it: new, refused, or skipped and back since; never a second copy.",
)
@click.option("--at", metavar="TIME", help='Schedule it, such as "2026-12-01 09:00", "tomorrow 09:00" or "monday 9am".')
@click.option("--tz", "zone", metavar="ZONE", help="The time zone of --at, such as Europe/Berlin; else the setting's.")
@click.option("--now", is_flag=True, help="Send a scheduled campaign now.")
@click.option(
    "--over-days",
    is_flag=True,
    help="Where Amazon's 24-hour quota is too small for all: send today's share now, the rest on later days.",
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
    now: bool,
    over_days: bool,
    as_json: bool,
) -> None:
    """Send a brief to its lists: one copy per person, every delivery accounted for.

    Shows who would get what, asks for the number of recipients, waits some seconds in which nothing has left, and
    sends. Called again for the same brief it continues where it stopped, and sends only to people who have not had it.
    Ctrl-C finishes the messages in flight and pauses. A brief that is scheduled is kept, moved with --at, sent with
    --now, or taken back with `dispatch unschedule`; it never leaves earlier unless you say so.
    """
    from dispatch.cli.mailing import Desk
    from dispatch.cli.plan_screen import print_plan, show_plan
    from dispatch.cli.send_screen import SendScreen, limit_of

    _check_usage(audiences, only=only, at=at, zone=zone, now=now)
    not_before = _moment(context, at, zone)
    desk = Desk.open(context, find_brief(context.workspace, brief), audiences)
    if dry_run and is_terminal() and not as_json:
        from dispatch.cli.preview import open_preview

        open_preview(context, desk.brief_file)
        return
    proposal = desk.propose(only)
    if dry_run:
        print_plan(context, proposal, as_json=as_json)
        return
    waiting = _waiting(desk, proposal)
    if waiting is not None and at is None and not now:
        not_before = _choose(context, desk, proposal, zone, yes=yes, as_json=as_json)
    refuse_without_yes(yes=yes, as_json=as_json, instead="; to look only, add --dry-run")
    if not as_json:
        show_plan(context, proposal)
        if waiting is not None:
            from dispatch.cli.scheduled import show_move

            show_move(context, waiting, not_before, desk.transport.database.now())
    desk.refuse_what_blocks(proposal, forced)
    if not_before is not None and not proposal.plan.to_send:
        _end_without_anybody(context, desk, proposal, as_json=as_json)
    if desk.is_real:
        desk.require_proof(proposal, approved_by or None, may_ask=not yes)
    verb = _verb(context, waiting, not_before, desk.transport.database.now())
    share = _ask_and_hold(context, desk, proposal, limit, verb, over_days=over_days, yes=yes, as_json=as_json)
    frozen = desk.freeze(proposal, forced, not_before=not_before, limit=limit_of(limit, share))
    _show_fewer(frozen.fewer, as_json=as_json)
    if frozen.campaign.state.value == "scheduled" and not _must_wait(context, desk, frozen, as_json=as_json):
        return
    SendScreen(context, desk.transport, is_silent=as_json, says_yes=yes).send(
        frozen.campaign, frozen.only, added=frozen.added, has_recipients=frozen.queued > 0
    )


def _check_usage(audiences: "Sequence[str]", *, only: str | None, at: str | None, zone: str | None, now: bool) -> None:
    for name in audiences:
        if "@" in name:
            raise click.UsageError(
                f"--to takes the name of an audience, not an address. To email a proof: dispatch proof --to {name}. "
                f"To send one person their copy: dispatch send --only {name}"
            )
    if zone and not at:
        raise click.UsageError("--tz is the time zone of --at; give both.")
    if only and (at or now):
        raise click.UsageError("--only sends to one person at once; it takes no --at and no --now.")
    if at and now:
        raise click.UsageError("Give --at or --now, not both.")


def _moment(context: Context, at: str | None, zone: str | None) -> "datetime | None":
    """Return the moment of --at. Raise CampaignError for one that is past, or that a clock change makes unclear."""
    if at is None:
        return None
    from datetime import UTC, datetime

    from dispatch.pipeline.schedule import moment_of

    return moment_of(at, zone or context.settings.timezone, datetime.now(UTC))


# --- a scheduled campaign -----------------------------------------------------------------------------------------


def _waiting(desk: "Desk", proposal: "Proposal") -> "Campaign | None":
    """Return the Campaign whose time this send would change; None where none waits for its time."""
    campaign = proposal.campaign
    if campaign is None or proposal.only is not None or not campaign.waits_at(desk.transport.database.now()):
        return None
    return campaign


def _choose(
    context: Context, desk: "Desk", proposal: "Proposal", zone: str | None, *, yes: bool, as_json: bool
) -> "datetime | None":
    """Return the new time of a scheduled Campaign, None for now; end where it is kept or taken back."""
    from dispatch.cli.scheduled import choose, print_kept

    database, campaign = desk.transport.database, proposal.campaign
    assert campaign is not None  # it waits for its time
    if as_json:
        print_kept(database, campaign, is_edited=proposal.is_edited)
        sys.exit(DONE)
    chosen = choose(context, database, proposal, zone or context.settings.timezone, may_ask=not yes)
    if chosen.what == "keep":
        sys.exit(DONE)
    if chosen.what == "take back":
        from dispatch.pipeline.pause_resume_cancel import unschedule

        unschedule(database, campaign)
        click.echo(f"{campaign.title} was taken back; it is a draft again. To send or schedule it: dispatch send")
        sys.exit(DONE)
    return chosen.at


def _verb(context: Context, waiting: "Campaign | None", not_before: "datetime | None", now: "datetime") -> str:
    """Return what the number is typed for."""
    from dispatch.model.words import appointment

    if not_before is not None:
        return f"schedule it for {appointment(not_before, context.zone, now)}"
    return "send" if waiting is None else "send NOW what is scheduled"


def _must_wait(context: Context, desk: "Desk", frozen: "Frozen", *, as_json: bool) -> bool:
    """Say who sends a Campaign at its time; return whether it is this process."""
    from dispatch.cli.scheduled import print_kept, show_who_sends, worker_machine

    database = desk.transport.database
    if not as_json:
        return show_who_sends(context, database, frozen.campaign, frozen.queued)
    if worker_machine(database):
        print_kept(database, frozen.campaign, is_edited=False, added=frozen.added)
        return False
    return True


# --- the confirmation ---------------------------------------------------------------------------------------------


def _ask_and_hold(
    context: Context,
    desk: "Desk",
    proposal: "Proposal",
    limit: int | None,
    verb: str,
    *,
    over_days: bool,
    yes: bool,
    as_json: bool,
) -> int | None:
    """Return how many may leave today, None for all; the number was typed, and the hold is over."""
    from dispatch.cli.send_screen import hold, type_number
    from dispatch.pipeline.freeze import refuse_edits

    people = proposal.plan.to_send
    if not people:
        return None
    wanted = people if limit is None else min(limit, people)
    share = desk.share_of_today(wanted, may_split=over_days, may_ask=not yes)
    desk.check_ready()
    if not yes:
        type_number(people, verb, "dispatch send")
    # What is scheduled can be taken back until its time.
    seconds = 0 if verb.startswith("schedule") else context.settings.send.hold_seconds
    hold(seconds, "dispatch send", is_silent=as_json)
    if seconds or not yes:
        refuse_edits(proposal.prepared, desk.prepare_again())
    return share


def _end_without_anybody(context: Context, desk: "Desk", proposal: "Proposal", *, as_json: bool) -> None:
    """End a send at a time that nobody would wait for, with the Campaign as it is."""
    from dispatch.cli.scheduled import print_kept

    assert proposal.campaign is not None  # a new Campaign for nobody is refused before
    if as_json:
        print_kept(desk.transport.database, proposal.campaign, is_edited=proposal.is_edited)
    else:
        click.echo("Nobody is left to send to; nothing was scheduled.")
    sys.exit(DONE)


def _show_fewer(fewer: int, *, as_json: bool) -> None:
    from dispatch.model.words import plural

    if fewer and not as_json:
        click.echo(f"{plural(fewer, 'recipient')} fewer than you confirmed: the lists changed after you saw the plan.")
