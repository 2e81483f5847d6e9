"""Queues as SQS keeps them: standard, at-least-once, with visibility; and the events that fall due in them.

Events to come are rows. They move into their queue when somebody looks at it, never earlier than they are
due: so nothing has to run in the background, and a restart of the server loses none.
"""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
#: attributes that are texts
_TEXTS = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"})
#: whole numbers and their bounds
_BOUNDS = {
    "VisibilityTimeout": (0, 43_200),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
_INVALID = "Value {} for parameter {} is invalid. Reason: {}"
#: rows of events moved at one look
STEP = 200

#: makes the body of a due event from its row; None where its mail is gone
Body = Callable[[sqlite3.Row, float], str | None]


@dataclass(frozen=True, slots=True)
class Received:
    """One message handed out."""

    message_id: str
    receipt: str
    body: str
    #: MessageAttributes as they were sent
    attributes: dict[str, Any]
    sent_at: float
    first_received_at: float
    receives: int


class Queues:
    """All queues of the server."""

    def __init__(self, state: State, body: Body) -> None:
        self.state = state
        self.body = body

    def create(self, name: str, attributes: dict[str, str], now: float) -> None:
        """Make a queue; the same again is fine. Raises Refusal where it exists with other attributes."""
        check_attributes(attributes)
        known = self._find(name)
        if known is not None:
            if any(known.get(key) != value for key, value in attributes.items()):
                raise Refusal(
                    "QueueNameExists",
                    f"A queue already exists with the same name and a different value: {name}",
                    query_code="QueueAlreadyExists",
                )
            return
        self._write(
            name,
            {
                **DEFAULTS,
                **attributes,
                "CreatedTimestamp": str(int(now)),
                "LastModifiedTimestamp": str(int(now)),
            },
        )

    def attributes(self, name: str, now: float) -> dict[str, str]:
        """The attributes of a queue, with its approximate numbers of messages."""
        found = self._need(name)
        self.publish(name, now)
        count, waiting = self.state.number, "SELECT count(*) FROM happening WHERE queue = ? AND due <= ?"
        rows = "SELECT count(*) FROM queued WHERE queue = ? AND"
        visible = count(f"{rows} visible_at <= ?", name, now) + count(waiting, name, now)
        delayed = count(f"{rows} visible_at > ? AND receives = 0", name, now)
        flying = count(f"{rows} visible_at > ? AND receives > 0", name, now)
        return {
            **found,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(flying),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
        }

    def check(self, name: str) -> None:
        """Raise Refusal unless there is such a queue."""
        self._need(name)

    def setting(self, name: str, key: str) -> int:
        """One whole number of a queue's attributes."""
        return int(self._need(name)[key])

    def set_attributes(self, name: str, attributes: dict[str, str], now: float) -> None:
        """Change attributes of a queue."""
        check_attributes(attributes)
        self._write(name, {**self._need(name), **attributes, "LastModifiedTimestamp": str(int(now))})

    def names(self, prefix: str = "") -> list[str]:
        """The names of the queues, in order."""
        return [
            row["name"]
            for row in self.state.rows("SELECT name FROM queue ORDER BY name")
            if row["name"].startswith(prefix)
        ]

    def drop(self, name: str) -> None:
        """Delete a queue with all that is in it or on its way to it."""
        self.purge(name)
        with self.state.transaction() as db:
            db.execute("DELETE FROM happening WHERE queue = ?", (name,))
            db.execute("DELETE FROM queue WHERE name = ?", (name,))

    def purge(self, name: str, now: float | None = None) -> None:
        """Empty a queue; events that are not due yet still come."""
        self._need(name)
        with self.state.transaction() as db:
            if now is not None:
                db.execute("DELETE FROM happening WHERE queue = ? AND due <= ?", (name, now))
            db.execute("DELETE FROM queued WHERE queue = ?", (name,))

    def send(self, name: str, body: str, attributes: dict[str, Any], delay: int | None, now: float) -> str:
        """Put a message into a queue; gives its id. Raises Refusal for bad bodies."""
        found = self._need(name)
        if not body:
            raise Refusal("MissingParameter", "The request must contain the parameter MessageBody.")
        if len(body.encode()) > int(found["MaximumMessageSize"]):
            limit = found["MaximumMessageSize"]
            raise Refusal(
                "InvalidParameterValue",
                f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.",
            )
        if any(char < " " and char not in "\t\n\r" for char in body):
            raise Refusal("InvalidMessageContents", "Invalid characters found in the message body.")
        message_id = str(uuid.uuid4())
        visible = now + (int(found["DelaySeconds"]) if delay is None else delay)
        with self.state.transaction() as db:
            _put(db, name, message_id, body, now, visible, attributes)
        return message_id

    def receive(self, name: str, count: int, visibility: int | None, now: float) -> list[Received]:
        """Up to `count` visible messages, hidden from now on for `visibility` seconds (None: as the queue has it)."""
        found = self._need(name)
        hidden = int(found["VisibilityTimeout"]) if visibility is None else visibility
        with self.state.transaction() as db:
            self._forget_old(db, name, now - int(found["MessageRetentionPeriod"]))
            rows = self._visible(db, name, count, now)
            if len(rows) < count and self.publish(name, now):
                rows = self._visible(db, name, count, now)
            rows = self._redrive(db, found, rows, now)
            return [_hand_out(db, row, now, hidden) for row in rows]

    def next_due(self, name: str) -> float | None:
        """When the next event or hidden message of a queue shows; None: nothing is on its way."""
        self._need(name)
        sql = """SELECT min(moment) FROM (SELECT min(due) AS moment FROM happening WHERE queue = ?
                 UNION ALL SELECT min(visible_at) FROM queued WHERE queue = ?)"""
        moment = self.state.db.execute(sql, (name, name)).fetchone()[0]
        return None if moment is None else float(moment)

    def delete(self, name: str, receipt: str) -> None:
        """Delete a received message; an outdated receipt deletes nothing, as in SQS. Raises Refusal."""
        self._need(name)
        number = _number_of(receipt)
        with self.state.transaction() as db:
            db.execute("DELETE FROM queued WHERE number = ? AND queue = ? AND receipt = ?", (number, name, receipt))

    def hide(self, name: str, receipt: str, seconds: int, now: float) -> None:
        """Show a received message again after so many seconds from now."""
        self._need(name)
        if not 0 <= seconds <= 43_200:
            raise Refusal(
                "InvalidParameterValue",
                _INVALID.format(seconds, "VisibilityTimeout", "Must be between 0 and 43200."),
            )
        number = _number_of(receipt)
        with self.state.transaction() as db:
            mine = "number = ? AND queue = ? AND receipt = ? AND visible_at > ?"
            sql = f"UPDATE queued SET visible_at = ? WHERE {mine}"  # noqa: S608  # fixed words
            if not db.execute(sql, (now + seconds, number, name, receipt, now)).rowcount:
                raise Refusal(
                    "MessageNotInflight",
                    _INVALID.format(receipt, "ReceiptHandle", "Message does not exist or is not available."),
                    query_code="AWS.SimpleQueueService.MessageNotInflight",
                )

    def publish(self, name: str, now: float, step: int = STEP) -> int:
        """Move due events into their queue, the longest due first; gives how many."""
        with self.state.transaction() as db:
            sql = "SELECT * FROM happening WHERE queue = ? AND due <= ? ORDER BY due, number LIMIT ?"
            due = db.execute(sql, (name, now, step)).fetchall()
            for row in due:
                body = self.body(row, now)
                if body is not None:
                    _put(db, name, str(uuid.uuid4()), body, now, now, {})
            db.executemany("DELETE FROM happening WHERE number = ?", [(row["number"],) for row in due])
        return len(due)

    def _visible(self, db: sqlite3.Connection, name: str, count: int, now: float) -> list[sqlite3.Row]:
        sql = "SELECT * FROM queued WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, number LIMIT ?"
        return db.execute(sql, (name, now, count)).fetchall()

    def _forget_old(self, db: sqlite3.Connection, name: str, before: float) -> None:
        # Messages come in by time, so the first one tells whether any is too old.
        first = db.execute(
            "SELECT sent_at FROM queued WHERE queue = ? AND visible_at <= ? ORDER BY visible_at LIMIT 1",
            (name, before),
        ).fetchone()
        if first is not None:
            db.execute("DELETE FROM queued WHERE queue = ? AND sent_at < ?", (name, before))

    def _redrive(
        self, db: sqlite3.Connection, found: dict[str, str], rows: list[sqlite3.Row], now: float
    ) -> list[sqlite3.Row]:
        policy = json.loads(found.get("RedrivePolicy") or "{}")
        if not policy:
            return rows
        target, most = policy["deadLetterTargetArn"].rpartition(":")[2], int(policy["maxReceiveCount"])
        worn = [row for row in rows if row["receives"] >= most]
        db.executemany(
            "UPDATE queued SET queue = ?, visible_at = ?, receipt = '' WHERE number = ?",
            [(target, now, row["number"]) for row in worn],
        )
        return [row for row in rows if row["receives"] < most]

    def _find(self, name: str) -> dict[str, str] | None:
        found = self.state.rows("SELECT attributes FROM queue WHERE name = ?", name)
        return json.loads(found[0]["attributes"]) if found else None

    def _need(self, name: str) -> dict[str, str]:
        found = self._find(name)
        if found is None:
            code = "AWS.SimpleQueueService.NonExistentQueue"
            raise Refusal("QueueDoesNotExist", "The specified queue does not exist.", query_code=code)
        return found

    def _write(self, name: str, attributes: dict[str, str]) -> None:
        sql = "INSERT INTO queue VALUES (?, ?) ON CONFLICT DO UPDATE SET attributes = excluded.attributes"
        self.state.db.execute(sql, (name, json.dumps(attributes)))


def check_attributes(attributes: dict[str, str]) -> None:
    """Raise Refusal for attributes that a standard queue does not have, or values out of their bounds."""
    for key, value in attributes.items():
        if key in _TEXTS or key == "SqsManagedSseEnabled":
            continue
        if key not in _BOUNDS:
            raise Refusal("InvalidAttributeName", f"Unknown Attribute {key}.")
        low, high = _BOUNDS[key]
        if not value.isdigit() or not low <= int(value) <= high:
            raise Refusal("InvalidAttributeValue", f"Invalid value for the parameter {key}.")


def _put(
    db: sqlite3.Connection,
    queue: str,
    message_id: str,
    body: str,
    now: float,
    visible: float,
    attributes: dict[str, Any],
) -> None:
    columns = "queue, message_id, body, attributes, sent_at, visible_at"
    sql = f"INSERT INTO queued ({columns}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  # fixed words
    db.execute(sql, (queue, message_id, body, json.dumps(attributes), now, visible))


def _hand_out(db: sqlite3.Connection, row: sqlite3.Row, now: float, hidden: int) -> Received:
    receipt = f"{row['number']}-{secrets.token_hex(24)}"
    first = row["first_received_at"] or now
    changes = "receipt = ?, visible_at = ?, receives = receives + 1, first_received_at = ?"
    sql = f"UPDATE queued SET {changes} WHERE number = ?"  # noqa: S608  # fixed words
    db.execute(sql, (receipt, now + hidden, first, row["number"]))
    attributes = json.loads(row["attributes"])
    return Received(row["message_id"], receipt, row["body"], attributes, row["sent_at"], first, row["receives"] + 1)


def _number_of(receipt: str) -> int:
    number, dash, _ = receipt.partition("-")
    if not dash or not number.isdigit():
        raise Refusal("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return int(number)
