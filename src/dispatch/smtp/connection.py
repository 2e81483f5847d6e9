"""Connection: one session with an SMTP server; it is opened, secured and logged in, then commands get their replies.

Everything that waits for the server has a deadline as a whole: a server that sends a byte now and then holds nobody for
longer.

Sources: RFC 5321 (replies, section 4.2), RFC 2920 (PIPELINING), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

import re
import socket
import ssl
import time
from base64 import b64encode
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from dispatch.model.mailbox import without_addresses
from dispatch.model.message import Busy, NotSent, Outcome, Stopped

CHECK_LOGIN = "Check [smtp] username and password."
_CHECK_SERVER = "Check [smtp] host, port and security: most servers take starttls on port 587 and tls on port 465."
_CHECK_NAME = "Check [smtp] host; the server's certificate must be for that name and from a known authority."
#: a reply has lines of 512 bytes, and not many of them (RFC 5321 section 4.5.3.1.5): more is none
_MOST_LINE, _MOST_LINES = 4096, 100
#: how long a goodbye may take
_QUIT_SECONDS = 2.0


@dataclass(frozen=True)
class Server:
    """Where the server is, and how to get in."""

    host: str
    port: int
    #: `starttls`, `tls` or `none`
    security: str
    username: str
    password: str
    #: how long one message may take as a whole, with a new connection where one is needed
    timeout_seconds: int

    @property
    def was_too_slow(self) -> str:
        """What is said of a message that the deadline ended."""
        return f"the SMTP server did not take the message within {self.timeout_seconds} s"

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """What is trusted; read once, because reading it takes longer than a message."""
        return ssl.create_default_context()


class Reply(NamedTuple):
    """What the server answered to a command."""

    code: int
    #: its lines, each with the code
    lines: list[bytes]

    @property
    def texts(self) -> list[str]:
        """What stands in each line after the code."""
        return [line[4:].decode("utf-8", "replace").strip() for line in self.lines]

    @property
    def words(self) -> str:
        """The code and the server's words on one line, without addresses."""
        return without_addresses(" ".join(f"{self.code} {' '.join(self.texts)}".split()))


class NotConnected(Exception):
    """There is no session; `outcome` says what that means for a Message. Nothing has left."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome)


class ConnectionEnded(ConnectionError):
    """The server closed the connection, or answered what is no reply."""


class Connection:
    """One session. A thread at a time uses it; it is of no use any more once `is_open` is False."""

    def __init__(self, server: Server, deadline: float) -> None:
        """Open a session, logged in where the settings say so. Raise NotConnected."""
        self.server = server
        #: lines that came and were not read yet, and the beginning of the next one
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._extensions: dict[str, str] = {}
        self._socket: socket.socket | None = None
        #: messages that began over it
        self.messages = 0
        #: a moment of the monotonic clock: when it was used last
        self.used_at = time.monotonic()
        #: a moment of the monotonic clock by which what is done now must be done
        self.deadline = deadline
        try:
            self._open()
        except BaseException as err:
            self.drop()
            if isinstance(err, OSError | UnicodeError):
                raise NotConnected(_what_it_means(err, server)) from err
            raise

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._socket is not None

    @property
    def has_pipelining(self) -> bool:
        """Whether the server takes several commands at once."""
        return "PIPELINING" in self._extensions

    # --- commands -------------------------------------------------------------------------------------------------

    def exchange(self, commands: Sequence[bytes]) -> list[Reply]:
        """Send commands, each a line; return their replies in order, up to the first after which no other comes.

        Raise OSError where the connection breaks.
        """
        if not self.has_pipelining:
            replies = []
            for command in commands:
                replies.append(self.ask(command))
                if replies[-1].code >= 400:
                    break
            return replies
        self.write(b"".join(commands))
        replies = [self.read()]
        # After 421 the server closes the connection.
        while len(replies) < len(commands) and replies[-1].code != 421:
            replies.append(self.read())
        return replies

    def ask(self, command: bytes) -> Reply:
        """Send a command; return its reply. Raise OSError where the connection breaks."""
        self.write(command)
        return self.read()

    def write(self, data: bytes) -> None:
        """Send bytes. Raise OSError."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._in_time().send(rest) :]

    def read(self) -> Reply:
        """Return the next reply. Raise OSError."""
        lines = [self._line()]
        while lines[-1][3:4] == b"-" and len(lines) <= _MOST_LINES:
            lines.append(self._line())
        code = lines[-1][:3]
        if not code.isdigit() or len(lines) > _MOST_LINES:
            raise ConnectionEnded
        return Reply(int(code), lines)

    def _line(self) -> bytes:
        while not self._lines:
            got = self._in_time().recv(4096)
            if not got or len(self._rest) > _MOST_LINE:
                raise ConnectionEnded
            *lines, self._rest = (self._rest + got).split(b"\n")
            self._lines.extend(lines)
        return self._lines.popleft()

    def _in_time(self) -> socket.socket:
        """The socket, which waits no longer than the deadline."""
        if self._socket is None:
            raise ConnectionEnded
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._socket

    def reset(self) -> None:
        """Make ready for the next message; the outcome of this one stands, even if the connection breaks now."""
        try:
            if self.ask(b"RSET\r\n").code // 100 != 2:
                self.drop()
        except OSError:
            self.drop()

    def quit(self) -> None:
        """End the session in the way that servers like."""
        self.deadline = time.monotonic() + _QUIT_SECONDS
        with suppress(OSError):
            self.ask(b"QUIT\r\n")
        self.drop()

    def drop(self) -> None:
        """End the connection without a word: the server throws away a message that has not ended."""
        if self._socket is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which would take the encryption off before it ends the connection.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None

    # --- opening --------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        server = self.server
        self._socket = socket.create_connection(
            (server.host, server.port), max(0.001, self.deadline - time.monotonic())
        )
        # The dot that ends a message is a packet of its own, which must not wait for the answer to the one before.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.security == "tls":
            self._secure()
        self._require(self.read(), 220)
        self._greet()
        if server.security == "starttls":
            if "STARTTLS" not in self._extensions:
                raise NotConnected(Stopped("The SMTP server does not offer STARTTLS.", _CHECK_SERVER))
            self._require(self.ask(b"STARTTLS\r\n"), 220)
            # What came in clear before the encryption could be anybody's.
            self._lines.clear()
            self._rest = b""
            self._secure()
            self._greet()
        if server.username:
            self._log_in()

    def _secure(self) -> None:
        plain = self._in_time()
        self._socket = self.server.tls.wrap_socket(
            plain, server_hostname=self.server.host, do_handshake_on_connect=False
        )
        self._socket.do_handshake()

    def _greet(self) -> None:
        """Learn what the server offers."""
        reply = self.ask(f"EHLO {_own_name()}\r\n".encode("ascii"))
        if reply.code // 100 == 5:
            # A server from before 1995.
            reply = self.ask(f"HELO {_own_name()}\r\n".encode("ascii"))
        self._require(reply, 250)
        offers = [line.upper().partition(" ") for line in reply.texts[1:]]
        self._extensions = {keyword: about for keyword, _, about in offers}

    def _require(self, reply: Reply, code: int) -> None:
        if reply.code == code:
            return
        if reply.code // 100 == 4:
            raise NotConnected(Busy(reply.words))
        raise NotConnected(Stopped(f"The SMTP server refuses the connection: {reply.words}", _CHECK_SERVER))

    def _log_in(self) -> None:
        user, password = self.server.username.encode(), self.server.password.encode()
        offered = self._extensions.get("AUTH", "").split()
        if "PLAIN" in offered:
            reply = self.ask(b"AUTH PLAIN %s\r\n" % b64encode(b"\0%s\0%s" % (user, password)))
        elif "LOGIN" in offered:
            reply = self.ask(b"AUTH LOGIN\r\n")
            for word in (user, password):
                if reply.code == 334:
                    reply = self.ask(b64encode(word) + b"\r\n")
        else:
            raise NotConnected(Stopped("The SMTP server offers no login by AUTH PLAIN or AUTH LOGIN.", CHECK_LOGIN))
        if reply.code // 100 == 4:
            raise NotConnected(Busy(reply.words))
        if reply.code != 235:
            raise NotConnected(Stopped(f"The SMTP server refuses the login: {reply.words}", CHECK_LOGIN))


def _what_it_means(err: OSError | UnicodeError, server: Server) -> Outcome:
    """What an error before the first message means: a fault of the settings stops, a passing one is tried again."""
    match err:
        case ssl.SSLCertVerificationError():
            return Stopped(f"The SMTP server's certificate is not trusted: {err.verify_message}.", _CHECK_NAME)
        case ssl.SSLError():
            return Stopped(f"The SMTP server does not speak TLS as the settings ask: {err.reason}.", _CHECK_SERVER)
        case UnicodeError():
            return Stopped(f"{server.host!r} is not the name of a server.", "Check [smtp] host.")
        case TimeoutError():
            return NotSent(server.was_too_slow)
        case _:
            return NotSent(f"the SMTP server cannot be reached ({type(err).__name__})")


@cache
def _own_name() -> str:
    """This computer, as EHLO names it: by its full name, else by an address (RFC 5321 section 4.1.4)."""
    name = socket.getfqdn()
    return name if "." in name and re.fullmatch(r"[A-Za-z0-9.-]+", name) else "[127.0.0.1]"
