"""Read what SES publishes (in an SNS envelope, in an EventBridge one, or bare) into Events.

Source: "Contents of event data that Amazon SES publishes to Amazon SNS", SES developer guide (awsdocs commit 444a4c5,
2023-05-19), and the announcement of isBotEvent (2026-08-07). Unknown fields are ignored, as the guide asks.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dispatch.errors import NotificationError
from dispatch.model.bot_detection import judge
from dispatch.model.delivery import DeliveryId, EventKind
from dispatch.model.event import Event
from dispatch.model.mailbox import without_addresses
from dispatch.model.member import SuppressionReason

_TODO = "It is kept. If more such notifications come, show one to the person who looks after dispatch."
#: eventType -> the object that carries it; not just the lower-case name
_OBJECTS = {
    "Send": "send",
    "Delivery": "delivery",
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Reject": "reject",
    "Open": "open",
    "Click": "click",
    "Rendering Failure": "failure",
    "DeliveryDelay": "deliveryDelay",
}
#: EventBridge's detail-type -> eventType
_BRIDGE = {
    "Email Sent": "Send",
    "Email Delivered": "Delivery",
    "Email Bounced": "Bounce",
    "Email Complaint Received": "Complaint",
    "Email Rejected": "Reject",
    "Email Opened": "Open",
    "Email Clicked": "Click",
    "Email Rendering Failed": "Rendering Failure",
    "Email Delivery Delayed": "DeliveryDelay",
    "Email Subscribed": "Subscription",
}
#: bounces of mail that SES never tried: on a suppression list of the account
_NEVER_TRIED = {
    "OnAccountSuppressionList",
    "OnTenantSuppressionList",
    "EmailValidationSuppressed",
    "UnsubscribedRecipient",
}
#: what SES publishes, as plain text, when an event destination is made
_VALIDATION = "Successfully validated SNS topic"
#: envelopes of SNS that carry no message of SES's
_SNS_OWN = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
#: the beginning of types that are about a topic, not about mail, such as AmazonSnsSubscriptionSucceeded
_OF_TOPICS = "AmazonSns"
#: no event is older than SES (announced on 2011-01-25)
_EARLIEST = datetime(2011, 1, 25, tzinfo=UTC)
#: no event is further ahead of its notification than clocks go wrong
_AHEAD = timedelta(days=1)
_DETAIL_CHARS = 500
_RULE_CHARS = 200
#: the syntax of a tag's value (SES API v2, MessageTag); nothing else can be ours, nor looked up safely
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


def read_body(body: str, told_at: datetime | None = None) -> list[Event]:
    """Return the Events of one body as it came from the queue; none for what is about no Delivery.

    `told_at`, the moment of the receipt, dates an event that has no moment of its own, or none that can be true. Raise
    NotificationError for a body that cannot be understood.
    """
    if body.strip().startswith(_VALIDATION):
        return []
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise NotificationError("The body is not JSON.", todo=_TODO) from err
    try:
        return _read(document, told_at)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError, RecursionError) as err:
        # Not the error's own words: they may quote an address.
        name = f": {err}" if isinstance(err, KeyError) else ""
        raise NotificationError(
            f"The event lacks what it should have ({type(err).__name__}{name}).", todo=_TODO
        ) from err


def _read(document: Any, told_at: datetime | None) -> list[Event]:
    if not isinstance(document, dict):
        raise NotificationError("The body is not a JSON object.", todo=_TODO)
    if document.get("Type") == "Notification" and "Message" in document:
        return read_body(str(document["Message"]), _moment(document.get("Timestamp"), told_at) or told_at)
    if document.get("Type") in _SNS_OWN:
        return []
    if document.get("source") == "aws.ses" and "detail" in document:
        told_at = _moment(document.get("time"), told_at) or told_at
        return _event(_BRIDGE.get(str(document.get("detail-type")), ""), document["detail"], told_at)
    return _event(str(document.get("eventType") or document.get("notificationType") or ""), document, told_at)


def _event(event_type: str, document: Mapping[str, Any], told_at: datetime | None) -> list[Event]:
    if event_type.startswith(_OF_TOPICS):
        return []
    mail = document["mail"]
    delivery_id = _tag(mail, "delivery")
    if delivery_id is None:
        # Identity feedback and other senders' mail carry no tag of ours.
        return []
    if event_type == "Subscription":
        return []
    if event_type not in _OBJECTS:
        raise NotificationError(f"dispatch does not know events of type {event_type[:60]!r}.", todo=_TODO)
    about = document.get(_OBJECTS[event_type]) or {}
    own = _moment(about.get("timestamp"), told_at) or _moment(mail.get("timestamp"), told_at)
    at = own or told_at
    if at is None:
        raise NotificationError("The event does not say when it was.", todo=_TODO)
    kind, rule, suppress, detail = _meaning(event_type, about)
    reader = None
    if kind in (EventKind.OPENED, EventKind.CLICKED):
        reader, rule = judge(str(about.get("userAgent") or ""), str(about.get("isBotEvent") or ""))
    key = (
        mail["messageId"],
        event_type,
        # Not the moment of the receipt: the same fact may be received twice.
        str(about.get("feedbackId") or (own.isoformat() if own else "")),
        str(about.get("link") or ""),
    )
    return [
        Event(
            delivery_id=DeliveryId(delivery_id),
            kind=kind,
            at=at,
            reader=reader,
            rule=_shown(rule, _RULE_CHARS),
            detail={name: _shown(value, _DETAIL_CHARS) for name, value in detail.items() if value},
            fingerprint=hashlib.sha256("\0".join(key).encode()).hexdigest(),
            suppress=suppress,
        )
    ]


def _tag(mail: Mapping[str, Any], name: str) -> str | None:
    values = (mail.get("tags") or {}).get(name) or []
    if not values:
        return None
    if not isinstance(values[0], str) or not _TAG.fullmatch(values[0]):
        raise NotificationError(f"The tag {name!r} holds what no tag can hold.", todo=_TODO)
    return values[0]


def _moment(text: object, told_at: datetime | None) -> datetime | None:
    """The moment that a text names; None where it names none, or one that cannot be true."""
    try:
        found = datetime.fromisoformat(str(text))
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    is_ahead = told_at is not None and found > told_at + _AHEAD
    return None if found < _EARLIEST or is_ahead else found


def _shown(text: str, most: int) -> str:
    """The text without any address in it, cut."""
    return without_addresses(text[: 4 * most])[:most]


def _meaning(
    event_type: str, about: Mapping[str, Any]
) -> tuple[EventKind, str, SuppressionReason | None, dict[str, str]]:
    """(kind, rule, why to suppress, details) of an event; never an address among the details."""
    match event_type:
        case "Bounce":
            return _bounce(about)
        case "Complaint":
            return _complaint(about)
        case "Reject":
            return EventKind.REJECTED, str(about.get("reason") or ""), None, {}
        case "Rendering Failure":
            return (
                EventKind.REJECTED,
                "rendering failure",
                None,
                {"words": str(about.get("errorMessage") or "")},
            )
        case "DeliveryDelay":
            return EventKind.DELAYED, str(about.get("delayType") or ""), None, {}
        case "Open":
            return EventKind.OPENED, "", None, {"user agent": str(about.get("userAgent") or "")}
        case "Click":
            detail = {"user agent": str(about.get("userAgent") or ""), "link": str(about.get("link") or "")}
            return EventKind.CLICKED, "", None, detail
        case "Delivery":
            return EventKind.DELIVERED, "", None, {}
        case _:
            return EventKind.SENT, "", None, {}


def _bounce(about: Mapping[str, Any]) -> tuple[EventKind, str, SuppressionReason | None, dict[str, str]]:
    """SES developer guide, "Bounce types": only Permanent is a hard bounce; Undetermined counts as soft."""
    kind, subkind = str(about.get("bounceType")), str(about.get("bounceSubType"))
    recipients = about.get("bouncedRecipients") or [{}]
    detail = {"status": str(recipients[0].get("status") or "")}
    rule = f"{kind}/{subkind}"
    if kind != "Permanent":
        return EventKind.SOFT_BOUNCED, rule, None, detail
    reason = SuppressionReason.PROVIDER if subkind in _NEVER_TRIED else SuppressionReason.BOUNCED
    return EventKind.BOUNCED, rule, reason, detail


def _complaint(about: Mapping[str, Any]) -> tuple[EventKind, str, SuppressionReason | None, dict[str, str]]:
    """`not-spam` takes a report back; a complaint on the suppression list is no new complaint."""
    kind, subkind = str(about.get("complaintFeedbackType") or ""), str(about.get("complaintSubType") or "")
    if kind == "not-spam":
        return EventKind.DELIVERED, "not-spam", None, {}
    if subkind == "OnAccountSuppressionList":
        return EventKind.BOUNCED, f"Complaint/{subkind}", SuppressionReason.PROVIDER, {}
    return EventKind.COMPLAINED, kind, SuppressionReason.COMPLAINED, {}
