"""Every published example of a notification becomes exactly the Events in it, and no other body does harm."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.aws.notifications import read_body
from dispatch.errors import NotificationError
from dispatch.model.delivery import EventKind
from dispatch.model.event import Event, Reader
from dispatch.model.member import SuppressionReason

FOLDER = Path(__file__).parents[1] / "fixtures" / "ses"
K, R, S = EventKind, Reader, SuppressionReason
HUMAN = "no sign of a machine"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_3 like Mac OS X) AppleWebKit/603.3.8 (KHTML, like Gecko) Mobile/14G60"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
LINK = "https://example.com/p/17?utm_source=weekly"
LIKELY = "the provider says it is likely a bot"

#: file -> (the message's number, kind, moment of that day, reader, rule, suppression, detail)
EXPECTED: dict[str, tuple[int, EventKind, str, Reader | None, str, SuppressionReason | None, dict[str, str]]] = {
    "01-send": (1, K.SENT, "05:02:16.645", None, "", None, {}),
    "02-delivery": (2, K.DELIVERED, "23:21:04.133", None, "", None, {}),
    "03-bounce-permanent-general": (
        3, K.BOUNCED, "00:41:02.669", None, "Permanent/General", S.BOUNCED, {"status": "5.1.1"},
    ),
    "04-bounce-permanent-noemail": (
        4, K.BOUNCED, "00:41:02.669", None, "Permanent/NoEmail", S.BOUNCED, {"status": "5.1.1"},
    ),
    "05-bounce-permanent-onaccountsuppressionlist": (
        5, K.BOUNCED, "00:41:02.669", None, "Permanent/OnAccountSuppressionList", S.PROVIDER, {"status": "5.1.1"},
    ),
    "06-bounce-permanent-suppressed": (
        6, K.BOUNCED, "00:41:02.669", None, "Permanent/Suppressed", S.BOUNCED, {"status": "5.1.1"},
    ),
    "07-bounce-transient-mailboxfull": (
        7, K.SOFT_BOUNCED, "00:41:02.669", None, "Transient/MailboxFull", None, {"status": "4.2.2"},
    ),
    "08-bounce-transient-general-no-dsn": (
        8, K.SOFT_BOUNCED, "00:41:02.669", None, "Transient/General", None, {},
    ),
    "09-bounce-undetermined": (9, K.SOFT_BOUNCED, "00:41:02.669", None, "Undetermined/Undetermined", None, {}),
    "10-bounce-permanent-emailvalidationsuppressed": (
        10, K.BOUNCED, "00:41:02.669", None, "Permanent/EmailValidationSuppressed", S.PROVIDER, {},
    ),
    "11-complaint-abuse": (11, K.COMPLAINED, "00:41:02.669", None, "abuse", S.COMPLAINED, {}),
    "12-complaint-onaccountsuppressionlist": (
        12, K.BOUNCED, "00:41:02.669", None, "Complaint/OnAccountSuppressionList", S.PROVIDER, {},
    ),
    "13-complaint-not-spam": (13, K.DELIVERED, "00:41:02.669", None, "not-spam", None, {}),
    "14-reject": (14, K.REJECTED, "17:38:15.211", None, "Bad content", None, {}),
    "15-open-human-iphone": (15, K.OPENED, "22:00:19.652", R.HUMAN, HUMAN, None, {"user agent": IPHONE}),
    "16-open-apple-mpp": (16, K.OPENED, "22:00:19.652", R.MACHINE, LIKELY, None, {"user agent": "Mozilla/5.0"}),
    "17-open-gmail-image-proxy": (
        17, K.OPENED, "19:10:59.633", R.PROXY, "picture proxy of a mail provider", None,
        {"user agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"},
    ),
    "18-open-without-isbotevent": (18, K.OPENED, "22:00:19.652", R.HUMAN, HUMAN, None, {"user agent": IPHONE}),
    "19-click-human": (
        19, K.CLICKED, "23:51:25.570", R.HUMAN, HUMAN, None,
        {"user agent": WINDOWS.format("60.0.3112.90"), "link": LINK},
    ),
    "20-click-security-scanner": (
        20, K.CLICKED, "10:00:04.120", R.MACHINE, LIKELY, None,
        {"user agent": WINDOWS.format("120.0.0.0"), "link": LINK},
    ),
    "21-rendering-failure": (
        21, K.REJECTED, "18:43:06.197", None, "rendering failure", None,
        {"words": "Attribute 'attributeName' is not present in the rendering data."},
    ),
    "22-delivery-delay": (22, K.DELAYED, "00:25:40.095", None, "TransientCommunicationFailure", None, {}),
    "25-bounce-multi-recipient": (
        24, K.BOUNCED, "00:41:02.669", None, "Permanent/General", S.BOUNCED, {"status": "5.1.1"},
    ),
    "26-delivery-unknown-fields": (25, K.DELIVERED, "23:21:04.133", None, "", None, {}),
    "30-sns-envelope-notification": (2, K.DELIVERED, "23:21:04.133", None, "", None, {}),
    "33-eventbridge-email-delivered": (2, K.DELIVERED, "23:21:04.133", None, "", None, {}),
}  # fmt: skip
#: what tells nothing about a Delivery: subscriptions of contact lists, untagged feedback, SNS's and SES's own talk
SAYS_NOTHING = {
    "23-subscription",
    "24-identity-feedback-bounce-notificationtype",
    "31-sns-subscription-confirmation",
    "32-sns-ses-validation-plaintext",
}
FILES = sorted(file.stem for file in FOLDER.glob("*.json"))


def body(name: str) -> str:
    """A fixture with the tag named as dispatch names it."""
    text = (FOLDER / f"{name}.json").read_text()
    return text.replace('"send": [', '"delivery": [').replace('\\"send\\": [', '\\"delivery\\": [')


def document(name: str, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body(name))
    return {**found, **changes}


def read_one(what: object, received_at: datetime | None = None) -> Event:
    (found,) = read_body(what if isinstance(what, str) else json.dumps(what), received_at)
    return found


def test_every_fixture_is_expected_here() -> None:
    assert set(FILES) == EXPECTED.keys() | SAYS_NOTHING


@pytest.mark.parametrize("name", EXPECTED)
def test_a_notification_becomes_exactly_its_event(name: str) -> None:
    number, kind, moment, reader, rule, suppress, detail = EXPECTED[name]
    found = read_one(body(name))
    assert found == Event(
        delivery_id=found.delivery_id,
        kind=kind,
        at=datetime.fromisoformat(f"2026-11-24T{moment}+00:00"),
        reader=reader,
        rule=rule,
        detail=detail,
        fingerprint=found.fingerprint,
        suppress=suppress,
    )
    assert found.delivery_id == f"01JDA7Q3ZK{number:016d}"
    assert len(found.fingerprint) == 64


@pytest.mark.parametrize("name", sorted(SAYS_NOTHING))
def test_what_tells_nothing_about_a_delivery_gives_no_event(name: str) -> None:
    assert read_body(body(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_no_address_gets_into_an_event(name: str) -> None:
    for event in read_body(body(name)):
        assert "@" not in json.dumps([event.rule, dict(event.detail)])


def test_the_same_fact_has_the_same_fingerprint_in_every_envelope() -> None:
    envelopes = ("02-delivery", "30-sns-envelope-notification", "33-eventbridge-email-delivered")
    assert len({read_one(body(name)).fingerprint for name in envelopes}) == 1


def test_different_facts_have_different_fingerprints() -> None:
    alike = ("02-delivery", "30-sns-envelope-notification", "33-eventbridge-email-delivered")
    different = [name for name in EXPECTED if name not in alike[1:]]
    assert len({read_one(body(name)).fingerprint for name in different}) == len(different)
    click = document("19-click-human")
    other = document("19-click-human", click={**click["click"], "link": "https://example.com/other"})
    assert read_one(click).fingerprint != read_one(other).fingerprint


def test_plain_text_of_a_new_destination_says_nothing_without_an_envelope_too() -> None:
    assert read_body("Successfully validated SNS topic for Amazon SES event publishing.\n") == []


def test_a_tag_of_another_name_is_not_ours() -> None:
    text = (FOLDER / "02-delivery.json").read_text()
    assert read_body(text) == []


def enveloped(document: dict[str, Any], **more: Any) -> str:
    envelope = {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:1:t"}
    return json.dumps({**envelope, "Timestamp": ENVELOPE_AT.isoformat(), "Message": json.dumps(document), **more})


ENVELOPE_AT = datetime(2026, 11, 24, 23, 30, 0, tzinfo=UTC)
RECEIVED_AT = datetime(2026, 11, 24, 23, 31, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "kind",
    [
        {
            "notificationType": "AmazonSnsSubscriptionSucceeded",
            "message": "You have successfully subscribed your Amazon SNS topic to receive 'Bounce' notifications.",
        },
        {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe.", "SubscribeURL": "https://x"},
        {"Type": "UnsubscribeConfirmation", "Message": "You have chosen to unsubscribe."},
    ],
)
def test_what_sns_says_of_its_own_is_about_no_delivery(kind: dict[str, str]) -> None:
    assert read_body(json.dumps(kind)) == []
    assert read_body(enveloped(kind)) == []


MOMENTS = [None, "", "yesterday", 17, ["x"], "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
ABSURD = [*MOMENTS, "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "2031-01-01T00:00:00Z"]


@pytest.mark.parametrize("moment", ABSURD)
def test_an_event_without_a_moment_that_can_be_true_has_that_of_its_envelope(moment: object) -> None:
    bad = document("02-delivery", delivery={"timestamp": moment})
    bad["mail"]["timestamp"] = moment
    (event,) = read_body(enveloped(bad), RECEIVED_AT)
    assert (event.kind, event.at) == (K.DELIVERED, ENVELOPE_AT)
    assert read_body(enveloped(bad)) == [event]


@pytest.mark.parametrize("moment", ABSURD)
def test_an_event_without_any_moment_has_that_of_its_receipt(moment: object) -> None:
    bad = document("02-delivery", delivery={"timestamp": moment})
    bad["mail"]["timestamp"] = moment
    (event,) = read_body(json.dumps(bad), RECEIVED_AT)
    assert event.at == RECEIVED_AT
    (event,) = read_body(enveloped(bad, Timestamp=moment), RECEIVED_AT)
    assert event.at == RECEIVED_AT


def test_the_same_fact_without_a_moment_is_the_same_fact_whenever_it_is_received() -> None:
    bad = document("02-delivery", delivery={})
    bad["mail"]["timestamp"] = None
    later = RECEIVED_AT.replace(hour=23, minute=45)
    assert read_one(bad, RECEIVED_AT).fingerprint == read_one(bad, later).fingerprint


def test_a_moment_a_little_ahead_of_the_clock_is_kept() -> None:
    event = document("02-delivery", delivery={"timestamp": "2026-11-24T23:59:00Z"})
    assert read_one(event, RECEIVED_AT).at == datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    event = document("02-delivery", delivery={"timestamp": "2026-11-25T01:21:04.133+02:00"})
    assert read_one(event).at == datetime(2026, 11, 24, 23, 21, 4, 133000, UTC)
    event = document("02-delivery", delivery={"timestamp": "2026-11-24T23:21:04"})
    assert read_one(event).at == datetime(2026, 11, 24, 23, 21, 4, tzinfo=UTC)


def test_an_object_that_is_missing_leaves_the_moment_of_the_acceptance() -> None:
    found = read_one(document("02-delivery", delivery=None))
    assert (found.kind, found.at.hour) == (K.DELIVERED, 23)


@pytest.mark.parametrize(
    ("name", "about", "said"),
    [
        ("03-bounce-permanent-general", {"bounceSubType": "No <ann@example.org>"}, "Permanent/No <…>"),
        ("14-reject", {"reason": "Bad mail to ann@example.org"}, "Bad mail to …"),
        ("11-complaint-abuse", {"complaintFeedbackType": "ann@example.org"}, "…"),
    ],
)
def test_an_address_among_the_providers_words_is_left_out(name: str, about: dict[str, str], said: str) -> None:
    whole = document(name)
    (key,) = whole.keys() & {"bounce", "reject", "complaint"}
    assert read_one({**whole, key: {**whole[key], **about}}).rule == said


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://example.com/form?to=ann@example.org&x=1", "https://example.com/form?to=…&x=1"),
        ("https://example.com/form?to=ann.b+c%40example.org", "https://example.com/form?to=…"),
        ("https://example.com/@someone/page", "https://example.com/@someone/page"),
    ],
)
def test_a_link_is_kept_without_an_address_in_it(link: str, kept: str) -> None:
    click = document("19-click-human")
    assert read_one({**click, "click": {**click["click"], "link": link}}).detail["link"] == kept


def test_a_huge_notification_leaves_a_small_event() -> None:
    failure = document("21-rendering-failure", failure={"errorMessage": "x" * 5_000_000})
    assert len(read_one(failure).detail["words"]) == 500
    assert len(read_one(document("14-reject", reject={"reason": "y" * 1_000_000})).rule) == 200


GARBAGE = {
    "nothing": "",
    "words": "Hello.",
    "half a document": '{"eventType": "Send", "mail": {',
    "a list": "[1, 2]",
    "a number": "17",
    "null": "null",
    "a JSON object of something else": '{"hello": "world"}',
    "deep": "[" * 200_000,
    "deep inside": '{"Type": "Notification", "Message": ' + "[" * 100_000 + "}",
    "an envelope of words": '{"Type": "Notification", "Message": "Hello."}',
    "an envelope of nothing": '{"Type": "Notification", "Message": null}',
    "a huge number": '{"eventType": "Send", "mail": ' + "9" * 10_000 + "}",
    "an unknown type": json.dumps({**json.loads(body("02-delivery")), "eventType": "Teleported"}),
    "no type": json.dumps({**json.loads(body("02-delivery")), "eventType": None}),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_as_a_notification(name: str) -> None:
    with pytest.raises(NotificationError) as caught:
        read_body(GARBAGE[name])
    assert len(caught.value.lines()) == 2
    assert "kept" in caught.value.todo


@pytest.mark.parametrize("moment", ["yesterday", "ann@example.org", "0001-01-01T00:00:00+14:00", 17, ["x"], ""])
def test_a_moment_that_is_none_is_refused_without_repeating_it(moment: object) -> None:
    bad = document("02-delivery", delivery={"timestamp": moment})
    bad["mail"]["timestamp"] = moment
    with pytest.raises(NotificationError) as caught:
        read_one(bad)
    assert "ann@" not in caught.value.what


@pytest.mark.parametrize("tag", ["a\0b", "a b", "\ud800", "x" * 257, "ann@example.org", 17, None, {"a": 1}])
def test_a_tag_that_no_tag_can_be_is_refused(tag: object) -> None:
    bad = document("02-delivery")
    bad["mail"]["tags"]["delivery"] = [tag]
    with pytest.raises(NotificationError):
        read_one(bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("eventType", "mail", "bounce", "delivery", "complaint", "open", "click", "Type", "Message", "detail", "source")


@given(st.sampled_from(FILES), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4), JSON)
def test_any_change_to_any_notification_gives_events_or_a_refusal(
    name: str, changes: dict[str, Any], tags: object
) -> None:
    changed = {**json.loads(body(name)), **changes}
    if isinstance(changed.get("mail"), dict):
        changed["mail"] = {**changed["mail"], "tags": tags}
    try:
        found = read_body(json.dumps(changed))
    except NotificationError:
        return
    assert all(isinstance(event, Event) for event in found)


@given(st.text())
def test_any_text_gives_events_or_a_refusal(text: str) -> None:
    with suppress(NotificationError):
        assert read_body(text) == []
