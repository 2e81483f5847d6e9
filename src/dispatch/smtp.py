"""SmtpMailer: hands Messages to any SMTP server, one connection kept, each recipient's answer noted.

Sources: RFC 5321 (replies 4xx and 5xx, section 4.2), RFC 3207 (STARTTLS), RFC 8058. There are no events: what a broken
connection leaves open stays uncertain until a person settles it. Through SES's own SMTP door the tags travel in
X-SES-MESSAGE-TAGS.
"""

import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
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
)

_LOGIN = "Check [smtp] username and password."


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
        mail = _mail(message)
        with self._turn:
            try:
                server = self._connected()
            except smtplib.SMTPAuthenticationError as err:
                return Stopped(f"The SMTP server refuses the login: {_words(err.smtp_error)}", _LOGIN)
            except (OSError, smtplib.SMTPException) as err:
                self._forget()
                return NotSent(f"the SMTP server cannot be reached ({type(err).__name__})")
            if is_too_late():
                return NotSent("the claim grew too old before the call was made")
            return self._hand_over(server, mail, message)

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage, message: Message) -> Outcome:
        try:
            server.send_message(mail, from_addr=parseaddr(message.sender)[1], to_addrs=[message.to])
        except smtplib.SMTPRecipientsRefused as err:
            code, words = next(iter(err.recipients.values()))
            return _refusal(code, words)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as err:
            return _refusal(err.smtp_code, err.smtp_error)
        except (smtplib.SMTPNotSupportedError, ValueError) as err:
            return Refused(str(err))
        except (OSError, smtplib.SMTPException) as err:
            self._forget()
            return Unknown(f"the connection broke ({type(err).__name__})")
        return Accepted(str(mail["Message-ID"]))

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            try:
                if self._server.noop()[0] == 250:
                    return self._server
            except (OSError, smtplib.SMTPException):
                pass
            self._forget()
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._security == "tls":
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_seconds, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
        if self._security == "starttls":
            server.starttls(context=context)
        if self._username:
            server.login(self._username, self._password)
        self._server = server
        return server

    def _forget(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _mail(message: Message) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    name, sender = parseaddr(message.sender)
    mail["From"] = HeaderAddress(name, addr_spec=sender)
    mail["To"] = message.to
    if message.reply_to:
        mail["Reply-To"] = message.reply_to
    mail["Subject"] = message.subject
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    for header, value in message.headers:
        mail[header] = value
    mail["X-SES-MESSAGE-TAGS"] = f"campaign={message.campaign_id}, delivery={message.delivery_id}"
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    return mail


def _refusal(code: int, words: bytes | str) -> Outcome:
    """RFC 5321 section 4.2.1: 4xx passes, 5xx is for good; 421 closes the connection."""
    said = f"{code} {_words(words)}"
    return Busy(said) if 400 <= code < 500 else Refused(said)


def _words(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
