"""Jobs: a lane of a Campaign as a task of procrastinate, on the same PostgreSQL as the ledger.

A job only says "help with this Campaign"; the Deliveries are the truth, so that a job can run twice, late or never. It
is enqueued in the transaction of what makes it needed. In SQLite there is one process and there are no jobs.
Source: https://procrastinate.readthedocs.io (3.10): external connections, periodic tasks, retrying stalled jobs.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, make_url, text

if TYPE_CHECKING:
    import procrastinate

#: lanes of one Campaign that workers can take up at the same time
LANES = 8
#: queue -> jobs of it that a worker does at the same time: one lane, which has calls in flight of its own; the
#: events and the tidying, which must never wait for a lane
_QUEUES = {"lanes": 1, "care": 2}
#: a worker that has not been heard of for this long is dead, and its job is taken up by another
STALLED_SECONDS = 30.0
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
    """What a worker does; each is handed whether it was asked to stop."""

    #: help with the Campaign of an identifier
    lane: Callable[[str, Callable[[], bool]], None]
    #: fetch events, for about a minute
    events: Callable[[Callable[[], bool]], None]
    #: start what is due, settle what is open, take note of what ended
    tidy: Callable[[Callable[[], bool]], None]


def run_worker(url: str, name: str, duties: Duties) -> None:
    """Work until SIGTERM or Ctrl-C; then the batches in flight are finished first."""
    asyncio.run(_work(url, name, duties))


async def _work(url: str, name: str, duties: Duties) -> None:
    import procrastinate

    stop = threading.Event()
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo(url)))
    _register(app, duties, stop.is_set)
    loop = asyncio.get_running_loop()
    async with app.open_async():
        workers = [
            asyncio.ensure_future(
                app.run_worker_async(
                    queues=[queue],
                    name=f"{name}/{queue}",
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=2.0,
                    stalled_worker_timeout=STALLED_SECONDS,
                )
            )
            for queue, concurrency in _QUEUES.items()
        ]

        def ask_to_stop(*_: object) -> None:
            stop.set()
            for worker in workers:
                loop.call_soon_threadsafe(worker.cancel)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, ask_to_stop)
        # Cancelling is how procrastinate is asked to finish its jobs and end.
        ended = await asyncio.gather(*workers, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error


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
