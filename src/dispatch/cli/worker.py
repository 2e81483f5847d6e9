"""`dispatch worker`: one of any number of processes, on any machines, that send together."""

import os
import socket
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, complain, pass_workspace

if TYPE_CHECKING:
    from dispatch.cli.transport import Transport
    from dispatch.pipeline.worker import WorkerContext
    from dispatch.store.jobs import Duties


@click.command("worker", short_help="Help to send, on as many machines as you like (PostgreSQL).")
@pass_workspace
def worker_command(context: Context) -> None:
    """Send what `dispatch send` froze, together with every other worker, until SIGTERM or Ctrl-C.

    Fetches events, starts campaigns at their time, and looks after what a dead worker left. Needs PostgreSQL; with
    SQLite `dispatch send` does all of this itself.
    """
    from dispatch.cli.transport import use_transport
    from dispatch.errors import SettingsError
    from dispatch.pipeline.heartbeat import Heartbeat
    from dispatch.pipeline.home import refuse_elsewhere
    from dispatch.store.jobs import run_worker

    if context.is_practice or not context.settings.database_url.startswith(("postgresql", "postgres")):
        raise SettingsError(
            "Workers need PostgreSQL, and real mail.",
            where="the settings database_url and mail.transport",
            todo="With SQLite, `dispatch send` sends by itself. To move: dispatch db move --to postgresql://…",
        )
    transport = use_transport(context)
    refuse_elsewhere(transport.database)
    name = f"{socket.gethostname()}/{os.getpid()}"
    click.echo(context.banner)
    click.echo(f"Worker {name} is ready. Ctrl-C or SIGTERM stops it after the mails in flight.")
    with Heartbeat(transport.database, "worker"):
        run_worker(context.settings.database_url, name, _duties(bench_of(context, transport)))
    click.echo("Stopped.")


def bench_of(context: Context, transport: "Transport") -> "WorkerContext":
    """What the worker works with."""
    from dispatch.cli.transport import send_options
    from dispatch.pipeline.worker import WorkerContext

    return WorkerContext(
        database=transport.database,
        mailer=transport.mailer,
        notifications=transport.notifications,
        options=send_options(context, transport.public_url),
        transport=transport.name,
        resend_unknown=context.settings.send.resend_unknown,
    )


def _duties(worker: "WorkerContext") -> "Duties":
    from dispatch.pipeline.worker import fetch_events, help_with, report_errors, tidy
    from dispatch.store.jobs import Duties

    return Duties(
        # A lane that fails is tried again by the task engine.
        lane=lambda campaign_id, is_asked: help_with(worker, campaign_id, is_asked),
        events=lambda is_asked: report_errors(lambda: fetch_events(worker, is_asked), complain),
        tidy=lambda is_asked: report_errors(lambda: tidy(worker, is_asked), complain),
    )
