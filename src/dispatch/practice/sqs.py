"""SQS over HTTP: the JSON 1.0 protocol that boto3 speaks, with long polling.

A queue's URL is http://host:port/queue/NAME, the host as the caller wrote it.
"""

import asyncio
import hashlib
import re
import struct
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dispatch.practice.queues import Queues, Received
from dispatch.practice.settings import ACCOUNT_ID
from dispatch.practice.wire import Call, Refusal

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_MAX_BATCH = 10
_MAX_BATCH_BYTES = 1_048_576

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
            "ListQueues": self.list_queues,
            "DeleteQueue": self.delete_queue,
            "PurgeQueue": self.purge_queue,
            "GetQueueAttributes": self.get_queue_attributes,
            "SetQueueAttributes": self.set_queue_attributes,
            "SendMessage": self.send_message,
            "SendMessageBatch": self.send_message_batch,
            "ReceiveMessage": self.receive_message,
            "DeleteMessage": self.delete_message,
            "DeleteMessageBatch": self.delete_message_batch,
            "ChangeMessageVisibility": self.change_message_visibility,
            "ChangeMessageVisibilityBatch": self.change_message_visibility_batch,
        }
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Tell waiting receivers that something may have come."""
        self._news.set()
        self._news = asyncio.Event()

    def create_queue(self, call: Call) -> Members:
        """Make a queue."""
        name = str(call.members.get("QueueName") or "")
        if not _NAME.match(name):
            reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
            raise Refusal("InvalidParameterValue", reason)
        self.queues.create(name, dict(call.members.get("Attributes") or {}), call.now)
        return {"QueueUrl": _url(call, name)}

    def get_queue_url(self, call: Call) -> Members:
        """The URL of a queue."""
        name = str(call.members.get("QueueName") or "")
        self.queues.check(name)
        return {"QueueUrl": _url(call, name)}

    def list_queues(self, call: Call) -> Members:
        """The URLs of all queues, or those with a prefix."""
        names = self.queues.names(call.members.get("QueueNamePrefix") or "")
        return {"QueueUrls": [_url(call, name) for name in names]} if names else {}

    def delete_queue(self, call: Call) -> Members:
        """Delete a queue."""
        self.queues.drop(_queue(call))
        return {}

    def purge_queue(self, call: Call) -> Members:
        """Empty a queue."""
        self.queues.purge(_queue(call), call.now)
        return {}

    def get_queue_attributes(self, call: Call) -> Members:
        """The attributes asked for."""
        name, wanted = _queue(call), call.members.get("AttributeNames") or []
        found = {
            **self.queues.attributes(name, call.now),
            "QueueArn": f"arn:aws:sqs:{self.region}:{ACCOUNT_ID}:{name}",
        }
        if unknown := [key for key in wanted if key != "All" and key not in found and key not in _OPTIONAL]:
            raise Refusal("InvalidAttributeName", f"Unknown Attribute {unknown[0]}.")
        return {"Attributes": {key: value for key, value in found.items() if "All" in wanted or key in wanted}}

    def set_queue_attributes(self, call: Call) -> Members:
        """Change attributes."""
        self.queues.set_attributes(_queue(call), dict(call.members.get("Attributes") or {}), call.now)
        return {}

    def send_message(self, call: Call) -> Members:
        """Put one message in."""
        sent = self._send(_queue(call), call.members, call.now)
        self.wake()
        return sent

    def send_message_batch(self, call: Call) -> Members:
        """Put up to ten messages in."""
        name = _queue(call)
        entries = _entries(call)
        if sum(len(str(entry.get("MessageBody", "")).encode()) for entry in entries) > _MAX_BATCH_BYTES:
            raise Refusal(
                "BatchRequestTooLong",
                "Batch requests cannot be longer than 1048576 bytes.",
                query_code="AWS.SimpleQueueService.BatchRequestTooLong",
            )
        answer = _each(entries, lambda entry: self._send(name, entry, call.now))
        self.wake()
        return answer

    async def receive_message(self, call: Call) -> Members:
        """Take up to ten messages, waiting up to 20 seconds for the first."""
        name, members = _queue(call), call.members
        count = _whole(members, "MaxNumberOfMessages", 1, 1, 10)
        own_wait = self.queues.setting(name, "ReceiveMessageWaitTimeSeconds")
        wait = _whole(members, "WaitTimeSeconds", own_wait, 0, 20)
        visibility = members.get("VisibilityTimeout")
        deadline = call.now + wait
        while True:
            now = self.clock()
            found = self.queues.receive(name, count, visibility, now)
            if found or now >= deadline:
                return {"Messages": [_shown(one, members) for one in found]} if found else {}
            await self._something(name, now, deadline)
            if call.is_gone is not None and await call.is_gone():
                # Nobody would read the answer; its messages would stay hidden for nothing.
                return {}

    async def _something(self, name: str, now: float, deadline: float) -> None:
        due = self.queues.next_due(name)
        until = deadline if due is None else min(deadline, max(due, now + 0.01))
        try:
            async with asyncio.timeout(max(0.0, until - now) + 0.001):
                await self._news.wait()
        except TimeoutError:
            return

    def delete_message(self, call: Call) -> Members:
        """Delete a received message."""
        self.queues.delete(_queue(call), str(call.members.get("ReceiptHandle") or ""))
        return {}

    def delete_message_batch(self, call: Call) -> Members:
        """Delete up to ten received messages."""
        name = _queue(call)

        def delete(entry: Mapping[str, Any]) -> Members:
            self.queues.delete(name, str(entry.get("ReceiptHandle") or ""))
            return {}

        return _each(_entries(call), delete)

    def change_message_visibility(self, call: Call) -> Members:
        """Hide a received message for longer or shorter."""
        self._hide(_queue(call), call.members, call.now)
        self.wake()
        return {}

    def change_message_visibility_batch(self, call: Call) -> Members:
        """Hide up to ten received messages for longer or shorter."""
        name = _queue(call)
        answer = _each(_entries(call), lambda entry: self._hide(name, entry, call.now))
        self.wake()
        return answer

    def _hide(self, name: str, members: Mapping[str, Any], now: float) -> Members:
        seconds = members.get("VisibilityTimeout")
        if not isinstance(seconds, int):
            raise Refusal("MissingParameter", "The request must contain the parameter VisibilityTimeout.")
        self.queues.hide(name, str(members.get("ReceiptHandle") or ""), seconds, now)
        return {}

    def _send(self, name: str, members: Mapping[str, Any], now: float) -> Members:
        body, attributes = str(members.get("MessageBody") or ""), members.get("MessageAttributes") or {}
        delay = members.get("DelaySeconds")
        if delay is not None:
            delay = _whole(members, "DelaySeconds", 0, 0, 900)
        sent = {
            "MessageId": self.queues.send(name, body, attributes, delay, now),
            "MD5OfMessageBody": _md5(body.encode()),
        }
        return sent | ({"MD5OfMessageAttributes": attributes_digest(attributes)} if attributes else {})


#: attributes that a queue has only once they were set
_OPTIONAL = frozenset(
    [
        "Policy",
        "RedrivePolicy",
        "RedriveAllowPolicy",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "SqsManagedSseEnabled",
    ]
)


def attributes_digest(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """MD5 of message attributes, by "Calculating the MD5 message digest …" of the SQS developer guide."""
    joined = bytearray()
    for name in sorted(attributes):
        value = attributes[name]
        is_binary = value["DataType"].startswith("Binary")
        content = b64decode(value["BinaryValue"]) if is_binary else str(value.get("StringValue", "")).encode()
        for part in (name.encode(), value["DataType"].encode()):
            joined += struct.pack("!I", len(part)) + part
        joined += (b"\x02" if is_binary else b"\x01") + struct.pack("!I", len(content)) + content
    return _md5(bytes(joined))


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _shown(message: Received, members: Mapping[str, Any]) -> Members:
    shown: Members = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": _md5(message.body.encode()),
        "Body": message.body,
    }
    system = {
        "SenderId": ACCOUNT_ID,
        "SentTimestamp": str(int(message.sent_at * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1000)),
    }
    wanted = [*(members.get("AttributeNames") or []), *(members.get("MessageSystemAttributeNames") or [])]
    chosen = {key: value for key, value in system.items() if "All" in wanted or key in wanted}
    if chosen:
        shown["Attributes"] = chosen
    names = members.get("MessageAttributeNames") or []
    own = {key: value for key, value in message.attributes.items() if _is_wanted(key, names)}
    if own:
        shown |= {"MessageAttributes": own, "MD5OfMessageAttributes": attributes_digest(own)}
    return shown


def _is_wanted(name: str, names: list[str]) -> bool:
    return any(one in ("All", ".*", name) or (one.endswith(".*") and name.startswith(one[:-2])) for one in names)


def _url(call: Call, name: str) -> str:
    return f"{call.base_url}/queue/{name}"


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
        words = f"Value {value} for parameter {name} is invalid. Reason: {reason}"
        raise Refusal("InvalidParameterValue", words)
    return value


def _entries(call: Call) -> list[Mapping[str, Any]]:
    entries = call.members.get("Entries") or []
    code = "AWS.SimpleQueueService."
    if not entries:
        raise Refusal(
            "EmptyBatchRequest",
            "There should be at least one entry in the request.",
            query_code=code + "EmptyBatchRequest",
        )
    if len(entries) > _MAX_BATCH:
        words = f"Maximum number of entries per request are 10. You have sent {len(entries)}."
        raise Refusal("TooManyEntriesInBatchRequest", words, query_code=code + "TooManyEntriesInBatchRequest")
    ids = [entry.get("Id") for entry in entries]
    if len(set(ids)) != len(ids):
        raise Refusal(
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries have the same Id.",
            query_code=code + "BatchEntryIdsNotDistinct",
        )
    return list(entries)


def _each(entries: list[Mapping[str, Any]], act: Callable[[Mapping[str, Any]], Members]) -> Members:
    good: list[Members] = []
    bad: list[Members] = []
    for entry in entries:
        try:
            good.append({"Id": entry["Id"], **act(entry)})
        except Refusal as refusal:
            bad.append({"Id": entry["Id"], "SenderFault": True, "Code": refusal.code, "Message": refusal.message})
    return {"Successful": good} | ({"Failed": bad} if bad else {})
