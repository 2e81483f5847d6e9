"""Line: one connection to an SMTP server, and one mail's way over it.

Sources: RFC 5321 (replies 4xx and 5xx, section 4.2; nothing is accepted before the reply to the end of DATA, section
4.1.1.4), RFC 3207 (STARTTLS).
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr

from dispatch.model.message import Accepted, Busy, Message, NotSent, Outcome, Refused, Stopped, Unknown

_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE)
#: a dot at the start of a line is doubled (RFC 5321 section 4.5.2); the lines end in CRLF already
_DOTS = re.compile(rb"^\.", re.MULTILINE)
#: answers to RCPT that mean this recipient: mailbox unavailable, error in processing, no room (RFC 5321 section 4.2.3)
_FOR_NOW = (450, 451, 452)
_TOO_OLD = "the claim grew too old before the call was made"
_LOGIN = "Check [smtp] username and password."
_DOOR = "Check [smtp] host, port and security: most servers take starttls on port 587 and tls on port 465."
_TRUST = "Check [smtp] host; the server's certificate must be for that name and from a known authority."


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server is, and how to come in."""

    host: str
    port: int
    security: str
    username: str
    password: str
    timeout_seconds: int


class RefusedForNow(Busy):
    """Busy because of one recipient, by the server's answer to RCPT."""


class HandOver:
    """One mail on its way; `has_left` says whether the dot that ends it was handed to the network."""

    def __init__(self, mail: bytes, message: Message, is_too_late: Callable[[], bool]) -> None:
        self.mail = mail
        self.message = message
        self._is_too_late = is_too_late
        self._lock = threading.Lock()
        self._is_given_up = False
        self.has_left = False

    def is_too_late(self) -> bool:
        """Whether the mail must not leave any more."""
        return self._is_given_up or self._is_too_late()

    def leave(self) -> bool:
        """Let the mail be ended, the last thing before it is; False where it must not."""
        with self._lock:
            self.has_left = not self.is_too_late()
            return self.has_left

    def give_up(self) -> None:
        """Wait no longer; a mail that has not been ended by now never will be."""
        with self._lock:
            self._is_given_up = True


class Line:
    """One connection, made when it is needed and made anew when it broke; one thread at a time uses it."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._server: smtplib.SMTP | None = None
        #: the connection's socket, from before the greeting on
        self._socket: socket.socket | None = None
        self._is_dropped = False

    def hand_over(self, work: HandOver) -> Outcome:
        """The Outcome of one mail."""
        is_kept = self._server is not None
        made = self._over_connection(work)
        if is_kept and self._server is None and isinstance(made, NotSent) and not work.is_too_late():
            # The server closed a connection that it had kept open; nothing had left.
            made = self._over_connection(work)
        return made

    def _over_connection(self, work: HandOver) -> Outcome:
        try:
            server = self._connected()
        except _NotConnected as err:
            return err.outcome
        try:
            return self._transaction(server, work)
        except (OSError, smtplib.SMTPException) as err:
            self._forget()
            said = type(err).__name__
            if work.has_left:
                return Unknown(f"the connection broke while the mail was handed over ({said})")
            return NotSent(f"the connection broke before the mail was handed over ({said})")

    def _transaction(self, server: smtplib.SMTP, work: HandOver) -> Outcome:
        """One mail's transaction. Raises OSError or SMTPException where the connection breaks."""
        if work.is_too_late():
            return NotSent(_TOO_OLD)
        code, words = server.mail(parseaddr(work.message.sender)[1])
        if code not in (250, 251):
            return self._refused(server, code, words)
        code, words = server.rcpt(work.message.to)
        if code not in (250, 251):
            found = self._refused(server, code, words)
            return RefusedForNow(found.reason) if isinstance(found, Busy) and code in _FOR_NOW else found
        if work.is_too_late():
            self._reset(server)
            return NotSent(_TOO_OLD)
        code, words = server.docmd("DATA")
        if code != 354:
            return self._refused(server, code, words)
        return self._data(server, work)

    def _data(self, server: smtplib.SMTP, work: HandOver) -> Outcome:
        """The mail itself. A server takes nothing before the dot that ends it (RFC 5321 section 4.1.1.4)."""
        server.send(_DOTS.sub(b"..", work.mail))
        if not work.leave():
            # Only an end of the connection calls a mail back that has begun.
            self._forget()
            return NotSent(_TOO_OLD)
        server.send(b".\r\n")
        code, words = server.getreply()
        if code != 250:
            return self._refused(server, code, words)
        return Accepted(_MESSAGE_ID.search(work.mail)[1].decode())  # type: ignore[index]  # every mail made here has one

    def _refused(self, server: smtplib.SMTP, code: int, words: bytes | str) -> Outcome:
        """RFC 5321 section 4.2.1: 4xx passes, 5xx is for good; 421 closes the connection, 530 wants a login."""
        said = f"{code} {_words(words)}"
        if code == 421:
            self._forget()
            return Busy(said)
        self._reset(server)
        if code == 530:
            return Stopped(f"The SMTP server wants a login: {said}", _LOGIN)
        return Busy(said) if 400 <= code < 500 else Refused(said)

    def _reset(self, server: smtplib.SMTP) -> None:
        """Ready for the next mail; what this one's answer was stands, even if the connection breaks now."""
        try:
            server.rset()
        except (OSError, smtplib.SMTPException):
            self._forget()

    def _connected(self) -> smtplib.SMTP:
        """The connection kept, or a new one, logged in. Raises _NotConnected."""
        if self._server is None:
            self._server = self._greeted()
            try:
                self._open_session(self._server)
            except BaseException:
                self._forget()
                raise
        return self._server

    def _greeted(self) -> smtplib.SMTP:
        door = self._door
        try:
            server = _Server(door, self._hold)
        except (OSError, smtplib.SMTPException) as err:
            raise _NotConnected(_of_connection(err)) from err
        if self._is_dropped:
            server.close()
            raise _NotConnected(NotSent("the SMTP server took too long to greet"))
        return server

    def _open_session(self, server: smtplib.SMTP) -> None:
        try:
            if self._door.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self._door.username:
                server.login(self._door.username, self._door.password)
            server.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as err:
            raise _NotConnected(_of_connection(err)) from err

    def _forget(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def drop(self) -> None:
        """End the connection, from another thread than the one that waits for it."""
        self._is_dropped = True
        server = self._server
        for held in (self._socket, server.sock if server is not None else None):
            if held is not None:
                with suppress(OSError):
                    # Not SSLSocket's own, which would take the encryption off before it ends the connection.
                    socket.socket.shutdown(held, socket.SHUT_RDWR)

    def _hold(self, made: socket.socket) -> None:
        self._socket = made

    def quit(self) -> None:
        """Say goodbye to the server."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
        self._forget()


class _Server(smtplib.SMTP):
    """A server that greeted; its socket is told of as soon as there is one, so that it can be dropped at any moment."""

    def __init__(self, door: Door, tell: Callable[[socket.socket], None]) -> None:
        self._door = door
        self._tell = tell
        super().__init__(door.host, door.port, timeout=door.timeout_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # What smtplib's own SMTP_SSL overrides for the same purpose; it would keep the socket to itself.
        made = socket.create_connection((host, port), timeout)
        # The dot that ends a mail is a packet of its own, which must not wait for the answer to the one before.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tell(made)
        if self._door.security != "tls":
            return made
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(made, server_hostname=host, do_handshake_on_connect=False)
        self._tell(wrapped)
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


class _NotConnected(Exception):
    """There is no connection; `outcome` says what that means for a Message. Nothing has left."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome)


def _of_connection(err: OSError | smtplib.SMTPException) -> Outcome:
    """What an error before the first mail means: a fault of the settings stops, a passing one is tried again."""
    match err:
        case smtplib.SMTPResponseException() if 400 <= err.smtp_code < 500:
            return Busy(f"{err.smtp_code} {_words(err.smtp_error)}")
        case smtplib.SMTPAuthenticationError():
            return Stopped(f"The SMTP server refuses the login: {err.smtp_code} {_words(err.smtp_error)}", _LOGIN)
        case smtplib.SMTPResponseException():
            said = f"{err.smtp_code} {_words(err.smtp_error)}"
            return Stopped(f"The SMTP server refuses the connection: {said}", _DOOR)
        case smtplib.SMTPNotSupportedError():
            return Stopped(f"The SMTP server does not offer what the settings ask for: {err}", _DOOR)
        case ssl.SSLCertVerificationError():
            return Stopped(f"The SMTP server's certificate is not trusted: {err.verify_message}.", _TRUST)
        case ssl.SSLError():
            return Stopped(f"The SMTP server does not speak TLS as the settings ask: {err.reason}.", _DOOR)
        case smtplib.SMTPException() if not isinstance(err, smtplib.SMTPServerDisconnected):
            # Such as no way of logging in that both sides know.
            return Stopped(f"The SMTP server cannot be used: {err}", _LOGIN)
        case _:
            return NotSent(f"the SMTP server cannot be reached ({type(err).__name__})")


def _words(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
