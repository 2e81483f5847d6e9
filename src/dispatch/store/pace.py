"""The pace: one row an account and region, moved on by one atomic statement, shared by all processes.

The generic cell rate algorithm (ITU-T I.371): the row holds the moment at which the next message is due. Taking k
messages moves it on by k/rate; who took them waits until the moment that it showed before.
"""

import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, bindparam, case, cast, func, or_, select, text, update
from sqlalchemy.sql.dml import ReturningUpdate

from dispatch.store.bulk_values import insert_for
from dispatch.store.schema import pace

#: the row never runs further ahead of the clock than this: more takers find no permit and ask again
MAX_AHEAD_SECONDS = 5.0
#: nor is it held back by more than this at once
MOST_HELD_BACK_SECONDS = 5.0
#: a process that the provider slowed down takes steps of up to so many times the length of another's
LONGEST_STEPS = 20

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

    A permit that is not granted says how long to wait before asking again. A row further ahead than takers can have
    moved it was written before the clock was put back: it counts as due now.
    """
    step = messages / per_second
    statement = _take(connection.dialect.name)
    moved = connection.execute(statement, {"of_account": account, "step": step}).scalar()
    if moved is not None:
        return Permit(max(0.0, float(moved)), is_granted=True)
    if connection.execute(select(pace.c.account).where(pace.c.account == account)).first() is None:
        # Another process may add the same row at this moment.
        connection.execute(insert_for(connection, pace).values(account=account, next_at=0.0).on_conflict_do_nothing())
        return take(connection, account, messages, per_second)
    return Permit(min(1.0, step), is_granted=False)


@functools.cache
def _take(dialect: str) -> ReturningUpdate[Any]:
    """Built once for each kind of database: building a statement costs more than running it."""
    now = _now(dialect)
    step = bindparam("step", type_=Float)
    most_ahead = MAX_AHEAD_SECONDS + MOST_HELD_BACK_SECONDS + LONGEST_STEPS * step
    due = case((pace.c.next_at > now + most_ahead, now), else_=pace.c.next_at)
    # Who finds the row idle may take even a step of more than 5 s: at a slow pace every step is one.
    has_room = or_(due <= now, due + step <= now + MAX_AHEAD_SECONDS)
    return (
        update(pace)
        .where(pace.c.account == bindparam("of_account"), has_room)
        .values(next_at=_later(dialect)(due, now) + step)
        .returning(pace.c.next_at - step - now)
    )


def _now(dialect: str) -> ColumnElement[float]:
    return cast(text(_EPOCH[dialect]), Float)


def _later(dialect: str) -> Any:
    return func.greatest if dialect == "postgresql" else func.max


def hold_back(connection: Connection, account: str, seconds: float) -> None:
    """Move the next message on by some seconds, at most five, because the provider asked to slow down."""
    dialect = connection.dialect.name
    later = _later(dialect)(pace.c.next_at, _now(dialect) + min(seconds, MOST_HELD_BACK_SECONDS))
    connection.execute(update(pace).where(pace.c.account == account).values(next_at=later))
