"""How far a queue of events has been read: silence proves nothing about what still lies in the queue."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from dispatch.store.bulk_values import insert_for
from dispatch.store.schema import queues

#: looks at the same time end in any order, but none takes longer than this
LONGEST_LOOK = timedelta(seconds=60)


def note_empty(connection: Connection, name: str, asked_at: datetime, apart: timedelta) -> None:
    """Write down that a look into the whole queue, begun at `asked_at`, found nothing.

    A look finds nothing also while a process that died keeps a Notification hidden. So it takes two looks, `apart` from
    each other by more than anything stays hidden, to know that what was in the queue at the first of them is stored.
    """
    row = connection.execute(select(queues).where(queues.c.name == name)).one_or_none()
    if row is None:
        # Another process may add the same row at this moment.
        connection.execute(insert_for(connection, queues).values(name=name, empty_at=asked_at).on_conflict_do_nothing())
        return
    # A second writer changes nothing.
    unchanged = update(queues).where(queues.c.name == name, queues.c.empty_at == row.empty_at)
    if row.empty_at - asked_at > LONGEST_LOOK:
        # The clock was put back: what was written before tells nothing.
        connection.execute(unchanged.values(empty_at=asked_at, read_through=None))
    elif asked_at - row.empty_at >= apart:
        connection.execute(unchanged.values(empty_at=asked_at, read_through=row.empty_at))


def read_through(connection: Connection, name: str) -> datetime | None:
    """Whatever was in the queue at this moment is stored; None where that was never shown."""
    found: datetime | None = connection.execute(select(queues.c.read_through).where(queues.c.name == name)).scalar()
    return found
