"""Queues as SQS keeps them: standard, at-least-once, with visibility; and the events that fall due in them.

Events to come are rows. They move into their queue when the queue is read, never earlier than they are
due: so nothing has to run in the background, and a restart of the server loses none.
"""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from dispatch.practice.state import State
from dispatch.practice.wire import Refusal

#: default attributes of a queue: SQS API reference, CreateQueue
DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
}
#: attributes that are texts; they are kept, and only that
TEXTS = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"})
#: whole numbers and their bounds
_BOUNDS = {
    "VisibilityTimeout": (0, 43_200),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
}
#: rows of events moved at once
STEP = 200

#: makes the body of a due event from its row; None where its message is gone
Body = Callable[[sqlite3.Row, float], str | None]


@dataclass(frozen=True, slots=True)
class Received:
    """One message of a queue, taken."""

    message_id: str
    receipt: str
    body: str


class Queues:
    """All queues of the server."""

    def __init__(self, state: State, body: Body) -> None:
        self.state = state
        self.body = body

    def create(self, name: str, attributes: dict[str, str]) -> None:
        """Add a queue; the same again is fine. Raise Refusal where it exists with other attributes."""
        _check(attributes)
        known = self._find(name)
        if known is None:
            self._write(name, {**DEFAULTS, **attributes})
        elif any(known.get(key) != value for key, value in attributes.items()):
            said = f"A queue already exists with the same name and a different value: {name}"
            raise Refusal("QueueNameExists", said, query_code="QueueAlreadyExists")

    def attributes(self, name: str, now: float) -> dict[str, str]:
        """Return the attributes of a queue, with its approximate numbers of messages. Raise Refusal."""
        found = self.need(name)
        self.publish(name, now)
        count = self.state.number
        due = count("SELECT count(*) FROM planned_event WHERE queue = ? AND due <= ?", name, now)
        visible = count("SELECT count(*) FROM queued WHERE queue = ? AND visible_at <= ?", name, now)
        hidden = count("SELECT count(*) FROM queued WHERE queue = ? AND visible_at > ?", name, now)
        return {
            **found,
            "ApproximateNumberOfMessages": str(visible + due),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
        }

    def set_attributes(self, name: str, attributes: dict[str, str]) -> None:
        """Change attributes of a queue. Raise Refusal."""
        _check(attributes)
        self._write(name, {**self.need(name), **attributes})

    def send(self, name: str, body: str, now: float) -> str:
        """Put a message into a queue; return its id. Raise Refusal."""
        self.need(name)
        if not body:
            raise Refusal("MissingParameter", "The request must contain the parameter MessageBody.")
        message_id = str(uuid.uuid4())
        with self.state.transaction() as db:
            _put(db, name, message_id, body, now)
        return message_id

    def receive(self, name: str, count: int, visibility: int | None, now: float) -> list[Received]:
        """Return up to `count` visible messages, hidden from now on for `visibility` seconds (None: the queue's)."""
        found = self.need(name)
        hidden = int(found["VisibilityTimeout"]) if visibility is None else visibility
        with self.state.transaction() as db:
            rows = self._visible(db, name, count, now)
            if len(rows) < count and self.publish(name, now):
                rows = self._visible(db, name, count, now)
            return [_take(db, row, now + hidden) for row in rows]

    def next_due(self, name: str) -> float | None:
        """Return when the next event or hidden message of a queue appears; None: nothing is to come."""
        sql = """SELECT min(moment) FROM (SELECT min(due) AS moment FROM planned_event WHERE queue = ?
                 UNION ALL SELECT min(visible_at) FROM queued WHERE queue = ?)"""
        moment = self.state.db.execute(sql, (name, name)).fetchone()[0]
        return None if moment is None else float(moment)

    def delete(self, name: str, receipt: str) -> None:
        """Delete a received message; an outdated receipt deletes nothing, as in SQS. Raise Refusal."""
        number, dash, _ = receipt.partition("-")
        if not dash or not number.isdigit():
            raise Refusal("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
        with self.state.transaction() as db:
            db.execute("DELETE FROM queued WHERE number = ? AND queue = ? AND receipt = ?", (number, name, receipt))

    def publish(self, name: str, now: float) -> int:
        """Move due events into their queue, the longest due first; return how many."""
        with self.state.transaction() as db:
            sql = "SELECT * FROM planned_event WHERE queue = ? AND due <= ? ORDER BY due, number LIMIT ?"
            due = db.execute(sql, (name, now, STEP)).fetchall()
            for row in due:
                body = self.body(row, now)
                if body is not None:
                    _put(db, name, str(uuid.uuid4()), body, now)
            db.executemany("DELETE FROM planned_event WHERE number = ?", [(row["number"],) for row in due])
        return len(due)

    def need(self, name: str) -> dict[str, str]:
        """Return what a queue is set to. Raise Refusal where there is no such queue."""
        found = self._find(name)
        if found is None:
            code = "AWS.SimpleQueueService.NonExistentQueue"
            raise Refusal("QueueDoesNotExist", "The specified queue does not exist.", query_code=code)
        return found

    def _visible(self, db: sqlite3.Connection, name: str, count: int, now: float) -> list[sqlite3.Row]:
        sql = "SELECT * FROM queued WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, number LIMIT ?"
        return db.execute(sql, (name, now, count)).fetchall()

    def _find(self, name: str) -> dict[str, str] | None:
        found = self.state.rows("SELECT attributes FROM queue WHERE name = ?", name)
        return json.loads(found[0]["attributes"]) if found else None

    def _write(self, name: str, attributes: dict[str, str]) -> None:
        sql = "INSERT INTO queue VALUES (?, ?) ON CONFLICT DO UPDATE SET attributes = excluded.attributes"
        self.state.db.execute(sql, (name, json.dumps(attributes)))


def _check(attributes: dict[str, str]) -> None:
    """Raise Refusal for attributes that a standard queue does not have, or values out of their bounds."""
    for key, value in attributes.items():
        if key in TEXTS:
            continue
        if key not in _BOUNDS:
            raise Refusal("InvalidAttributeName", f"Unknown Attribute {key}.")
        low, high = _BOUNDS[key]
        if not value.isdigit() or not low <= int(value) <= high:
            raise Refusal("InvalidAttributeValue", f"Invalid value for the parameter {key}.")


def _put(db: sqlite3.Connection, queue: str, message_id: str, body: str, now: float) -> None:
    sql = "INSERT INTO queued (queue, message_id, body, visible_at) VALUES (?, ?, ?, ?)"
    db.execute(sql, (queue, message_id, body, now))


def _take(db: sqlite3.Connection, row: sqlite3.Row, visible_at: float) -> Received:
    receipt = f"{row['number']}-{secrets.token_hex(24)}"
    sql = "UPDATE queued SET receipt = ?, visible_at = ? WHERE number = ?"
    db.execute(sql, (receipt, visible_at, row["number"]))
    return Received(row["message_id"], receipt, row["body"])
