"""A provider and a queue whose answers a test writes down: whole implementations of the pipeline's ports."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dispatch.errors import NotificationError, ProviderError
from dispatch.model.campaign import Campaign, Limit
from dispatch.model.delivery import Delivery, DeliveryId, EventKind
from dispatch.model.event import Event, Notification
from dispatch.model.member import SuppressionReason
from dispatch.model.message import Accepted, Account, Message, NotSent, Outcome
from dispatch.model.readiness import Readiness
from dispatch.pipeline.options import SendContext, SendOptions
from dispatch.pipeline.ports import IsTooLate, Notifications
from dispatch.pipeline.send import Watch, send
from dispatch.store import campaigns
from dispatch.store.database import Database

LANES = 4
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OPTIONS = SendOptions(
    public_url="https://news.example.org",
    claim_seconds=60,
    grace_seconds=900,
    settle_seconds=5,
    rate_share=1.0,
    calls_in_flight=LANES,
    max_bounce_rate=0.05,
    max_complaint_rate=0.003,
    rates_after=200,
    complaints_after=3,
)


#: waits for no event
QUICK = replace(OPTIONS, settle_seconds=0)


class ScriptedMailer:
    """A Mailer that answers as `answer` says, and counts whom it accepted."""

    def __init__(
        self,
        answer: Callable[[Message], Outcome] | None = None,
        *,
        has_bulk: bool = False,
        has_events: bool = True,
        max_per_second: float = 100_000,
        queue: "ScriptedQueue | None" = None,
    ) -> None:
        self.has_bulk = has_bulk
        self.has_events = has_events
        self.max_per_second = max_per_second
        self.queue = queue
        self.accepted: Counter[str] = Counter()
        self.goodbyes = 0
        #: people of each call, and whether each was in bulk
        self.calls: list[int] = []
        self.in_bulk: list[bool] = []
        self.messages: list[Message] = []
        #: run before each call, when the claims are committed
        self.before: Callable[[Sequence[Message]], None] = lambda messages: None
        self._answer = answer or (lambda message: Accepted(f"id-{message.delivery_id}"))
        self._lock = threading.Lock()

    def close(self) -> None:
        self.goodbyes += 1

    def account(self) -> Account:
        return Account(self.max_per_second, None, 0, "scripted")

    def problems(self, senders: Sequence[str]) -> Readiness:
        return Readiness()

    def submit(self, messages: Sequence[Message], is_too_late: IsTooLate, *, in_bulk: bool) -> list[Outcome]:
        self.before(messages)
        with self._lock:
            self.calls.append(len(messages))
            self.in_bulk.append(in_bulk)
            return [self._one(message, is_too_late) for message in messages]

    def _one(self, message: Message, is_too_late: IsTooLate) -> Outcome:
        if is_too_late():
            return NotSent("the claim grew too old")
        self.messages.append(message)
        outcome = self._answer(message)
        if isinstance(outcome, Accepted):
            self.accepted[message.to] += 1
            if self.queue is not None:
                self.queue.tell(message.delivery_id, EventKind.SENT)
                self.queue.tell(message.delivery_id, EventKind.DELIVERED)
        return outcome


class ScriptedQueue:
    """Notifications in a list; a body is JSON of a kind and a delivery, or `garbage`."""

    name = "scripted"
    hidden_seconds = 0.0

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._lock = threading.Lock()
        self.deleted: list[str] = []
        self.can_delete = True
        #: run at the start of each delete
        self.at_delete: Callable[[], None] = lambda: None

    def put(self, body: str, transport_id: str = "") -> None:
        with self._lock:
            self._waiting[transport_id or uuid.uuid4().hex] = body

    def tell(
        self, of: str, kind: EventKind, *, suppress: SuppressionReason | None = None, transport_id: str = ""
    ) -> None:
        self.put(json.dumps({"of": of, "kind": kind, "suppress": suppress}), transport_id)

    def receive(self, wait_seconds: int) -> list[tuple[Notification, str]]:
        if wait_seconds and not self._waiting:
            # As a long poll does: a reader that never waits would keep the database to itself.
            time.sleep(0.01)
        with self._lock:
            return [(Notification(name, body), name) for name, body in list(self._waiting.items())[:10]]

    def delete(self, receipts: Sequence[str]) -> None:
        self.at_delete()
        if not self.can_delete:
            raise ProviderError("Deleting failed.")
        with self._lock:
            for receipt in receipts:
                self._waiting.pop(receipt, None)
                self.deleted.append(receipt)

    def read(self, body: str, received_at: datetime) -> list[Event]:
        if body == "garbage":
            raise NotificationError("It cannot be understood.")
        found = json.loads(body)
        if not found:
            return []
        suppress = SuppressionReason(found["suppress"]) if found["suppress"] else None
        kind = EventKind(found["kind"])
        mark = f"{found['of']}-{kind.value}"
        return [Event(DeliveryId(found["of"]), kind, NOW, fingerprint=mark, suppress=suppress)]


def run(
    database: Database,
    campaign: Campaign,
    mailer: ScriptedMailer,
    queue: Notifications | None = None,
    *,
    options: SendOptions = OPTIONS,
    limit: int | None = None,
    named: frozenset[int] | None = None,
    may_send_again: Callable[[list[Delivery]], bool] = lambda people: False,
    is_interrupted: Callable[[], bool] = lambda: False,
) -> Campaign:
    """One whole `send`, under a limit where one is given."""
    if limit is not None:
        set_limit(database, campaign, limit)
    watch = Watch(lambda progress: None, is_interrupted, may_send_again)
    return send(SendContext(database, mailer, queue, options), campaign, mailer.account(), watch, named)


def set_limit(database: Database, campaign: Campaign, messages: int, *, is_of_today: bool = False) -> None:
    with database.writing() as connection:
        campaigns.set_limit(connection, campaign.id, Limit(messages, is_of_today))
