"""SesMailer against the practice server, by real boto3: one call each, and an Outcome that never promises too much."""

import html
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email import message_from_string, policy
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from moto.server import ThreadedMotoServer

from dispatch.aws.mailer import SesMailer, bulk_outcomes
from dispatch.compose import merge
from dispatch.errors import ProviderError
from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Edition
from dispatch.model.message import Accepted, Busy, Message, NotSent, Outcome, Refused, Stopped, Unknown
from tests.fixtures_practice import PracticeServer

EDITION = Edition(
    "center",
    "Für [[name|all]]: {{brackets}} & \\slashes",
    "",
    '<p>Good day, [[name|reader]]. {{name}} {{{x}}} \\{ <a href="[[unsubscribe_url]]">Leave</a></p>',
    "Good day, [[name|reader]]. {{name}} {{{x}}} \\{ [[unsubscribe_url]]",
    "",
)
LETTER = merge.letter(EDITION)
CAMPAIGN = CampaignId("c" * 32)
URL = "https://news.example.org/u/{}"
OPERATIONS = pytest.mark.parametrize("in_bulk", [False, True], ids=["alone", "in bulk"])


def message(number: int = 1, *, name: str = "Zoë O'Neil <{{x}}>", to: str = "", reply_to: str = "") -> Message:
    url = URL.format(number)
    return Message(
        delivery_id=DeliveryId(f"{number:032x}"),
        campaign_id=CAMPAIGN,
        to=to or f"reader{number}@example.com",
        sender='"The Center, Ltd" <news@example.com>',
        reply_to=reply_to,
        letter=LETTER,
        values=merge.values(LETTER, {"name": name}, {"unsubscribe_url": url}),
        headers=(
            ("List-Unsubscribe", f"<{url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", "<center.example.com>"),
        ),
    )


def people(count: int) -> list[Message]:
    return [message(number + 1) for number in range(count)]


def mailer(timeout_seconds: int = 10) -> SesMailer:
    return SesMailer(region="us-east-1", configuration_set="dispatch", timeout_seconds=timeout_seconds)


def in_time() -> bool:
    return False


def submit(messages: Sequence[Message], *, in_bulk: bool, by: SesMailer | None = None) -> list[Outcome]:
    return (by or mailer()).submit(messages, in_time, in_bulk=in_bulk)


def calls(practice: PracticeServer) -> int:
    """How often the fault in force has struck: each call to the server is one chance."""
    return sum(rule["applied"] for rule in practice.api("GET", "/api/faults")["rules"])


@contextmanager
def answering(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server that reads a request and then does as `answer` says until it is over; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                connection.recv(1_000_000)
                try:
                    answer(connection, over)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listener.close()


# --- what arrives -------------------------------------------------------------------------------------------------


def test_messages_alone_are_a_call_each_with_headers_and_tags(practice: PracticeServer) -> None:
    made = submit(people(3), in_bulk=False)
    mails = practice.messages()
    assert [each["to"] for each in mails] == [f"reader{number}@example.com" for number in (1, 2, 3)]
    assert [Accepted(each["message_id"]) for each in mails] == made
    assert [each["tags"] for each in mails] == [
        {"campaign": CAMPAIGN, "delivery": f"{number:032x}"} for number in (1, 2, 3)
    ]


def test_messages_in_bulk_are_one_call_with_headers_and_tags_for_each(practice: PracticeServer) -> None:
    practice.faults({"on": "SendBulkEmail", "fault": "slow", "seconds": 0.01})
    made = submit(people(50), in_bulk=True)
    assert calls(practice) == 1
    mails = {each["to"]: each for each in practice.messages()}
    assert len(mails) == 50
    assert made == [Accepted(mails[each.to]["message_id"]) for each in people(50)]
    for each in people(50):
        assert mails[each.to]["tags"] == {"campaign": CAMPAIGN, "delivery": each.delivery_id}


@OPERATIONS
def test_what_arrives_is_what_was_written_to_the_last_brace(practice: PracticeServer, in_bulk: bool) -> None:
    submit([message(1), message(2, name="")], in_bulk=in_bulk)
    first, second = (source_of(practice, each) for each in practice.messages())
    assert first["subject"] == "Für Zoë O'Neil <{{x}}>: {{brackets}} & \\slashes"
    assert second["subject"] == "Für all: {{brackets}} & \\slashes"
    assert "Good day, Zoë O'Neil <{{x}}>. {{name}} {{{x}}} \\{ https://news.example.org/u/1" in first["text"]
    assert "Good day, reader. {{name}} {{{x}}} \\{ https://news.example.org/u/2" in second["text"]
    assert shown(first["html"]) == "Good day, Zoë O'Neil <{{x}}>. {{name}} {{{x}}} \\{ Leave"
    assert shown(second["html"]) == "Good day, reader. {{name}} {{{x}}} \\{ Leave"


@OPERATIONS
def test_headers_arrive_on_one_line_in_their_order(practice: PracticeServer, in_bulk: bool) -> None:
    submit([message(7, reply_to="answers@example.com")], in_bulk=in_bulk)
    headers = source_of(practice, practice.messages()[0])["headers"]
    names = [name for name, _ in headers]
    assert names.index("List-Unsubscribe") + 1 == names.index("List-Unsubscribe-Post")
    found = dict(headers)
    assert found["List-Unsubscribe"] == "<https://news.example.org/u/7>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["List-Id"] == "<center.example.com>"
    assert found["Reply-To"] == "answers@example.com"
    assert found["From"] == '"The Center, Ltd" <news@example.com>'


@OPERATIONS
def test_sender_and_reply_to_leave_in_ascii_and_are_read_as_they_were_typed(
    practice: PracticeServer, in_bulk: bool
) -> None:
    typed = {"sender": "Krištof Poduszló <news@example.com>", "reply_to": "Центр, Ltd <answers@example.com>"}
    submit([Message(**{**_fields(message()), **typed})], in_bulk=in_bulk)
    whole = practice.api("GET", f"/api/messages/{practice.messages()[0]['message_id']}")
    assert whole["from"].isascii()
    assert whole["reply_to"][0].isascii()
    headers = dict(source_of(practice, whole)["headers"])
    assert headers["From"] == typed["sender"]
    assert headers["Reply-To"] == '"Центр, Ltd" <answers@example.com>'


def source_of(practice: PracticeServer, mail: dict[str, Any]) -> dict[str, Any]:
    source = practice.api("GET", f"/api/messages/{mail['message_id']}")["source"]
    parsed = message_from_string(source, policy=policy.default)
    page, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    assert page is not None
    assert text is not None
    return {
        "subject": str(parsed["Subject"]),
        "headers": [(name, str(value)) for name, value in parsed.items()],
        "html": page.get_content(),
        "text": text.get_content(),
    }


def shown(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page)).strip()


# --- faults -------------------------------------------------------------------------------------------------------

UNKNOWN = {
    "hang-before": 0,
    "hang-after": 1,
    "reset-before": 0,
    "reset-after": 1,
    "close-before": 0,
    "close-after": 1,
    "error-before": 0,
    "error-after": 1,
    "truncate": 1,
    "cut": 1,
}


@OPERATIONS
@pytest.mark.parametrize("fault", UNKNOWN)
def test_a_call_without_a_clear_answer_is_made_once_and_is_unknown(
    practice: PracticeServer, fault: str, in_bulk: bool
) -> None:
    practice.faults({"fault": fault, "seconds": 30})
    made = submit(people(3 if in_bulk else 1), in_bulk=in_bulk, by=mailer(timeout_seconds=1))
    assert [type(each) for each in made] == [Unknown] * (3 if in_bulk else 1)
    assert calls(practice) == 1
    assert len(practice.messages()) == UNKNOWN[fault] * len(made)


@OPERATIONS
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_no_server_error_is_repeated(practice: PracticeServer, status: int, in_bulk: bool) -> None:
    practice.faults({"fault": "error-after", "status": status})
    assert [type(each) for each in submit(people(1), in_bulk=in_bulk)] == [Unknown]
    assert (calls(practice), len(practice.messages())) == (1, 1)


@OPERATIONS
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("throttle", Busy), ("daily-quota", Stopped), ("paused", Stopped), ("shutdown", Stopped)],
)
def test_a_call_that_is_turned_away_is_made_once_and_nothing_leaves(
    practice: PracticeServer, fault: str, outcome: type[Outcome], in_bulk: bool
) -> None:
    practice.faults({"fault": fault})
    assert [type(each) for each in submit(people(1), in_bulk=in_bulk)] == [outcome]
    assert (calls(practice), practice.messages()) == (1, [])


def test_one_who_is_refused_does_not_keep_the_others_from_their_mail(practice: PracticeServer) -> None:
    practice.faults({"fault": "refuse", "addresses": ["reader2@example.com"], "message": "No."})
    made = submit(people(3), in_bulk=False)
    assert [type(each) for each in made] == [Accepted, Refused, Accepted]
    assert made[1] == Refused("BadRequestException: No.")


def test_a_bulk_call_refused_for_one_entry_is_halved_until_that_one_is_alone(practice: PracticeServer) -> None:
    practice.faults({"fault": "refuse", "addresses": ["reader7@example.com"], "message": "No."})
    made = submit(people(16), in_bulk=True)
    assert [number for number, each in enumerate(made, 1) if each == Refused("BadRequestException: No.")] == [7]
    mails = [each["to"] for each in practice.messages()]
    assert sorted(mails) == sorted(each.to for each in people(16) if each.to != "reader7@example.com")
    assert calls(practice) == 5


def test_a_bulk_call_refused_for_everybody_is_not_tried_for_each_of_them(practice: PracticeServer) -> None:
    practice.faults({"fault": "refuse", "message": "No."})
    made = submit(people(50), in_bulk=True)
    refused = [each for each in made if each == Refused("BadRequestException: No.")]
    assert 3 <= len(refused) <= 6
    assert {type(each) for each in made} == {Refused, NotSent}
    assert (calls(practice) <= 16, practice.messages()) == (True, [])


def test_a_bulk_answer_of_several_kinds_is_unknown_for_everybody(practice: PracticeServer) -> None:
    practice.faults({"fault": "partial", "addresses": ["reader2@example.com"]})
    made = submit(people(3), in_bulk=True)
    assert [type(each) for each in made] == [Unknown] * 3
    assert [each["to"] for each in practice.messages()] == ["reader1@example.com", "reader3@example.com"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("TRANSIENT_FAILURE", Busy),
        ("MESSAGE_REJECTED", Refused),
        ("ACCOUNT_SENDING_PAUSED", Stopped),
        ("FAILED", Unknown),
    ],
)
def test_a_bulk_answer_of_one_kind_needs_no_matching(status: str, outcome: type[Outcome]) -> None:
    results = [{"Status": status, "Error": "Said so."}] * 3
    assert [type(each) for each in bulk_outcomes(results, 3)] == [outcome] * 3


@pytest.mark.parametrize(
    "results",
    [
        [],
        [{"Status": "SUCCESS", "MessageId": "1"}],
        [{"Status": "SUCCESS", "MessageId": "1"}, {"Status": "FAILED"}],
        [{"Status": "SUCCESS", "MessageId": "1"}] * 3,
        [{}, {}],
    ],
)
def test_a_bulk_answer_that_does_not_fit_is_unknown_for_everybody(results: list[dict[str, str]]) -> None:
    assert [type(each) for each in bulk_outcomes(results, 2)] == [Unknown, Unknown]


def of_statuses(*statuses: str) -> list[Outcome]:
    results = [{"Status": status, "MessageId": f"id-{place}"} for place, status in enumerate(statuses)]
    return bulk_outcomes(results, len(results))


def test_a_bulk_answer_throttled_in_part_is_unknown_for_everybody_and_says_that_it_was_throttled() -> None:
    made = of_statuses(*["SUCCESS"] * 40, *["ACCOUNT_THROTTLED"] * 10)
    assert set(made) == {Unknown("SES answered 40 SUCCESS, 10 ACCOUNT_THROTTLED, and not for whom", is_throttled=True)}


def test_a_bulk_answer_mixed_in_another_way_is_not_throttled() -> None:
    for made in (of_statuses("SUCCESS", "MESSAGE_REJECTED"), of_statuses("SUCCESS", "FAILED")):
        assert [each.is_throttled for each in made if isinstance(each, Unknown)] == [False, False]


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        (["ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"], Busy),
        (["ACCOUNT_THROTTLED", "MESSAGE_REJECTED"], Busy),
        (["MESSAGE_REJECTED", "INVALID_PARAMETER"], Refused),
        (["ACCOUNT_THROTTLED", "ACCOUNT_SENDING_PAUSED", "MESSAGE_REJECTED"], Stopped),
        (["ACCOUNT_THROTTLED", "FAILED"], Unknown),
    ],
)
def test_a_mixed_bulk_answer_without_a_success_or_a_doubt_leaves_nobody_in_doubt(
    statuses: list[str], outcome: type[Outcome]
) -> None:
    assert {type(each) for each in of_statuses(*statuses)} == {outcome}


def test_the_practice_server_throttles_the_rest_of_a_bulk_call_as_ses_does(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"max_per_second": 10})
    made = submit(people(30), in_bulk=True)
    assert [each.is_throttled for each in made if isinstance(each, Unknown)] == [True] * 30
    assert len(practice.messages()) == 10


def test_a_bulk_success_without_an_id_is_unknown_for_that_one_only() -> None:
    results = [{"Status": "SUCCESS", "MessageId": "1"}, {"Status": "SUCCESS"}]
    assert [type(each) for each in bulk_outcomes(results, 2)] == [Accepted, Unknown]


# --- fence and deadline -------------------------------------------------------------------------------------------


@OPERATIONS
def test_a_claim_that_grew_too_old_is_given_back_and_the_server_hears_nothing(
    practice: PracticeServer, in_bulk: bool
) -> None:
    practice.faults({"fault": "throttle"})
    made = mailer().submit(people(2), lambda: True, in_bulk=in_bulk)
    assert made == [NotSent("the claim grew too old before the call was made")] * 2
    assert (calls(practice), practice.messages()) == (0, [])


def test_the_fence_is_asked_again_before_each_call(practice: PracticeServer) -> None:
    asked: list[int] = []

    def too_late_for_the_second() -> bool:
        asked.append(1)
        return len(asked) > 1

    made = mailer().submit(people(3), too_late_for_the_second, in_bulk=False)
    assert [type(each) for each in made] == [Accepted, NotSent, NotSent]
    assert len(practice.messages()) == 1


def test_fences_of_calls_at_the_same_time_are_kept_apart(practice: PracticeServer) -> None:
    shared = mailer()
    made: dict[bool, list[Outcome]] = {}

    def run(is_late: bool) -> None:
        made[is_late] = shared.submit(people(20), lambda: is_late, in_bulk=False)

    threads = [threading.Thread(target=run, args=(is_late,)) for is_late in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {type(each) for each in made[True]} == {NotSent}
    assert {type(each) for each in made[False]} == {Accepted}
    assert len(practice.messages()) == 20


@OPERATIONS
def test_an_answer_that_drips_for_ever_is_given_up_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, in_bulk: bool
) -> None:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not over.wait(0.05):
            connection.sendall(b" ")

    monkeypatch.setattr("dispatch.aws.mailer.CONNECT_SECONDS", 0.2)
    with answering(drip) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
        made = submit(people(1), in_bulk=in_bulk, by=mailer(timeout_seconds=1))
    assert made == [Unknown("no answer from SES (TooSlow)")]


def test_a_page_of_some_other_server_is_no_acceptance(monkeypatch: pytest.MonkeyPatch) -> None:
    page = b"<html>Log in to this network</html>"

    def portal(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))

    with answering(portal) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
        assert [type(each) for each in submit(people(1), in_bulk=False)] == [Unknown]


# --- nothing leaves -----------------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@OPERATIONS
def test_a_server_that_is_not_there_was_sent_nothing(monkeypatch: pytest.MonkeyPatch, in_bulk: bool) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{closed_port()}")
    made = submit(people(2), in_bulk=in_bulk)
    assert made == [NotSent("SES cannot be reached (EndpointConnectionError)")] * 2


@OPERATIONS
def test_without_credentials_everything_stops(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch, in_bulk: bool
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (made,) = submit(people(1), in_bulk=in_bulk)
    assert isinstance(made, Stopped)
    assert made.reason == "There are no AWS credentials on this computer."
    assert practice.messages() == []


def test_wrong_credentials_stop(practice: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "practice-of-another-workspace")
    (made,) = submit(people(1), in_bulk=False)
    assert isinstance(made, Stopped)
    assert "UnrecognizedClientException" in made.reason
    with pytest.raises(ProviderError, match="limits failed"):
        mailer().account()


def test_a_message_that_cannot_be_written_stops_before_anything_leaves(practice: PracticeServer) -> None:
    broken = Message(**{**_fields(message()), "to": object()})
    (made,) = submit([broken], in_bulk=False)
    assert isinstance(made, Stopped)
    assert practice.messages() == []


def _fields(of: Message) -> dict[str, Any]:
    return {name: getattr(of, name) for name in Message.__dataclass_fields__}


# --- a second opinion ---------------------------------------------------------------------------------------------


def test_moto_takes_the_same_call(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
        # moto needs long for its first answer on a busy machine.
        by = mailer(timeout_seconds=120)
        (refused,) = submit(people(1), in_bulk=False, by=by)
        assert isinstance(refused, Refused)
        assert "MessageRejected" in refused.reason
        verified = boto3.Session().client("sesv2", region_name="us-east-1", endpoint_url=url)
        verified.create_email_identity(EmailIdentity="news@example.com")
        verified.close()
        (made,) = submit(people(1), in_bulk=False, by=by)
        assert isinstance(made, Accepted)
    finally:
        server.stop()


def test_what_is_asked_of_ses_has_the_shape_that_botocore_models() -> None:
    """The calls leave without botocore's own check; here it is made."""
    model = botocore.session.get_session().get_service_model("sesv2")
    by = mailer()
    asked = {
        "SendEmail": by._single(message(reply_to="answers@example.com")),
        "SendBulkEmail": by._bulk([message(number, reply_to="answers@example.com") for number in (1, 2)]),
    }
    for operation, request in asked.items():
        shape = model.operation_model(operation).input_shape
        assert shape is not None
        report = ParamValidator().validate(json.loads(json.dumps(request)), shape)
        assert not report.has_errors(), report.generate_report()


def test_the_body_of_a_bulk_call_is_byte_for_byte_what_botocore_would_write(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with answering(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
        by = mailer()
        by._client.meta.events.register(
            "before-send.sesv2.SendBulkEmail", lambda request, **_: bodies.append(request.body)
        )
        letters = [message(number, reply_to="answers@example.com") for number in (1, 2)]
        by.submit(letters, in_time, in_bulk=True)
    operation = botocore.session.get_session().get_service_model("sesv2").operation_model("SendBulkEmail")
    expected = create_serializer("rest-json").serialize_to_request(dict(by._bulk(letters)), operation)
    assert bodies == [expected["body"]]
