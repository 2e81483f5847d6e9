"""`dispatch pause`, `resume`, `unschedule`, `cancel`: stop a campaign, continue it, take it back, end it."""

import sys
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import DONE, REFUSED, Context, json_option, pass_workspace, print_json, refuse_without_yes

if TYPE_CHECKING:
    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Campaign, Counts
    from dispatch.pipeline.pause_resume_cancel import Cancelled
    from dispatch.store.database import Database


@click.command("pause", short_help="Stop a campaign until you resume it.")
@click.argument("campaign", required=False)
@json_option
@pass_workspace
def pause_command(context: Context, /, campaign: str | None, *, as_json: bool) -> None:
    """Stop a campaign, whichever process sends it, on whichever machine: after the messages in flight.

    A scheduled campaign does not start at its time. `dispatch resume` continues it.
    """
    from dispatch.pipeline.lookup import find_campaign
    from dispatch.pipeline.pause_resume_cancel import pause

    with context.open_database() as database:
        found = pause(database, find_campaign(database, campaign))
        _show(context, database, found, as_json=as_json)
    sys.exit(DONE)


@click.command("unschedule", short_help="Take a campaign back before its first message leaves.")
@click.argument("campaign", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_workspace
def unschedule_command(context: Context, /, campaign: str | None, *, yes: bool, as_json: bool) -> None:
    """Take a campaign back whole, as long as no message has left: its brief is a draft again.

    It can be corrected and sent under its own name, folder and date. The audit trail keeps what was done.
    """
    from dispatch.pipeline.lookup import find_campaign
    from dispatch.pipeline.pause_resume_cancel import unschedule

    refuse_without_yes(yes=yes, as_json=as_json)
    with context.open_database() as database:
        found = find_campaign(database, campaign)
        if not yes:
            _ask(context, database, found, "Take it back? No message has left, and none will")
        done = unschedule(database, found)
        _show_cancelled(context, database, done, as_json=as_json)


@click.command("cancel", short_help="End a campaign; queued recipients are skipped.")
@click.argument("campaign")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_workspace
def cancel_command(context: Context, /, campaign: str, *, yes: bool, as_json: bool) -> None:
    """End a campaign: recipients who are still queued are skipped. Messages that have left cannot be called back.

    It cannot be undone; to stop for a while there is `dispatch pause`. A campaign of which no message has left is
    taken back instead, as by `dispatch unschedule`.
    """
    from dispatch.model.words import plural
    from dispatch.pipeline.lookup import find_campaign
    from dispatch.pipeline.pause_resume_cancel import cancel
    from dispatch.store import campaigns

    refuse_without_yes(yes=yes, as_json=as_json)
    with context.open_database() as database:
        found = find_campaign(database, campaign)
        if not yes:
            with database.reading() as connection:
                counts = campaigns.counts(connection, found.id)
                has_begun = campaigns.has_begun(connection, found.id)
            skip = f"Skip {plural(counts.queued, 'queued recipient')}? This cannot be undone"
            _ask(context, database, found, skip if has_begun else "Take it back? No message has left, and none will")
        done = cancel(database, found)
        _show_cancelled(context, database, done, as_json=as_json)


@click.command("resume", short_help="Continue a campaign that was paused.")
@click.argument("campaign", required=False)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Send N messages, then pause again.")
@click.option("--over-days", is_flag=True, help="Where Amazon's quota is too small for all: the rest on later days.")
@click.option("--yes", is_flag=True, help="Answer every question with yes.")
@json_option
@pass_workspace
def resume_command(
    context: Context, /, campaign: str | None, *, limit: int | None, over_days: bool, yes: bool, as_json: bool
) -> None:
    """Continue a campaign: queued recipients get the text that was approved for them.

    CAMPAIGN is the name of its brief or a part of it; left out, the newest. Nobody is added: for that there is
    `dispatch send`. The files of the brief are not needed. A campaign whose time has not come is scheduled again, and
    this terminal waits for its time.
    """
    from dispatch.cli.send_screen import SendScreen, hold, limit_of, type_number
    from dispatch.cli.transport import use_transport
    from dispatch.pipeline.home import count_send
    from dispatch.pipeline.lookup import find_campaign, refuse_cancelled, refuse_other_transport
    from dispatch.pipeline.pause_resume_cancel import resume

    refuse_without_yes(yes=yes, as_json=as_json)
    transport = use_transport(context)
    found = find_campaign(transport.database, campaign)
    refuse_cancelled(found)
    refuse_other_transport(found, transport.name)
    if not as_json:
        _show(context, transport.database, found, as_json=False)
    screen = SendScreen(context, transport, is_silent=as_json, says_yes=yes)
    queued = screen.counts(found).queued
    share = _check(context, transport, found, min(limit or queued, queued), over_days=over_days, may_ask=not yes)
    # The number was typed for its time already, and nothing leaves before.
    if queued and not found.waits_at(transport.database.now()):
        again = f"dispatch resume {found.slug}"
        if not yes:
            type_number(queued, "send", again)
        hold(context.settings.send.hold_seconds, again, is_silent=as_json)
    if queued and transport.name != "practice":
        count_send(transport.database)
    screen.send(resume(transport.database, found, limit_of(limit, share)), added=0, has_recipients=queued > 0)


def _check(
    context: Context, transport: "Transport", campaign: "Campaign", mails: int, *, over_days: bool, may_ask: bool
) -> int | None:
    """Return how many may leave today, None for all. Raise DispatchErrors where mail cannot leave."""
    from dispatch.cli.mailing import share_of_today, show_notes
    from dispatch.cli.transport import setup_of
    from dispatch.pipeline.preflight.look import before_resume
    from dispatch.store import campaigns

    with transport.database.reading() as connection:
        senders = [each.sender for each in campaigns.frozen_editions(connection, campaign.id)]
    found = before_resume(setup_of(context, transport), context.settings.all_audiences(), senders, mails)
    show_notes(found.readiness)
    found.readiness.require("This cannot be sent yet. Nothing was sent.")
    return share_of_today(found, may_split=over_days, may_ask=may_ask)


def _ask(context: Context, database: "Database", campaign: "Campaign", question: str) -> None:
    """Show the Campaign and ask; end where the answer is no."""
    _show(context, database, campaign, as_json=False)
    if not click.confirm(f"{question}.", default=False):
        click.echo("Nothing was changed.")
        sys.exit(REFUSED)


def _show(context: Context, database: "Database", campaign: "Campaign", *, as_json: bool) -> None:
    from dispatch.cli.campaign_words import count_text, heading, state_lines, summary
    from dispatch.store import campaigns
    from dispatch.store.database import clock

    with database.reading() as connection:
        counts, now = campaigns.counts(connection, campaign.id), clock(connection)
    if as_json:
        print_json(summary(campaign, counts))
        return
    click.echo(context.banner)
    click.echo(heading(campaign))
    for line in [count_text(counts), *state_lines(context, campaign, now)]:
        click.echo(f"  {line}")


def _show_cancelled(context: Context, database: "Database", done: "Cancelled", *, as_json: bool) -> None:
    if not done.is_taken_back:
        _show(context, database, done.campaign, as_json=as_json)
    elif as_json:
        print_json(_draft(done.campaign, done.counts))
    else:
        click.echo(context.banner)
        click.echo(f"{done.campaign.title} ({done.campaign.date}) was taken back; it is a draft again.")
        click.echo(f"To send or schedule it: dispatch send {done.campaign.slug}")


def _draft(campaign: "Campaign", counts: "Counts") -> dict[str, object]:
    from dispatch.cli.campaign_words import summary

    return {**summary(campaign, counts), "state": "draft", "taken_back": True}
