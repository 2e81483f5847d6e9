"""SqsNotifications: the queue in which SES's events arrive, through SNS.

Source: SQS API reference, ReceiveMessage and DeleteMessageBatch (AWS JSON protocol).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dispatch.aws.client import explain, sqs_client
from dispatch.aws.notifications import read_body
from dispatch.model.event import Event, Notification

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: the most that SQS gives or deletes in one call
AT_ONCE = 10


class SqsNotifications:
    """Notifications in an SQS queue; works with any endpoint that speaks SQS."""

    def __init__(self, *, region: str, queue_url: str, hidden_seconds: int) -> None:
        self._region = region
        self.name = queue_url
        self.hidden_seconds = hidden_seconds

    @cached_property
    def _client(self) -> "SQSClient":
        """Made when the queue is first asked: who only looks at a plan never asks it."""
        return sqs_client(self._region)

    def receive(self, wait_seconds: int) -> list[tuple[Notification, str]]:
        """Up to ten Notifications with their receipts; waits up to `wait_seconds` (at most 20). Raises ProviderError.

        Only with a wait are all of the queue's servers asked (SQS developer guide, "short and long polling").
        """
        try:
            answer = self._client.receive_message(
                QueueUrl=self.name,
                MaxNumberOfMessages=AT_ONCE,
                WaitTimeSeconds=min(20, wait_seconds),
                # Not the queue's own, which may be hours: what a killed process had taken must come again soon.
                VisibilityTimeout=self.hidden_seconds,
            )
        except (ClientError, BotoCoreError) as err:
            raise explain(err, "Reading the queue of events") from err
        return [
            (
                Notification(_transport_id(message["Body"], message.get("MessageId", "")), message["Body"]),
                message["ReceiptHandle"],
            )
            for message in answer.get("Messages", [])
        ]

    def delete(self, receipts: Sequence[str]) -> None:
        """Take Notifications off the queue; what stays comes again and is known by then. Raises ProviderError."""
        for start in range(0, len(receipts), AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt}
                for number, receipt in enumerate(receipts[start : start + AT_ONCE])
            ]
            try:
                self._client.delete_message_batch(QueueUrl=self.name, Entries=entries)  # type: ignore[arg-type] # the stubs want their own TypedDict for a plain dict
            except (ClientError, BotoCoreError) as err:
                raise explain(err, "Deleting from the queue of events") from err

    def read(self, body: str, received_at: datetime) -> list[Event]:
        """Return the Events of one body. Raise NotificationError."""
        return read_body(body, received_at)


def _transport_id(body: str, sqs_id: str) -> str:
    """SNS keeps its MessageId over repeats, SQS makes a new one for each: so SNS's is used."""
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return sqs_id
    if isinstance(envelope, dict) and isinstance(envelope.get("MessageId"), str) and "TopicArn" in envelope:
        return str(envelope["MessageId"])
    return sqs_id
