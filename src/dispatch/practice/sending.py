"""SendEmail and SendBulkEmail: what SES checks, in its order, and what it keeps of what it takes.

A condition of the whole call (account, sender, configuration set, template) is an error of the call; what
concerns one entry of a bulk call (its address, tags, headers, data; the rate; the quota; the sandbox) is
that entry's Status.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dispatch.practice import account, behaviour, content, limits, mails, templates
from dispatch.practice.account import AccountState, AccountValues
from dispatch.practice.configuration_sets import check_sends
from dispatch.practice.content import Content
from dispatch.practice.events import Events
from dispatch.practice.faults import Faults, Rule
from dispatch.practice.mails import Mail
from dispatch.practice.settings import PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Operation, Refusal, bad_request

Members = dict[str, Any]
Status = dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that passed all checks of its own."""

    address: str
    tags: Mapping[str, str]
    headers: list[tuple[str, str]]
    data: Mapping[str, Any]

    @property
    def counted(self) -> int:
        """How many it counts towards the quota: the simulator does not."""
        return 0 if behaviour.is_simulator(self.address) else 1


@dataclass(frozen=True, slots=True)
class Shared:
    """What all messages of one call share."""

    operation: str
    now: float
    sender: str
    reply_to: list[str]
    configuration_set: str
    content: Content


class MailOperations:
    """The operations that take mail."""

    def __init__(
        self, state: State, settings: PracticeSettings, account: AccountState, events: Events, faults: Faults
    ) -> None:
        self.state = state
        self.region = settings.region
        self.account = account
        self.events = events
        self.faults = faults

    def operations(self) -> list[Operation]:
        """The operations, as botocore's model has them."""
        return [
            Operation("SendEmail", "POST", "outbound-emails", self.send_email),
            Operation("SendBulkEmail", "POST", "outbound-bulk-emails", self.send_bulk_email),
        ]

    def send_email(self, call: Call) -> Members:
        """One message. Raise Refusal."""
        granted = self.account.read()
        shared = self._shared(call, granted, content.read_one(call))
        tags = limits.tags(call.members.get("EmailTags"))
        entry = Entry(limits.recipient(call.members.get("Destination")), tags, list(shared.content.headers), {})
        self._sandbox(entry, granted)
        if entry.counted > self.account.left(granted, call.now):
            raise Refusal("TooManyRequestsException", account.QUOTA_EXCEEDED, 429)
        if not self.account.rate.take(granted.max_per_second, call.now):
            raise Refusal("TooManyRequestsException", account.THROTTLED, 429)
        return {"MessageId": self._accept(shared, [entry], granted)[0]}

    def send_bulk_email(self, call: Call) -> Members:
        """Up to 50 messages of one template. Raise Refusal."""
        granted, given = self.account.read(), call.members.get("BulkEmailEntries") or []
        if not 1 <= len(given) <= limits.MAX_ENTRIES:
            raise bad_request(f"BulkEmailEntries has {len(given)} entries; 1 to {limits.MAX_ENTRIES} are allowed.")
        shared = self._shared(call, granted, content.read_bulk(call))
        common = limits.tags(call.members.get("DefaultEmailTags"))
        results: list[Status] = []
        good: list[tuple[int, Entry]] = []
        left = self.account.left(granted, call.now)
        for place, one in enumerate(given):
            status, entry = self._judge(shared, one, common, granted, left)
            results.append(status)
            if entry is not None:
                good.append((place, entry))
                left -= entry.counted
        ids = self._accept(shared, [entry for _, entry in good], granted) if good else []
        for (place, _), message_id in zip(good, ids, strict=True):
            if not results[place]:
                results[place] = {"Status": "SUCCESS", "MessageId": message_id}
        if self.faults.applies("SendBulkEmail", [good[0][1].address] if good else [], ("shuffle",)):
            results.reverse()
        return {"BulkEmailEntryResults": results}

    def _judge(
        self, shared: Shared, given: Any, common: Mapping[str, str], granted: AccountValues, left: float
    ) -> tuple[Status, Entry | None]:
        """The entry's Status, {} for plain success; and the entry if it is to be accepted at all."""
        try:
            entry = _entry(shared.content, given, common)
            self._sandbox(entry, granted)
        except Refusal as refusal:
            status = "MESSAGE_REJECTED" if refusal.code == "MessageRejected" else "INVALID_PARAMETER"
            return {"Status": status, "Error": refusal.message}, None
        if rule := self.faults.applies("SendBulkEmail", [entry.address], ("partial", "partial-after")):
            return _failed(rule), entry if rule.fault == "partial-after" else None
        if entry.counted > left:
            return {"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED", "Error": account.QUOTA_EXCEEDED}, None
        if not self.account.rate.take(granted.max_per_second, shared.now):
            return {"Status": "ACCOUNT_THROTTLED", "Error": account.THROTTLED}, None
        return {}, entry

    def _shared(self, call: Call, granted: AccountValues, kept: Content) -> Shared:
        sender = call.text("FromEmailAddress")
        account.check_may_send(granted, limits.bare(sender), self.region)
        reply_to = [mails.as_ses_sends(mailbox) for mailbox in call.members.get("ReplyToAddresses") or ()]
        for mailbox in reply_to:
            limits.bare(mailbox)
        configuration_set = str(call.members.get("ConfigurationSetName") or "")
        check_sends(self.state, configuration_set)
        sender = mails.as_ses_sends(sender)
        return Shared(call.operation, call.now, sender, reply_to, configuration_set, kept)

    def _sandbox(self, entry: Entry, granted: AccountValues) -> None:
        is_own = granted.verified is not None and account.is_verified(granted, entry.address)
        if granted.sandbox and not is_own and not behaviour.is_simulator(entry.address):
            raise account.not_verified(entry.address, self.region)

    def _accept(self, shared: Shared, entries: list[Entry], granted: AccountValues) -> list[str]:
        with self.state.transaction():
            digest = mails.keep_content(self.state, shared.content.kind, shared.content.body)
            accepted = [_mail(shared, entry, digest) for entry in entries]
            numbers = [mails.keep(self.state, mail) for mail in accepted]
            self.account.count(sum(entry.counted for entry in entries), shared.now)
            self.events.plan(shared.content, list(zip(numbers, accepted, strict=True)), granted.suppressed_reasons)
        return [mail.message_id for mail in accepted]


def _entry(kept: Content, given: Any, common: Mapping[str, str]) -> Entry:
    """One entry of a bulk call, its own parts laid over the common ones. Raise Refusal."""
    if not isinstance(given, Mapping):
        raise bad_request("An entry is not an object.")
    address = limits.recipient(given.get("Destination"))
    tags = {**common, **limits.tags(given.get("ReplacementTags"))}
    headers = limits.merged_headers(kept.headers, limits.headers(given.get("ReplacementHeaders")))
    replacement = (given.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    data = templates.read_data(replacement.get("ReplacementTemplateData"))
    return Entry(address, tags, headers, {**kept.data, **data})


def _failed(rule: Rule) -> Status:
    default = "TRANSIENT_FAILURE" if rule.fault == "partial" else "FAILED"
    return {"Status": str(rule.status or default), "Error": "A fault on demand."}


def _message_id(now: float) -> str:
    """A message id in SES's form: the time in hexadecimal, a random part, a counter that is always zero."""
    digits = secrets.token_hex(16)
    random_part = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return f"0100{int(now * 1000):012x}-{random_part}-000000"


def _mail(shared: Shared, entry: Entry, digest: str) -> Mail:
    subject = shared.content.subject
    if shared.content.kind == "template":
        subject = " ".join(templates.fill(subject, entry.data).split())
    return Mail(
        number=0,
        message_id=_message_id(shared.now),
        recipient=entry.address,
        accepted_at=shared.now,
        sender=shared.sender,
        reply_to=shared.reply_to,
        subject=subject,
        operation=shared.operation,
        tags=entry.tags,
        headers=entry.headers,
        data=entry.data,
        content=digest,
        configuration_set=shared.configuration_set,
    )
