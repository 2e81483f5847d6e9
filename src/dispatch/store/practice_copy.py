"""The copy of the lists that practice works on, so that nothing it does touches the real ones."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.dialects import sqlite

from dispatch.model.member import SubscriptionState
from dispatch.store.database import Database
from dispatch.store.schema import keys, members, subscriptions, suppressions

#: rows that travel together
CHUNK = 5000


def copy_lists(real: Database, practice: Database) -> None:
    """Bring practice's copy of members, subscriptions and suppressions up to the real ones.

    What happened in practice stays there: who unsubscribed or was suppressed there remains so, until the real list
    says the same or more. `practice` is a SQLite database.
    """
    with real.reading() as source, practice.writing() as target:
        target.execute(update(keys).where(keys.c.name == "address-hash").values(secret=_secret(source, "address-hash")))
        _copy(source, target, members, "key", ("address", "address_hash", "name", "attributes", "updated_at"))
        numbers = {row.key: row.id for row in target.execute(select(members.c.key, members.c.id))}
        gone = numbers.keys() - set(source.execute(select(members.c.key)).scalars())
        for chunk in _chunks(sorted(gone)):
            target.execute(delete(members).where(members.c.key.in_(chunk)))
        _copy_subscriptions(source, target, numbers)
        for rows in _rows(source, select(suppressions)):
            target.execute(sqlite.insert(suppressions).on_conflict_do_nothing(), rows)


def _copy(source: Connection, target: Connection, table: Table, key: str, changing: tuple[str, ...]) -> None:
    insert = sqlite.insert(table)
    upsert = insert.on_conflict_do_update(index_elements=[key], set_={name: insert.excluded[name] for name in changing})
    for rows in _rows(source, select(*[column for column in table.c if column.name != "id"])):
        target.execute(upsert, rows)


def _copy_subscriptions(source: Connection, target: Connection, numbers: dict[str, int]) -> None:
    left_in_practice = {
        (row.member_id, row.member_list)
        for row in target.execute(
            select(subscriptions).where(
                subscriptions.c.state == SubscriptionState.UNSUBSCRIBED.value,
                subscriptions.c.source == PRACTICE_SOURCE,
            )
        )
    }
    target.execute(delete(subscriptions).where(subscriptions.c.source != PRACTICE_SOURCE))
    query = select(members.c.key, subscriptions).join(members, members.c.id == subscriptions.c.member_id)
    for rows in _rows(source, query):
        moved = [{**row, "member_id": numbers[row.pop("key")]} for row in rows]
        fresh = [row for row in moved if (row["member_id"], row["member_list"]) not in left_in_practice]
        if fresh:
            target.execute(subscriptions.insert(), fresh)


#: the source of an unsubscription by a link; in practice's database only practice's own
PRACTICE_SOURCE = "unsubscribe link"


def _rows(connection: Connection, query: Any) -> Iterator[list[dict[str, Any]]]:
    for chunk in connection.execution_options(yield_per=CHUNK).execute(query).mappings().partitions():
        yield [dict(row) for row in chunk]


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def _secret(connection: Connection, name: str) -> bytes:
    return bytes(connection.execute(select(keys.c.secret).where(keys.c.name == name)).scalar_one())
