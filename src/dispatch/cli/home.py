"""`dispatch home`: the one place from which a database sends real mail."""

import sys
from typing import Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, json_option, pass_workspace, print_json


@click.group("home", short_help="Show or change the machine that sends real email.", invoke_without_command=True)
@json_option
@click.pass_context
def home_command(ctx: click.Context, *, as_json: bool) -> None:
    """Say where the database of real mail is at home, and whether real mail may leave from here.

    A copy of it that mailed too would mail people twice: what one has sent, the other does not know.
    """
    from dispatch.pipeline.home import look

    if ctx.invoked_subcommand is not None:
        return
    context = ctx.ensure_object(Context)
    with context.open_lists() as database:
        found = look(database)
    document: dict[str, Any] = {
        "path": found.place.path,
        "machine": found.place.machine,
        "is_home": not found.problem,
        "home": None,
        "problem": found.problem,
        "todo": found.todo,
    }
    if found.home is not None:
        since = found.home.since.isoformat()
        document["home"] = {"path": found.home.place.path, "since": since, "sends": found.home.sends}
    if as_json:
        print_json(document)
    else:
        click.echo(f"This database: {found.place.path}")
        click.echo(_said(document))
        if found.problem:
            click.echo(f"Real mail does not leave from here: {found.problem}\n  {found.todo}")
        else:
            click.echo("Real mail may leave from here.")
    sys.exit(REFUSED if found.problem else DONE)


def _said(document: dict[str, Any]) -> str:
    if document["home"] is None:
        return "It has sent no real mail yet; the first one makes this its home."
    home = document["home"]
    return f"Its home:      {home['path']}, since {home['since'][:16].replace('T', ' ')}, {home['sends']} sends"


@home_command.command("adopt")
@click.option("--restored", is_flag=True, help="A backup was put back, although nothing here shows it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_workspace
def adopt_command(context: Context, /, *, restored: bool, yes: bool, as_json: bool) -> None:
    """Let real mail leave from this copy from now on, and from no other.

    The queue of events is read first: it tells what another copy has mailed. Campaigns under way are paused, so that
    someone looks before anything is sent.
    """
    from dispatch.cli.context import refuse_without_yes
    from dispatch.cli.transport import open_notifications
    from dispatch.pipeline.home import adopt, look
    from dispatch.pipeline.ingest import pull

    refuse_without_yes(yes=yes, as_json=as_json)
    with context.open_lists() as database:
        if not restored and not look(database).problem:
            # Only the campaigns under way would be paused.
            _say_no_need(as_json=as_json)
            return
        queue = (
            open_notifications(context, context.settings.ses.queue_url)
            if context.settings.mail.transport == "ses"
            else None
        )
        events = pull(database, queue, wait_seconds=2).events if queue is not None else 0
        if not yes:
            _ask(has_queue=queue is not None, events=events)
        paused = adopt(database)
    if as_json:
        print_json({"adopted": True, "events": events, "paused": paused})
        return
    click.echo("This is the home of the database now.")
    if queue is not None:
        click.echo(f"The queue was read first: {events} new events.")
    for slug in paused:
        click.echo(f"Paused: {slug}. Look with `dispatch show {slug}` before you go on: dispatch resume {slug}")


def _say_no_need(*, as_json: bool) -> None:
    if as_json:
        print_json({"adopted": False, "events": 0, "paused": []})
        return
    click.echo("There is nothing to adopt: real mail may leave from here already.")
    click.echo("If a backup was put back here, and nothing shows it: dispatch home adopt --restored")


def _ask(*, has_queue: bool, events: int) -> None:
    if has_queue:
        click.echo(f"The queue was read: {events} new events.")
    else:
        click.echo("There is no queue of events here: what another copy mailed since cannot be known.")
    click.echo("From now on no other copy of this database may send real mail.")
    if not click.confirm("Is every other copy out of use?", default=False):
        sys.exit(REFUSED)
