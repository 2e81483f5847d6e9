"""Events read a second by one process, into an empty database and into one that holds millions.

`python -m bench.events [EVENTS] [STORED]` (20,000 and 3,000,000): the queue is in memory and gives ten at once, as SQS
does, so that this measures the storing and the reading, not HTTP. The database is SQLite on disk, synchronous=FULL.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dispatch.aws.notifications import read_body
from dispatch.model.event import Event, Notification
from dispatch.pipeline.ingest import pull
from dispatch.store.database import Database

REPOSITORY = Path(__file__).parents[1]
MOMENT = "2026-01-01T00:00:00.000Z"
GOAL_PER_SECOND = 3_000
#: events of each person: sent and delivered
EACH = 2


class Queue:
    """A queue in memory that answers at once."""

    name = "bench"
    hidden_seconds = 60

    def __init__(self, bodies: list[str]) -> None:
        self._left = bodies

    def receive(self, wait_seconds: int) -> list[tuple[Notification, str]]:
        """Ten of what is left."""
        taken, self._left = self._left[:10], self._left[10:]
        named = [(f"{len(self._left)}-{n}", body) for n, body in enumerate(taken)]
        return [(Notification(name, body), name) for name, body in named]

    def delete(self, receipts: Sequence[str]) -> None:
        """They are gone already."""

    def read(self, body: str, received_at: datetime) -> list[Event]:
        """As from SES."""
        return read_body(body, received_at)


def fill(database: Database, people: int, stored: int) -> None:
    """One Campaign of so many people, and so many events of it, with their notifications."""
    with database.writing() as connection:
        run = connection.exec_driver_sql
        run("PRAGMA cache_size=-262144")
        run(
            "INSERT INTO campaigns (id, slug, title, date, state, reason, todo, transport, created_at)"
            " VALUES ('c', 'c', 'c', '2026-01-01', 'finished', '', '', 'ses', ?)",
            (MOMENT,),
        )
        run(
            "INSERT INTO editions (id, campaign_id, audience, member_list, fingerprint, subject, preheader, html, text,"
            " web_html, sender, reply_to, created_at) VALUES (1, 'c', 'center', 'center', '', '', '', '', '', '', '',"
            " '', ?)",
            (MOMENT,),
        )
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        run(
            numbers + "INSERT INTO deliveries (seq, id, campaign_id, key, address, address_hash, audience, edition_id,"
            " state, submitted_at, message_id) SELECT i, printf('%032x', i * 2654435761), 'c', 'r' || i || '@e.org',"
            " 'r' || i || '@e.org', printf('%064x', i * 40503), 'center', 1, 'submitted', ?, i FROM n",
            (people, MOMENT),
        )
        if stored:
            run(
                numbers + "INSERT INTO notifications (id, transport_id, body, received_at, state, problem)"
                " SELECT i, 'old' || i, '{}', ?, 'read', '' FROM n",
                (stored, MOMENT),
            )
            run(
                numbers + "INSERT INTO events (delivery_id, kind, at, reader, rule, detail, fingerprint,"
                " notification_id) SELECT printf('%032x', (i % ? + 1) * 2654435761), 'opened', ?, 'human', '', '{}',"
                " printf('%064x', i * 2654435761), i FROM n",
                (stored, people, MOMENT),
            )


def bodies(events: int) -> list[str]:
    """What SNS wraps around what SES says, one body an event."""
    found = []
    for number in range(events):
        delivery = f"{(number // EACH + 1) * 2654435761:032x}"
        kind = ("Send", "Delivery")[number % EACH]
        about = {"timestamp": "2026-01-02T09:00:00.000Z", "smtpResponse": "250 ok", "recipients": ["r@e.org"]}
        mail = {
            "messageId": f"m{number // EACH}",
            "timestamp": "2026-01-02T08:59:00.000Z",
            "destination": ["r@e.org"],
            "headers": [{"name": "Subject", "value": "A brief"}] * 8,
            "tags": {"campaign": ["c"], "delivery": [delivery], "ses:configuration-set": ["dispatch"]},
        }
        document = {"eventType": kind, "mail": mail, kind.lower(): about}
        found.append(json.dumps({"Type": "Notification", "MessageId": str(number), "Message": json.dumps(document)}))
    return found


def measure(events: int, stored: int) -> None:
    """One row of the table."""
    (REPOSITORY / ".cache").mkdir(exist_ok=True)
    folder = tempfile.TemporaryDirectory(dir=REPOSITORY / ".cache")
    with folder, Database.in_file(Path(folder.name) / "bench.db") as database:
        fill(database, max(events // EACH, min(stored, 1_000_000)), stored)
        queue = Queue(bodies(events))
        wall, cpu = time.perf_counter(), time.process_time()
        found = pull(database, queue, wait_seconds=0)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert found.events == events, found
    print(f"  {stored:>10,} stored  {events / wall:>8,.0f}/s  {cpu / events * 1000:.3f} CPU-ms each", flush=True)


def main(events: int, stored: int) -> None:
    """Measure and print."""
    print(f"{events:,} events read by one process, SQLite (goal: {GOAL_PER_SECOND:,}/s whatever is stored)")
    for number in (0, stored):
        measure(events, number)


if __name__ == "__main__":
    main(*[*map(int, sys.argv[1:]), 20_000, 3_000_000][:2] if len(sys.argv) != 2 else (int(sys.argv[1]), 3_000_000))
