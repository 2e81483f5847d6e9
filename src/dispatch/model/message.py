"""Message: an Edition addressed to one Member; and the Outcome of handing it to a provider."""

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Letter


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


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider refused this one message for good; nothing left."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call surely never reached the provider, or it was given back in time; try again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The provider asks to slow down; nothing left; try again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """No message can be sent until a person acts; nothing left."""

    reason: str
    #: what to do about it
    todo: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call was made and its outcome is not known; only an event can settle it."""

    reason: str


#: what became of one Message
Outcome = Accepted | Refused | NotSent | Busy | Stopped | Unknown


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

    @property
    def left_today(self) -> int | None:
        """Messages left of the 24-hour quota, None without limit."""
        return None if self.max_per_day is None else max(0, self.max_per_day - self.sent_last_day)
