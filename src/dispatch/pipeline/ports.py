"""What the pipeline needs from outside and is handed: a Mailer, a Publisher, Notifications.

Implementations take and return plain nouns of the model; no provider's word comes through here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from dispatch.model.brand import Picture
from dispatch.model.event import Event, Notification
from dispatch.model.message import Account, Message, Outcome
from dispatch.model.readiness import Readiness

#: asked as late as possible before a call: whether the claims behind it have grown too old to send
IsTooLate = Callable[[], bool]


class Mailer(Protocol):
    """Hands Messages to a provider."""

    #: whether several people can travel in one call
    has_bulk: bool
    #: whether events will report the outcome of a Message
    has_events: bool

    def account(self) -> Account:
        """What the provider grants now. Raises ProviderError where it cannot be asked."""
        ...

    def problems(self, senders: Sequence[str]) -> Readiness:
        """Return what keeps Messages of these senders (From headers) from leaving, and what cannot be asked."""
        ...

    def close(self) -> None:
        """Say goodbye to the provider; what is submitted later connects again. Raises nothing."""
        ...

    def submit(self, messages: Sequence[Message], is_too_late: IsTooLate, *, in_bulk: bool) -> list[Outcome]:
        """Hand over Messages of one Edition; gives one Outcome for each, in their order.

        Makes one call for all of them if `in_bulk`, else one for each, and never repeats a call: who may try again is
        said by the Outcome. Gives `NotSent` for what `is_too_late` stopped. Never raises for what a provider does.
        """
        ...


class Publisher(Protocol):
    """Puts pictures where readers reach them."""

    def publish(self, picture: Picture) -> None:
        """Make a picture reachable under its name; one that is there already stays. Raises PictureError."""
        ...


class Notifications(Protocol):
    """The queue in which what the provider says arrives."""

    @property
    def name(self) -> str:
        """Names the queue: its address."""
        ...

    @property
    def hidden_seconds(self) -> float:
        """How long a Notification that was received and not deleted stays hidden from others."""
        ...

    def receive(self, wait_seconds: int) -> list[tuple[Notification, str]]:
        """Some Notifications, each with the receipt that deletes it; waits up to `wait_seconds` for the first.

        None only where the whole queue was looked at, if it waited at all.

        Raises ProviderError where the queue cannot be read.
        """
        ...

    def delete(self, receipts: Sequence[str]) -> None:
        """Take Notifications off the queue, after they are stored."""
        ...

    def read(self, body: str, received_at: datetime) -> list[Event]:
        """The Events of one body, none where it reports nothing. Raises NotificationError if it cannot be parsed.

        An event without a moment of its own has that of its receipt.
        """
        ...
