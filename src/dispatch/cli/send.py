"""`dispatch send`: shows the plan, asks for the number, waits, sends or schedules, and reports what happened."""

import sys
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import (
    DONE,
    Context,
    find_brief,
    json_option,
    pass_workspace,
    refuse_without_yes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Campaign, Limit
    from dispatch.pipeline.freeze import Frozen
    from dispatch.pipeline.plan import Proposal
    from dispatch.pipeline.preflight.look import Preflight


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
    from dispatch.cli.mailing import propose
    from dispatch.cli.plan_screen import end_dry_run, show_plan
    from dispatch.cli.send_screen import SendScreen, limit_of
    from dispatch.cli.transport import setup_of, use_transport
    from dispatch.pipeline.preflight.look import before_send

    _check_usage(audiences, only=only, at=at, zone=zone, now=now)
    not_before = _moment(context, at, zone)
    brief_file = find_brief(context.workspace, brief)
    transport = use_transport(context)
    proposal = propose(context, transport, brief_file, audiences, only)
    waiting = _waiting(transport, proposal)
    if waiting is not None and at is None and not now and not dry_run:
        not_before = _choose(context, transport, proposal, zone, yes=yes, as_json=as_json)
    if not dry_run:
        refuse_without_yes(yes=yes, as_json=as_json, instead="; to look only, add --dry-run")
    if not as_json:
        show_plan(context, proposal)
    people = proposal.plan.to_send
    wanted = min(limit or people, people)
    found = before_send(setup_of(context, transport), proposal, forced, wanted, publishes=not dry_run)
    if dry_run:
        sys.exit(end_dry_run(context, brief_file, proposal, found, as_json=as_json))
    verb = _show_time(context, transport, waiting, not_before, as_json=as_json)
    share = _may_leave(transport, proposal, found, approved_by, over_days=over_days, yes=yes)
    if not_before is not None and not people:
        _end_without_anybody(transport, proposal, as_json=as_json)
    if people:
        _ask_and_hold(context, transport, brief_file, proposal, verb, yes=yes, as_json=as_json)
    frozen = _freeze(context, transport, proposal, forced, not_before, limit_of(limit, share))
    _show_fewer(frozen.fewer, as_json=as_json)
    if frozen.campaign.state.value == "scheduled" and not _must_wait(context, transport, frozen, as_json=as_json):
        return
    SendScreen(context, transport, is_silent=as_json, says_yes=yes).send(
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


def _waiting(transport: "Transport", proposal: "Proposal") -> "Campaign | None":
    """Return the Campaign whose time this send would change; None where none waits for its time."""
    campaign = proposal.campaign
    if campaign is None or proposal.only is not None or not campaign.waits_at(transport.database.now()):
        return None
    return campaign


def _choose(
    context: Context, transport: "Transport", proposal: "Proposal", zone: str | None, *, yes: bool, as_json: bool
) -> "datetime | None":
    """Return the new time of a scheduled Campaign, None for at once; end where it is kept or taken back."""
    from dispatch.cli.scheduled import choose, print_kept

    database, campaign = transport.database, proposal.campaign
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


def _show_time(
    context: Context,
    transport: "Transport",
    waiting: "Campaign | None",
    not_before: "datetime | None",
    *,
    as_json: bool,
) -> str:
    """Show the old and the new time of a scheduled Campaign; return what the number is typed for."""
    from dispatch.cli.scheduled import show_move
    from dispatch.model.words import appointment

    now = transport.database.now()
    if waiting is not None and not as_json:
        show_move(context, waiting, not_before, now)
    if not_before is not None:
        return f"schedule it for {appointment(not_before, context.zone, now)}"
    return "send" if waiting is None else "send NOW what is scheduled"


def _must_wait(context: Context, transport: "Transport", frozen: "Frozen", *, as_json: bool) -> bool:
    """Say who sends a Campaign at its time; return whether it is this process."""
    from dispatch.cli.scheduled import print_kept, show_who_sends, worker_machine

    database = transport.database
    if not as_json:
        return show_who_sends(context, database, frozen.campaign, frozen.queued)
    if worker_machine(database):
        print_kept(database, frozen.campaign, is_edited=False, added=frozen.added)
        return False
    return True


# --- the confirmation ---------------------------------------------------------------------------------------------


def _may_leave(
    transport: "Transport", proposal: "Proposal", found: "Preflight", approved_by: str, *, over_days: bool, yes: bool
) -> int | None:
    """Return how many may leave today, None for all. Raise DispatchErrors where nothing may."""
    from dispatch.cli.mailing import require_approval, share_of_today, show_notes

    show_notes(found.readiness)
    found.readiness.require("This cannot be sent yet. Nothing was sent.")
    require_approval(transport, found, proposal.prepared.brief.file, approved_by, may_ask=not yes)
    return share_of_today(found, may_split=over_days, may_ask=not yes)


def _ask_and_hold(
    context: Context,
    transport: "Transport",
    brief_file: "Path",
    proposal: "Proposal",
    verb: str,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Return when the number was typed, the hold is over and the files still say the same. Raise CampaignError."""
    from dispatch.cli.preparing import prepare_brief
    from dispatch.cli.send_screen import hold, type_number
    from dispatch.pipeline.freeze import refuse_edits
    from dispatch.pipeline.home import count_send

    if not yes:
        type_number(proposal.plan.to_send, verb, "dispatch send")
    # What is scheduled can be taken back until its time.
    seconds = 0 if verb.startswith("schedule") else context.settings.send.hold_seconds
    hold(seconds, "dispatch send", is_silent=as_json)
    if seconds or not yes:
        now = prepare_brief(context, brief_file, proposal.audiences, transport.public_url)
        refuse_edits(proposal.prepared, now)
    if transport.name != "practice":
        count_send(transport.database)


def _freeze(
    context: Context,
    transport: "Transport",
    proposal: "Proposal",
    forced: tuple[str, ...],
    not_before: "datetime | None",
    limit: "Limit | None",
) -> "Frozen":
    from dispatch.pipeline.freeze import Terms, freeze

    send = context.settings.send
    terms = Terms(
        forced=forced,
        not_before=not_before,
        # Without events nothing could be learned from those who go first.
        canary=send.canary if transport.notifications is not None else 0,
        limit=limit,
        allows_examples=send.allow_example_domains or transport.name == "practice",
    )
    return freeze(transport.database, proposal, transport.publisher, terms)


def _end_without_anybody(transport: "Transport", proposal: "Proposal", *, as_json: bool) -> None:
    """End a send at a time that nobody would wait for, with the Campaign as it is."""
    from dispatch.cli.scheduled import print_kept

    assert proposal.campaign is not None  # a new Campaign for nobody is refused before
    if as_json:
        print_kept(transport.database, proposal.campaign, is_edited=proposal.is_edited)
    else:
        click.echo("Nobody is left to send to; nothing was scheduled.")
    sys.exit(DONE)


def _show_fewer(fewer: int, *, as_json: bool) -> None:
    from dispatch.model.words import plural

    if fewer and not as_json:
        click.echo(f"{plural(fewer, 'recipient')} fewer than you confirmed: the lists changed after you saw the plan.")
