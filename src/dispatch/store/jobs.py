"""Jobs: a lane of a Campaign as a task of procrastinate, on the same PostgreSQL as the ledger.

A job only says "help with this Campaign"; the Deliveries are the truth, so that a job can run twice, late or never. It
is enqueued in the transaction of what makes it needed. In SQLite there is one process and there are no jobs.
Source: https://procrastinate.readthedocs.io (3.10): external connections, periodic tasks, retrying stalled jobs.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, make_url, text

from dispatch.errors import StoreError
from dispatch.store.database import safe_url

if TYPE_CHECKING:
    import procrastinate

#: lanes of one Campaign that workers can take up at the same time
LANES = 8
#: queue -> jobs of it that a worker does at the same time: one lane, which has calls in flight of its own; the
#: events and the tidying, which must never wait for a lane
_QUEUES = {"lanes": 1, "care": 2}
#: a worker that has not been heard of for this long is dead, and its job is taken up by another
STALLED_SECONDS = 30.0
#: how long one try to reach a server that is gone takes, and how long the longest pause between two is
PATIENCE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 30.0
LANE, EVENTS, TIDY = "dispatch.lane", "dispatch.events", "dispatch.tidy"


def install(connection: Connection) -> None:
    """Make procrastinate's tables, in the migration's transaction."""
    from procrastinate.schema import SchemaManager

    # Several statements at once: only the driver takes them, and only without parameters.
    _driver(connection).execute(SchemaManager.get_schema())


def enqueue_lanes(connection: Connection, campaign_id: str, at: datetime | None = None) -> None:
    """Ask the workers for help with a Campaign, from `at` on; undone with the caller's transaction."""
    if connection.dialect.name != "postgresql":
        return
    import procrastinate

    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    job = app.configure_task(LANE, queue="lanes", schedule_at=at, connection=_driver(connection))
    lane: dict[str, Any] = {"campaign_id": campaign_id}
    job.batch_defer(*[lane] * LANES)


def has_lanes(connection: Connection, campaign_id: str) -> bool:
    """Whether workers are asked, or at it, already."""
    if connection.dialect.name != "postgresql":
        return False
    waiting = text(
        "SELECT 1 FROM procrastinate_jobs WHERE task_name = :lane AND status IN ('todo', 'doing') "
        "AND args ->> 'campaign_id' = :campaign LIMIT 1"
    )
    return connection.execute(waiting, {"lane": LANE, "campaign": campaign_id}).first() is not None


def drop_lanes(connection: Connection, campaign_id: str) -> None:
    """Ask the workers no more for help with a Campaign; a lane that runs ends by itself."""
    if connection.dialect.name == "postgresql":
        asked = "task_name = :lane AND status = 'todo' AND args ->> 'campaign_id' = :campaign"
        connection.execute(
            text(f"DELETE FROM procrastinate_jobs WHERE {asked}"),  # noqa: S608  # a constant
            {"lane": LANE, "campaign": campaign_id},
        )


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


@dataclass(frozen=True, slots=True)
class Duties:
    """What a worker does; each is given whether it was asked to stop."""

    #: help with the Campaign of an identifier
    lane: Callable[[str, Callable[[], bool]], object]
    #: fetch events, for about a minute
    events: Callable[[Callable[[], bool]], None]
    #: start what is due, settle what is open, take note of what ended
    tidy: Callable[[Callable[[], bool]], None]


def run_worker(url: str, name: str, duties: Duties, say: Callable[[str], None]) -> None:
    """Work until SIGTERM or Ctrl-C; then the batches in flight are finished first.

    A server that is gone is waited for however long that takes; `say` is called when it goes and when it is back. Raise
    StoreError where it answers and the jobs cannot be used.
    """
    for library in ("procrastinate", "psycopg.pool"):
        # They log a traceback for every connection that breaks; what matters is said once.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    asyncio.run(_Worker(url, name, duties, say).run())


class _Worker:
    """The jobs of one process, of every queue, through every loss of the server."""

    def __init__(self, url: str, name: str, duties: Duties, say: Callable[[str], None]) -> None:
        import procrastinate

        self._name = name
        self._say = say
        self._stop = threading.Event()
        self._where = safe_url(url)
        # Short, so that a server that is back is noticed soon: the pool itself waits ever longer between its tries.
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo(url), timeout=PATIENCE_SECONDS, reconnect_timeout=PATIENCE_SECONDS
        )
        self._app = procrastinate.App(connector=connector)
        self._waiting = asyncio.Lock()
        _register(self._app, duties, self._stop.is_set)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_ignore_lost_server)
        async with self._app.open_async():
            queues = [asyncio.ensure_future(self._work_on(queue, number)) for queue, number in _QUEUES.items()]

            def ask_to_stop(*_: object) -> None:
                self._stop.set()
                for queue in queues:
                    loop.call_soon_threadsafe(queue.cancel)

            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, ask_to_stop)
            done, others = await asyncio.wait(queues, return_when=asyncio.FIRST_EXCEPTION)
            self._stop.set()
            for queue in others:
                queue.cancel()
            for ended in [*done, *others]:
                # Cancelling is how procrastinate is asked to finish its jobs and end.
                with suppress(asyncio.CancelledError):
                    await ended

    async def _work_on(self, queue: str, concurrency: int) -> None:
        """Work on the jobs of a queue until asked to stop, through every loss of the server."""
        import procrastinate

        while not self._stop.is_set():
            # A worker whose server is gone ends, with an error or without.
            with suppress(procrastinate.exceptions.ConnectorException):
                await self._app.run_worker_async(
                    queues=[queue],
                    name=f"{self._name}/{queue}",
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=2.0,
                    stalled_worker_timeout=STALLED_SECONDS,
                )
            if not self._stop.is_set():
                await self._wait_for_server()

    async def _wait_for_server(self) -> None:
        import procrastinate

        pause, is_gone = 1.0, False
        async with self._waiting:
            while not self._stop.is_set():
                try:
                    is_installed = await self._app.check_connection_async()
                except procrastinate.exceptions.ConnectorException as err:
                    if not is_gone:
                        self._say(f"The database is gone ({_first_line(err)}). Waiting until it is back.")
                    is_gone = True
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                    continue
                if not is_installed:
                    raise StoreError(
                        "The database answers, and its tables for the workers are gone.",
                        where=self._where,
                        todo="Check that it is the right database: dispatch db status",
                    )
                if is_gone:
                    self._say("The database is back.")
                return


def _ignore_lost_server(loop: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    """Let asyncio report what nobody waited for, unless it is a job that could not be noted without its server."""
    import procrastinate

    if not isinstance(about.get("exception"), procrastinate.exceptions.ConnectorException):
        loop.default_exception_handler(about)


def _first_line(err: BaseException) -> str:
    return str(err.__cause__ or err).strip().splitlines()[0].rstrip(".")


def conninfo(url: str) -> str:
    """The URL as libpq takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _register(app: "procrastinate.App", duties: Duties, is_asked: Callable[[], bool]) -> None:
    import procrastinate

    # A lane that failed is tried again later: its Deliveries still wait.
    again = procrastinate.RetryStrategy(max_attempts=100, wait=10)

    @app.task(name=LANE, queue="lanes", retry=again)
    def lane(campaign_id: str) -> None:
        duties.lane(campaign_id, is_asked)

    @app.periodic(cron="* * * * *")
    @app.task(name=EVENTS, queue="care", lock="events", queueing_lock="events", pass_context=False)
    def events(timestamp: int) -> None:
        duties.events(is_asked)

    @app.periodic(cron="* * * * * */10")
    @app.task(name=TIDY, queue="care", lock="tidy", queueing_lock="tidy")
    async def tidy(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await app.job_manager.retry_job(job)
        await asyncio.to_thread(duties.tidy, is_asked)
