"""Moving a database: every row from SQLite into an empty PostgreSQL database, counted on both sides."""

from sqlalchemy import Connection, Table, func, select, text

from dispatch.errors import StoreError
from dispatch.model.campaign import CampaignState
from dispatch.model.delivery import DeliveryState
from dispatch.store.audit import record
from dispatch.store.bulk_values import in_parts
from dispatch.store.claims import queued
from dispatch.store.database import Database, clock, safe_url
from dispatch.store.homes import mark_moved
from dispatch.store.jobs import enqueue_lanes
from dispatch.store.schema import campaigns, deliveries, keys, metadata, workers

#: not moved: processes of the old database; the home is found again, and so is how far the queue was read
_LEFT_BEHIND = frozenset({"workers", "homes", "queues", "list_copies"})


def move(source: Database, target: Database) -> dict[str, int]:
    """Copy every row, in one transaction each side; gives table -> rows.

    The source is held while it runs, and sends no real mail afterwards. Raises StoreError for a target that is not an
    empty PostgreSQL database, for mails in flight, and where a count differs; then nothing has changed.
    """
    _refuse(source, target)
    with source.writing() as old:
        if old.execute(select(deliveries.c.seq).where(deliveries.c.state == DeliveryState.SUBMITTING.value)).first():
            raise StoreError(
                "Mails are in flight; they would be forgotten.",
                where=safe_url(source.engine.url),
                todo="Stop the send and let `dispatch reconcile` settle it, then move.",
            )
        with target.writing() as new:
            _refuse_filled(new, target)
            new.execute(keys.delete())
            moved = {table.name: _copy(old, new, table) for table in _tables()}
            _set_sequences(new)
            _verify(new, moved, target)
            record(new, "database moved", now=clock(new), detail={"from": safe_url(source.engine.url)})
            _enqueue(new)
        # After the target has committed: a kill between the two leaves both whole, and the move can be looked at.
        mark_moved(old, safe_url(target.engine.url))
    return moved


def counts(connection: Connection) -> dict[str, int]:
    """Table -> rows, in the order in which tables depend on one another."""
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
    }


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in _LEFT_BEHIND]


def _refuse(source: Database, target: Database) -> None:
    if not source.is_sqlite or target.is_sqlite:
        raise StoreError(
            "Only a SQLite database can be moved, and only to PostgreSQL.",
            where=f"{safe_url(source.engine.url)} to {safe_url(target.engine.url)}",
            todo="Write: dispatch db move --to postgresql://user:password@host/database",
        )


def _refuse_filled(new: Connection, target: Database) -> None:
    filled = {name: count for name, count in counts(new).items() if count and name not in (keys.name, workers.name)}
    if filled:
        raise StoreError(
            "The other database is not empty: " + ", ".join(f"{n} {name}" for name, n in filled.items()) + ".",
            where=safe_url(target.engine.url),
            todo="Name a new, empty database.",
        )


def _copy(old: Connection, new: Connection, table: Table) -> int:
    count = 0
    for rows in in_parts(old, table.select().order_by(*table.primary_key.columns)):
        new.execute(table.insert(), rows)
        count += len(rows)
    return count


def _set_sequences(new: Connection) -> None:
    """Let the next row of each table take the number after the last."""
    for table in _tables():
        column = table.autoincrement_column
        if column is None:
            continue
        names = {"table": table.name, "column": column.name}
        sequence = new.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), names).scalar()
        if sequence is not None:
            last = new.execute(select(func.max(column))).scalar()
            new.execute(select(func.setval(sequence, last or 1, last is not None)))


def _verify(new: Connection, moved: dict[str, int], target: Database) -> None:
    found = counts(new)
    differing = [
        f"{name}: {count} left, {found[name]} arrived" for name, count in moved.items() if found[name] != count
    ]
    if differing:
        raise StoreError(
            "Not every row arrived: " + "; ".join(differing) + ".",
            where=safe_url(target.engine.url),
            todo="Nothing was changed. Try again.",
        )


def _enqueue(new: Connection) -> None:
    sending = select(campaigns.c.id, campaigns.c.not_before).where(campaigns.c.state == CampaignState.SENDING.value)
    for row in new.execute(sending).all():
        if queued(new, row.id):
            enqueue_lanes(new, row.id, row.not_before)
