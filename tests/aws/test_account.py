"""What an SES account grants and knows, asked of the practice server by real boto3, once a second as Amazon has it."""

import threading
from pathlib import Path

import pytest

from dispatch.aws import account
from dispatch.aws.client import OneASecond
from dispatch.aws.mailer import SesMailer
from dispatch.errors import ProviderError
from dispatch.model.message import Account
from tests.fixtures_practice import PracticeServer, practice_server

TOPIC = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:dispatch-events"}
SENDERS = ["The Center <news@example.org>", "The Coalition <news@example.org>", "Krištof <desk@sub.example.org>"]


def mailer(configuration_set: str = "dispatch") -> SesMailer:
    return SesMailer(region="us-east-1", configuration_set=configuration_set, timeout_seconds=10)


def asked(practice: PracticeServer) -> int:
    """How often the fault in force has struck."""
    return sum(rule["applied"] for rule in practice.api("GET", "/api/faults")["rules"])


# --- what is granted ----------------------------------------------------------------------------------------------


def test_the_account_has_what_is_granted(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"max_per_second": 200, "max_per_day": 1000})
    found = mailer().account()
    assert (found.max_per_second, found.max_per_day, found.sent_last_day) == (200, 1000, 0)
    assert (found.left_today, found.name, found.stopped, found.is_sandbox) == (1000, "ses/us-east-1", "", False)


def test_the_account_is_asked_once_for_all_who_want_it_within_a_minute(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice.faults({"on": "GetAccount", "fault": "slow", "seconds": 0.01})
    shared, found = mailer(), list[Account]()
    threads = [threading.Thread(target=lambda: found.append(shared.account())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), asked(practice)) == (8, 1, 1)
    monkeypatch.setattr(account, "REMEMBERED_SECONDS", 0.0)
    shared.account()
    assert asked(practice) == 2


def test_an_account_that_could_not_be_read_is_asked_again(practice: PracticeServer) -> None:
    shared = mailer()
    practice.faults({"on": "GetAccount", "fault": "refuse", "code": "AccessDeniedException", "status": 403})
    with pytest.raises(ProviderError, match="limits failed"):
        shared.account()
    practice.faults()
    practice.api("DELETE", "/api/faults")
    assert shared.account().max_per_second > 0


@pytest.mark.parametrize(("headers", "seconds"), [({}, 300), ({"x-practice-signature-seconds": "7"}, 7)])
def test_a_signature_is_accepted_for_five_minutes_unless_the_server_says_otherwise(
    headers: dict[str, str], seconds: int
) -> None:
    assert account.signature_seconds(headers) == seconds


def test_the_least_grace_is_what_the_practice_server_says(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"signature_seconds": 20})
    assert mailer().account().least_grace_seconds == 20


def test_the_least_grace_is_five_minutes_where_no_header_says_anything(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice.api("PUT", "/api/account", {"signature_seconds": 20})
    # As with Amazon, whose answers have no such header.
    monkeypatch.setattr(account, "SIGNATURE_HEADER", "x-absent")
    assert mailer().account().least_grace_seconds == 300


# --- one call a second --------------------------------------------------------------------------------------------


def test_calls_of_one_kind_are_a_second_apart_and_of_different_kinds_are_not() -> None:
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    pace = OneASecond(clock=lambda: now[0], sleep=sleep)
    for kind in ("a", "b", "a", "a", "b"):
        pace.wait(kind)
    assert slept == [1.05, 1.05]
    now[0] += 7
    pace.wait("a")
    assert slept == [1.05, 1.05]


def test_every_question_is_answered_by_an_account_that_answers_once_a_second(
    tmp_path: Path, practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with practice_server(tmp_path, verified=["sub.example.org", "example.org"], calls_per_second=1) as strict:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", strict.url)
        monkeypatch.setattr(OneASecond, "SECONDS", 1.05)
        # Another process asked a moment ago: boto3 asks again, and no sooner than a second after.
        strict.ses.get_account()
        by = mailer()
        assert by.account().max_per_second > 0
        assert by.unverified([*SENDERS, "Stranger <a@example.com>"]) == ["Stranger <a@example.com>"]
        assert by.missing_event_types() == []


# --- senders ------------------------------------------------------------------------------------------------------


def test_senders_of_one_verified_domain_are_one_question(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"verified": ["example.org"]})
    practice.faults({"on": "GetEmailIdentity", "fault": "slow", "seconds": 0.01})
    assert mailer().unverified(SENDERS[:2]) == []
    assert asked(practice) == 1


def test_a_sender_is_verified_by_its_address_its_domain_or_a_domain_above(practice: PracticeServer) -> None:
    practice.api("PUT", "/api/account", {"verified": ["example.org", "one@example.net"]})
    assert mailer().unverified([SENDERS[2], "One <one@example.net>", "Two <two@example.net>"]) == [
        "Two <two@example.net>"
    ]


# --- events -------------------------------------------------------------------------------------------------------


def missing(name: str) -> list[str]:
    return [err.what for err in mailer(name).missing_event_types()]


def destination(practice: PracticeServer, to: str, name: str, *kinds: str, enabled: bool = True) -> None:
    practice.ses.create_configuration_set_event_destination(
        ConfigurationSetName=to,
        EventDestinationName=name,
        EventDestination={"Enabled": enabled, "MatchingEventTypes": kinds, "SnsDestination": TOPIC},  # type: ignore[typeddict-item]  # kinds are words here
    )


def test_a_set_whose_destination_publishes_everything_is_well(practice: PracticeServer) -> None:
    assert missing("dispatch") == []


def test_a_set_that_is_not_there_is_named(practice: PracticeServer) -> None:
    (err,) = mailer("elsewhere").missing_event_types()
    assert err.what == "Amazon SES does not know the configuration set."
    assert "'elsewhere'" in err.where
    assert err.todo


def test_a_set_without_an_enabled_destination_is_named(practice: PracticeServer) -> None:
    practice.ses.create_configuration_set(ConfigurationSetName="own")
    assert missing("own") == ["No event destination is enabled: no event would arrive."]
    destination(practice, "own", "off", *account.NEEDED, enabled=False)
    assert missing("own") == ["No event destination is enabled: no event would arrive."]


def test_kinds_that_nobody_would_publish_are_named_and_two_destinations_count_together(
    practice: PracticeServer,
) -> None:
    practice.ses.create_configuration_set(ConfigurationSetName="two-of-them")
    destination(practice, "two-of-them", "one", "SEND", "BOUNCE", "OPEN")
    assert missing("two-of-them") == ["Amazon SES would not publish these events: REJECT, DELIVERY, COMPLAINT."]
    destination(practice, "two-of-them", "two", "REJECT", "DELIVERY", "COMPLAINT")
    assert missing("two-of-them") == []


def test_where_ses_cannot_be_asked_that_is_an_error(practice: PracticeServer) -> None:
    rule = {"on": "GetConfigurationSetEventDestinations", "fault": "refuse", "code": "AccessDeniedException"}
    practice.api("POST", "/api/faults", [{**rule, "status": 403}])
    with pytest.raises(ProviderError, match="Asking SES where its events go failed: AccessDeniedException"):
        mailer().missing_event_types()
