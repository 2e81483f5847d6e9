"""A scheduled Campaign on the screen: its time, whether its text is older than the file, and what can be done."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, is_terminal, print_json, public_url

if TYPE_CHECKING:
    from datetime import datetime

    from dispatch.model.campaign import Campaign
    from dispatch.pipeline.plan import Proposal, ScheduledText
    from dispatch.store.database import Database


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do with a scheduled Campaign."""

    #: `keep`, `move`, `now` or `take back`
    what: str
    #: the new time, for `move`
    at: "datetime | None" = None


def choose(context: Context, database: "Database", proposal: "Proposal", zone: str, *, may_ask: bool) -> Choice:
    """Show a scheduled Campaign and return what the person wants; where nobody can be asked, it is kept."""
    campaign = proposal.campaign
    assert campaign is not None  # only a Campaign waits for its time
    show(context, database, campaign, is_edited=proposal.is_edited)
    if not may_ask or not is_terminal():
        click.echo("It stays as it is.")
        click.echo(f'To move it: dispatch send {campaign.slug} --at "tomorrow 09:00"')
        click.echo(f"To send it now: dispatch send {campaign.slug} --now")
        click.echo(f"To take it back: dispatch unschedule {campaign.slug}")
        return Choice("keep")
    kinds = click.Choice(["keep", "move", "now", "take back"], case_sensitive=False)
    what = click.prompt("Keep it, move it, send it now, or take it back?", type=kinds, default="keep")
    if what != "move":
        return Choice(what)
    from dispatch.pipeline.schedule import moment_of

    return Choice("move", moment_of(click.prompt("New time"), zone, database.now()))


def show(context: Context, database: "Database", campaign: "Campaign", *, is_edited: bool) -> None:
    """Show a scheduled Campaign, and whether its text is older than the file."""
    from dispatch.cli.campaign_words import count_text, heading, state_lines
    from dispatch.store import campaigns
    from dispatch.store.database import clock

    with database.reading() as connection:
        counts, now = campaigns.counts(connection, campaign.id), clock(connection)
    click.echo(context.banner)
    click.echo(heading(campaign))
    for line in [count_text(counts), *state_lines(context, campaign, now)]:
        click.echo(f"  {line}")
    if is_edited:
        click.echo("  The scheduled text is older than the file.")
        click.echo(f"  To schedule the new text: {command_to_schedule(context, campaign)}")


def show_move(context: Context, campaign: "Campaign", at: "datetime | None", now: "datetime") -> None:
    """Show the old and the new time of a Campaign that is moved, or sent now."""
    from dispatch.model.words import appointment

    assert campaign.not_before is not None  # it waits for that
    click.echo(f"  Scheduled for  {appointment(campaign.not_before, context.zone, now)}")
    click.echo(f"  New time       {'now' if at is None else appointment(at, context.zone, now)}")
    click.echo()


def show_who_sends(context: Context, database: "Database", campaign: "Campaign", queued: int) -> bool:
    """Say when a Campaign leaves and who sends it then; return whether this terminal must wait for that."""
    from dispatch.cli.campaign_words import schedule_text
    from dispatch.model.words import plural

    machine, now = worker_machine(database), database.now()
    click.echo(f"{schedule_text(context, campaign, now)} {plural(queued, 'recipient')}; text and list are locked.")
    click.echo(f"To take it back: dispatch unschedule {campaign.slug}")
    if machine:
        click.echo(f"The worker on {machine} sends it then. This terminal can be closed.")
        return False
    click.echo(
        "No worker runs, so this terminal waits and sends it then. To leave that to a worker, press Ctrl-C and start"
    )
    click.echo("one: dispatch worker, or dispatch worker --once every minute from cron.")
    return True


def worker_machine(database: "Database") -> str:
    """Return the machine of a worker that will send what is scheduled, "" where none runs."""
    from dispatch.store import workers

    with database.reading() as connection:
        found = [each.machine for each in workers.all_workers(connection) if each.kind == "worker" and each.is_alive]
    return next(iter(found), "")


def command_to_schedule(context: Context, campaign: "Campaign") -> str:
    """Return the command that schedules the text of the file for the time that the Campaign has."""
    assert campaign.not_before is not None  # it waits for that
    local = campaign.not_before.astimezone(context.zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f'dispatch send {campaign.slug} --at "{local:%Y-%m-%d} {clock}"'


def scheduled_text(context: Context, slug: str) -> "ScheduledText | None":
    """Return the text that is scheduled for a Brief; None where none is."""
    from dispatch.cli.campaign_words import schedule_text
    from dispatch.pipeline.plan import ScheduledText
    from dispatch.store import campaigns
    from dispatch.store.database import Database, clock

    if context.is_practice and not context.practice_database.exists():
        return None
    # Not the fresh copy of the lists that practice makes elsewhere: only the Campaign is read.
    opened = Database.in_file(context.practice_database) if context.is_practice else context.open_lists()
    with closing(opened) as database, database.reading() as connection:
        campaign, now = campaigns.find(connection, slug), clock(connection)
        if campaign is None or not campaign.waits_at(now):
            return None
        return ScheduledText(
            fingerprints=campaigns.latest_fingerprints(connection, campaign.id),
            when=schedule_text(context, campaign, now),
            command=command_to_schedule(context, campaign),
        )


def is_edited_since(context: Context, brief_file: Path, campaign: "Campaign") -> bool:
    """Return whether the file says something else than the scheduled text; a file that cannot be rendered does."""
    from dispatch.cli.preparing import prepare_brief
    from dispatch.errors import DispatchError

    if not _is_newer(context, brief_file, campaign.created_at.timestamp()):
        return False
    found = scheduled_text(context, campaign.slug)
    try:
        prepared = prepare_brief(context, brief_file, context.settings.all_audiences(), public_url(context))
    except DispatchError:
        return True
    return found is not None and bool(found.findings(prepared))


def _is_newer(context: Context, brief_file: Path, since: float) -> bool:
    """Return whether a file that reaches the text was written after a moment: rendering is asked only then."""
    folders = (brief_file.parent, context.workspace / "templates")
    files = [context.workspace / "dispatch.toml", *(file for folder in folders for file in folder.rglob("*"))]
    return any(file.stat().st_mtime > since for file in files if file.is_file())


def print_kept(database: "Database", campaign: "Campaign", *, is_edited: bool, added: int = 0) -> None:
    """Print the document of a Campaign that this command does not send."""
    from dispatch.cli.campaign_words import summary
    from dispatch.store import campaigns

    with database.reading() as connection:
        counts = campaigns.counts(connection, campaign.id)
    print_json({**summary(campaign, counts, added), "is_edited": is_edited})
