"""What columns hold: moments and documents, the same in both databases."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, String, TypeDecorator
from sqlalchemy.types import TypeEngine

from dispatch.model.member import folded_member


def instant_text(moment: datetime) -> str:
    """A moment as the database keeps it: ISO 8601 in UTC, milliseconds, `Z`. Sorts as it counts."""
    # Not by strftime, which writes the year 1 without its zeros on some systems.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept as text so that both databases hold and compare the same thing."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """The text of a moment."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The moment of a text."""
        return None if value is None else datetime.fromisoformat(value)


#: SQLite counts rows only in a plain INTEGER primary key
Serial = BigInteger().with_variant(Integer, "sqlite")


class Document(TypeDecorator[Any]):
    """A JSON document; on PostgreSQL its JSONB, which is loaded only where that is in use."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of this database."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB())


def folded_row(context: Any) -> str:
    """The search text of a row of members that is being added, where the statement gives none."""
    row = context.get_current_parameters()
    return folded_member(row.get("name") or "", row["address"], row["key"])
