"""A file of members taken in: whole sets at a time, each change with its act in the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Text, literal, select

from dispatch.model.member import folded_member
from dispatch.model.member_import import WRITTEN, Change, ChangeKind, Changes
from dispatch.store.audit import record
from dispatch.store.bulk_values import chunks, insert_for, rows, texts
from dispatch.store.column_types import Document
from dispatch.store.members import SUBSCRIBED, hash_key, hash_of
from dispatch.store.schema import members, subscriptions

_TEXTS = ("key", "address", "address_hash", "name", "folded")
_WRITTEN_COLUMNS = {**dict.fromkeys(_TEXTS, Text), "attributes": Document}


def apply(
    connection: Connection, changes: Changes, *, source: str, now: datetime, act: str = "members imported"
) -> None:
    """Do what a plan of changes says, and write it into the trail. `source` goes into each new Subscription."""
    apply_part(connection, changes.changes, changes.member_list, source=source, now=now)
    only = changes.changes[0].entry.address.typed if len(changes.changes) == 1 else ""
    record_import(connection, changes.member_list, changes.counts(), source=source, now=now, act=act, address=only)


def apply_part(
    connection: Connection, changes: Sequence[Change], member_list: str, *, source: str, now: datetime
) -> None:
    """Do what a part of a plan says; `record_import` belongs into the same transaction.

    A Subscription that exists by now is left as it is, so that nobody who unsubscribed after the plan was made comes
    back.
    """
    written = [c for c in changes if c.kind in WRITTEN and (c.differences or c.kind is ChangeKind.NEW)]
    _write_members(connection, hash_key(connection), written, now)
    arriving = [change.key for change in changes if change.kind in (ChangeKind.NEW, ChangeKind.JOINS)]
    for chunk in chunks(arriving):
        people = select(
            members.c.id,
            literal(member_list),
            literal(SUBSCRIBED),
            literal(now, subscriptions.c.since.type),
            literal(source),
        ).where(members.c.key.in_(texts(connection, chunk)))
        names = ["member_id", "member_list", "state", "since", "source"]
        insert = insert_for(connection, subscriptions).from_select(names, people)
        connection.execute(insert.on_conflict_do_nothing())


def record_import(
    connection: Connection,
    member_list: str,
    counts: Mapping[str, int],
    *,
    source: str,
    now: datetime,
    act: str = "members imported",
    address: str = "",
) -> None:
    """Write an import into the trail: rows by what became of them."""
    detail = {"list": member_list, "source": source, "counts": dict(counts)}
    record(connection, act, now=now, address=address, detail=detail)


def _write_members(connection: Connection, secret: bytes, changed: Sequence[Change], now: datetime) -> None:
    moment = literal(now, members.c.created_at.type)
    for chunk in chunks(changed):
        values = [
            {
                "key": change.key,
                "address": change.entry.address.typed,
                "address_hash": hash_of(secret, change.key),
                "name": change.name,
                "attributes": dict(change.attributes),
                "folded": folded_member(change.name, change.entry.address.typed, change.key),
            }
            for change in chunk
        ]
        people = rows(connection, values, _WRITTEN_COLUMNS, moment, moment)
        names = [*_WRITTEN_COLUMNS, "created_at", "updated_at"]
        insert = insert_for(connection, members).from_select(names, people, include_defaults=False)
        kept = {name: insert.excluded[name] for name in ("name", "attributes", "folded", "updated_at")}
        connection.execute(insert.on_conflict_do_update(index_elements=[members.c.key], set_=kept))
