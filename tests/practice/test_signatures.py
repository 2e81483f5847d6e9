"""Calls are signed, in time, and by a key of this server."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dispatch.practice import signatures
from dispatch.practice.wire import Refusal
from tests.fixtures_practice import PracticeServer, mail, practice_server
from tests.practice.test_sending import refusal

#: the example of "Signature Version 4 signing process"
HEADERS = {
    "x-amz-date": "20150830T123600Z",
    "authorization": (
        "AWS4-HMAC-SHA256 Credential=practice/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    ),
}
NOW = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.UTC).timestamp()


def test_a_signature_five_minutes_old_is_taken() -> None:
    for age in (-300, 0, 300):
        signatures.check(HEADERS, NOW + age)


@pytest.mark.parametrize(("age", "begins"), [(301, "Signature expired: "), (-301, "Signature not yet current: ")])
def test_a_signature_more_than_five_minutes_off_is_refused(age: int, begins: str) -> None:
    with pytest.raises(Refusal) as caught:
        signatures.check(HEADERS, NOW + age)
    assert (caught.value.code, caught.value.status) == ("InvalidSignatureException", 403)
    assert caught.value.message.startswith(begins)


def test_of_an_unknown_key_only_the_date_is_checked(practice: PracticeServer) -> None:
    assert practice.client("sesv2", key="AKIDEXAMPLE", secret="other").get_account()["SendingEnabled"] is True


def test_the_key_of_another_workspace_is_refused(tmp_path: Path) -> None:
    with practice_server(tmp_path, owner="ours") as practice:
        ours = practice.client("sesv2", key="practice-ours", secret="practice")
        theirs = practice.client("sqs", key="practice-theirs", secret="practice")
        assert ours.get_account()["SendingEnabled"] is True
        assert refusal(theirs.get_queue_url, QueueName="dispatch-events")[:2] == ("UnrecognizedClientException", 403)


def test_a_call_that_waited_too_long_between_signing_and_sending_is_refused(practice: PracticeServer) -> None:
    ses = practice.client("sesv2")

    def age(request: Any, **_: Any) -> None:
        signed = request.headers["Authorization"].decode()
        request.headers["Authorization"] = signed.replace(signed.split("/")[1], "20200101")
        request.headers["X-Amz-Date"] = "20200101T000000Z"

    ses.meta.events.register("before-send.sesv2.SendEmail", age)
    code, status, words = refusal(ses.send_email, **mail("a@example.com"))
    assert (code, status) == ("InvalidSignatureException", 403)
    assert words.startswith("Signature expired: 20200101T000000Z is now earlier than")
    assert practice.messages() == []


def test_a_server_can_take_signatures_for_a_shorter_time(tmp_path: Path) -> None:
    with practice_server(tmp_path, signature_seconds=20) as practice:
        ses = practice.client("sesv2")
        stamp = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=40)).strftime("%Y%m%dT%H%M%SZ")

        def age(request: Any, **_: Any) -> None:
            signed = request.headers["Authorization"].decode()
            request.headers["Authorization"] = signed.replace(signed.split("/")[1], stamp[:8])
            request.headers["X-Amz-Date"] = stamp

        ses.meta.events.register("before-send.sesv2.SendEmail", age)
        code, status, words = refusal(ses.send_email, **mail("a@example.com"))
        assert (code, status) == ("InvalidSignatureException", 403)
        assert words.startswith(f"Signature expired: {stamp}")


def test_addresses_with_odd_characters_are_signed_and_found_in_paths(practice: PracticeServer) -> None:
    odd = "o'b+r.i_e~n%7e=!#$&*@example.com"
    practice.ses.put_suppressed_destination(EmailAddress=odd, Reason="BOUNCE")
    assert practice.ses.get_suppressed_destination(EmailAddress=odd)["SuppressedDestination"]["EmailAddress"] == odd


def test_an_unsigned_call_is_refused(practice: PracticeServer) -> None:
    assert practice.api("GET", "/v2/email/account") == 403
    assert practice.api("POST", "/", {}, {"X-Amz-Target": "AmazonSQS.GetQueueUrl"}) == 403


def test_signatures_can_be_left_unchecked(tmp_path: Path) -> None:
    with practice_server(tmp_path, check_signatures=False) as practice:
        assert practice.api("GET", "/v2/email/account")["SendingEnabled"] is True


def test_an_operation_that_is_not_here_is_named(practice: PracticeServer) -> None:
    with pytest.raises(ClientError) as caught:
        practice.sqs.add_permission(QueueUrl=practice.queue_url, Label="a", AWSAccountIds=["1"], Actions=["*"])
    assert "AddPermission" in str(caught.value)
