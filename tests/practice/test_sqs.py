"""SQS as boto3 uses it; each test runs on the practice server and, as a second opinion, on moto's."""

import hashlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from moto.server import ThreadedMotoServer

from tests.fixtures_practice import PracticeServer, client, mail
from tests.practice.test_sending import refusal

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["practice", "moto"])
def sqs(request: pytest.FixtureRequest, running: PracticeServer) -> "Iterator[SQSClient]":
    url = running.url if request.param == "practice" else request.getfixturevalue("moto_url")
    made: SQSClient = client("sqs", url)
    yield made
    made.close()


@pytest.fixture
def queue(sqs: "SQSClient", request: pytest.FixtureRequest) -> str:
    """A queue of the test's own."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    return sqs.create_queue(QueueName=name)["QueueUrl"]


def bodies(found: Any) -> list[str]:
    return sorted(one["Body"] for one in found.get("Messages", []))


def test_ten_messages_go_in_and_come_out_and_are_gone_once_deleted(sqs: "SQSClient", queue: str) -> None:
    sent = {sqs.send_message(QueueUrl=queue, MessageBody=f"Grüße & <tags> {n}")["MessageId"] for n in range(10)}
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert {one["MessageId"] for one in got} == sent
    assert sorted(one["Body"] for one in got) == [f"Grüße & <tags> {n}" for n in range(10)]
    receipts: Any = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(got)]
    for _ in range(2):
        assert len(sqs.delete_message_batch(QueueUrl=queue, Entries=receipts)["Successful"]) == 10
    numbers = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (numbers["ApproximateNumberOfMessages"], numbers["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


def test_a_message_that_is_not_deleted_comes_again_after_its_visibility_timeout(sqs: "SQSClient", queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="again")
    assert bodies(sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)) == ["again"]
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []
    assert bodies(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)) == ["again"]


def test_a_receiver_that_waits_gets_what_comes_meanwhile(practice: PracticeServer) -> None:
    practice.faults({"fault": "late-event", "seconds": 0.5})
    practice.ses.send_email(**mail("ann+silent@example.com"))
    received = practice.sqs.receive_message(QueueUrl=practice.queue_url, WaitTimeSeconds=10)
    assert len(bodies(received)) == 1


def test_queues_are_made_and_found(sqs: "SQSClient", queue: str) -> None:
    name = queue.rpartition("/")[2]
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == queue
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == queue
    code, status, _ = refusal(sqs.get_queue_url, QueueName="elsewhere")
    assert (code, status) == ("AWS.SimpleQueueService.NonExistentQueue", 400)
    url = queue.replace(name, "elsewhere")
    assert refusal(sqs.receive_message, QueueUrl=url)[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_receiver_that_waits_in_vain_comes_back_empty_handed(sqs: "SQSClient", queue: str) -> None:
    start = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    assert 0.8 < time.monotonic() - start < 4


def test_attributes_can_be_set_and_read(sqs: "SQSClient", queue: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "77"})
    wanted: Any = ["VisibilityTimeout", "QueueArn"]
    name = queue.rpartition("/")[2]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"]
    assert found == {"VisibilityTimeout": "77", "QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{name}"}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an empty batch": ("delete_message_batch", {"Entries": []}, "AWS.SimpleQueueService.EmptyBatchRequest"),
    "an id twice": (
        "delete_message_batch",
        {"Entries": [{"Id": "a", "ReceiptHandle": "1-a"}, {"Id": "a", "ReceiptHandle": "1-a"}]},
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    ),
    "a wait of 21 seconds": ("receive_message", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
    "eleven messages": ("receive_message", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
    "an unknown attribute": ("get_queue_attributes", {"AttributeNames": ["Colour"]}, "InvalidAttributeName"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_sqs_refuses_with_its_own_error(sqs: "SQSClient", queue: str, what: str) -> None:
    operation, members, code = REFUSED[what]
    assert refusal(getattr(sqs, operation), QueueUrl=queue, **members)[:2] == (code, 400)


def test_more_than_ten_entries_are_refused(practice: PracticeServer) -> None:
    entries = [{"Id": str(place), "ReceiptHandle": f"{place}-a"} for place in range(11)]
    code = refusal(practice.sqs.delete_message_batch, QueueUrl=practice.queue_url, Entries=entries)[0]
    assert code == "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"


def test_attributes_out_of_their_bounds_are_refused(practice: PracticeServer) -> None:
    for attributes in ({"VisibilityTimeout": "43201"}, {"DelaySeconds": "x"}, {"FifoQueue": "true"}):
        code = refusal(practice.sqs.create_queue, QueueName="t-bad", Attributes=attributes)[0]
        assert code in ("InvalidAttributeValue", "InvalidAttributeName")


def test_both_servers_keep_the_same_simple_mail(practice: PracticeServer, moto_url: str) -> None:
    other = client("sesv2", moto_url)
    other.create_email_identity(EmailIdentity="news@example.com")
    for ses in (practice.ses, other):
        assert ses.send_email(**mail("ann@example.com"))["MessageId"]
        assert ses.get_email_identity(EmailIdentity="news@example.com")["IdentityType"] == "EMAIL_ADDRESS"
        stranger = mail("ann@example.com", FromEmailAddress="stranger@example.org")
        if ses is other:
            assert refusal(ses.send_email, **stranger)[:2] == ("MessageRejected", 400)
        else:
            practice.api("PUT", "/api/account", {"verified": ["example.com"]})
            assert refusal(ses.send_email, **stranger)[:2] == ("MessageRejected", 400)
    other.close()
