"""The pace: one row an account and region, moved on by one atomic statement, shared by all processes.

The generic cell rate algorithm (ITU-T I.371): the row holds the moment at which the next message is due. Taking k
messages moves it on by k/rate; whoever took them waits until the moment that it showed before.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Float, cast, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from dispatch.store.schema import pace

#: the row never runs further ahead of the clock than this: more takers find no permit and ask again
MAX_AHEAD_SECONDS = 5.0

_EPOCH = {
    # julianday, because unixepoch('subsec') is NULL on SQLite 3.40
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "extract(epoch from clock_timestamp())",
}


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send, after a wait."""

    wait_seconds: float
    is_granted: bool


def take(connection: Connection, account: str, messages: int, per_second: float) -> Permit:
    """Leave to send `messages` at `per_second`, shared with every other process on this database.

    A permit that is not granted says how long to wait before asking again.
    """
    now = cast(text(_EPOCH[connection.dialect.name]), Float)
    later = func.greatest if connection.dialect.name == "postgresql" else func.max
    step = messages / per_second
    # Whoever finds the row idle may take even a step of more than 5 s: at a slow pace every step is one.
    has_room = or_(pace.c.next_at <= now, pace.c.next_at + step <= now + MAX_AHEAD_SECONDS)
    moved = connection.execute(
        update(pace)
        .where(pace.c.account == account, has_room)
        .values(next_at=later(pace.c.next_at, now) + step)
        .returning(pace.c.next_at - step - now)
    ).scalar()
    if moved is not None:
        return Permit(max(0.0, float(moved)), is_granted=True)
    if connection.execute(select(pace.c.account).where(pace.c.account == account)).first() is None:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        # Another process may add the same row at this moment.
        connection.execute(insert(pace).values(account=account, next_at=0.0).on_conflict_do_nothing())
        return take(connection, account, messages, per_second)
    return Permit(min(1.0, step), is_granted=False)


def hold_back(connection: Connection, account: str, seconds: float) -> None:
    """Move the next message on by some seconds, because the provider asked to slow down."""
    now = cast(text(_EPOCH[connection.dialect.name]), Float)
    later = func.greatest if connection.dialect.name == "postgresql" else func.max
    connection.execute(
        update(pace).where(pace.c.account == account).values(next_at=later(pace.c.next_at, now + seconds))
    )
