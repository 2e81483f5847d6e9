"""The content of a call (Simple, Raw or Template), checked; kept once, however many mails have it."""

import email
import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import getaddresses, quote
from typing import Any

from dispatch.practice import limits, templates
from dispatch.practice.mails import header_text
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Refusal, bad_request, not_found, rejected

#: what every scanner takes for a virus: the telling part of the EICAR file, SES's own test of Reject
_EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
#: longest line of raw mail: RFC 5322 section 2.1.1, 998 octets and the line's end
_MAX_LINE = 1000


@dataclass(frozen=True, slots=True)
class RawHead:
    """What a raw mail says about itself."""

    sender: str
    reply_to: list[str]
    #: a Destination made of its To, Cc and Bcc
    destination: dict[str, list[str]]
    tags: dict[str, str]
    configuration_set: str


@dataclass(frozen=True, slots=True)
class Content:
    """A checked content."""

    #: simple, raw or template
    kind: str
    #: what is kept: raw MIME, or JSON of Subject, Text, Html and Attachments
    body: bytes
    subject: str
    has_html: bool
    headers: tuple[tuple[str, str], ...] = ()
    #: the names that the template wants filled
    wanted: frozenset[str] = frozenset()
    #: TemplateData of the whole call
    data: Mapping[str, Any] = field(default_factory=dict)
    #: the stored template's name
    template: str = ""
    is_infected: bool = False
    raw: RawHead | None = None


def read_one(state: State, call: Call) -> Content:
    """The content of a SendEmail call. Raises Refusal."""
    given = call.members.get("Content")
    kinds = [kind for kind in ("Simple", "Raw", "Template") if isinstance(given, Mapping) and given.get(kind)]
    if not isinstance(given, Mapping) or len(kinds) != 1:
        raise bad_request("Content must have exactly one of Simple, Raw and Template.")
    if call.size > limits.MAX_MESSAGE * 4 // 3:
        raise rejected("Message length exceeds 40 MB.")
    if kinds == ["Raw"]:
        return _raw(given["Raw"])
    return (
        _simple(given["Simple"]) if kinds == ["Simple"] else _template(state, given["Template"], call.size, empty=False)
    )


def read_bulk(state: State, call: Call) -> Content:
    """The content of a SendBulkEmail call. Raises Refusal."""
    given = (call.members.get("DefaultContent") or {}).get("Template")
    if not isinstance(given, Mapping) or not given:
        raise bad_request("DefaultContent must have a Template.")
    return _template(state, given, call.size, empty=True)


def _simple(given: Mapping[str, Any]) -> Content:
    subject = (given.get("Subject") or {}).get("Data")
    body = given.get("Body") or {}
    text, html = ((body.get(part) or {}).get("Data") or "" for part in ("Text", "Html"))
    if not subject:
        raise bad_request("The subject is missing.")
    if "\n" in subject or "\r" in subject:
        raise bad_request("The subject has a line break.")
    if not text and not html:
        raise bad_request("Body must have a text or an html part.")
    attachments = _attachments(given)
    kept = {"Subject": subject, "Text": text, "Html": html, "Attachments": attachments}
    encoded = json.dumps(kept).encode()
    return Content(
        "simple",
        encoded,
        subject,
        bool(html),
        _headers(given),
        is_infected=_is_infected(text, html, attachments),
    )


def _template(state: State, given: Mapping[str, Any], size: int, *, empty: bool) -> Content:
    name = str(given.get("TemplateName") or str(given.get("TemplateArn") or "").rpartition("/")[2])
    inline = given.get("TemplateContent")
    if bool(name) == bool(inline):
        raise bad_request("Template must have exactly one of TemplateName and TemplateContent.")
    if inline and size > limits.MAX_INLINE_REQUEST:
        raise bad_request("The request with an inline template is larger than 1 MB.")
    content = inline or (state.get("template", name) or {}).get("TemplateContent")
    if not isinstance(content, Mapping):
        raise not_found(f"Template {name} does not exist.")
    templates.check(content)
    parts = {part: str(content.get(part) or "") for part in ("Subject", "Text", "Html")}
    attachments = _attachments(given)
    wanted = templates.names(parts["Subject"]) | templates.names(parts["Text"]) | templates.names(parts["Html"])
    return Content(
        kind="template",
        body=json.dumps(parts | {"Attachments": attachments}).encode(),
        subject=parts["Subject"],
        has_html=bool(parts["Html"]),
        headers=_headers(given),
        wanted=wanted,
        data=templates.read_data(given.get("TemplateData"), empty=empty),
        template=name,
        is_infected=_is_infected(parts["Text"], parts["Html"], attachments),
    )


def _headers(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(limits.headers(given.get("Headers")))


def _attachments(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = given.get("Attachments") or []
    for one in found:
        name = one.get("FileName")
        if not isinstance(name, str) or not 1 <= len(name) <= 255 or not one.get("RawContent"):
            raise bad_request("An attachment must have a FileName of 1 to 255 characters and a RawContent.")
    return [dict(one) for one in found]


def _is_infected(text: str, html: str, attachments: list[dict[str, Any]]) -> bool:
    files = [_decode(one["RawContent"]) for one in attachments]
    return any(_EICAR in data for data in (text.encode(), html.encode(), *files))


def _decode(text: object) -> bytes:
    try:
        return b64decode(str(text), validate=True)
    except (NotBase64, ValueError) as err:
        raise Refusal("SerializationException", "A blob is not base64.") from err


def _raw(given: Mapping[str, Any]) -> Content:
    data = _decode(given.get("Data"))
    if len(data) > limits.MAX_MESSAGE:
        raise rejected("Message length exceeds 40 MB.")
    if any(len(line) > _MAX_LINE for line in data.split(b"\n")):
        raise rejected("A line of the message is longer than 1000 characters.")
    message = email.message_from_bytes(data)
    if not message.keys():
        raise bad_request("The raw message has no headers.")
    subject = header_text(message.get("Subject") or "")
    has_html = any(part.get_content_type() == "text/html" for part in message.walk())
    own = tuple((name, header_text(value)) for name, value in message.items() if name.lower() not in _SHOWN_ALREADY)
    return Content(
        "raw",
        data,
        subject,
        has_html,
        own,
        is_infected=_is_infected_raw(message),
        raw=_raw_head(message),
    )


_SHOWN_ALREADY = frozenset(
    [
        "from",
        "to",
        "cc",
        "bcc",
        "reply-to",
        "subject",
        "mime-version",
        "content-type",
        "message-id",
        "date",
        "x-ses-message-tags",
        "x-ses-configuration-set",
    ]
)


def _raw_head(message: Message) -> RawHead:
    def mailboxes(name: str) -> list[str]:
        found = getaddresses([str(value) for value in message.get_all(name, [])])
        return [_mailbox(header_text(person), address) for person, address in found if address]

    given = [part.partition("=") for part in str(message.get("X-SES-MESSAGE-TAGS") or "").split(",") if part.strip()]
    tags = limits.tags([{"Name": name.strip(), "Value": value.strip()} for name, _, value in given])
    people = {"ToAddresses": mailboxes("To"), "CcAddresses": mailboxes("Cc"), "BccAddresses": mailboxes("Bcc")}
    named = str(message.get("X-SES-CONFIGURATION-SET") or "").strip()
    return RawHead("".join(mailboxes("From")[:1]), mailboxes("Reply-To"), people, tags, named)


def _mailbox(person: str, address: str) -> str:
    if not person:
        return address
    name = person if all(char.isalnum() or char in " .-'" for char in person) else f'"{quote(person)}"'
    return f"{name} <{address}>"


def _is_infected_raw(message: Message) -> bool:
    for part in message.walk():
        payload = None if part.is_multipart() else part.get_payload(decode=True)
        if isinstance(payload, bytes) and _EICAR in payload:
            return True
    return False
