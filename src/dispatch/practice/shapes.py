"""Events in the shapes in which SES publishes them, and the SNS envelope around them.

Source: "Examples of event data that Amazon SES publishes to Amazon SNS" and "Contents of event data" in the
SES developer guide; `isBotEvent` as announced by Amazon on 2026-08-07; the envelope from "HTTP/HTTPS
notification JSON format" in the SNS developer guide. What is not SES's: ids, and the signature, which no
key of Amazon's has made.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from dispatch.practice.mails import Mail, iso, shown_headers
from dispatch.practice.settings import ACCOUNT_ID

SUBJECT = "Amazon SES Email Event Notification"
#: SES's word in `eventType` -> its word in MatchingEventTypes
MATCHING = {
    "Send": "SEND",
    "Delivery": "DELIVERY",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Reject": "REJECT",
    "Open": "OPEN",
    "Click": "CLICK",
    "Rendering Failure": "RENDERING_FAILURE",
    "DeliveryDelay": "DELIVERY_DELAY",
}
_HEADERLESS = frozenset({"Rendering Failure", "DeliveryDelay"})


@dataclass(frozen=True, slots=True)
class Due:
    """An event whose time has come."""

    kind: str
    #: the moment of what happened
    at: float
    detail: Mapping[str, Any]
    notification_id: str
    topic: str


def event(due: Due, mail: Mail, region: str, link: str = "") -> dict[str, Any]:
    """The event's JSON document; `link`: what was clicked."""
    name, said = _SHAPES[due.kind](due, mail, link)
    return {"eventType": due.kind, "mail": _mail(due, mail, region), name: said}


def envelope(document: Mapping[str, Any], due: Due, now: float, region: str) -> str:
    """The event in its SNS notification, as it arrives in SQS without raw delivery."""
    host = f"https://sns.{region}.amazonaws.com"
    subscription = f"{due.topic}:c9135db0-26c4-47ec-8998-413945fb5a96"
    notification = {
        "Type": "Notification",
        "MessageId": due.notification_id,
        "TopicArn": due.topic,
        "Subject": SUBJECT,
        "Message": json.dumps(document),
        "Timestamp": iso(now),
        "SignatureVersion": "2",
        "Signature": "PRACTICE-not-a-signature",
        "SigningCertURL": f"{host}/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription}",
    }
    return json.dumps(notification)


def _mail(due: Due, mail: Mail, region: str) -> dict[str, Any]:
    address = parseaddr(mail.sender)[1]
    said: dict[str, Any] = {
        "timestamp": iso(mail.accepted_at),
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:{region}:{ACCOUNT_ID}:identity/{address}",
        "sendingAccountId": ACCOUNT_ID,
        "messageId": mail.message_id,
        "destination": [mail.recipient],
        "headersTruncated": False,
    }
    if due.kind not in _HEADERLESS:
        said |= _headers(mail)
    return said | {"tags": _tags(due, mail, address)}


def _headers(mail: Mail) -> dict[str, Any]:
    headers, size, truncated = [], 0, False
    for name, value in shown_headers(mail):
        size += len(name) + len(value)
        if size > 10 * 1024:  # "headersTruncated: whether the headers are larger than 10 KB"
            truncated = True
            break
        headers.append({"name": name, "value": value})
    common: dict[str, Any] = {
        "from": [mail.sender],
        "to": [mail.recipient],
        "messageId": mail.message_id,
        "subject": mail.subject,
    }
    if mail.reply_to:
        common["replyTo"] = mail.reply_to
    return {"headersTruncated": truncated, "headers": headers, "commonHeaders": common}


def _tags(due: Due, mail: Mail, address: str) -> dict[str, list[str]]:
    if due.kind in _HEADERLESS:
        return {"ses:configuration-set": [mail.configuration_set], **{k: [v] for k, v in mail.tags.items()}}
    own = {
        "ses:operation": [mail.operation],
        "ses:configuration-set": [mail.configuration_set],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": [address.rpartition("@")[2]],
        "ses:caller-identity": ["practice"],
    }
    if due.kind == "Delivery":
        own["ses:outgoing-ip"] = ["192.0.2.0"]
    return {**own, **{name: [value] for name, value in mail.tags.items()}}


_Shape = Callable[[Due, Mail, str], tuple[str, dict[str, Any]]]


def _send(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    return "send", {}


def _delivery(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    return "delivery", {
        "timestamp": iso(due.at),
        "processingTimeMillis": round((due.at - mail.accepted_at) * 1000),
        "recipients": [mail.recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }


def _bounce(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    recipient = {"emailAddress": mail.recipient}
    said: dict[str, Any] = {"bounceType": due.detail["type"], "bounceSubType": due.detail["subtype"]}
    if "status" in due.detail:  # without a delivery status notification these are absent
        recipient |= {
            "action": "failed",
            "status": due.detail["status"],
            "diagnosticCode": due.detail["diagnostic"],
        }
        said["reportingMTA"] = "dsn; mta.example.com"
    return "bounce", said | {
        "bouncedRecipients": [recipient],
        "timestamp": iso(due.at),
        "feedbackId": _feedback_id(due, mail),
    }


def _complaint(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    said: dict[str, Any] = {
        "complainedRecipients": [{"emailAddress": mail.recipient}],
        "timestamp": iso(due.at),
        "feedbackId": _feedback_id(due, mail),
    }
    if "subtype" in due.detail:
        return "complaint", said | {"complaintSubType": due.detail["subtype"]}
    report = {"userAgent": "Practice feedback loop/1.0", "complaintFeedbackType": due.detail["feedback"]}
    return "complaint", said | report | {"arrivalDate": iso(due.at)}


def _reject(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    return "reject", {"reason": "Bad content"}


def _open(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    return "open", {
        "ipAddress": due.detail["ip"],
        "timestamp": iso(due.at),
        "userAgent": due.detail["agent"],
    } | _bot(due)


def _click(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    said = {"ipAddress": due.detail["ip"], "timestamp": iso(due.at), "userAgent": due.detail["agent"]}
    return "click", said | {"link": link, "linkTags": None} | _bot(due)


def _bot(due: Due) -> dict[str, str]:
    return {"isBotEvent": due.detail["bot"]} if due.detail["bot"] else {}


def _failure(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    words = f"Attribute '{due.detail['missing']}' is not present in the rendering data."
    return "failure", {"errorMessage": words, "templateName": ""}


def _delay(due: Due, mail: Mail, link: str) -> tuple[str, dict[str, Any]]:
    words = "smtp; 421 4.4.1 Unable to connect to remote host"
    return "deliveryDelay", {
        "timestamp": iso(due.at),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": iso(mail.accepted_at + 14 * 3600),  # the documented default of MaxDeliverySeconds
        "delayedRecipients": [{"emailAddress": mail.recipient, "status": "4.4.1", "diagnosticCode": words}],
    }


_SHAPES: dict[str, _Shape] = {
    "Send": _send,
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": _reject,
    "Open": _open,
    "Click": _click,
    "Rendering Failure": _failure,
    "DeliveryDelay": _delay,
}


def _feedback_id(due: Due, mail: Mail) -> str:
    return f"0100{mail.message_id[4:16]}-{due.notification_id}-000000"
