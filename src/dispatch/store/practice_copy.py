"""The copy of the lists that practice works on, so that nothing it does touches the real ones.

Every change of the lists leaves an act in the audit trail; while no act was added, the copy is up to date.
"""

# ruff: noqa: S608 - every statement is made of the names of the schema, and of nothing else
from collections.abc import Iterable

from sqlalchemy import Connection, Table, func, select, update

from dispatch.model.member import SubscriptionState
from dispatch.store.bulk_values import in_parts
from dispatch.store.database import Database, safe_url
from dispatch.store.schema import audit, keys, list_copies, members, subscriptions, suppressions

#: the source of an unsubscription by a link; in practice's database only practice's own
PRACTICE_SOURCE = "unsubscribe link"
#: the name under which practice's database knows the real lists while it copies them
_REAL = "real_lists"
_COPIED = (members, subscriptions, suppressions)


def copy_lists(real: Database, practice: Database) -> bool:
    """Bring practice's copy of members, subscriptions and suppressions up to the real ones; return whether it changed.

    What happened in practice stays there: who unsubscribed or was suppressed there remains so, until the real list
    says the same or more. `practice` is a SQLite database.
    """
    with real.reading() as source:
        state = _state_of(source, safe_url(real.engine.url))
        with practice.reading() as target:
            if target.execute(_COPY).first() == tuple(state.values()):
                return False
        secret = source.execute(select(keys.c.secret).where(keys.c.name == "address-hash")).scalar_one()
        # A file of this machine is read by SQLite itself; from a server the rows are fetched into a passing database.
        with practice.writing_beside(real.file, _REAL) as target:
            target.execute(update(keys).where(keys.c.name == "address-hash").values(secret=secret))
            if real.file is None:
                _fetch(source, target)
            for statement in _STATEMENTS:
                target.exec_driver_sql(statement)
            target.execute(list_copies.delete())
            target.execute(list_copies.insert().values(id=1, **state))
    return True


_COPY = select(list_copies.c.source, list_copies.c.acts, list_copies.c.last_act)


def _state_of(source: Connection, name: str) -> dict[str, object]:
    """How far the lists are. Also the count: a number can be taken early and committed late."""
    acts, last = source.execute(select(func.count(), func.max(audit.c.id)).select_from(audit)).one()
    return {"source": name, "acts": acts, "last_act": last or 0}


def _fetch(source: Connection, target: Connection) -> None:
    for table in _COPIED:
        names = [column.name for column in table.c]
        target.exec_driver_sql(f"CREATE TABLE {_REAL}.{table.name} ({', '.join(names)}, {_key(table)})")
        insert = f"INSERT INTO {_REAL}.{table.name} VALUES ({', '.join('?' * len(names))})"
        types = [column.type.bind_processor(target.dialect) or _as_it_is for column in table.c]
        for part in in_parts(source, select(table)):
            rows = [tuple(bind(row[name]) for bind, name in zip(types, names, strict=True)) for row in part]
            target.exec_driver_sql(insert, rows)


def _as_it_is(value: object) -> object:
    return value


def _key(table: Table) -> str:
    unique = ["key"] if table is members else []
    primary = f"PRIMARY KEY ({', '.join(table.primary_key.columns.keys())})"
    return ", ".join([primary, *(f"UNIQUE ({name})" for name in unique)])


def _names(table: Table, *, without: Iterable[str] = ()) -> str:
    return ", ".join(column.name for column in table.c if column.name not in without)


def _set(columns: Iterable[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns)


def _differs(table: Table, columns: Iterable[str]) -> str:
    new, old = (", ".join(f"{row}.{name}" for name in columns) for row in ("excluded", table.name))
    return f"({new}) IS NOT ({old})"


_PERSON = [column.name for column in members.c if column.name not in ("id", "key", "created_at")]
_TIE = [column.name for column in subscriptions.c if not column.primary_key]
_WITHOUT_ID = _names(members, without=["id"])
# Statements of SQLite's own, because only it can read two files at once.
_STATEMENTS = (
    f"DELETE FROM main.members WHERE key NOT IN (SELECT key FROM {_REAL}.members)",
    f"""
    INSERT INTO main.members ({_WITHOUT_ID})
    SELECT {_WITHOUT_ID} FROM {_REAL}.members WHERE true
    ON CONFLICT (key) DO UPDATE SET {_set(_PERSON)}
    WHERE {_differs(members, _PERSON)}
    """,
    f"""
    DELETE FROM main.subscriptions AS ours WHERE source <> '{PRACTICE_SOURCE}' AND NOT EXISTS (
        SELECT 1 FROM main.members AS person
        JOIN {_REAL}.members AS same ON same.key = person.key
        JOIN {_REAL}.subscriptions AS theirs ON theirs.member_id = same.id AND theirs.member_list = ours.member_list
        WHERE person.id = ours.member_id)
    """,
    f"""
    INSERT INTO main.subscriptions ({_names(subscriptions)})
    SELECT person.id, theirs.member_list, theirs.state, theirs.since, theirs.source
    FROM {_REAL}.subscriptions AS theirs
    JOIN {_REAL}.members AS same ON same.id = theirs.member_id
    JOIN main.members AS person ON person.key = same.key WHERE true
    ON CONFLICT (member_id, member_list) DO UPDATE SET {_set(_TIE)}
    WHERE {_differs(subscriptions, _TIE)}
        AND NOT (subscriptions.state = '{SubscriptionState.UNSUBSCRIBED.value}'
                 AND subscriptions.source = '{PRACTICE_SOURCE}')
    """,
    f"INSERT OR IGNORE INTO main.suppressions SELECT {_names(suppressions)} FROM {_REAL}.suppressions",
)
