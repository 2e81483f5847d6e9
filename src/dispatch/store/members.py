"""Members, Subscriptions and Suppressions: who can be mailed, and who must not.

Every function works in the caller's transaction, and every change leaves an act in the audit trail. A file
of members is taken in by whole sets, never one person at a time.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, cast, delete, func, select, true, update

from dispatch.model.member import (
    Member,
    MemberKey,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    folded,
)
from dispatch.model.member_import import Known
from dispatch.store.audit import record
from dispatch.store.bulk_values import chunks, insert_for, texts
from dispatch.store.schema import keys as secrets
from dispatch.store.schema import members, subscriptions, suppressions

SUBSCRIBED, UNSUBSCRIBED = SubscriptionState.SUBSCRIBED.value, SubscriptionState.UNSUBSCRIBED.value
#: what every function here works in: a transaction that the caller began and ends
Transaction = Connection
#: rows fetched at once
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class ListCounts:
    """The people who have a Subscription to a list; each is in one of the three counts."""

    #: can be mailed
    subscribed: int = 0
    unsubscribed: int = 0
    #: subscribed, and must not be mailed
    suppressed: int = 0


# --- reading ----------------------------------------------------------------------------------------------


def hash_address(connection: Connection, key: MemberKey) -> str:
    """The keyed hash (HMAC-SHA-256, hex) under which a Suppression outlives its Member."""
    return hash_of(hash_key(connection), key)


def find(connection: Connection, key: MemberKey) -> Member | None:
    """The Member of a key with all Subscriptions, None where there is none."""
    return next(_members(connection, _query().where(members.c.key == key)), None)


def known(connection: Connection, keys: Iterable[MemberKey]) -> dict[MemberKey, Known]:
    """What is known of each of the keys; keys of which nothing is known are left out."""
    secret = hash_key(connection)
    people: dict[MemberKey, Member] = {}
    suppressed: dict[MemberKey, Suppression] = {}
    for chunk in chunks(list(keys)):
        of_chunk = _query().where(members.c.key.in_(texts(connection, chunk)))
        people.update((member.key, member) for member in _members(connection, of_chunk))
        hashes = {hash_of(secret, key): key for key in chunk}
        found = connection.execute(
            suppressions.select().where(suppressions.c.address_hash.in_(texts(connection, list(hashes))))
        )
        suppressed.update((hashes[row.address_hash], _suppression(row)) for row in found)
    return {key: Known(people.get(key), suppressed.get(key)) for key in people.keys() | suppressed.keys()}


def members_of(
    connection: Connection,
    member_list: str | None = None,
    *,
    search: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> Iterator[Member]:
    """Everybody with a Subscription to the list, in whatever state, by their keys; None for all Members.

    `search` is a part of a name or an address. They are fetched as they are asked for, never all at once.
    """
    query = _query()
    if limit is None:
        query = query.where(*_wanted(member_list, search))
    else:
        page = select(members.c.id).where(*_wanted(member_list, search)).order_by(members.c.key)
        query = query.where(members.c.id.in_(page.limit(limit).offset(offset)))
    yield from _members(connection, query)


def how_many(connection: Connection, member_list: str | None = None, *, search: str = "") -> int:
    """How many people `members_of` finds."""
    return int(
        connection.execute(select(func.count()).select_from(members).where(*_wanted(member_list, search))).scalar_one()
    )


def _wanted(member_list: str | None, search: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if member_list is not None:
        on_list = select(subscriptions.c.member_id).where(subscriptions.c.member_list == member_list)
        wanted.append(members.c.id.in_(on_list))
    if search.strip():
        wanted.append(is_found(members.c.folded, search))
    return wanted


def attribute_names(connection: Connection, member_list: str | None = None) -> list[str]:
    """The names of all attributes that the people of a list have, or that all Members have."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(members.c.attributes).table_valued("key")
        # json_each reads the row before it: the two belong together without a condition
        query = select(cast(each.c.key, Text)).select_from(members.join(each, true()))
    else:
        query = select(func.jsonb_object_keys(members.c.attributes))
    return sorted(connection.execute(query.where(*_wanted(member_list, "")).distinct()).scalars())


def suppressed_members(connection: Connection) -> dict[MemberKey, Suppression]:
    """The Suppressions of those who are Members, by their keys."""
    query = select(members.c.key, suppressions).join(
        suppressions, suppressions.c.address_hash == members.c.address_hash
    )
    return {MemberKey(row.key): _suppression(row) for row in connection.execute(query)}


def suppression_of(connection: Connection, key: MemberKey) -> Suppression | None:
    """Why an address must not be mailed, None where it may."""
    of_key = suppressions.select().where(suppressions.c.address_hash == hash_address(connection, key))
    row = connection.execute(of_key).one_or_none()
    return None if row is None else _suppression(row)


def is_suppressed(connection: Connection, key: MemberKey) -> bool:
    """Whether an address must not be mailed."""
    return suppression_of(connection, key) is not None


def counts(connection: Connection) -> dict[str, ListCounts]:
    """The people of every list that anybody has a Subscription to."""
    ties = subscriptions.c
    found: dict[str, dict[str, int]] = {}
    # From one index alone; the suppressed are few and looked up on their own.
    for member_list, state, count in connection.execute(
        select(ties.member_list, ties.state, func.count()).group_by(ties.member_list, ties.state)
    ):
        found.setdefault(member_list, {})[state] = count
    is_out = select(members.c.id).where(members.c.address_hash.in_(select(suppressions.c.address_hash)))
    suppressed = (
        select(ties.member_list, func.count())
        .where(ties.member_id.in_(is_out), ties.state == SUBSCRIBED)
        .group_by(ties.member_list)
    )
    for member_list, count in connection.execute(suppressed):
        found[member_list][SUBSCRIBED] -= count
        found[member_list]["suppressed"] = count
    return {member_list: ListCounts(**of_list) for member_list, of_list in sorted(found.items())}


def is_found(folded_column: ColumnElement[str], searched: str) -> ColumnElement[bool]:
    """The condition that `members.folded` holds a text, whatever the case and the accents."""
    return folded_column.contains(folded(searched.strip()), autoescape=True)


# --- changing ---------------------------------------------------------------------------------------------


def unsubscribe(
    connection: Connection, key: MemberKey, lists: Sequence[str] | None, source: str, now: datetime
) -> list[str]:
    """End the Member's Subscriptions to the lists (None: all), for good; gives the lists that this changed.

    `source` says from where: `unsubscribe page`, `by hand`.
    """
    return _turn(connection, key, lists, UNSUBSCRIBED, source, now, "unsubscribed", "")


def resubscribe(
    connection: Connection, key: MemberKey, lists: Sequence[str], source: str, now: datetime, reason: str = ""
) -> list[str]:
    """Take back the Member's unsubscribing from the lists; gives the lists that this changed.

    It lifts no Suppression. `reason` goes into the audit trail.
    """
    return _turn(connection, key, lists, SUBSCRIBED, source, now, "resubscribed", reason)


def remove(connection: Connection, key: MemberKey, member_list: str, now: datetime) -> bool:
    """Take the Member off a list without a trace there; gives whether they were on it.

    Who unsubscribed is not touched: that has to be remembered, or the next import would bring them back.
    """
    member_id = select(members.c.id).where(members.c.key == key).scalar_subquery()
    gone = connection.execute(
        delete(subscriptions).where(
            subscriptions.c.member_id == member_id,
            subscriptions.c.member_list == member_list,
            subscriptions.c.state == SUBSCRIBED,
        )
    )
    if gone.rowcount:
        record(
            connection,
            "removed from list",
            now=now,
            address=_typed(connection, key),
            detail={"list": member_list},
        )
    return bool(gone.rowcount)


def suppress(connection: Connection, key: MemberKey, reason: SuppressionReason, detail: str, now: datetime) -> bool:
    """Keep an address from all mail from now on; gives whether that is new. The first reason stays.

    `detail` is the provider's or a person's words, without addresses.
    """
    values = {
        "address_hash": hash_address(connection, key),
        "reason": reason.value,
        "since": now,
        "detail": detail,
    }
    insert = insert_for(connection, suppressions).values(values).on_conflict_do_nothing()
    # The count of an INSERT's rows is not to be had from every driver; what it returns is.
    is_new = connection.execute(insert.returning(suppressions.c.address_hash)).first() is not None
    if is_new:
        about = {"reason": reason.value, "rule": detail}
        record(connection, "address suppressed", now=now, address=str(values["address_hash"]), detail=about)
    return is_new


def lift(connection: Connection, key: MemberKey, reason: str, now: datetime) -> bool:
    """Let an address be mailed again, on a person's word; gives whether it was suppressed."""
    address_hash = hash_address(connection, key)
    lifted = connection.execute(delete(suppressions).where(suppressions.c.address_hash == address_hash))
    if lifted.rowcount:
        record(connection, "suppression lifted", now=now, address=address_hash, detail={"reason": reason})
    return bool(lifted.rowcount)


# --- the same, underneath ---------------------------------------------------------------------------------


def _query() -> Select[Any]:
    ties = subscriptions.c
    return (
        select(
            members.c.key,
            members.c.address,
            members.c.name,
            members.c.attributes,
            ties.member_list,
            ties.state,
            ties.since,
            ties.source,
        )
        .outerjoin(subscriptions, subscriptions.c.member_id == members.c.id)
        .order_by(members.c.key, subscriptions.c.member_list)
    )


def _members(connection: Connection, query: Select[Any]) -> Iterator[Member]:
    """One Member for each run of rows with the same key."""
    found = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
    for key, person in groupby(found, key=itemgetter(0)):
        (_, address, name, attributes, *tie), *others = person
        ties = [] if tie[0] is None else [_tie(*tie), *(_tie(*other[4:]) for other in others)]
        yield Member(address, MemberKey(key), name, attributes, tuple(ties))


def _tie(member_list: str, state: str, since: datetime, source: str) -> Subscription:
    return Subscription(member_list, SubscriptionState(state), since, source)


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(row.address_hash, SuppressionReason(row.reason), row.since, row.detail)


def _turn(
    connection: Connection,
    key: MemberKey,
    lists: Sequence[str] | None,
    state: str,
    source: str,
    now: datetime,
    act: str,
    reason: str,
) -> list[str]:
    member_id = select(members.c.id).where(members.c.key == key).scalar_subquery()
    other = subscriptions.c.state != state
    turn = update(subscriptions).where(subscriptions.c.member_id == member_id, other)
    if lists is not None:
        turn = turn.where(subscriptions.c.member_list.in_(lists))
    values = {"state": state, "since": now, "source": source}
    turned = sorted(connection.execute(turn.values(values).returning(subscriptions.c.member_list)).scalars())
    if turned:
        detail = {"lists": turned, "source": source, "reason": reason}
        record(connection, act, now=now, address=_typed(connection, key), detail=detail)
    return turned


def _typed(connection: Connection, key: MemberKey) -> str:
    """The address as the trail names it: as its Member typed it."""
    found: str = connection.execute(select(members.c.address).where(members.c.key == key)).scalar_one()
    return found


def hash_key(connection: Connection) -> bytes:
    """The key under which addresses are hashed."""
    found: bytes = connection.execute(select(secrets.c.secret).where(secrets.c.name == "address-hash")).scalar_one()
    return found


def hash_of(secret: bytes, key: MemberKey) -> str:
    """The hash of an address under a key of `hash_key`."""
    return hmac.digest(secret, key.encode(), "sha256").hex()
