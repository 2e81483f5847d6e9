"""Whether SES tells what becomes of mail, asked of the practice server by real boto3."""

import pytest

from dispatch.aws.destinations import NEEDED
from dispatch.aws.mailer import SesMailer
from dispatch.errors import ProviderError
from tests.fixtures_practice import PracticeServer

TOPIC = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:dispatch-events"}


def missing_event_types(name: str) -> list[ProviderError]:
    return SesMailer(region="us-east-1", configuration_set=name, timeout_seconds=10).missing_event_types()


def said(name: str) -> list[str]:
    return [err.what for err in missing_event_types(name)]


def destination(practice: PracticeServer, to: str, name: str, *kinds: str, enabled: bool = True) -> None:
    practice.ses.create_configuration_set_event_destination(
        ConfigurationSetName=to,
        EventDestinationName=name,
        EventDestination={"Enabled": enabled, "MatchingEventTypes": kinds, "SnsDestination": TOPIC},  # type: ignore[typeddict-item]  # kinds are words here
    )


def test_a_set_whose_destination_tells_everything_is_well(practice: PracticeServer) -> None:
    assert said("dispatch") == []


def test_a_set_that_is_not_there_is_named(practice: PracticeServer) -> None:
    (err,) = missing_event_types("elsewhere")
    assert err.what == "Amazon SES does not know the configuration set."
    assert "'elsewhere'" in err.where
    assert err.todo


def test_a_set_without_an_enabled_destination_is_named(practice: PracticeServer) -> None:
    practice.ses.create_configuration_set(ConfigurationSetName="own")
    assert said("own") == ["No event destination is enabled: nothing would be known."]
    destination(practice, "own", "off", *NEEDED, enabled=False)
    assert said("own") == ["No event destination is enabled: nothing would be known."]


def test_kinds_that_nobody_would_tell_are_named_and_two_destinations_count_together(practice: PracticeServer) -> None:
    practice.ses.create_configuration_set(ConfigurationSetName="two-of-them")
    destination(practice, "two-of-them", "one", "SEND", "BOUNCE", "OPEN")
    assert said("two-of-them") == ["Amazon SES would not tell these events: REJECT, DELIVERY, COMPLAINT."]
    destination(practice, "two-of-them", "two", "REJECT", "DELIVERY", "COMPLAINT")
    assert said("two-of-them") == []


def test_where_ses_cannot_be_asked_that_is_an_error(practice: PracticeServer) -> None:
    rule = {"on": "GetConfigurationSetEventDestinations", "fault": "refuse", "code": "AccessDeniedException"}
    practice.api("POST", "/api/faults", [{**rule, "status": 403}])
    with pytest.raises(ProviderError, match="Asking SES where its events go failed: AccessDeniedException"):
        missing_event_types("dispatch")
