"""The practice server's memory: one SQLite file in its state folder, and the transactions on it.

Everything that a caller was answered is committed before the answer leaves: messages, pending events, queues and
settings survive a `kill -9` of the server. The file runs in WAL mode with synchronous=NORMAL, so a power
cut (not a kill) may take the last moments with it; it is practice. Faults on demand and the state of the
rate are forgotten with the process.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dispatch.errors import StoreError

#: the file in the state folder
STATE_FILE = "practice.sqlite"
#: rises when the tables change
VERSION = 2
#: where the file of an older version is kept
OLDER_FILE = "practice-older.sqlite"

_SCHEMA = """
CREATE TABLE content (
    digest TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE mail (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    sender TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    subject TEXT NOT NULL,
    operation TEXT NOT NULL,
    tags TEXT NOT NULL,
    headers TEXT NOT NULL,
    data TEXT NOT NULL,
    content TEXT NOT NULL,
    configuration_set TEXT NOT NULL,
    campaign TEXT NOT NULL
);
CREATE INDEX mail_by_campaign ON mail (campaign, number);
CREATE TABLE planned_event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    topic TEXT NOT NULL,
    due REAL NOT NULL,
    at REAL NOT NULL,
    mail INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    notification_id TEXT NOT NULL
);
CREATE INDEX planned_event_by_due ON planned_event (queue, due);
CREATE TABLE queue (
    name TEXT PRIMARY KEY,
    attributes TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE queued (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    visible_at REAL NOT NULL,
    receipt TEXT NOT NULL DEFAULT ''
);
CREATE INDEX queued_by_visible ON queued (queue, visible_at);
CREATE TABLE minute (
    minute INTEGER PRIMARY KEY,
    sent INTEGER NOT NULL
);
CREATE TABLE record (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
"""


def _unreadable(file: Path, why: str) -> StoreError:
    return StoreError(
        f"The practice server cannot read what it kept: {why}.",
        where=str(file),
        todo="Delete that file; it holds practice mail only.",
    )


def _open(file: Path) -> sqlite3.Connection:
    # Requests are answered one after the other on the event loop; tests run that loop in another thread.
    found = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    found.row_factory = sqlite3.Row
    try:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
            found.execute(f"PRAGMA {pragma}")
    except sqlite3.DatabaseError as err:
        found.close()
        raise _unreadable(file, str(err)) from err
    return found


class State:
    """The open file. One server process owns it and uses it from one thread.

    The file of an older version is put aside. Raise StoreError where the file is damaged or of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / STATE_FILE
        try:
            self.db = _open(file)
            if 0 < self.number("PRAGMA user_version") < VERSION:
                # Closed, it has no further files beside it.
                self.db.close()
                file.replace(folder / OLDER_FILE)
                self.db = _open(file)
            self._prepare()
        except sqlite3.DatabaseError as err:
            self.db.close()
            raise _unreadable(file, str(err)) from err
        if self.number("PRAGMA user_version") != VERSION:
            self.db.close()
            raise _unreadable(file, "it was written by a newer version of dispatch")

    def _prepare(self) -> None:
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            # In one transaction, so that a kill leaves all tables or none.
            self.db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; inside another transaction, a part of it."""
        if self.db.in_transaction:
            yield self.db
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        return self.db.execute(sql, values).fetchall()

    def number(self, sql: str, *values: Any) -> int:
        """The one number of a query, 0 for none."""
        row = self.db.execute(sql, values).fetchone()
        return int(row[0] or 0) if row else 0

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """One record (an identity, a configuration set, a template …), None where there is none."""
        row = self.db.execute("SELECT body FROM record WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return None if row is None else json.loads(row["body"])

    def put(self, kind: str, name: str, body: dict[str, Any]) -> None:
        """Write one record."""
        self.db.execute(
            "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (kind, name, json.dumps(body)),
        )

    def drop(self, kind: str, name: str) -> bool:
        """Remove one record; gives whether there was one."""
        return self.db.execute("DELETE FROM record WHERE kind = ? AND name = ?", (kind, name)).rowcount > 0

    def every(self, kind: str) -> dict[str, dict[str, Any]]:
        """All records of a kind, by name, in the order of their names."""
        found = self.rows("SELECT name, body FROM record WHERE kind = ? ORDER BY name", kind)
        return {row["name"]: json.loads(row["body"]) for row in found}
