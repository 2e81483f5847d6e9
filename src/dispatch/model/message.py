"""Message: an Edition addressed to one Member; and the Outcome of handing it to a provider."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Letter

#: an envelope address: printable ASCII, as SES and SMTP without extensions take it (RFC 5321 sections 4.1.2, 4.5.3.1)
_ENVELOPE = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,251}[A-Za-z0-9]")
_MOST_ENVELOPE = 254
#: a header's name (SES API v2, MessageHeader), of at most 126 characters; 996 with its value
_NAME = re.compile(r"[!-9;-~]{1,126}")
_MOST_VALUE, _MOST_TOGETHER = 995, 996
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person. Built at the claim, sent, not stored."""

    delivery_id: DeliveryId
    campaign_id: CampaignId
    #: the address as it goes into the envelope: ASCII, punycode domain
    to: str
    #: the From header
    sender: str
    #: the Reply-To header, "" for none
    reply_to: str
    letter: Letter
    #: what fills the letter, by merge key
    values: Mapping[str, str]
    #: further headers in order, such as List-Unsubscribe before List-Unsubscribe-Post
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def subject(self) -> str:
        """The Subject header, filled."""
        return Letter.fill(self.letter.subject, self.values)

    @property
    def html(self) -> str:
        """The html part, filled."""
        return Letter.fill(self.letter.html, self.values)

    @property
    def text(self) -> str:
        """The plain-text part, filled."""
        return Letter.fill(self.letter.text, self.values)


def fault_of(message: Message) -> str:
    """Why this one Message cannot travel by any provider, "" where it can.

    Asked before every call, because nobody further down checks: neither botocore nor smtplib would stop a line break
    from adding headers of its own.
    """
    if len(message.to) > _MOST_ENVELOPE or not _ENVELOPE.fullmatch(message.to):
        return "the address cannot travel: it is not one of plain letters, digits and signs with a domain"
    for name, value in message.headers:
        if not (value.isascii() and value.isprintable() and 0 < len(value) <= _MOST_VALUE):
            return f"the header {name[:40]!r} is empty, too long or holds what no header can hold"
        if not _is_name(name) or len(name) + len(value) > _MOST_TOGETHER:
            return f"the name of the header {name[:40]!r} is none"
    for name, value in (("From", message.sender), ("Reply-To", message.reply_to), ("Subject", message.subject)):
        # What is printable, as nearly everything is, holds no control character.
        if not value.isprintable() and _CONTROL.search(value):
            return f"{name} holds a line break or another control character"
    return ""


@lru_cache(maxsize=64)
def _is_name(name: str) -> bool:
    """Whether a header can have this name; all messages of a Campaign have the same few."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider refused this one message permanently; nothing left."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call is known not to have reached the provider, or it was given back in time; try again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The provider asks to slow down; nothing left; try again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """The recipient's server asks to try this recipient again later; nothing left, and the others need not wait."""

    reason: str
    #: how long to wait before the second try; every further wait is twice as long
    first_wait: timedelta
    #: how long after the first try the last one is made
    give_up_after: timedelta

    def next_try(self, first_at: datetime, now: datetime) -> datetime | None:
        """Return when to try again after a try at `now`, the first of them at `first_at`; None to give up."""
        last = first_at + self.give_up_after
        # With every wait as long as all of them so far and the first one, they double.
        return None if now >= last else min(now + self.first_wait + (now - first_at), last)

    @property
    def patience(self) -> str:
        """For how long it was tried, in words."""
        minutes = self.give_up_after.total_seconds() / 60
        return f"tried again for {minutes / 60:g} h" if minutes >= 60 else f"tried again for {minutes:.2g} min"


@dataclass(frozen=True, slots=True)
class Stopped:
    """No message can be sent until a person acts; nothing left."""

    reason: str
    #: what to do about it
    todo: str
    #: whether it passes by itself with the provider's 24 hours
    is_for_today: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call was made and its outcome is not known; only an event can settle it."""

    reason: str
    #: whether the provider said that it refused some messages of the call for speed
    is_throttled: bool = False


#: what the call for one Message gave. Accepted, Refused and Unknown use up a Campaign's limit: something left, or may
#: have left, or nobody tries again. The others put the person back into the queue and use up nothing.
Outcome = Accepted | Refused | NotSent | Busy | Deferred | Stopped | Unknown


@dataclass(frozen=True, slots=True)
class Account:
    """What the provider grants."""

    #: messages per second
    max_per_second: float
    #: messages per 24 hours; None without limit
    max_per_day: int | None
    sent_last_day: int
    #: names the row of the pace: account and region
    name: str
    #: why nothing can be sent now, "" when all is well
    stopped: str = ""
    #: Amazon's own sandbox: only verified recipients
    is_sandbox: bool = False
    #: how long after a claim's end a call can still be accepted, in seconds: as long as its signature is valid
    least_grace_seconds: int = 0
    #: calls that it takes at the same time, 0 for as many as the pace needs
    calls_in_flight: int = 0
    #: messages that one call takes one after the other, where it cannot take several at once
    messages_in_a_row: int = 1

    @property
    def left_today(self) -> int | None:
        """Messages left of the 24-hour quota, None without limit."""
        return None if self.max_per_day is None else max(0, self.max_per_day - self.sent_last_day)
