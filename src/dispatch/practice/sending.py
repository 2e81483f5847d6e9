"""SendEmail and SendBulkEmail: what SES checks, in its order, and what it keeps of what it takes.

A condition of the whole call (account, sender, configuration set, template) is an error of the call; what
concerns one entry of a bulk call (its address, tags, headers, data; the rate; the quota; the sandbox) is
that entry's Status.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dispatch.practice import account, behaviour, content, limits, mails, templates
from dispatch.practice.account import Account, Desk
from dispatch.practice.content import Content
from dispatch.practice.events import Accepted, Events
from dispatch.practice.faults import Faults, Rule
from dispatch.practice.settings import PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Refusal, bad_request, not_found

Members = dict[str, Any]
Status = dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail that passed all checks of its own."""

    recipients: Mapping[str, list[str]]
    bare: list[str]
    tags: Mapping[str, str]
    headers: list[tuple[str, str]]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What all mails of one call share."""

    road: str
    now: float
    sender: str
    reply_to: list[str]
    configuration_set: str
    content: Content
    tracking: Mapping[str, Any]


class Sending:
    """Accepts mail."""

    def __init__(self, state: State, settings: PracticeSettings, desk: Desk, events: Events, faults: Faults) -> None:
        self.state = state
        self.settings = settings
        self.desk = desk
        self.events = events
        self.faults = faults
        #: set when an event must be seen before the answer of the call just made
        self.is_event_first = False

    def send_email(self, call: Call) -> Members:
        """One mail to up to 50 recipients. Raises Refusal."""
        members, granted = call.members, self.desk.read()
        sender, tags = self._sender(call, granted), limits.tags(members.get("EmailTags"))
        kept = content.read_one(self.state, call)
        if kept.raw is not None:
            sender, tags = kept.raw.sender or sender, {**kept.raw.tags, **tags}
        configuration_set = self._configuration_set(call, kept.raw.configuration_set if kept.raw else "")
        people = limits.recipients(members.get("Destination") or (kept.raw and kept.raw.destination))
        entry = Entry(people, _bare(people), tags, list(kept.headers), kept.data)
        self._sender_check(sender, granted)
        self._sandbox(entry, granted)
        self._within_quota(entry, granted, call.now)
        if not self.desk.pace.take(len(entry.bare), granted.max_per_second, call.now):
            raise Refusal("TooManyRequestsException", account.THROTTLED, 429)
        frame = self._frame(call, "SendEmail", sender, configuration_set, kept)
        return {"MessageId": self._accept(frame, [entry], granted)[0]}

    def send_bulk_email(self, call: Call) -> Members:
        """Up to 50 mails of one template. Raises Refusal."""
        members, granted = call.members, self.desk.read()
        entries = members.get("BulkEmailEntries") or []
        if not entries:
            raise bad_request("BulkEmailEntries has no entries.")
        if len(entries) > limits.MAX_ENTRIES:
            raise bad_request(f"Too many entries: {len(entries)}; {limits.MAX_ENTRIES} are allowed.")
        sender = self._sender(call, granted)
        self._sender_check(sender, granted)
        common = limits.tags(members.get("DefaultEmailTags"))
        kept = content.read_bulk(self.state, call)
        frame = self._frame(call, "SendBulkEmail", sender, self._configuration_set(call, ""), kept)
        return {"BulkEmailEntryResults": self._bulk(frame, entries, common, granted)}

    def _bulk(self, frame: Frame, given: list[Any], common: Mapping[str, str], granted: Account) -> list[Status]:
        results: list[Status] = []
        good: list[tuple[int, Entry]] = []
        left = self.desk.left(granted, frame.now)
        for place, one in enumerate(given):
            status, entry = self._judge(frame, one, common, granted, left)
            results.append(status)
            if entry is not None:
                good.append((place, entry))
                left -= len(_counted(entry))
        ids = self._accept(frame, [entry for _, entry in good], granted) if good else []
        for (place, _), message_id in zip(good, ids, strict=True):
            if not results[place]:
                results[place] = {"Status": "SUCCESS", "MessageId": message_id}
        return _shuffled(results, self.faults.strike("SendBulkEmail", good[0][1].bare if good else [], ("shuffle",)))

    def _judge(
        self, frame: Frame, given: Any, common: Mapping[str, str], granted: Account, left: float
    ) -> tuple[Status, Entry | None]:
        """The entry's Status, {} for plain success; and the entry if it is to be accepted at all."""
        try:
            entry = _entry(frame.content, given, common)
            self._sandbox(entry, granted)
        except Refusal as refusal:
            status = "MESSAGE_REJECTED" if refusal.code == "MessageRejected" else "INVALID_PARAMETER"
            return {"Status": status, "Error": refusal.message}, None
        if rule := self.faults.strike("SendBulkEmail", entry.bare, ("partial", "partial-after")):
            return _failed(rule), entry if rule.fault == "partial-after" else None
        if len(_counted(entry)) > left:
            return {"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED", "Error": account.QUOTA_EXCEEDED}, None
        if not self.desk.pace.take(len(entry.bare), granted.max_per_second, frame.now):
            return {"Status": "ACCOUNT_THROTTLED", "Error": account.THROTTLED}, None
        return {}, entry

    def _sender(self, call: Call, granted: Account) -> str:
        account.check_may_send(granted)
        sender = str(call.members.get("FromEmailAddress") or "")
        if not sender and not (call.members.get("Content") or {}).get("Raw"):
            raise bad_request("FromEmailAddress is missing.")
        return sender

    def _sender_check(self, sender: str, granted: Account) -> None:
        account.check_sender(granted, limits.bare(sender), self.settings.region)

    def _configuration_set(self, call: Call, own: str) -> str:
        name = str(call.members.get("ConfigurationSetName") or own)
        if call.members.get("ListManagementOptions"):
            raise not_found("Contact list does not exist.")
        if not name:
            return ""
        found = self.state.get("configuration-set", name)
        if found is None:
            raise not_found(f"Configuration set <{name}> does not exist.")
        if not found.get("SendingOptions", {}).get("SendingEnabled", True):
            raise Refusal("SendingPausedException", f"Email sending is disabled for configuration set <{name}>.")
        return name

    def _sandbox(self, entry: Entry, granted: Account) -> None:
        if not granted.sandbox:
            return
        foreign = [one for one in entry.bare if not (behaviour.is_simulator(one) or _is_own(granted, one))]
        if foreign:
            raise account.not_verified(foreign, self.settings.region)

    def _within_quota(self, entry: Entry, granted: Account, now: float) -> None:
        if len(_counted(entry)) > self.desk.left(granted, now):
            raise Refusal("TooManyRequestsException", account.QUOTA_EXCEEDED, 429)

    def _frame(self, call: Call, road: str, sender: str, configuration_set: str, kept: Content) -> Frame:
        reply_to = list(call.members.get("ReplyToAddresses") or (kept.raw.reply_to if kept.raw else ()))
        for mailbox in reply_to:
            limits.bare(mailbox)
        tracking = (call.members.get("ConfigurationOverrides") or {}).get("Tracking") or {}
        return Frame(road, call.now, sender, reply_to, configuration_set, kept, tracking)

    def _accept(self, frame: Frame, entries: list[Entry], granted: Account) -> list[str]:
        with self.state.transaction():
            digest = mails.keep_content(self.state, frame.content.kind, frame.content.body)
            ids = [_message_id(frame.now) for _ in entries]
            rows = [_row(frame, entry, message_id, digest) for entry, message_id in zip(entries, ids, strict=True)]
            numbers = mails.keep(self.state, rows)
            self.desk.count(sum(len(_counted(entry)) for entry in entries), frame.now)
            accepted = [_accepted(frame, entry, number) for entry, number in zip(entries, numbers, strict=True)]
            self.is_event_first = self.events.plan(accepted, granted.suppressed_reasons)
        return ids


def _entry(kept: Content, given: Any, common: Mapping[str, str]) -> Entry:
    """One entry of a bulk call, its own parts laid over the common ones. Raises Refusal."""
    if not isinstance(given, Mapping):
        raise bad_request("An entry is not an object.")
    people = limits.recipients(given.get("Destination"))
    tags = {**common, **limits.tags(given.get("ReplacementTags"))}
    headers = limits.merged_headers(kept.headers, limits.headers(given.get("ReplacementHeaders")))
    replacement = (given.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    data = templates.read_data(replacement.get("ReplacementTemplateData"), empty=True)
    return Entry(people, _bare(people), tags, headers, {**kept.data, **data} if kept.data else data)


def _bare(people: Mapping[str, list[str]]) -> list[str]:
    return [limits.bare(mailbox) for mailboxes in people.values() for mailbox in mailboxes]


def _counted(entry: Entry) -> list[str]:
    """The recipients that count towards the quota: all but the simulator's."""
    return [one for one in entry.bare if not behaviour.is_simulator(one)]


def _is_own(granted: Account, address: str) -> bool:
    return granted.verified is not None and account.is_verified(granted, address)


def _failed(rule: Rule) -> Status:
    default = "TRANSIENT_FAILURE" if rule.fault == "partial" else "FAILED"
    return {"Status": str(rule.status or default), "Error": "A fault on demand."}


def _shuffled(results: list[Status], rule: Rule | None) -> list[Status]:
    return results if rule is None else results[::-1]


def _message_id(now: float) -> str:
    """A message id in SES's form: the time in hexadecimal, a random part, a counter that is always zero."""
    digits = secrets.token_hex(16)
    random_part = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return f"0100{int(now * 1000):012x}-{random_part}-000000"


def _row(frame: Frame, entry: Entry, message_id: str, digest: str) -> tuple[Any, ...]:
    subject = frame.content.subject
    if frame.content.kind == "template":
        subject = " ".join(templates.fill(subject, entry.data).split())
    return mails.row(
        message_id=message_id,
        recipients=entry.recipients,
        recipient=entry.bare[0],
        now=frame.now,
        sender=frame.sender,
        reply_to=frame.reply_to,
        subject=subject,
        road=frame.road,
        tags=entry.tags,
        headers=entry.headers,
        data=json.dumps(entry.data),
        content=digest,
        configuration_set=frame.configuration_set,
    )


def _accepted(frame: Frame, entry: Entry, number: int) -> Accepted:
    kept, tracking = frame.content, frame.tracking
    return Accepted(
        number=number,
        at=frame.now,
        road=frame.road,
        recipients=entry.bare,
        configuration_set=frame.configuration_set,
        tracks_opens=kept.has_html and tracking.get("OpenTrackingEnabled") != "DISABLED",
        tracks_clicks=kept.has_html and tracking.get("ClickTrackingEnabled") != "DISABLED",
        missing=templates.missing(kept.wanted, entry.data) if kept.wanted else "",
        infected=kept.is_infected,
        template=kept.template,
    )
