"""What the account grants is kept to, by the algorithm that is written down."""

from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dispatch.practice.account import BURST_SECONDS, RateLimit
from dispatch.practice.server import Practice
from dispatch.practice.settings import PracticeSettings
from tests.fixtures_practice import PracticeServer, bulk, mail, practice_server
from tests.practice.test_sending import refusal


@given(rate=st.floats(0.5, 500), waits=st.lists(st.floats(0, 3), max_size=80))
def test_no_stretch_of_time_passes_more_than_its_rate_and_one_burst(rate: float, waits: list[float]) -> None:
    limit, now, passed = RateLimit(), 1_000_000.0, list[float]()
    for wait in waits:
        now += wait
        if limit.take(rate, now):
            passed.append(now)
    for first, start in enumerate(passed):
        for total, end in enumerate(passed[first:], 1):
            assert total <= rate * (end - start) + max(1.0, rate * BURST_SECONDS) + 1e-3


def test_a_sender_that_keeps_to_the_rate_is_never_refused() -> None:
    limit = RateLimit()
    assert all(limit.take(14, 1000 + place / 14) for place in range(1000))


def test_a_second_of_mail_may_come_at_once_and_the_next_one_is_throttled(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"max_per_second": 0.5})
    practice.ses.send_email(**mail("a@example.com"))
    code, status, words = refusal(practice.ses.send_email, **mail("b@example.com"))
    assert (code, status, words) == ("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
    assert len(practice.messages()) == 1


def test_entries_beyond_the_rate_are_throttled_one_by_one(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"max_per_second": 10})
    results = practice.ses.send_bulk_email(**bulk([f"m{n}@example.com" for n in range(30)]))["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS"] * 10 + ["ACCOUNT_THROTTLED"] * 20
    assert results[10]["Error"] == "Maximum sending rate exceeded."
    assert len(practice.messages()) == 10


def test_the_24_hour_quota_is_kept_by_both_operations_and_the_simulator_does_not_count(
    practice: PracticeServer,
) -> None:
    practice.api("PUT", "/api/account", {"max_per_day": 3})
    practice.ses.send_email(**mail("a@example.com"))
    results = practice.ses.send_bulk_email(**bulk([f"m{n}@example.com" for n in range(3)]))["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]
    code, status, words = refusal(practice.ses.send_email, **mail("b@example.com"))
    assert (code, status, words) == ("TooManyRequestsException", 429, "Daily message quota exceeded.")
    practice.ses.send_email(**mail("success@simulator.amazonses.com"))
    quota = practice.ses.get_account()["SendQuota"]
    assert (quota["Max24HourSend"], quota["SentLast24Hours"]) == (3.0, 3.0)


def test_get_account_says_what_is_granted(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"max_per_second": 14, "max_per_day": -1, "enforcement": "PROBATION"})
    account = practice.ses.get_account()
    assert account["SendQuota"] == {"Max24HourSend": -1.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    assert account["EnforcementStatus"] == "PROBATION"
    assert account["SendingEnabled"] is True
    assert account["ProductionAccessEnabled"] is True
    practice.ses.send_email(**mail("a@example.com"))


def test_a_paused_account_sends_nothing_until_it_is_resumed(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"sending_enabled": False})
    assert practice.ses.get_account()["SendingEnabled"] is False
    assert refusal(practice.ses.send_email, **mail("a@example.com"))[:2] == ("SendingPausedException", 400)
    assert refusal(practice.ses.send_bulk_email, **bulk(["a@example.com"]))[0] == "SendingPausedException"
    practice.api("PUT", "/api/account", {"sending_enabled": True})
    practice.ses.send_email(**mail("a@example.com"))


def test_an_account_that_is_shut_down_sends_nothing(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"enforcement": "SHUTDOWN"})
    assert refusal(practice.ses.send_email, **mail("a@example.com"))[:2] == ("AccountSuspendedException", 400)
    assert practice.ses.get_account()["EnforcementStatus"] == "SHUTDOWN"


def test_in_amazons_sandbox_only_the_simulator_and_own_addresses_get_mail(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"sandbox": True, "verified": ["example.com"], "max_per_second": 100})
    assert practice.ses.get_account()["ProductionAccessEnabled"] is False
    practice.ses.send_email(**mail("success@simulator.amazonses.com"))
    practice.ses.send_email(**mail("desk@example.com"))
    code, _, words = refusal(practice.ses.send_email, **mail("reader@example.org"))
    assert code == "MessageRejected"
    assert words.startswith("Email address is not verified.")
    assert "reader@example.org" in words
    results = practice.ses.send_bulk_email(**bulk(["reader@example.org"]))["BulkEmailEntryResults"]
    assert results[0]["Status"] == "MESSAGE_REJECTED"
    suppress = practice.ses.put_suppressed_destination
    assert refusal(suppress, EmailAddress="a@example.com", Reason="BOUNCE")[0] == "BadRequestException"


def test_where_identities_are_strict_only_verified_senders_send(tmp_path: Path) -> None:
    with practice_server(tmp_path, verified=["example.org", "one@example.com"], calls_per_second=0) as practice:
        practice.ses.send_email(**mail("a@example.com", FromEmailAddress="Any One <any@mail.example.org>"))
        practice.ses.send_email(**mail("a@example.com", FromEmailAddress="ONE@example.com"))
        code, status, words = refusal(practice.ses.send_email, **mail("a@example.com"))
        assert (code, status) == ("MessageRejected", 400)
        assert words == (
            "Email address is not verified. "
            "The following identities failed the check in region US-EAST-1: news@example.com"
        )
        assert practice.ses.get_email_identity(EmailIdentity="example.org")["VerifiedForSendingStatus"] is True
        assert refusal(practice.ses.get_email_identity, EmailIdentity="news@example.com")[0] == "NotFoundException"
        assert practice.ses.create_email_identity(EmailIdentity="news@example.com")["VerifiedForSendingStatus"] is False
        assert practice.ses.get_email_identity(EmailIdentity="news@example.com")["VerificationStatus"] == "PENDING"


def test_everyone_may_send_by_default_and_an_identity_has_its_dkim_and_mail_from(practice: PracticeServer) -> None:
    ses = practice.ses
    assert ses.get_email_identity(EmailIdentity="anyone@example.com")["VerifiedForSendingStatus"] is True
    made = ses.create_email_identity(EmailIdentity="center.example")
    assert (made["IdentityType"], made["DkimAttributes"]["Status"], len(set(made["DkimAttributes"]["Tokens"]))) == (
        "DOMAIN",
        "SUCCESS",
        3,
    )
    assert refusal(ses.create_email_identity, EmailIdentity="center.example")[0] == "AlreadyExistsException"
    domain = "bounce.center.example"
    ses.put_email_identity_mail_from_attributes(EmailIdentity="center.example", MailFromDomain=domain)
    found = ses.get_email_identity(EmailIdentity="center.example")["MailFromAttributes"]
    assert (found["MailFromDomain"], found["MailFromDomainStatus"]) == (domain, "SUCCESS")
    unknown = refusal(ses.put_email_identity_mail_from_attributes, EmailIdentity="x.example", MailFromDomain=domain)
    assert unknown[:2] == ("NotFoundException", 404)


def test_a_mail_from_domain_that_is_not_verified_has_its_own_error(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"mail_from_verified": False})
    assert refusal(practice.ses.send_email, **mail("a@example.com"))[0] == "MailFromDomainNotVerifiedException"


def test_configuration_sets_are_made_and_their_destinations_come_and_go(practice: PracticeServer) -> None:
    ses: Any = practice.ses
    name = {"ConfigurationSetName": "second"}
    ses.create_configuration_set(**name)
    assert refusal(ses.create_configuration_set, **name)[0] == "AlreadyExistsException"
    assert ses.get_configuration_set(**name)["SendingOptions"] == {"SendingEnabled": True}
    topic = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t"}
    destination = {"Enabled": True, "MatchingEventTypes": ["SEND", "BOUNCE"], "SnsDestination": topic}
    one = {**name, "EventDestinationName": "one"}
    ses.create_configuration_set_event_destination(**one, EventDestination=destination)
    again = {**one, "EventDestination": destination}
    assert refusal(ses.create_configuration_set_event_destination, **again)[0] == "AlreadyExistsException"
    (found,) = ses.get_configuration_set_event_destinations(**name)["EventDestinations"]
    assert (found["Name"], found["MatchingEventTypes"]) == ("one", ["SEND", "BOUNCE"])
    ses.update_configuration_set_event_destination(**one, EventDestination={**destination, "Enabled": False})
    assert ses.get_configuration_set_event_destinations(**name)["EventDestinations"][0]["Enabled"] is False
    ses.delete_configuration_set_event_destination(**one)
    assert refusal(ses.delete_configuration_set_event_destination, **one)[0] == "NotFoundException"
    assert refusal(ses.get_configuration_set, ConfigurationSetName="third")[:2] == ("NotFoundException", 404)


def test_the_set_that_is_there_from_the_start_asks_for_every_event(practice: PracticeServer) -> None:
    (found,) = practice.ses.get_configuration_set_event_destinations(ConfigurationSetName="dispatch")[
        "EventDestinations"
    ]
    assert {"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "OPEN", "CLICK", "REJECT"} <= set(found["MatchingEventTypes"])
    assert found["SnsDestination"]["TopicArn"].endswith(":dispatch-events")


def test_the_suppression_list_can_be_written_read_and_cleared(practice: PracticeServer) -> None:
    ses = practice.ses
    ses.put_suppressed_destination(EmailAddress="Ann+x@example.com", Reason="BOUNCE")
    ses.put_suppressed_destination(EmailAddress="bob@example.com", Reason="COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress="ann+X@example.com")["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"], found["LastUpdateTime"].year > 2020) == (
        "Ann+x@example.com",
        "BOUNCE",
        True,
    )
    bounced = ses.list_suppressed_destinations(Reasons=["BOUNCE"])["SuppressedDestinationSummaries"]
    assert [one["EmailAddress"] for one in bounced] == ["Ann+x@example.com"]
    page = ses.list_suppressed_destinations(PageSize=1)
    rest = ses.list_suppressed_destinations(PageSize=1, NextToken=page["NextToken"])
    assert rest["SuppressedDestinationSummaries"][0]["EmailAddress"] == "bob@example.com"
    assert "NextToken" not in rest
    ses.delete_suppressed_destination(EmailAddress="bob@example.com")
    assert refusal(ses.get_suppressed_destination, EmailAddress="bob@example.com")[:2] == ("NotFoundException", 404)
    assert refusal(ses.delete_suppressed_destination, EmailAddress="bob@example.com")[0] == "NotFoundException"


def test_unusable_values_for_the_account_change_nothing(practice: PracticeServer) -> None:
    before = practice.api("GET", "/api/account")
    for bad in ({"rate": 3}, {"max_per_second": 0}, {"max_per_second": "fast"}, {"enforcement": "FINE"}, ["x"]):
        assert practice.api("PUT", "/api/account", bad) == 400
    assert practice.api("GET", "/api/account") == before


def test_each_operation_that_carries_no_mail_is_answered_once_a_second(tmp_path: Path) -> None:
    with practice_server(tmp_path) as practice:
        practice.ses.get_account()
        assert refusal(practice.ses.get_account)[:2] == ("TooManyRequestsException", 429)
        practice.ses.get_email_identity(EmailIdentity="example.com")
        for _ in range(3):
            practice.ses.send_email(**mail("a@example.com"))
            practice.sqs.receive_message(QueueUrl=practice.queue_url)
        practice.api("PUT", "/api/account", {"calls_per_second": 0})
        for _ in range(3):
            practice.ses.get_account()


def test_every_operation_stands_where_botocores_model_has_it(practice: PracticeServer, tmp_path: Path) -> None:
    model = practice.ses.meta.service_model
    with closing(Practice(tmp_path, settings=PracticeSettings())) as server:
        for one in server.operations:
            http = model.operation_model(one.name).http
            assert (one.method, f"/v2/email/{one.path}") == (http["method"], http["requestUri"])
