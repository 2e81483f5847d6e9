"""Reads what SES says: an SNS envelope, a bare event or an EventBridge one, into Events.

Source: "Contents of event data that Amazon SES publishes to Amazon SNS", SES developer guide (awsdocs commit 444a4c5,
2023-05-19), and the announcement of isBotEvent (2026-08-07). Unknown fields are ignored, as the guide asks.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dispatch.errors import NotificationError
from dispatch.model.bot_detection import judge
from dispatch.model.delivery import DeliveryId, EventKind
from dispatch.model.event import Event
from dispatch.model.member import SuppressionReason
from dispatch.model.redaction import without_addresses

_TODO = "It is kept. If more of them come, show one to whoever looks after dispatch."
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
_DETAIL_CHARS = 500
_RULE_CHARS = 200
#: the syntax of a tag's value (SES API v2, MessageTag); nothing else can be ours, nor looked up safely
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


def read_body(body: str) -> list[Event]:
    """The Events of one body as it came from the queue; none for what tells nothing about a Delivery.

    Raises NotificationError where it cannot be understood.
    """
    if body.strip().startswith(_VALIDATION):
        return []
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise NotificationError("The body is not JSON.", todo=_TODO) from err
    try:
        return _read(document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError, RecursionError) as err:
        # Not the error's own words: they may quote an address.
        name = f": {err}" if isinstance(err, KeyError) else ""
        raise NotificationError(
            f"The event lacks what it should have ({type(err).__name__}{name}).", todo=_TODO
        ) from err


def _read(document: Any) -> list[Event]:
    if not isinstance(document, dict):
        raise NotificationError("The body is not a JSON object.", todo=_TODO)
    if document.get("Type") == "Notification" and "Message" in document:
        return read_body(str(document["Message"]))
    if document.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return []
    if document.get("source") == "aws.ses" and "detail" in document:
        return _event(_BRIDGE.get(str(document.get("detail-type")), ""), document["detail"])
    return _event(str(document.get("eventType") or document.get("notificationType") or ""), document)


def _event(event_type: str, document: Mapping[str, Any]) -> list[Event]:
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
    at = _moment(about.get("timestamp") or mail["timestamp"])
    kind, rule, suppress, detail = _meaning(event_type, about)
    reader = None
    if kind in (EventKind.OPENED, EventKind.CLICKED):
        reader, rule = judge(str(about.get("userAgent") or ""), str(about.get("isBotEvent") or ""))
    key = (
        mail["messageId"],
        event_type,
        str(about.get("feedbackId") or at.isoformat()),
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


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _shown(text: str, most: int) -> str:
    """The text without any address in it, cut: mail servers and links like to quote them."""
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
    """SES developer guide, "Bounce types": only Permanent is for good; Undetermined counts as passing."""
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
