"""Faults on demand apply as they are asked to, where boto3 can see them, and the same way again."""

import json
import threading
import time
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.fixtures_practice import PracticeServer, bulk, mail
from tests.practice.test_sending import refusal

REFUSALS = {
    "throttle": ("TooManyRequestsException", 429, 0),
    "daily-quota": ("TooManyRequestsException", 429, 0),
    "paused": ("SendingPausedException", 400, 0),
    "shutdown": ("AccountSuspendedException", 400, 0),
    "error-before": ("InternalServiceErrorException", 500, 0),
    "error-after": ("InternalServiceErrorException", 500, 1),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_fault_answers_with_amazons_error_once_and_then_no_more(practice: PracticeServer, fault: str) -> None:
    practice.faults({"on": "SendEmail", "fault": fault, "times": 1})
    code, status, accepted = REFUSALS[fault]
    assert refusal(practice.ses.send_email, **mail("a@example.com"))[:2] == (code, status)
    assert len(practice.messages()) == accepted
    practice.ses.send_email(**mail("b@example.com"))
    assert len(practice.messages()) == accepted + 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_can_have_any_status(practice: PracticeServer, status: int) -> None:
    practice.faults({"fault": "error-before", "status": status, "times": 1})
    assert refusal(practice.ses.send_bulk_email, **bulk(["a@example.com"]))[1] == status


def test_any_other_refusal_can_be_asked_for(practice: PracticeServer) -> None:
    practice.faults({"fault": "refuse", "code": "LimitExceededException", "message": "Too much.", "times": 1})
    found = refusal(practice.ses.send_email, **mail("a@example.com"))
    assert found == ("LimitExceededException", 400, "Too much.")


@pytest.mark.parametrize(("fault", "accepted"), [("hang-before", 0), ("hang-after", 1)])
def test_a_hang_runs_into_the_callers_time_out(practice: PracticeServer, fault: str, accepted: int) -> None:
    practice.faults({"on": "SendEmail", "fault": fault, "times": 1, "seconds": 30})
    impatient = practice.client("sesv2", timeout=0.5)
    with pytest.raises(ReadTimeoutError):
        impatient.send_email(**mail("a@example.com"))
    assert len(practice.messages()) == accepted


def test_a_hang_ends_by_itself_without_an_answer(practice: PracticeServer) -> None:
    practice.faults({"on": "SendEmail", "fault": "hang-after", "times": 1, "seconds": 0.2})
    with pytest.raises(ConnectionClosedError):
        practice.ses.send_email(**mail("a@example.com"))


@pytest.mark.parametrize(
    ("fault", "accepted"), [("reset-before", 0), ("reset-after", 1), ("close-before", 0), ("close-after", 1)]
)
def test_a_connection_can_be_cut_before_or_after_the_acceptance(
    practice: PracticeServer, fault: str, accepted: int
) -> None:
    practice.faults({"on": "SendEmail", "fault": fault, "times": 1})
    with pytest.raises(ConnectionClosedError):
        practice.ses.send_email(**mail("a@example.com"))
    assert len(practice.messages()) == accepted


def test_a_truncated_answer_is_a_success_without_a_message_id(practice: PracticeServer) -> None:
    practice.faults({"fault": "truncate", "times": 2})
    assert "MessageId" not in practice.ses.send_email(**mail("a@example.com"))
    assert "BulkEmailEntryResults" not in practice.ses.send_bulk_email(**bulk(["b@example.com"]))
    assert len(practice.messages()) == 2


def test_an_answer_cut_in_its_middle_is_taken_by_boto3_for_an_empty_one(practice: PracticeServer) -> None:
    practice.faults({"fault": "cut", "times": 1})
    assert "MessageId" not in practice.ses.send_email(**mail("a@example.com"))
    assert len(practice.messages()) == 1


def test_a_slow_answer_is_a_good_one(practice: PracticeServer) -> None:
    practice.faults({"fault": "slow", "times": 1, "seconds": 0.3})
    start = time.monotonic()
    assert practice.ses.send_email(**mail("a@example.com"))["MessageId"]
    assert time.monotonic() - start >= 0.3


def test_a_part_of_a_bulk_call_can_fail(practice: PracticeServer) -> None:
    practice.faults(
        {"fault": "partial", "addresses": ["b@example.com"]},
        {"fault": "partial", "addresses": ["c@example.com"], "status": "ACCOUNT_THROTTLED"},
        {"fault": "partial-after", "addresses": ["d@example.com"]},
    )
    people = [f"{name}@example.com" for name in "abcd"]
    results = practice.ses.send_bulk_email(**bulk(people))["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS", "TRANSIENT_FAILURE", "ACCOUNT_THROTTLED", "FAILED"]
    assert [one["to"] for one in practice.messages()] == ["a@example.com", "d@example.com"]


def test_results_can_come_out_of_order(practice: PracticeServer) -> None:
    practice.faults({"fault": "shuffle"})
    results = practice.ses.send_bulk_email(**bulk(["a@example.com", "nobody"]))["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["INVALID_PARAMETER", "SUCCESS"]


def test_a_fault_applies_only_to_the_addresses_that_it_names(practice: PracticeServer) -> None:
    practice.faults({"fault": "throttle", "addresses": ["Bad@example.com"]})
    practice.ses.send_email(**mail("good@example.com"))
    assert refusal(practice.ses.send_email, **mail("bad@example.com"))[1] == 429
    assert refusal(practice.ses.send_bulk_email, **bulk(["good@example.com", "bad@example.com"]))[1] == 429


def test_a_fault_can_apply_to_the_queue(practice: PracticeServer) -> None:
    practice.faults({"on": "ReceiveMessage", "fault": "error-before", "times": 1})
    practice.ses.send_email(**mail("a+silent@example.com"))
    assert refusal(practice.sqs.receive_message, QueueUrl=practice.queue_url)[1] == 500
    assert len(practice.events(1)) == 1


def _refused(practice: PracticeServer, seed: int, people: list[str]) -> list[str]:
    practice.api("DELETE", "/api/faults")
    practice.faults({"on": "SendEmail", "fault": "throttle", "rate": 0.3}, seed=seed)
    refused = []
    for address in people:
        try:
            practice.ses.send_email(**mail(address))
        except ClientError:
            refused.append(address)
    return refused


def test_a_seeded_rate_applies_to_the_same_people_in_any_order(practice: PracticeServer) -> None:
    people = [f"m{place}@example.com" for place in range(60)]
    first = _refused(practice, 7, people)
    assert 8 <= len(first) <= 30
    assert sorted(_refused(practice, 7, people[::-1])) == sorted(first)
    assert sorted(_refused(practice, 8, people)) != sorted(first)


def test_events_can_be_lost_and_doubled(practice: PracticeServer) -> None:
    practice.faults(
        {"on": "*", "fault": "lose-event", "addresses": ["a+silent@example.com"]},
        {"on": "*", "fault": "double-event", "addresses": ["b+silent@example.com"]},
    )
    practice.ses.send_bulk_email(**bulk([f"{name}+silent@example.com" for name in "abc"]))
    found = Counter(event["mail"]["destination"][0] for event in practice.events(3))
    assert found == {"b+silent@example.com": 2, "c+silent@example.com": 1}


def test_a_doubled_event_keeps_its_notification_id(practice: PracticeServer) -> None:
    practice.faults({"fault": "double-event", "kinds": ["Send"]})
    practice.ses.send_email(**mail("a+deliver@example.com"))
    notifications = [json.loads(body) for body in practice.notifications(3)]
    twice = [one["MessageId"] for one in notifications if json.loads(one["Message"])["eventType"] == "Send"]
    assert len(twice) == 2
    assert len(set(twice)) == 1


def test_an_event_can_be_late(practice: PracticeServer) -> None:
    practice.faults({"fault": "late-event", "seconds": 0.8})
    start = time.monotonic()
    practice.ses.send_email(**mail("a+silent@example.com"))
    practice.events(1)
    assert time.monotonic() - start >= 0.8


def test_an_event_can_be_seen_before_the_answer(practice: PracticeServer) -> None:
    practice.faults({"fault": "event-first", "kinds": ["Send"]})
    seen: list[float] = []
    receiver = practice.client("sqs")

    def receive() -> None:
        found = receiver.receive_message(QueueUrl=practice.queue_url, WaitTimeSeconds=5)
        assert json.loads(json.loads(found["Messages"][0]["Body"])["Message"])["eventType"] == "Send"
        seen.append(time.monotonic())

    thread = threading.Thread(target=receive)
    thread.start()
    practice.ses.send_email(**mail("a+silent@example.com"))
    answered = time.monotonic()
    thread.join()
    assert seen[0] < answered


def test_the_rules_in_force_can_be_read_and_lifted(practice: PracticeServer) -> None:
    practice.faults({"fault": "throttle", "times": 1}, seed=5)
    refusal(practice.ses.send_email, **mail("a@example.com"))
    shown = practice.api("GET", "/api/faults")
    assert (shown["seed"], shown["rules"][0]["fault"], shown["rules"][0]["applied"]) == (5, "throttle", 1)
    assert practice.api("DELETE", "/api/faults")["rules"] == []


BAD_RULES: list[Any] = [
    "throttle",
    [{"fault": "flood"}],
    [{"fault": "throttle", "rate": 2}],
    [{"fault": "throttle", "often": 1}],
    [{"fault": "throttle", "times": "once"}],
    [{"fault": "throttle"}, {"on": "SendEmail"}],
    {"seed": "x", "rules": []},
]


@pytest.mark.parametrize("rules", BAD_RULES)
def test_rules_that_make_no_sense_are_refused_as_a_whole(practice: PracticeServer, rules: Any) -> None:
    assert practice.api("POST", "/api/faults", rules) == 400
    assert practice.api("GET", "/api/faults")["rules"] == []
