"""SmtpMailer: hands Messages to any SMTP server, one connection kept, each recipient's answer noted.

Sources: RFC 5321 (replies 4xx and 5xx, section 4.2; nothing is accepted before the reply to the end of DATA, section
4.1.1.4), RFC 3207 (STARTTLS), RFC 8058. There are no events: what a connection that breaks during DATA leaves open
stays uncertain until a person settles it. Through SES's own SMTP door the tags travel in X-SES-MESSAGE-TAGS.
"""

import re
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from email.errors import HeaderParseError
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

from dispatch.errors import ProviderError
from dispatch.model.message import (
    Accepted,
    Account,
    Busy,
    Message,
    NotSent,
    Outcome,
    Refused,
    Stopped,
    Unknown,
    fault_of,
)

_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE)
#: quoted-printable takes its lines' length from here (RFC 2045 section 6.7: 76 characters)
_POLICY = SMTP.clone(max_line_length=76)
_LOGIN = "Check [smtp] username and password."
_DOOR = "Check [smtp] host, port and security: most servers take starttls on port 587 and tls on port 465."
_TRUST = "Check [smtp] host; the server's certificate must be for that name and from a known authority."


class SmtpMailer:
    """A Mailer by SMTP. One connection for all lanes: they take turns."""

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
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._password = password
        self._max_per_second = max_per_second
        self._timeout_seconds = timeout_seconds
        self._turn = threading.Lock()
        self._server: smtplib.SMTP | None = None

    def account(self) -> Account:
        """What the settings grant; an SMTP server cannot be asked."""
        if not self._host:
            raise ProviderError("There is no SMTP server.", where="dispatch.toml, [smtp] host", todo="Write its name.")
        return Account(self._max_per_second, None, 0, f"smtp/{self._host}")

    def submit(self, messages: Sequence[Message], is_too_late: Callable[[], bool], *, in_bulk: bool) -> list[Outcome]:
        """Hand over Messages one after the other."""
        return [self._submit(message, is_too_late) for message in messages]

    def _submit(self, message: Message, is_too_late: Callable[[], bool]) -> Outcome:
        try:
            mail = _mail(message)
        except (ValueError, HeaderParseError) as err:
            return Refused(str(err))
        with self._turn:
            is_kept = self._server is not None
            made = self._over_connection(mail, message, is_too_late)
            if is_kept and self._server is None and isinstance(made, NotSent):
                # The server closed a connection that it had kept open; nothing had left.
                made = self._over_connection(mail, message, is_too_late)
            return made

    def _over_connection(self, mail: bytes, message: Message, is_too_late: Callable[[], bool]) -> Outcome:
        try:
            server = self._connected()
        except _NotConnected as err:
            return err.outcome
        try:
            return self._hand_over(server, mail, message, is_too_late)
        except (OSError, smtplib.SMTPException) as err:
            self._forget()
            return NotSent(f"the connection broke before the mail was handed over ({type(err).__name__})")

    def _hand_over(
        self, server: smtplib.SMTP, mail: bytes, message: Message, is_too_late: Callable[[], bool]
    ) -> Outcome:
        """One mail's transaction. What is raised here is raised before any of the mail has left."""
        if is_too_late():
            return NotSent("the claim grew too old before the call was made")
        for code, words in self._envelope(server, message):
            if code not in (250, 251):
                return self._refused(server, code, words)
        if is_too_late():
            self._reset(server)
            return NotSent("the claim grew too old before the call was made")
        try:
            code, words = server.data(mail)
        except smtplib.SMTPDataError as err:
            return self._refused(server, err.smtp_code, err.smtp_error)
        except (OSError, smtplib.SMTPException) as err:
            self._forget()
            return Unknown(f"the connection broke while the mail was handed over ({type(err).__name__})")
        if code != 250:
            return self._refused(server, code, words)
        return Accepted(_MESSAGE_ID.search(mail)[1].decode())  # type: ignore[index]  # every mail made here has one

    def _envelope(self, server: smtplib.SMTP, message: Message) -> Iterator[tuple[int, bytes]]:
        yield server.mail(parseaddr(message.sender)[1])
        yield server.rcpt(message.to)

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
            server = self._greeted()
            try:
                self._open_session(server)
            except BaseException:
                server.close()
                raise
            self._server = server
        return self._server

    def _greeted(self) -> smtplib.SMTP:
        try:
            if self._security == "tls":
                context = ssl.create_default_context()
                return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_seconds, context=context)
            return smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
        except (OSError, smtplib.SMTPException) as err:
            raise _NotConnected(_of_connection(err)) from err

    def _open_session(self, server: smtplib.SMTP) -> None:
        try:
            if self._security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self._username:
                server.login(self._username, self._password)
            server.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as err:
            raise _NotConnected(_of_connection(err)) from err

    def _forget(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Say goodbye to the server."""
        with self._turn:
            if self._server is not None:
                with suppress(OSError, smtplib.SMTPException):
                    self._server.quit()
            self._forget()


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


def _mail(message: Message) -> bytes:
    """The mail as it travels: 7-bit, no line over 998 characters (RFC 5321 section 4.5.3.1.6).

    Raises ValueError for what cannot stand in a header.
    """
    if fault := fault_of(message):
        raise ValueError(fault)
    mail = EmailMessage(policy=_POLICY)
    name, sender = parseaddr(message.sender)
    mail["From"] = HeaderAddress(name, addr_spec=sender)
    mail["To"] = message.to
    if message.reply_to:
        mail["Reply-To"] = message.reply_to
    mail["Subject"] = message.subject
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    tags = f"campaign={message.campaign_id}, delivery={message.delivery_id}"
    # Written as they are: a folded List-Unsubscribe has broken signatures, and Python's folding would turn a long
    # address into an encoded word.
    lines = [f"{name}: {value}\r\n" for name, value in (*message.headers, ("X-SES-MESSAGE-TAGS", tags))]
    return "".join(lines).encode("ascii") + mail.as_bytes()


def _words(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
