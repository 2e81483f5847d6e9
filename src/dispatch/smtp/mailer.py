"""SmtpMailer: hands Messages to any SMTP server, one connection kept, each recipient's answer noted.

There are no events: what a connection that breaks at the end of DATA leaves open stays uncertain until a person settles
it. Through SES's own SMTP door the tags travel in X-SES-MESSAGE-TAGS.

smtplib's time-out is per read, so a server that drips could hold a lane for ever. Each mail is handed over in a thread
of its own, for which the lane waits until the deadline; then the connection is dropped.
"""

import threading
from collections.abc import Callable, Sequence
from email.errors import HeaderParseError

from dispatch.errors import ProviderError
from dispatch.model.message import Account, Busy, Message, NotSent, Outcome, Refused, Unknown
from dispatch.model.readiness import Readiness
from dispatch.smtp.line import Door, HandOver, Line, RefusedForNow
from dispatch.smtp.mail import mail_of

#: how often a recipient is tried whom the server refuses for now, before it counts as a refusal
TRIES_FOR_NOW = 3


class SmtpMailer:
    """A Mailer by SMTP. One connection for all lanes: they take turns.

    `timeout_seconds` is how long one mail may take as a whole, with a new connection where one is needed.
    """

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
    ) -> None:
        self._door = Door(host, port, security, username, password, timeout_seconds)
        self._max_per_second = max_per_second
        self._turn = threading.Lock()
        self._line: Line | None = None
        #: Delivery -> how often its recipient was refused for now
        self._refused_for_now: dict[str, int] = {}

    def account(self) -> Account:
        """What the settings grant; an SMTP server cannot be asked."""
        if not self._door.host:
            raise ProviderError("There is no SMTP server.", where="dispatch.toml, [smtp] host", todo="Write its name.")
        return Account(self._max_per_second, None, 0, f"smtp/{self._door.host}")

    def problems(self, senders: Sequence[str]) -> Readiness:
        """Return nothing: an SMTP server says only at the call whom it lets send."""
        return Readiness()

    def submit(self, messages: Sequence[Message], is_too_late: Callable[[], bool], *, in_bulk: bool) -> list[Outcome]:
        """Hand over Messages one after the other."""
        return [self._submit(message, is_too_late) for message in messages]

    def _submit(self, message: Message, is_too_late: Callable[[], bool]) -> Outcome:
        try:
            mail = mail_of(message)
        except (ValueError, HeaderParseError) as err:
            return Refused(str(err))
        with self._turn:
            return self._in_time(HandOver(mail, message, is_too_late))

    def _in_time(self, work: HandOver) -> Outcome:
        """The Outcome of one mail, within the deadline: a server that drips holds nobody for longer."""
        done: list[Outcome | BaseException] = []
        line = self._line = self._line or Line(self._door)

        def run() -> None:
            try:
                done.append(line.hand_over(work))
            except BaseException as err:
                done.append(err)

        thread = threading.Thread(target=run, name=f"{threading.current_thread().name}: mail", daemon=True)
        thread.start()
        thread.join(self._door.timeout_seconds)
        if thread.is_alive():
            work.give_up()
            line.drop()
            self._line = None
            said = f"the SMTP server did not take the mail within {self._door.timeout_seconds} s"
            return Unknown(said) if work.has_left else NotSent(said)
        made = done[0]
        if isinstance(made, BaseException):
            raise made
        return self._for_now(made, work.message.delivery_id)

    def _for_now(self, made: Outcome, delivery_id: str) -> Outcome:
        """A recipient who is refused for now is tried a few times, then refused: the others wait behind."""
        if not isinstance(made, RefusedForNow):
            self._refused_for_now.pop(delivery_id, None)
            return made
        tries = self._refused_for_now.get(delivery_id, 0) + 1
        self._refused_for_now[delivery_id] = tries
        if tries < TRIES_FOR_NOW:
            return Busy(made.reason)
        del self._refused_for_now[delivery_id]
        return Refused(f"{made.reason} (refused for now, {tries} times)")

    def close(self) -> None:
        """Say goodbye to the server."""
        with self._turn:
            line, self._line = self._line, None
            if line is not None:
                thread = threading.Thread(target=line.quit, name="goodbye", daemon=True)
                thread.start()
                thread.join(self._door.timeout_seconds)
                line.drop()
