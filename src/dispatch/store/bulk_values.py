"""Many values in one statement: a set sent as one JSON document, which the database takes apart.

With 100,000 rows this is ten times as quick as as many parameters, on both databases
(https://www.sqlite.org/json1.html#jeach, https://www.postgresql.org/docs/current/functions-json.html).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

T = TypeVar("T")

#: values in one document: bounds its memory
CHUNK = 10_000


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in runs of at most CHUNK."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def document(values: Any) -> str:
    """The JSON document of values, for a statement that is built once: see `numbers` and `pairs`."""
    return json.dumps(values, ensure_ascii=False)


def numbers(dialect: str, name: str) -> Select[tuple[int]]:
    """A query that gives the whole numbers of the document bound to `name`, for `column.in_(…)`."""
    bound = bindparam(name, type_=Text)
    if dialect == "sqlite":
        return select(func.json_each(bound).table_valued("value").c.value)
    value = func.jsonb_array_elements_text(cast(bound, JSONB)).column_valued("value")
    return select(cast(value, BigInteger))


def pairs(dialect: str, name: str) -> Subquery:
    """The rows (`number`, `text`) of the document bound to `name`, a list of such lists."""
    bound = bindparam(name, type_=Text)
    if dialect == "sqlite":
        each = func.json_each(bound).table_valued("value").c.value
        number, words = func.json_extract(each, "$[0]"), func.json_extract(each, "$[1]")
        return select(number.label("number"), words.label("text")).subquery("given")
    pair = func.jsonb_array_elements(cast(bound, JSONB)).column_valued("value")
    return select(cast(pair.op("->>")(0), BigInteger).label("number"), pair.op("->>")(1).label("text")).subquery(
        "given"
    )


def texts(connection: Connection, values: Sequence[str]) -> Select[tuple[str]]:
    """A query that gives the texts, for `column.in_(…)`."""
    bound = literal(document(values), Text)
    if connection.dialect.name == "sqlite":
        return select(func.json_each(bound).table_valued("value").c.value)
    return select(func.jsonb_array_elements_text(cast(bound, JSONB)).column_valued("value"))


def rows(
    connection: Connection, values: Sequence[Mapping[str, Any]], names: Mapping[str, Any], *more: ColumnElement[Any]
) -> Select[Any]:
    """A query that gives the rows, for `insert().from_select(…)`: the columns `names` with their types, then `more`."""
    bound = literal(document(values), Text)
    if connection.dialect.name == "sqlite":
        value = func.json_each(bound).table_valued("value").c.value
        columns: list[ColumnElement[Any]] = [func.json_extract(value, f"$.{name}") for name in names]
    else:
        typed = [column(name, kind) for name, kind in names.items()]
        table = func.jsonb_to_recordset(cast(bound, JSONB)).table_valued(*typed).render_derived(with_types=True)
        columns = [table.c[name] for name in names]
    # SQLite's parser wants a WHERE before ON CONFLICT (https://www.sqlite.org/lang_upsert.html, 2.2).
    return select(*columns, *more).where(true())
