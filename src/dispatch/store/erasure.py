"""Erasing a person: what can name them goes, and the numbers stay.

Backups are out of reach; the people who keep them delete them in time.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, delete, func, or_, select, update

from dispatch.model.delivery import DeliveryState, SkipReason
from dispatch.model.event import NotificationState
from dispatch.model.member import Address, SuppressionReason
from dispatch.store.audit import record
from dispatch.store.bulk_values import insert_for
from dispatch.store.members import hash_address
from dispatch.store.schema import (
    audit,
    campaigns,
    deliveries,
    events,
    members,
    notifications,
    probes,
    proof_messages,
    proofs,
    suppressions,
)

# What can stand in a local part or domain: "ann@…" must not be found inside "joann@…" (RFC 5322 3.2.3).
_BEFORE, _AFTER = r"(?<![a-z0-9.!#$%&'*+/=?^_`{|}~-])", r"(?![a-z0-9-]|\.[a-z0-9])"
# In a link these separate values, though a local part may hold them.
_BEFORE_IN_LINKS = r"(?<![a-z0-9.!#$'*+^_`{|}~-])"
# A line break inside JSON inside JSON; its letter would hide the start of an address.
_ESCAPED_SPACE = re.compile(r"\\+[nrt]")
#: a shorter local part is a word like any other
_TELLING = 3


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure changed."""

    #: whether there was a Member
    member: bool
    #: queued Deliveries that became `skipped`
    skipped: int
    #: Deliveries that now name the keyed hash instead of the address
    deliveries: int
    #: Notifications deleted
    notifications: int
    #: acts of the audit trail, Proofs and reasons that now name the keyed hash
    trail: int


def erase(connection: Connection, address: Address, now: datetime) -> Erased:
    """Erase a person; the keyed hash stays suppressed, so that no import brings them back.

    Works also where there is no Member any more, and once more without harm.
    """
    address_hash = hash_address(connection, address.key)
    stored = connection.execute(select(members.c.address).where(members.c.key == address.key)).scalar()
    spellings = {address.key, address.ascii, address.typed} | ({stored} if stored else set())
    _suppress(connection, address_hash, now)
    # Notifications first: the Deliveries lead to them.
    person = _Person(address_hash, spellings)
    gone = _delete_notifications(connection, person)
    skipped = _skip_queued(connection, address_hash)
    renamed = connection.execute(
        update(deliveries)
        .where(deliveries.c.address_hash == address_hash, deliveries.c.address != address_hash)
        .values(address=address_hash, key=address_hash, member_id=None)
    ).rowcount
    trail = sum(_hide(connection, table, columns, person) for table, columns in _SHARED)
    _hide_in_own_rows(connection, person)
    member = connection.execute(delete(members).where(members.c.key == address.key)).rowcount
    erased = Erased(bool(member), skipped, renamed, gone, trail)
    record(connection, "member erased", now=now, address=address_hash, detail=asdict(erased))
    return erased


def forget_late_notifications(connection: Connection, notification_ids: Sequence[int]) -> int:
    """Delete those of the Notifications that are about erased people and have been read; gives how many.

    For the reader of Notifications, after each reading: the provider may tell of a person after their erasure.
    """
    of_erased = (
        select(events.c.notification_id)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .where(deliveries.c.address == deliveries.c.address_hash, events.c.notification_id.in_(notification_ids))
    )
    late = delete(notifications).where(
        notifications.c.id.in_(of_erased), notifications.c.state == NotificationState.READ.value
    )
    return connection.execute(late).rowcount


def _suppress(connection: Connection, address_hash: str, now: datetime) -> None:
    values = {"reason": SuppressionReason.ERASED.value, "detail": ""}
    insert = insert_for(connection, suppressions).values(address_hash=address_hash, since=now, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=[suppressions.c.address_hash], set_=values))


def _skip_queued(connection: Connection, address_hash: str) -> int:
    queued = update(deliveries).where(
        deliveries.c.address_hash == address_hash, deliveries.c.state == DeliveryState.QUEUED.value
    )
    values = {"state": DeliveryState.SKIPPED.value, "reason": SkipReason.ERASED.value}
    return connection.execute(queued.values(values)).rowcount


def _delete_notifications(connection: Connection, person: "_Person") -> int:
    """Those that an Event of the person came from, and every other that names the address."""
    of_person = (
        select(events.c.notification_id)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .where(deliveries.c.address_hash == person.address_hash, events.c.notification_id.is_not(None))
    )
    doomed = set(connection.execute(of_person).scalars())
    bodies = select(notifications.c.id, notifications.c.body).where(person.may_be_in(notifications.c.body))
    doomed.update(number for number, body in connection.execute(bodies) if person.is_in(body))
    if doomed:
        connection.execute(delete(notifications).where(notifications.c.id.in_(doomed)))
    return len(doomed)


# --- the address in texts -----------------------------------------------------------------------------------------


class _Person:
    """The spellings of one address, to be found and hidden in texts."""

    def __init__(self, address_hash: str, spellings: set[str]) -> None:
        self.address_hash = address_hash
        lower = {spelling.lower() for spelling in spellings}
        in_links = {each.replace("@", "%40") for each in lower}
        # As JSON writes letters that are not ASCII.
        self._looked_for = sorted(lower | in_links | {json.dumps(each)[1:-1] for each in lower})
        local = {each.rpartition("@")[0] for each in lower}
        self._address = _pattern(_BEFORE, lower, or_in_links=in_links)
        self._local = _pattern(_BEFORE_IN_LINKS, {each for each in local if len(each) >= _TELLING})

    def may_be_in(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition that a column may name the address; `is_in` knows."""
        lower = func.lower(cast(column, Text))
        # SQLite's lower() knows ASCII only; letters beyond it are looked for as they were typed as well.
        return or_(*[lower.contains(each, autoescape=True) for each in self._looked_for])

    def is_in(self, text: str) -> bool:
        """Whether a text names the address."""
        return bool(self._address.search(_ESCAPED_SPACE.sub(" ", text.lower())))

    def hidden(self, value: Any, *, is_own: bool = False) -> Any:
        """A value with the keyed hash for the address; in the person's own rows also for its local part."""
        if isinstance(value, str):
            found = self._address.sub(self.address_hash, value)
            names_person = is_own or found != value
            return self._local.sub("…", found) if names_person else found
        if isinstance(value, list):
            return [self.hidden(each, is_own=is_own) for each in value]
        if isinstance(value, dict):
            return {name: self.hidden(each, is_own=is_own) for name, each in value.items()}
        return value


def _pattern(before: str, spellings: set[str], or_in_links: Collection[str] = ()) -> re.Pattern[str]:
    """What finds these spellings, whole; nothing where there are none."""
    found = [f"{before}(?:{'|'.join(map(re.escape, sorted(spellings)))})"] if spellings else []
    found += [f"{_BEFORE_IN_LINKS}{re.escape(each)}" for each in or_in_links]
    return re.compile(f"(?:{'|'.join(found) or '(?!)'}){_AFTER}", re.IGNORECASE)


#: texts about everybody, which may quote one person
_SHARED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (campaigns, ("reason", "todo")),
    (audit, ("address", "detail")),
    (proofs, ("addresses", "approved_by")),
    (proof_messages, ("address", "outcome")),
    (probes, ("outcome",)),
)


def _hide(connection: Connection, table: Table, names: Sequence[str], person: _Person) -> int:
    """Hide the person in these columns of all rows; return in how many rows they were."""
    key = table.primary_key.columns[0]
    columns = [table.c[name] for name in names]
    rows = connection.execute(select(key, *columns).where(or_(*[person.may_be_in(column) for column in columns]))).all()
    changed = 0
    for number, *values in rows:
        is_own = table is audit and bool(person.is_in(values[0]))
        hidden = [person.hidden(value, is_own=is_own) for value in values]
        if hidden != values:
            connection.execute(update(table).where(key == number).values(dict(zip(names, hidden, strict=True))))
            changed += 1
    return changed


def _hide_in_own_rows(connection: Connection, person: _Person) -> None:
    """Hide the person in what was said about their own Deliveries: refusals, bounces, clicks."""
    of_person = deliveries.c.address_hash == person.address_hash
    quoting = select(deliveries.c.seq, deliveries.c.reason).where(of_person, deliveries.c.reason != "")
    for seq, reason in connection.execute(quoting).all():
        hidden = person.hidden(reason, is_own=reason not in set(SkipReason))
        connection.execute(update(deliveries).where(deliveries.c.seq == seq).values(reason=hidden))
    said = select(events.c.id, events.c.rule, events.c.detail).join(deliveries, deliveries.c.id == events.c.delivery_id)
    for number, rule, detail in connection.execute(said.where(of_person)).all():
        values = {"rule": person.hidden(rule, is_own=True), "detail": person.hidden(detail, is_own=True)}
        if values != {"rule": rule, "detail": detail}:
            connection.execute(update(events).where(events.c.id == number).values(values))
