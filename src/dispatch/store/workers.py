"""Workers: the processes that send, as people see them."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from dispatch.store.campaigns import new_id
from dispatch.store.database import clock
from dispatch.store.schema import workers

#: who has not been heard of for this long is taken for dead
SILENT_AFTER = timedelta(seconds=15)
#: and forgotten after this long
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that sends, or waits to."""

    machine: str
    process: int
    #: `send` for a command in the foreground, `worker`
    kind: str
    started_at: datetime
    seen_at: datetime
    campaign_id: str
    #: mails accepted through it for that Campaign
    accepted: int
    #: whether it was heard of lately
    is_alive: bool


def join(connection: Connection, kind: str, campaign_id: str = "") -> str:
    """Write down that this process is there; return its identifier."""
    now = clock(connection)
    connection.execute(delete(workers).where(workers.c.seen_at < now - FORGOTTEN_AFTER))
    worker_id = new_id()
    connection.execute(
        workers.insert().values(
            id=worker_id,
            machine=socket.gethostname(),
            process=os.getpid(),
            kind=kind,
            started_at=now,
            seen_at=now,
            campaign_id=campaign_id,
        )
    )
    return worker_id


def note(connection: Connection, worker_id: str, campaign_id: str, accepted: int) -> None:
    """Write down what a process is at."""
    values = {"seen_at": clock(connection), "campaign_id": campaign_id, "accepted": accepted}
    connection.execute(update(workers).where(workers.c.id == worker_id).values(**values))


def leave(connection: Connection, worker_id: str) -> None:
    """Write down that a process ended in good order."""
    connection.execute(delete(workers).where(workers.c.id == worker_id))


def all_workers(connection: Connection, campaign_id: str | None = None) -> list[Worker]:
    """The processes, those of one Campaign or all, the oldest first."""
    now = clock(connection)
    query = select(workers).order_by(workers.c.started_at, workers.c.id)
    if campaign_id is not None:
        query = query.where(workers.c.campaign_id == campaign_id)
    return [
        Worker(
            machine=row.machine,
            process=row.process,
            kind=row.kind,
            started_at=row.started_at,
            seen_at=row.seen_at,
            campaign_id=row.campaign_id,
            accepted=row.accepted,
            is_alive=now - row.seen_at < SILENT_AFTER,
        )
        for row in connection.execute(query)
    ]
