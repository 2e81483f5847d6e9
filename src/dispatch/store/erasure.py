"""Erasing a person: what can name them goes, and the numbers stay.

Backups are out of reach; whoever keeps them deletes them in time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dispatch.model.delivery import DeliveryState, SkipReason
from dispatch.model.event import NotificationState
from dispatch.model.member import Address, SuppressionReason
from dispatch.store.audit import record
from dispatch.store.members import hash_address
from dispatch.store.schema import audit, deliveries, events, members, notifications, proofs, suppressions

# What can stand in a local part or domain: "ann@…" must not be found inside "joann@…" (RFC 5322 3.2.3).
_BEFORE, _AFTER = r"(?<![a-z0-9.!#$%&'*+/=?^_`{|}~-])", r"(?![a-z0-9-]|\.[a-z0-9])"
# A line break inside JSON inside JSON; its letter would hide the start of an address.
_ESCAPED_SPACE = re.compile(r"\\+[nrt]")


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
    #: acts of the audit trail, and Proofs, that now name the keyed hash
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
    gone = _delete_notifications(connection, address_hash, spellings)
    skipped = _skip_queued(connection, address_hash)
    renamed = connection.execute(
        update(deliveries)
        .where(deliveries.c.address_hash == address_hash, deliveries.c.address != address_hash)
        .values(address=address_hash, key=address_hash, member_id=None)
    ).rowcount
    trail = _rename_trail(connection, address_hash, spellings)
    member = connection.execute(delete(members).where(members.c.key == address.key)).rowcount
    erased = Erased(bool(member), skipped, renamed, gone, trail)
    record(connection, "member erased", now=now, address=address_hash, detail=asdict(erased))
    return erased


def forget_late_notifications(connection: Connection, notification_ids: Sequence[int]) -> int:
    """Delete those of the Notifications that are about erased people and have been read; gives how many.

    For whoever reads Notifications, after each reading: the provider may tell of a person after their erasure.
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
    insert = (sqlite.Insert if connection.dialect.name == "sqlite" else postgresql.Insert)(suppressions)
    values = {"reason": SuppressionReason.ERASED.value, "detail": ""}
    upsert = insert.on_conflict_do_update(index_elements=[suppressions.c.address_hash], set_=values)
    connection.execute(upsert, [{"address_hash": address_hash, "since": now, **values}])


def _skip_queued(connection: Connection, address_hash: str) -> int:
    queued = update(deliveries).where(
        deliveries.c.address_hash == address_hash, deliveries.c.state == DeliveryState.QUEUED.value
    )
    values = {"state": DeliveryState.SKIPPED.value, "reason": SkipReason.ERASED.value}
    return connection.execute(queued.values(values)).rowcount


def _delete_notifications(connection: Connection, address_hash: str, spellings: set[str]) -> int:
    """Those that an Event of the person came from, and every other that names the address."""
    of_person = (
        select(events.c.notification_id)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .where(deliveries.c.address_hash == address_hash, events.c.notification_id.is_not(None))
    )
    doomed = set(connection.execute(of_person).scalars())
    doomed.update(_naming(connection, spellings))
    if doomed:
        connection.execute(delete(notifications).where(notifications.c.id.in_(doomed)))
    return len(doomed)


def _naming(connection: Connection, spellings: set[str]) -> Iterator[int]:
    wanted = {spelling.lower() for spelling in spellings}
    like = [func.lower(notifications.c.body).contains(spelling, autoescape=True) for spelling in wanted]
    exact = re.compile(_BEFORE + "(?:" + "|".join(map(re.escape, sorted(wanted))) + ")" + _AFTER)
    for number, body in connection.execute(select(notifications.c.id, notifications.c.body).where(or_(*like))):
        if exact.search(_ESCAPED_SPACE.sub(" ", body.lower())):
            yield number


def _rename_trail(connection: Connection, address_hash: str, spellings: set[str]) -> int:
    wanted = {spelling.lower() for spelling in spellings}
    acts = update(audit).where(or_(func.lower(audit.c.address).in_(wanted), audit.c.address.in_(spellings)))
    renamed = connection.execute(acts.values(address=address_hash)).rowcount
    for number, addresses in connection.execute(select(proofs.c.id, proofs.c.addresses)).all():
        hidden = [address_hash if str(each).lower() in wanted else each for each in addresses]
        if hidden != addresses:
            connection.execute(update(proofs).where(proofs.c.id == number).values(addresses=hidden))
            renamed += 1
    return renamed
