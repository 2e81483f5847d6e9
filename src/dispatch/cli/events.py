"""`dispatch events`: fetch delivery events from the provider."""

import sys
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import DONE, REFUSED, Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from dispatch.pipeline.ports import Notifications


@click.group("events", short_help="Fetch delivery events from the provider.")
def events_command() -> None:
    """Delivery events from Amazon SES, as they arrive in the SQS queue of the settings."""


@events_command.command("pull")
@click.option(
    "--wait",
    type=click.IntRange(0, 20),
    default=1,
    show_default=True,
    help="Seconds to wait for the first one.",
)
@json_option
@pass_workspace
def pull_command(context: Context, /, wait: int, *, as_json: bool) -> None:
    """Empty the queue: store every notification, read it, move the deliveries that it is about.

    Safe at any time and any number of times. A notification that cannot be read is kept, shown here, and stops nothing.
    """
    from dispatch.errors import SettingsError
    from dispatch.pipeline.ingest import pull
    from dispatch.store import notifications as stored

    queue = _queue(context)
    if queue is None:
        raise SettingsError(
            "There is no queue of events.",
            where=f"{context.workspace / 'dispatch.toml'}, [ses] queue_url",
            todo="Write the URL of the SQS queue that the configuration set's events arrive in.",
        )
    with context.open_database(needs_lists=False) as database:
        found = pull(database, queue, wait_seconds=wait)
        with database.reading() as connection:
            unreadable = stored.unreadable(connection, 10)
    if as_json:
        print_json(
            {
                "received": found.received,
                "events": found.events,
                "foreign": found.foreign,
                "unreadable": found.unreadable,
            }
        )
    else:
        click.echo(context.banner)
        click.echo(f"{found.received} new notifications with {found.events} new events.")
        if found.foreign:
            click.echo(f"{found.foreign} are about other mail than this database's; they are kept.")
        for number, at, problem in unreadable[: found.unreadable]:
            click.echo(f"Notification {number} of {at:%Y-%m-%d %H:%M} cannot be read and is kept: {problem}")
    sys.exit(REFUSED if found.unreadable else DONE)


def pull_quietly(context: Context) -> str:
    """Fetch what is new without waiting, if there is a queue; gives what went wrong, "" for nothing."""
    from dispatch.errors import ProviderError
    from dispatch.pipeline.ingest import pull

    queue = _queue(context)
    if queue is None:
        return ""
    with context.open_database(needs_lists=False) as database:
        try:
            pull(database, queue, wait_seconds=0)
        except ProviderError as err:
            return err.what
    return ""


def _queue(context: Context) -> "Notifications | None":
    """The queue of this transport; in practice only while its server runs, which nothing here starts."""
    from dispatch.cli.transport import open_notifications, point_at_practice

    if not context.is_practice:
        return open_notifications(context, context.settings.ses.queue_url)
    from dispatch.cli.practice import find_running, owner_of

    running = find_running(context)
    if running is None:
        return None
    point_at_practice(running.url, owner_of(context))
    return open_notifications(context, running.queue_url)
