"""`dispatch worker`: sends what is due, in the background, alone or together with any number of others."""

import os
import socket
import sys
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import DONE, REFUSED, Context, complain, pass_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatch.cli.transport import Transport
    from dispatch.pipeline.worker import Work, WorkerContext


@click.command("worker", short_help="Run a sending worker.")
@click.option("--once", is_flag=True, help="Do what is due now, say what was done, and end: for cron.")
@pass_workspace
def worker_command(context: Context, /, *, once: bool) -> None:
    """Send scheduled and queued campaigns in the background, until SIGTERM or Ctrl-C.

    Fetches events, starts campaigns at their time, goes on with those that waited for the next day, and settles what
    a dead process left. On PostgreSQL run as many as you like, on any machines; on SQLite run one.
    """
    from dispatch.cli.interrupt import Interrupt
    from dispatch.cli.transport import use_transport
    from dispatch.pipeline.heartbeat import Heartbeat
    from dispatch.pipeline.home import refuse_elsewhere
    from dispatch.pipeline.worker import work, work_once

    transport = use_transport(context)
    if not context.is_practice:
        refuse_elsewhere(transport.database)
    worker = worker_context(context, transport)
    if once:
        with Interrupt() as interrupt, Heartbeat(worker.database, "worker"):
            done = work_once(worker, lambda: interrupt.is_asked)
        sys.exit(_report(context, done))
    name = f"{socket.gethostname()}/{os.getpid()}"
    click.echo(context.banner)
    click.echo(f"Worker {name} is ready. Ctrl-C or SIGTERM stops it after the messages in flight.")
    with Heartbeat(worker.database, "worker"):
        if worker.database.is_sqlite:
            with Interrupt() as interrupt:
                work(worker, lambda: interrupt.is_asked, complain)
        else:
            _take_jobs(context.settings.database_url, name, worker)
    click.echo("Stopped.")


def worker_context(context: Context, transport: "Transport") -> "WorkerContext":
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


def _take_jobs(url: str, name: str, worker: "WorkerContext") -> None:
    """Take up the jobs that the database holds for all workers."""
    from dispatch.pipeline.worker import fetch_events, help_with, tidy
    from dispatch.store.jobs import Duties, run_worker

    def say(text: str) -> None:
        click.echo(text, err=True)

    duties = Duties(
        lane=lambda campaign_id, is_asked: report_errors(lambda: help_with(worker, campaign_id, is_asked)),
        events=lambda is_asked: report_errors(lambda: fetch_events(worker, is_asked)),
        tidy=lambda is_asked: report_errors(lambda: tidy(worker, is_asked)),
    )
    run_worker(url, name, duties, say)


def report_errors(duty: "Callable[[], object]") -> None:
    """Do a duty; say what stands in its way. The next turn tries again."""
    from dispatch.errors import DispatchError

    try:
        duty()
    except DispatchError as err:
        complain(err)


def _report(context: Context, done: "Work") -> int:
    """Say in one line what was done, and what stopped meanwhile; return the exit status."""
    sent = f"Sent {done.sent} message{'' if done.sent == 1 else 's'}"
    of = f" of {done.campaigns} campaigns" if done.campaigns > 1 else ""
    click.echo(f"{context.banner}: {sent}{of}; read {done.events} event{'' if done.events == 1 else 's'}.")
    for campaign in done.stopped:
        click.echo(f"{campaign.slug} was paused: {campaign.reason} {campaign.todo}", err=True)
    return REFUSED if done.stopped else DONE
