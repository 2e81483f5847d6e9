"""Every address has its events, published in SES's shapes."""

import json
from collections import Counter
from typing import Any

import pytest

from dispatch.practice import behaviour
from dispatch.practice.settings import Crowd
from tests.fixtures_practice import PracticeServer, bulk, mail

PLANS = {
    "success@simulator.amazonses.com": ["Send", "Delivery"],
    "success+week47@simulator.amazonses.com": ["Send", "Delivery"],
    "bounce@simulator.amazonses.com": ["Send", "Bounce"],
    "bounce+label@simulator.amazonses.com": ["Send", "Bounce"],
    "ooto@simulator.amazonses.com": ["Send", "Delivery", "Bounce"],
    "complaint@simulator.amazonses.com": ["Send", "Delivery", "Complaint"],
    "suppressionlist@simulator.amazonses.com": ["Send", "Bounce"],
    "ann+bounce@example.com": ["Send", "Bounce"],
    "ann+softbounce@example.com": ["Send", "Bounce"],
    "ann+complaint@example.com": ["Send", "Delivery", "Complaint"],
    "ann+open@example.com": ["Send", "Delivery", "Open"],
    "ann+apple@example.com": ["Send", "Delivery", "Open"],
    "ann+gmail@example.com": ["Send", "Delivery", "Open"],
    "ann+click@example.com": ["Send", "Delivery", "Open", "Click"],
    "ann+scanner@example.com": ["Send", "Delivery", "Click", "Click"],
    "ann+reject@example.com": ["Send", "Reject"],
    "ann+delay@example.com": ["Send", "DeliveryDelay", "Delivery"],
    "ann+renderfail@example.com": ["Rendering Failure"],
    "ann+suppressed@example.com": ["Send", "Bounce"],
    "ann+silent@example.com": ["Send"],
    "ann+deliver@example.com": ["Send", "Delivery"],
}

SHAPES = {
    "Send": ("send", set()),
    "Delivery": (
        "delivery",
        {"timestamp", "processingTimeMillis", "recipients", "smtpResponse", "reportingMTA"},
    ),
    "Bounce": (
        "bounce",
        {"bounceType", "bounceSubType", "bouncedRecipients", "timestamp", "feedbackId", "reportingMTA"},
    ),
    "Complaint": (
        "complaint",
        {"complainedRecipients", "timestamp", "feedbackId", "userAgent", "complaintFeedbackType", "arrivalDate"},
    ),
    "Reject": ("reject", {"reason"}),
    "Open": ("open", {"ipAddress", "timestamp", "userAgent", "isBotEvent"}),
    "Click": ("click", {"ipAddress", "timestamp", "userAgent", "isBotEvent", "link", "linkTags"}),
    "Rendering Failure": ("failure", {"errorMessage", "templateName"}),
    "DeliveryDelay": ("deliveryDelay", {"timestamp", "delayType", "expirationTime", "delayedRecipients"}),
}


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event["eventType"] for event in events)


@pytest.mark.parametrize("address", PLANS)
def test_an_address_alone_decides_what_becomes_of_its_mail(practice: PracticeServer, address: str) -> None:
    practice.ses.send_email(**mail(address))
    wanted = PLANS[address]
    assert kinds(practice.events(len(wanted))) == sorted(wanted)


def test_a_crowd_does_what_its_addresses_say_and_always_the_same(practice: PracticeServer) -> None:
    people = [f"reader{place}@example.com" for place in range(50)]
    seen = []
    for _ in range(2):
        practice.ses.send_bulk_email(**bulk(people))
        events = practice.events(100)
        seen.append(Counter((event["mail"]["destination"][0], event["eventType"]) for event in events))
    assert seen[0] == seen[1]
    assert sum(count for (_, kind), count in seen[0].items() if kind == "Send") == 50


def test_most_of_a_crowd_gets_its_mail_and_nobody_has_a_hard_bounce() -> None:
    plans = [behaviour.plan(f"reader{place}@example.com", Crowd()) for place in range(4000)]
    counts = Counter(kind for plan in plans for kind in {one.kind for one in plan})
    assert counts["Send"] == 4000
    assert 0.42 < counts["Open"] / 4000 < 0.48
    assert (
        0.09
        < sum(any(one.kind == "Open" for one in plan) and any(one.kind == "Click" for one in plan) for plan in plans)
        / 4000
        < 0.15
    )
    bounces = [one.detail["type"] for plan in plans for one in plan if one.kind == "Bounce"]
    assert set(bounces) == {"Transient"}
    assert 0.005 < len(bounces) / 4000 < 0.02
    assert counts["Complaint"] == 0


def test_a_crowd_bounces_and_complains_when_its_settings_say_so() -> None:
    rough = Crowd(hard_bounces=0.5, complaints=0.2)
    plans = [behaviour.plan(f"reader{place}@example.com", rough) for place in range(1000)]
    bounced = sum(any(one.kind == "Bounce" and one.detail["type"] == "Permanent" for one in plan) for plan in plans)
    complained = sum(any(one.kind == "Complaint" for one in plan) for plan in plans)
    assert 430 < bounced < 570
    assert 150 < complained < 250


def test_events_have_the_shape_of_amazons(practice: PracticeServer) -> None:
    labels = ("complaint", "click", "bounce", "reject", "delay", "renderfail")
    for label in labels:
        practice.ses.send_email(**mail(f"ann+{label}@example.com"))
    events = {event["eventType"]: event for event in practice.events(15)}
    assert set(events) == set(SHAPES)
    for kind, event in events.items():
        name, keys = SHAPES[kind]
        assert set(event) == {"eventType", "mail", name}
        assert set(event[name]) == keys, kind
        assert event["mail"]["tags"]["campaign"] == ["c1"]
        assert event["mail"]["tags"]["ses:configuration-set"] == ["dispatch"]
        assert event["mail"]["messageId"] in {one["message_id"] for one in practice.messages()}
        assert ("headers" in event["mail"]) == (kind not in ("Rendering Failure", "DeliveryDelay"))


def test_a_notification_is_an_sns_envelope_with_the_event_as_text(practice: PracticeServer) -> None:
    practice.ses.send_email(**mail("ann+silent@example.com"))
    notification = json.loads(practice.notifications(1)[0])
    assert notification["Type"] == "Notification"
    assert notification["Subject"] == "Amazon SES Email Event Notification"
    assert notification["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:dispatch-events"
    assert isinstance(notification["Message"], str)
    keys = {"MessageId", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"}
    assert keys <= set(notification)


def test_a_click_follows_a_link_of_the_mail_and_none_that_is_not_tracked(practice: PracticeServer) -> None:
    html = '<a ses:no-track href="https://example.com/u/1">out</a> <a href="https://example.com/p?a=1&amp;b=2">in</a>'
    simple = {"Simple": {"Subject": {"Data": "S"}, "Body": {"Html": {"Data": html}}}}
    practice.ses.send_email(**mail("ann+click@example.com", Content=simple))
    clicks = [event["click"]["link"] for event in practice.events(4) if event["eventType"] == "Click"]
    assert clicks == ["https://example.com/p?a=1&b=2"]


def test_a_mail_without_html_is_neither_opened_nor_clicked(practice: PracticeServer) -> None:
    simple = {"Simple": {"Subject": {"Data": "S"}, "Body": {"Text": {"Data": "T"}}}}
    practice.ses.send_email(**mail("ann+click@example.com", Content=simple))
    assert kinds(practice.events(2)) == ["Delivery", "Send"]


def test_without_a_configuration_set_nothing_is_published(practice: PracticeServer) -> None:
    silent = mail("ann+click@example.com")
    del silent["ConfigurationSetName"]
    practice.ses.send_email(**silent)
    practice.ses.send_email(**mail("bob+silent@example.com"))
    assert [event["mail"]["destination"] for event in practice.events(1)] == [["bob+silent@example.com"]]


def test_a_destination_gets_only_the_types_that_it_asks_for(practice: PracticeServer) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:only-bounces"
    practice.sqs.create_queue(QueueName="only-bounces")
    practice.ses.create_configuration_set(ConfigurationSetName="narrow")
    destination: Any = {"Enabled": True, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {"TopicArn": topic}}
    practice.ses.create_configuration_set_event_destination(
        ConfigurationSetName="narrow", EventDestinationName="one", EventDestination=destination
    )
    practice.ses.send_email(**mail("ann+bounce@example.com", ConfigurationSetName="narrow"))
    url = practice.sqs.get_queue_url(QueueName="only-bounces")["QueueUrl"]
    got = practice.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)["Messages"]
    assert [json.loads(json.loads(one["Body"])["Message"])["eventType"] for one in got] == ["Bounce"]
    again = practice.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert "Messages" not in again


def test_a_name_that_the_data_lack_is_accepted_and_then_a_rendering_failure(practice: PracticeServer) -> None:
    content = {"Subject": "S", "Html": "<p>{{name}} {{surname}}</p>"}
    practice.ses.send_bulk_email(
        **bulk(["ann@example.com"], DefaultContent={"Template": {"TemplateContent": content, "TemplateData": "{}"}})
    )
    (event,) = practice.events(1)
    assert event["failure"]["errorMessage"] == "Attribute 'surname' is not present in the rendering data."
    assert len(practice.messages()) == 1


def test_an_address_on_the_accounts_list_is_accepted_and_then_bounces_by_the_list(practice: PracticeServer) -> None:
    practice.ses.put_suppressed_destination(EmailAddress="Ann@example.com", Reason="BOUNCE")
    practice.ses.put_suppressed_destination(EmailAddress="bob@example.com", Reason="COMPLAINT")
    practice.ses.send_bulk_email(**bulk(["ann@example.com", "bob@example.com"]))
    events = {event["eventType"]: event for event in practice.events(4)}
    assert events["Bounce"]["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert events["Complaint"]["complaint"]["complaintSubType"] == "OnAccountSuppressionList"


def test_hard_bounces_and_complaints_put_their_address_on_the_accounts_list(practice: PracticeServer) -> None:
    people = ["a+bounce@example.com", "b+complaint@example.com", "c+softbounce@example.com"]
    practice.ses.send_bulk_email(**bulk([*people, "bounce@simulator.amazonses.com"]))
    found = practice.ses.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    assert {one["EmailAddress"]: one["Reason"] for one in found} == {people[0]: "BOUNCE", people[1]: "COMPLAINT"}
    practice.api("PUT", "/api/account", {"suppressed_reasons": []})
    practice.api("DELETE", "/api/messages")
    practice.ses.send_email(**mail(people[0]))
    bounce = next(event["bounce"] for event in practice.events(2) if event["eventType"] == "Bounce")
    assert bounce["bounceSubType"] == "General"
