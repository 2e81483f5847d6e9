"""The queue of events, read from the practice server and from moto as a second opinion."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dispatch.aws.queue import SqsNotifications
from dispatch.errors import ProviderError
from dispatch.model.delivery import EventKind
from dispatch.model.event import Notification
from tests.fixtures_practice import PracticeServer, mail

ENVELOPE = {"Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": "{}"}


@pytest.fixture
def moto_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    """A queue of moto's, and its boto3 client."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", f"http://{host}:{port}")
    sqs = boto3.client("sqs", region_name="us-east-1")
    yield sqs, sqs.create_queue(QueueName="events")["QueueUrl"]
    sqs.close()
    server.stop()


@pytest.fixture
def queue(practice: PracticeServer) -> SqsNotifications:
    return SqsNotifications(region="us-east-1", queue_url=practice.queue_url, hidden_seconds=5)


def receive_all(queue: SqsNotifications, wanted: int) -> list[tuple[Notification, str]]:
    found: list[tuple[Notification, str]] = []
    while len(found) < wanted:
        more = queue.receive(5)
        assert more, f"{len(found)} of {wanted} came"
        found += more
    return found


def test_what_the_practice_server_publishes_is_received_read_and_deleted(
    practice: PracticeServer, queue: SqsNotifications
) -> None:
    practice.ses.send_email(**mail("success@simulator.amazonses.com"))
    found = receive_all(queue, 2)
    kinds = sorted(
        event.kind for notification, _ in found for event in queue.read(notification.body, datetime.now(UTC))
    )
    assert kinds == [EventKind.DELIVERED, EventKind.SENT]
    queue.delete([receipt for _, receipt in found])
    assert queue.receive(0) == []
    told = practice.sqs.get_queue_attributes(QueueUrl=practice.queue_url, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessages"] == told["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_what_a_killed_process_had_taken_comes_again_soon_whatever_the_queue_is_set_to(
    practice: PracticeServer,
) -> None:
    practice.sqs.set_queue_attributes(QueueUrl=practice.queue_url, Attributes={"VisibilityTimeout": "43200"})
    queue = SqsNotifications(region="us-east-1", queue_url=practice.queue_url, hidden_seconds=1)
    practice.sqs.send_message(QueueUrl=practice.queue_url, MessageBody="a notification")
    (first,) = queue.receive(5)
    assert queue.receive(0) == []
    (again,) = queue.receive(10)
    assert again[0] == first[0]


def test_more_than_ten_are_deleted_in_several_calls(practice: PracticeServer, queue: SqsNotifications) -> None:
    for number in range(23):
        practice.sqs.send_message(QueueUrl=practice.queue_url, MessageBody=f"notification {number}")
    found = receive_all(queue, 23)
    assert len({notification.transport_id for notification, _ in found}) == 23
    queue.delete([receipt for _, receipt in found])
    told = practice.sqs.get_queue_attributes(QueueUrl=practice.queue_url, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_deleting_nothing_makes_no_call() -> None:
    SqsNotifications(region="us-east-1", queue_url="http://127.0.0.1:9/queue", hidden_seconds=5).delete([])


@pytest.mark.parametrize(
    ("body", "is_sns"),
    [
        (json.dumps(ENVELOPE), True),
        (json.dumps({**ENVELOPE, "TopicArn": None} | {"MessageId": 17}), False),
        (json.dumps({"MessageId": "not an envelope"}), False),
        ("no JSON", False),
        ("[1]", False),
        ("[" * 100_000, False),
    ],
)
def test_an_envelope_is_known_by_sns_s_id_and_anything_else_by_sqs_s(
    practice: PracticeServer, queue: SqsNotifications, body: str, is_sns: bool
) -> None:
    sqs_id = practice.sqs.send_message(QueueUrl=practice.queue_url, MessageBody=body)["MessageId"]
    ((notification, _),) = receive_all(queue, 1)
    assert notification == Notification("sns-1" if is_sns else sqs_id, body)


def test_moto_agrees(moto_queue: tuple[Any, str]) -> None:
    sqs, url = moto_queue
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({**ENVELOPE, "MessageId": f"sns-{number}"}))
    queue = SqsNotifications(region="us-east-1", queue_url=url, hidden_seconds=5)
    found = receive_all(queue, 12)
    assert {notification.transport_id for notification, _ in found} == {f"sns-{number}" for number in range(12)}
    queue.delete([receipt for _, receipt in found])
    assert queue.receive(0) == []


def test_a_queue_that_is_not_there_is_the_providers_error_with_what_to_do(moto_queue: tuple[Any, str]) -> None:
    _, url = moto_queue
    queue = SqsNotifications(region="us-east-1", queue_url=f"{url}-of-another", hidden_seconds=5)
    with pytest.raises(ProviderError, match="Reading the queue of events failed") as caught:
        queue.receive(0)
    assert "[ses]" in caught.value.todo
    with pytest.raises(ProviderError, match="Deleting from the queue of events failed"):
        queue.delete(["r1"])


def test_a_server_that_is_not_there_is_the_providers_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    queue = SqsNotifications(region="us-east-1", queue_url=f"http://127.0.0.1:{port}/queue", hidden_seconds=5)
    with pytest.raises(ProviderError, match="Could not connect"):
        queue.receive(0)


def test_missing_credentials_are_the_providers_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ProviderError, match="credentials") as caught:
        SqsNotifications(region="us-east-1", queue_url="http://127.0.0.1:9/queue", hidden_seconds=5).receive(0)
    assert "credentials" in caught.value.todo
