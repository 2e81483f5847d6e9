"""SQS as boto3 uses it; each test runs on the practice server and, as a second opinion, on moto's."""

import json
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
    for queue in made.list_queues(QueueNamePrefix="t-").get("QueueUrls", []):
        made.delete_queue(QueueUrl=queue)
    made.close()


@pytest.fixture
def queue(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="t-one")["QueueUrl"]


def bodies(found: Any) -> list[str]:
    return sorted(one["Body"] for one in found.get("Messages", []))


def test_a_message_goes_in_and_comes_out_and_is_gone_once_deleted(sqs: "SQSClient", queue: str) -> None:
    sent = sqs.send_message(QueueUrl=queue, MessageBody="Grüße & <tags>")
    (got,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    assert (got["Body"], got["MessageId"]) == ("Grüße & <tags>", sent["MessageId"])
    assert got["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=got["ReceiptHandle"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=got["ReceiptHandle"])
    numbers = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (numbers["ApproximateNumberOfMessages"], numbers["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


def test_a_message_that_is_not_deleted_comes_again_after_its_visibility_timeout(sqs: "SQSClient", queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="again")
    assert bodies(sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)) == ["again"]
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []
    got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, AttributeNames=["ApproximateReceiveCount"])
    assert got["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_received_message_can_be_given_back_at_once_or_hidden_longer(sqs: "SQSClient", queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="back")
    receipt = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)
    receipt = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)["Messages"][0]["ReceiptHandle"]
    entry: Any = [{"Id": "a", "ReceiptHandle": receipt, "VisibilityTimeout": 600}]
    assert [one["Id"] for one in sqs.change_message_visibility_batch(QueueUrl=queue, Entries=entry)["Successful"]] == [
        "a"
    ]
    assert bodies(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)) == []


def test_batches_of_ten_go_in_and_out(sqs: "SQSClient", queue: str) -> None:
    entries: Any = [{"Id": str(place), "MessageBody": f"m{place}"} for place in range(10)]
    assert len(sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 10
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(one["Body"] for one in got) == [f"m{place}" for place in range(10)]
    receipts: Any = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(got)]
    assert len(sqs.delete_message_batch(QueueUrl=queue, Entries=receipts)["Successful"]) == 10


def test_a_receiver_that_waits_gets_what_comes_meanwhile(sqs: "SQSClient", queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="late", DelaySeconds=1)
    start = time.monotonic()
    assert bodies(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)) == ["late"]
    assert 0.5 < time.monotonic() - start < 5


def test_a_receiver_that_waits_in_vain_comes_back_empty_handed(sqs: "SQSClient", queue: str) -> None:
    start = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    assert 0.8 < time.monotonic() - start < 4


def test_queues_are_made_found_listed_and_deleted(sqs: "SQSClient", queue: str) -> None:
    assert sqs.create_queue(QueueName="t-one")["QueueUrl"] == queue
    assert sqs.get_queue_url(QueueName="t-one")["QueueUrl"] == queue
    assert sqs.list_queues(QueueNamePrefix="t-")["QueueUrls"] == [queue]
    sqs.delete_queue(QueueUrl=queue)
    code, status, _ = refusal(sqs.get_queue_url, QueueName="t-one")
    assert (code, status) == ("AWS.SimpleQueueService.NonExistentQueue", 400)
    assert refusal(sqs.receive_message, QueueUrl=queue)[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_attributes_can_be_set_and_read(sqs: "SQSClient", queue: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "77"})
    wanted: Any = ["VisibilityTimeout", "QueueArn"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"]
    assert found == {"VisibilityTimeout": "77", "QueueArn": "arn:aws:sqs:us-east-1:123456789012:t-one"}


def test_message_attributes_come_back_with_their_digest(sqs: "SQSClient", queue: str) -> None:
    attributes: Any = {
        "n": {"DataType": "Number", "StringValue": "7"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=queue, MessageBody="m", MessageAttributes=attributes)
    (got,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert got["MessageAttributes"]["b"]["BinaryValue"] == b"\x00\xff"
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_a_purged_queue_is_empty(sqs: "SQSClient", queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    sqs.purge_queue(QueueUrl=queue)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []


def test_a_message_received_too_often_goes_to_the_dead_letters(sqs: "SQSClient", queue: str) -> None:
    dead = sqs.create_queue(QueueName="t-dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:t-dead", "maxReceiveCount": 1}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": json.dumps(policy)})
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    assert bodies(sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)) == ["poison"]
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []
    assert bodies(sqs.receive_message(QueueUrl=dead)) == ["poison"]


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an empty batch": ("delete_message_batch", {"Entries": []}, "AWS.SimpleQueueService.EmptyBatchRequest"),
    "eleven entries": (
        "send_message_batch",
        {"Entries": [{"Id": str(place), "MessageBody": "m"} for place in range(11)]},
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    ),
    "an id twice": (
        "send_message_batch",
        {"Entries": [{"Id": "a", "MessageBody": "m"}, {"Id": "a", "MessageBody": "m"}]},
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    ),
    "a receipt that is none": ("delete_message", {"ReceiptHandle": "none"}, "ReceiptHandleIsInvalid"),
    "a wait of 21 seconds": ("receive_message", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
    "eleven messages": ("receive_message", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
    "an unknown attribute": ("get_queue_attributes", {"AttributeNames": ["Colour"]}, "InvalidAttributeName"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_sqs_refuses_with_its_own_error(sqs: "SQSClient", queue: str, what: str) -> None:
    operation, members, code = REFUSED[what]
    assert refusal(getattr(sqs, operation), QueueUrl=queue, **members)[:2] == (code, 400)


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
