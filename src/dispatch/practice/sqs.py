"""SQS over HTTP: the JSON 1.0 protocol that boto3 speaks, with long polling.

A queue's URL is http://host:port/queue/NAME, the host as the caller wrote it.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dispatch.practice.queues import TEXTS, Queues
from dispatch.practice.settings import ACCOUNT_ID
from dispatch.practice.wire import Call, Refusal

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_MAX_BATCH = 10

Members = dict[str, Any]


class Sqs:
    """The operations of SQS, each from its members to its answer's members."""

    def __init__(self, queues: Queues, clock: Callable[[], float], region: str) -> None:
        self.queues = queues
        self.clock = clock
        self.region = region
        self.operations: dict[str, Callable[[Call], Members | Awaitable[Members]]] = {
            "CreateQueue": self.create_queue,
            "GetQueueUrl": self.get_queue_url,
            "GetQueueAttributes": self.get_queue_attributes,
            "SetQueueAttributes": self.set_queue_attributes,
            "SendMessage": self.send_message,
            "ReceiveMessage": self.receive_message,
            "DeleteMessageBatch": self.delete_message_batch,
        }
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Let waiting receivers look again: something may have come."""
        self._news.set()
        self._news = asyncio.Event()

    def create_queue(self, call: Call) -> Members:
        """Add a queue."""
        name = str(call.members.get("QueueName") or "")
        if not _NAME.match(name):
            reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
            raise Refusal("InvalidParameterValue", reason)
        self.queues.create(name, dict(call.members.get("Attributes") or {}))
        return {"QueueUrl": f"{call.base_url}/queue/{name}"}

    def get_queue_url(self, call: Call) -> Members:
        """The URL of a queue."""
        name = str(call.members.get("QueueName") or "")
        self.queues.need(name)
        return {"QueueUrl": f"{call.base_url}/queue/{name}"}

    def get_queue_attributes(self, call: Call) -> Members:
        """The attributes asked for."""
        name, wanted = _queue(call), call.members.get("AttributeNames") or []
        arn = f"arn:aws:sqs:{self.region}:{ACCOUNT_ID}:{name}"
        found = {**self.queues.attributes(name, call.now), "QueueArn": arn}
        if unknown := [key for key in wanted if key not in ("All", *found, *TEXTS)]:
            raise Refusal("InvalidAttributeName", f"Unknown Attribute {unknown[0]}.")
        return {"Attributes": {key: value for key, value in found.items() if "All" in wanted or key in wanted}}

    def set_queue_attributes(self, call: Call) -> Members:
        """Change attributes."""
        self.queues.set_attributes(_queue(call), dict(call.members.get("Attributes") or {}))
        return {}

    def send_message(self, call: Call) -> Members:
        """Put one message in."""
        body = str(call.members.get("MessageBody") or "")
        message_id = self.queues.send(_queue(call), body, call.now)
        self.wake()
        return {"MessageId": message_id, "MD5OfMessageBody": _md5(body)}

    async def receive_message(self, call: Call) -> Members:
        """Take up to ten messages, waiting up to 20 seconds for the first."""
        name, members = _queue(call), call.members
        count = _whole(members, "MaxNumberOfMessages", 1, 1, 10)
        own_wait = int(self.queues.need(name)["ReceiveMessageWaitTimeSeconds"])
        deadline = call.now + _whole(members, "WaitTimeSeconds", own_wait, 0, 20)
        while True:
            now = self.clock()
            found = self.queues.receive(name, count, members.get("VisibilityTimeout"), now)
            if found:
                shown = [
                    {
                        "MessageId": one.message_id,
                        "ReceiptHandle": one.receipt,
                        "MD5OfBody": _md5(one.body),
                        "Body": one.body,
                    }
                    for one in found
                ]
                return {"Messages": shown}
            if now >= deadline:
                return {}
            await self._wait(name, now, deadline)
            if call.is_gone is not None and await call.is_gone():
                # The answer would not be read; its messages would stay hidden for nothing.
                return {}

    async def _wait(self, name: str, now: float, deadline: float) -> None:
        due = self.queues.next_due(name)
        until = deadline if due is None else min(deadline, max(due, now + 0.01))
        try:
            async with asyncio.timeout(max(0.0, until - now) + 0.001):
                await self._news.wait()
        except TimeoutError:
            return

    def delete_message_batch(self, call: Call) -> Members:
        """Delete up to ten received messages."""
        name = _queue(call)
        self.queues.need(name)
        good: list[Members] = []
        bad: list[Members] = []
        for entry in _entries(call):
            try:
                self.queues.delete(name, str(entry.get("ReceiptHandle") or ""))
                good.append({"Id": entry["Id"]})
            except Refusal as refusal:
                bad.append({"Id": entry["Id"], "SenderFault": True, "Code": refusal.code, "Message": refusal.message})
        return {"Successful": good} | ({"Failed": bad} if bad else {})


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _queue(call: Call) -> str:
    url = call.members.get("QueueUrl")
    if not isinstance(url, str) or not url:
        raise Refusal("MissingParameter", "The request must contain the parameter QueueUrl.")
    return url.rstrip("/").rpartition("/")[2]


def _whole(members: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = members.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or not low <= value <= high:
        reason = f"Must be between {low} and {high}, if provided."
        raise Refusal("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}")
    return value


def _entries(call: Call) -> list[Mapping[str, Any]]:
    entries = call.members.get("Entries") or []
    if not entries:
        raise _bad_batch("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > _MAX_BATCH:
        said = f"Maximum number of entries per request are 10. You have sent {len(entries)}."
        raise _bad_batch("TooManyEntriesInBatchRequest", said)
    if len({entry.get("Id") for entry in entries}) != len(entries):
        raise _bad_batch("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id.")
    return list(entries)


def _bad_batch(code: str, said: str) -> Refusal:
    return Refusal(code, said, query_code=f"AWS.SimpleQueueService.{code}")
