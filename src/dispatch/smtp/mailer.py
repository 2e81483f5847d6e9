"""SmtpMailer: submits Messages to any SMTP server over a few connections that are kept, and notes each one's answer.

There are no events: what a connection that breaks at the end of a message leaves open stays uncertain until a person
settles it. Through SES's own SMTP server the tags travel in X-SES-MESSAGE-TAGS.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from dispatch.errors import ProviderError
from dispatch.model.message import Account, Busy, Message, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.model.readiness import Readiness
from dispatch.smtp.connection import Connection, NotConnected, Server
from dispatch.smtp.submission import Greylisting, Submission

#: messages over one connection: enough that opening it costs nothing, and the machines behind one name get their share.
#: A server that wants fewer closes it with 421, and another one is opened.
MOST_MESSAGES = 1_000
#: messages in one claim: a transaction for each would cost more than the message
MOST_IN_A_ROW = 50
#: seconds after which an unused connection is ended: servers and routers give those up without a word
IDLE_SECONDS = 30.0


class SmtpMailer:
    """A Mailer by SMTP. Up to `connections` calls are made at the same time; more wait for their turn."""

    has_bulk = False
    has_events = False

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: str,
        username: str,
        password: str,
        max_per_second: float,
        timeout_seconds: int,
        connections: int,
        greylist_minutes: float,
        greylist_hours: float,
    ) -> None:
        self._server = Server(host, port, security, username, password, timeout_seconds)
        self._max_per_second = max_per_second
        self._connections = connections
        self._greylisting = Greylisting(timedelta(minutes=greylist_minutes), timedelta(hours=greylist_hours))
        self._turns = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        #: those that nobody uses now; the last one used is the first to be used again
        self._kept: list[Connection] = []

    def account(self) -> Account:
        """What the settings grant; an SMTP server cannot be asked."""
        if not self._server.host:
            raise ProviderError("There is no SMTP server.", where="dispatch.toml, [smtp] host", todo="Write its name.")
        name = f"smtp/{self._server.host}"
        return Account(
            self._max_per_second,
            None,
            0,
            name,
            calls_in_flight=self._connections,
            messages_in_a_row=MOST_IN_A_ROW,
        )

    def problems(self, senders: Sequence[str]) -> Readiness:
        """Return nothing: an SMTP server says only at the call whom it lets send."""
        return Readiness()

    def submit(self, messages: Sequence[Message], is_too_late: Callable[[], bool], *, in_bulk: bool) -> list[Outcome]:
        """Submit Messages one after the other, over one connection as long as it lasts.

        The first one that the server itself cannot take ends the call: the rest would fare no better.
        """
        outcomes: list[Outcome] = []
        with self._turns:
            connection = self._taken()
            for message in messages:
                outcome, connection = self._submit(message, connection, is_too_late)
                outcomes.append(outcome)
                if isinstance(outcome, Busy | Stopped | NotSent | Unknown):
                    break
            self._keep(connection)
        left = len(messages) - len(outcomes)
        if left and isinstance(outcome, Unknown):
            outcome = NotSent(f"not tried: of the message before it is not known whether it left ({outcome.reason})")
        return outcomes + [outcome] * left if left else outcomes

    def _submit(
        self, message: Message, connection: Connection | None, is_too_late: Callable[[], bool]
    ) -> tuple[Outcome, Connection | None]:
        """The Outcome of one Message, and the connection that is left, None for none."""
        try:
            sent_at = datetime.now(UTC).replace(microsecond=0)
            submission = Submission(message, sent_at, is_too_late, self._greylisting)
        except ValueError as err:
            return Refused(str(err)), connection
        deadline = time.monotonic() + self._server.timeout_seconds
        if connection is not None:
            connection.deadline = deadline
            outcome = submission.over(connection)
            if connection.is_open or not submission.can_be_repeated or time.monotonic() >= deadline:
                return outcome, self._rested(connection)
            # The server ended a connection that had been open for a while; nothing has left.
        try:
            connection = Connection(self._server, deadline)
        except NotConnected as err:
            return err.outcome, None
        return submission.over(connection), self._rested(connection)

    def _rested(self, connection: Connection) -> Connection | None:
        """The connection, where it can be used again."""
        connection.used_at = time.monotonic()
        if connection.is_open and connection.messages >= MOST_MESSAGES:
            connection.quit()
        return connection if connection.is_open else None

    def _taken(self) -> Connection | None:
        """A connection that was kept, for this thread alone; None where there is none."""
        with self._lock:
            idle_since = time.monotonic() - IDLE_SECONDS
            old = [each for each in self._kept if each.used_at < idle_since]
            self._kept = [each for each in self._kept if each.used_at >= idle_since]
            found = self._kept.pop() if self._kept else None
        for each in old:
            each.quit()
        return found

    def _keep(self, connection: Connection | None) -> None:
        if connection is not None:
            with self._lock:
                self._kept.append(connection)

    def close(self) -> None:
        """Say goodbye over every connection that is kept. What is submitted later opens others."""
        with self._lock:
            kept, self._kept = self._kept, []
        for each in kept:
            each.quit()
