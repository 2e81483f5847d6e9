"""Submission: one Message on its way over a Connection, and what each answer of the server means.

A server accepts nothing before its reply to the dot that ends the message (RFC 5321 section 4.1.1.4): up to the dot
nothing has left, after it the outcome is the reply's, and without a reply it is unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.model.message import Accepted, Busy, Deferred, Message, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.model.mime import message_id_of, mime_of, sender_address
from dispatch.smtp.connection import CHECK_LOGIN, Connection, Reply

_TOO_OLD = "the claim grew too old before the message was sent"
#: the first digit of the replies that let MAIL, RCPT and DATA go on
_EXPECTED = (2, 2, 3)


@dataclass(frozen=True, slots=True)
class Greylisting:
    """How a recipient is tried again whose server asks for it (RFC 5321 section 4.5.4.1)."""

    first_wait: timedelta
    give_up_after: timedelta


class Submission:
    """One Message. `has_left` says whether the dot that ends it was given to the network."""

    def __init__(
        self, message: Message, sent_at: datetime, is_too_late: Callable[[], bool], greylisting: Greylisting
    ) -> None:
        """Build what travels. Raise ValueError for a Message that cannot travel."""
        self._mime = mime_of(message, sent_at)
        self._commands = (
            f"MAIL FROM:<{sender_address(message.sender)}>\r\n".encode("ascii"),
            f"RCPT TO:<{message.to}>\r\n".encode("ascii"),
            b"DATA\r\n",
        )
        self._accepted = Accepted(message_id_of(message))
        self._asked_too_late = is_too_late
        self._greylisting = greylisting
        self._is_too_old = False
        self.has_left = False

    @property
    def can_be_repeated(self) -> bool:
        """Whether it may go over another connection, because nothing has left over this one."""
        return not self.has_left and not self._is_too_late()

    def over(self, connection: Connection) -> Outcome:
        """Return the Outcome of sending it over a connection, which is dropped where it broke."""
        connection.messages += 1
        try:
            return self._transaction(connection)
        except TimeoutError:
            said = connection.server.was_too_slow
        except OSError as err:
            when = "while" if self.has_left else "before"
            said = f"the connection broke {when} the message was submitted ({type(err).__name__})"
        connection.drop()
        return Unknown(said) if self.has_left else NotSent(said)

    def _transaction(self, connection: Connection) -> Outcome:
        if self._is_too_late():
            return NotSent(_TOO_OLD)
        replies = connection.exchange(self._commands)
        for step, (reply, expected) in enumerate(zip(replies, _EXPECTED, strict=False)):
            if reply.code // 100 != expected:
                if replies[-1].code == 354:
                    # It waits for a message that nobody may get; only the end of the connection says so.
                    connection.drop()
                return self._refused(connection, reply, is_for_recipient=step > 0)
        connection.write(self._mime)
        if self._is_too_late():
            # Only the end of the connection takes back a message that has begun.
            connection.drop()
            return NotSent(_TOO_OLD)
        self.has_left = True
        reply = connection.ask(b".\r\n")
        return self._accepted if reply.code == 250 else self._refused(connection, reply, is_for_recipient=True)

    def _refused(self, connection: Connection, reply: Reply, *, is_for_recipient: bool) -> Outcome:
        """RFC 5321 section 4.2.1: 4xx passes, 5xx does not; 421 closes the connection, 530 wants a login.

        A server that has no time says so when the message begins. From the recipient on its words are about that one:
        a transaction has no other.
        """
        if reply.code == 421:
            connection.drop()
        elif connection.is_open:
            connection.reset()
        if reply.code == 530:
            return Stopped(f"The SMTP server wants a login: {reply.words}", CHECK_LOGIN)
        if reply.code // 100 != 4:
            return Refused(reply.words)
        if is_for_recipient:
            return Deferred(reply.words, self._greylisting.first_wait, self._greylisting.give_up_after)
        return Busy(reply.words)

    def _is_too_late(self) -> bool:
        """Whether it must not leave any more; never taken back."""
        self._is_too_old = self._is_too_old or self._asked_too_late()
        return self._is_too_old
