"""The content of a call (Simple, or an inline template), checked; kept once, however many messages have it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.practice import limits, templates
from dispatch.practice.wire import Call, bad_request


@dataclass(frozen=True, slots=True)
class Content:
    """A checked content."""

    #: simple or template
    kind: str
    #: what is kept: JSON of Subject, Text and Html
    body: bytes
    subject: str
    has_html: bool
    headers: tuple[tuple[str, str], ...] = ()
    #: the names that the template wants filled
    wanted: frozenset[str] = frozenset()
    #: TemplateData of the whole call
    data: Mapping[str, Any] = field(default_factory=dict)


def read_one(call: Call) -> Content:
    """Return the content of a SendEmail call. Raise Refusal."""
    given = (call.members.get("Content") or {}).get("Simple")
    if not isinstance(given, Mapping) or len(call.members["Content"]) != 1:
        raise bad_request("Content must have Simple and nothing else; the practice server takes no other.")
    parts = {name: (given["Body"].get(name) or {}).get("Data") or "" for name in ("Text", "Html")}
    subject = (given.get("Subject") or {}).get("Data")
    if not subject:
        raise bad_request("The subject is missing.")
    if "\n" in subject or "\r" in subject:
        raise bad_request("The subject has a line break.")
    if not any(parts.values()):
        raise bad_request("Body must have a text or an html part.")
    body = json.dumps({"Subject": subject, **parts}).encode()
    return Content("simple", body, subject, bool(parts["Html"]), tuple(limits.headers(given.get("Headers"))))


def read_bulk(call: Call) -> Content:
    """Return the content of a SendBulkEmail call. Raise Refusal."""
    given = (call.members.get("DefaultContent") or {}).get("Template") or {}
    inline = given.get("TemplateContent")
    if not isinstance(inline, Mapping):
        raise bad_request("DefaultContent must have a Template with TemplateContent.")
    if call.size > limits.MAX_INLINE_REQUEST:
        raise bad_request("The request with an inline template is larger than 1 MB.")
    parts = {part: str(inline.get(part) or "") for part in ("Subject", "Text", "Html")}
    templates.check(parts)
    return Content(
        kind="template",
        body=json.dumps(parts).encode(),
        subject=parts["Subject"],
        has_html=bool(parts["Html"]),
        headers=tuple(limits.headers(given.get("Headers"))),
        wanted=frozenset().union(*map(templates.names, parts.values())),
        data=templates.read_data(given.get("TemplateData")),
    )
