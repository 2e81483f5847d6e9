"""SmtpMailer against real SMTP servers: every answer has its Outcome, and no mail counts as sent that was not."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dispatch.compose import merge
from dispatch.errors import ProviderError
from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Edition
from dispatch.model.message import Accepted, Busy, Deferred, Message, NotSent, Outcome, Refused, Stopped, Unknown
from dispatch.smtp import SmtpMailer
from dispatch.smtp.connection import CHECK_LOGIN

EDITION = Edition(
    "center",
    "Für [[name|all]]: {{brackets}}",
    "",
    "<p>Good day, [[name|reader]]. " + "A long line of a page without any break. " * 200 + "</p>",
    "Good day, [[name|reader]]. {{braces}}\n.\nA line that is a dot.\n" + "word " * 500,
    "",
)
LETTER = merge.letter(EDITION)


def message(number: int = 1, **changes: Any) -> Message:
    url = f"https://news.example.org/u/{'t' * 150}{number}"
    fields: dict[str, Any] = {
        "delivery_id": DeliveryId(f"{number:032x}"),
        "campaign_id": CampaignId("c" * 32),
        "to": f"reader{number}@example.com",
        "sender": '"The Center, Ltd" <news@example.com>',
        "reply_to": "",
        "letter": LETTER,
        "values": merge.values(LETTER, {"name": "Zoë O'Neil"}, {}),
        "headers": (
            ("List-Unsubscribe", f"<{url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", "<center.example.com>"),
        ),
    }
    return Message(**{**fields, **changes})


class Post:
    """What the server keeps, and the answers that a test wants of it."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.sessions: list[Session] = []
        #: address -> answer at RCPT
        self.answers: dict[str, str] = {}
        #: answers at MAIL, and at the end of DATA
        self.at_mail = ""
        self.at_data = ""
        #: seconds before the answer to the end of DATA
        self.slow_at_data = 0.0
        #: whether several commands at once are offered
        self.offers_pipelining = False
        #: messages after which a connection is closed with 421; 0 for never
        self.messages_per_connection = 0
        #: sessions that were ended by QUIT
        self.goodbyes = 0
        #: run when the connection is at RCPT or has read the DATA; may cut it
        self.cut: Callable[[SMTP, str], None] = lambda server, stage: None

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], *["250-PIPELINING"] * self.offers_pipelining, *responses[1:]]

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.goodbyes += 1
        return "221 Bye"

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail
        if self.messages_per_connection and self.sessions.count(session) >= self.messages_per_connection:
            await server.push("421 4.7.0 Enough over this connection")
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.close()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.cut(server, "before")
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.at_data:
            return self.at_data
        await asyncio.sleep(self.slow_at_data)
        self.mails.append(envelope)
        self.sessions.append(session)
        self.cut(server, "after")
        return "250 OK"

    def first(self) -> EmailMessage:
        """The first mail, parsed."""
        parsed = message_from_bytes(self.source(), policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def source(self) -> bytes:
        """The first mail, as it came."""
        content = self.mails[0].original_content
        assert content is not None
        return content


@contextmanager
def serving(post: Post, **options: Any) -> Iterator[int]:
    """A server on a free port; gives the port."""
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), ready_timeout=20, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def mailer(port: int, security: str = "none", **options: Any) -> Iterator[SmtpMailer]:
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "username": "",
        "password": "",
        "max_per_second": 5,
        "timeout_seconds": 10,
        "connections": 4,
        "greylist_minutes": 5,
        "greylist_hours": 4,
    }
    made = SmtpMailer(port=port, security=security, **{**settings, **options})
    yield made
    made.close()


def deferred(words: str) -> Deferred:
    """Tried again after five minutes, up to four hours."""
    return Deferred(words, timedelta(minutes=5), timedelta(hours=4))


def submit(made: SmtpMailer, *messages: Message) -> list[Outcome]:
    return made.submit(messages, lambda: False, in_bulk=False)


@pytest.fixture(params=[False, True], ids=["one by one", "pipelining"])
def post(request: pytest.FixtureRequest) -> Post:
    """A server that takes one command at a time, or several."""
    made = Post()
    made.offers_pipelining = request.param
    return made


@pytest.fixture
def plain() -> Post:
    """A server for what does not depend on PIPELINING."""
    return Post()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    file, secret = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file, secret


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is from an authority that this computer knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def gate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"mail", b"secret"), handled=False)


# --- what arrives -------------------------------------------------------------------------------------------------


def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    with serving(post) as port, mailer(port) as made:
        (outcome,) = submit(made, message(reply_to="answers@example.com"))
    found = post.first()
    assert outcome == Accepted(str(found["Message-ID"]))
    assert (post.mails[0].mail_from, post.mails[0].rcpt_tos) == ("news@example.com", ["reader1@example.com"])
    assert found["Subject"] == "Für Zoë O'Neil: {{brackets}}"
    assert found["From"] == '"The Center, Ltd" <news@example.com>'
    assert (found["To"], found["Reply-To"]) == ("reader1@example.com", "answers@example.com")
    text, page = found.get_body(("plain",)), found.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == message().text + "\n"
    assert page.get_content().replace("\r\n", "\n") == message().html + "\n"


def test_headers_stand_on_one_line_each_in_their_order_with_the_tags_of_ses(plain: Post) -> None:
    with serving(plain) as port, mailer(port) as made:
        submit(made, message())
    lines = plain.source().decode("ascii").split("\r\n")
    start = lines.index(f"List-Unsubscribe: <https://news.example.org/u/{'t' * 150}1>")
    assert lines[start + 1 : start + 4] == [
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Id: <center.example.com>",
        f"X-SES-MESSAGE-TAGS: campaign={'c' * 32}, delivery={1:032x}",
    ]


def test_every_line_is_short_and_seven_bit(plain: Post) -> None:
    with serving(plain) as port, mailer(port) as made:
        submit(made, message())
    plain.source().decode("ascii")
    assert max(len(line) for line in plain.source().split(b"\r\n")) <= 998
    body = plain.source().partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    assert plain.source().count(b"\n") == plain.source().count(b"\r\n")


def test_one_connection_is_kept_for_all_mails(post: Post) -> None:
    with serving(post) as port, mailer(port) as made:
        outcomes = submit(made, *(message(number) for number in range(1, 6)))
        outcomes += submit(made, message(6))
    assert [type(each) for each in outcomes] == [Accepted] * 6
    assert len(post.mails) == 6
    assert len({id(session) for session in post.sessions}) == 1


def test_several_calls_use_several_connections_and_no_more_than_the_setting(post: Post) -> None:
    post.slow_at_data = 0.05
    with serving(post) as port, mailer(port, connections=2) as made:
        outcomes: list[Outcome] = []
        threads = [
            threading.Thread(target=lambda number=number: outcomes.extend(submit(made, message(number))))
            for number in range(1, 9)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [type(each) for each in outcomes] == [Accepted] * 8
    assert sorted(mail.rcpt_tos[0] for mail in post.mails) == [f"reader{number}@example.com" for number in range(1, 9)]
    assert len({id(session) for session in post.sessions}) == 2


def test_every_connection_is_ended_with_a_goodbye(post: Post) -> None:
    with serving(post) as port:
        with mailer(port) as made:
            submit(made, message(1))
            made.close()
            submit(made, message(2))
        assert post.goodbyes == len({id(session) for session in post.sessions}) == 2


def test_a_connection_carries_so_many_messages_and_then_another_one_does(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.smtp.mailer.MOST_MESSAGES", 2)
    with serving(post) as port:
        with mailer(port) as made:
            assert [type(each) for each in submit(made, *(message(number) for number in range(1, 6)))] == [Accepted] * 5
        assert post.goodbyes == len({id(session) for session in post.sessions}) == 3


def test_a_connection_that_nobody_used_for_a_while_is_not_trusted(plain: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.smtp.mailer.IDLE_SECONDS", 0.0)
    with serving(plain) as port, mailer(port) as made:
        assert [type(submit(made, message(number))[0]) for number in (1, 2)] == [Accepted, Accepted]
    assert len({id(session) for session in plain.sessions}) == 2


# --- answers of the server ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 No such user", Refused("550 5.1.1 No such user")),
        ("553 5.1.3 Bad address", Refused("553 5.1.3 Bad address")),
        ("450 4.2.1 Come later", deferred("450 4.2.1 Come later")),
        ("451 4.7.1 Greylisted", deferred("451 4.7.1 Greylisted")),
        ("452 4.2.2 Full", deferred("452 4.2.2 Full")),
        ("530 5.7.0 Log in", Stopped("The SMTP server wants a login: 530 5.7.0 Log in", CHECK_LOGIN)),
        ("550 5.1.1 <reader2@example.com>: unknown", Refused("550 5.1.1 <…>: unknown")),
    ],
)
def test_one_recipients_answer_is_that_ones_alone(post: Post, answer: str, outcome: Outcome) -> None:
    post.answers["reader2@example.com"] = answer
    with serving(post) as port, mailer(port) as made:
        before, found = submit(made, message(1), message(2))
        (after,) = submit(made, message(3))
    assert (type(before), found, type(after)) == (Accepted, outcome, Accepted)
    assert len({id(session) for session in post.sessions}) == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("554 5.7.1 Spam", Refused("554 5.7.1 Spam")),
        ("451 4.7.1 Later", deferred("451 4.7.1 Later")),
        ("552 5.3.4 Too big", Refused("552 5.3.4 Too big")),
    ],
)
def test_an_answer_to_the_message_itself_counts_as_well(post: Post, answer: str, outcome: Outcome) -> None:
    post.at_data = answer
    with serving(post) as port, mailer(port) as made:
        assert submit(made, message()) == [outcome]


def test_a_sender_that_is_refused_is_refused(post: Post) -> None:
    post.at_mail = "550 5.7.1 Not you"
    with serving(post) as port, mailer(port) as made:
        assert submit(made, message()) == [Refused("550 5.7.1 Not you")]


def test_a_recipient_whose_server_asks_for_a_later_try_holds_up_nobody(post: Post) -> None:
    post.answers["reader2@example.com"] = "450 4.2.0 Greylisted"
    with serving(post) as port, mailer(port) as made:
        outcomes = submit(made, *(message(number) for number in range(1, 5)))
    assert [type(each) for each in outcomes] == [Accepted, Deferred, Accepted, Accepted]


def test_a_server_that_has_no_time_for_anybody_is_not_asked_for_the_rest(plain: Post) -> None:
    asked: list[str] = []
    plain.cut = lambda server, stage: asked.append(stage)
    plain.at_mail = "451 4.3.2 Too many at the moment"
    with serving(plain) as port, mailer(port) as made:
        assert submit(made, *[message()] * 5) == [Busy("451 4.3.2 Too many at the moment")] * 5
    assert asked == []


def test_a_server_that_closes_for_one_recipient_defers_that_one_and_another_connection_is_opened(post: Post) -> None:
    post.answers["reader1@example.com"] = "421 4.3.2 Closing"
    with serving(post) as port, mailer(port) as made:
        assert submit(made, message(1)) == [deferred("421 4.3.2 Closing")]
        assert [type(each) for each in submit(made, message(2))] == [Accepted]


def test_a_server_that_takes_a_few_messages_a_connection_gets_the_rest_over_others(post: Post) -> None:
    post.messages_per_connection = 3
    with serving(post) as port, mailer(port) as made:
        outcomes = submit(made, *(message(number) for number in range(1, 11)))
    assert [type(each) for each in outcomes] == [Accepted] * 10
    assert [mail.rcpt_tos[0] for mail in post.mails] == [f"reader{number}@example.com" for number in range(1, 11)]
    assert len({id(session) for session in post.sessions}) == 4


def test_a_server_that_is_full_when_it_is_called_is_busy() -> None:
    with Scripted(b"421 4.7.0 Too many connections\r\n") as server, mailer(server.port) as made:
        assert submit(made, message()) == [Busy("421 4.7.0 Too many connections")]


def test_a_server_that_would_take_a_message_for_nobody_gets_none() -> None:
    """RFC 2920 section 3.1: it may answer 354 although it refused the recipient."""
    replies = [b"220 hi\r\n", b"250-hi\r\n250 PIPELINING\r\n", b"250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n"]
    with Scripted(*replies) as server, mailer(server.port) as made:
        assert submit(made, message()) == [Refused("550 5.1.1 nobody")]
        server.wait()
    assert b"DATA\r\n" in server.heard
    assert not server.heard.endswith(b".\r\n")


def test_what_is_no_reply_sent_nothing() -> None:
    with Scripted(b"220 hi\r\n", b"250 hi\r\n", b"what?\r\n") as server, mailer(server.port) as made:
        (found,) = submit(made, message())
    assert isinstance(found, NotSent)


# --- broken connections -------------------------------------------------------------------------------------------


def cut_at(stage: str, times: int = 1_000) -> Callable[[SMTP, str], None]:
    left = [times]

    def cut(server: SMTP, at: str) -> None:
        if at == stage and left[0] > 0:
            left[0] -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()

    return cut


def test_a_connection_cut_before_the_data_was_sent_nothing(post: Post) -> None:
    post.cut = cut_at("before")
    with serving(post) as port, mailer(port) as made:
        (found,) = submit(made, message())
    assert isinstance(found, NotSent)
    assert post.mails == []


def test_a_connection_cut_after_the_message_is_unknown_and_not_repeated_and_the_rest_is_not_tried(post: Post) -> None:
    post.cut = cut_at("after")
    with serving(post) as port, mailer(port) as made:
        found = submit(made, message(1), message(2), message(3))
    assert [type(each) for each in found] == [Unknown, NotSent, NotSent]
    assert len(post.mails) == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_made_anew_without_a_word(post: Post) -> None:
    with serving(post) as port, mailer(port) as made:
        submit(made, message(1))
        post.cut = cut_at("before", times=1)
        assert [type(each) for each in submit(made, message(2))] == [Accepted]
    assert [mail.rcpt_tos for mail in post.mails] == [["reader1@example.com"], ["reader2@example.com"]]
    assert len({id(session) for session in post.sessions}) == 2


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with mailer(free_port()) as made:
        assert submit(made, message()) == [NotSent("the SMTP server cannot be reached (ConnectionRefusedError)")]


def test_a_server_that_never_greets_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, mailer(silent.getsockname()[1], timeout_seconds=1) as made:
        assert [type(each) for each in submit(made, message())] == [NotSent]


class Scripted:
    """A server for one connection that gives its replies one after the other, each to whatever the client sends."""

    def __init__(self, *replies: bytes) -> None:
        self.replies = replies
        #: what the client sent
        self.heard = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        taken, _ = self._socket.accept()
        with taken, suppress(OSError):
            for reply in self.replies:
                taken.sendall(reply)
                self.heard += taken.recv(65536)
            while got := taken.recv(65536):
                self.heard += got

    def wait(self) -> None:
        """Wait until the client has gone."""
        self._thread.join(10)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


class Drip:
    """A server that answers up to a word of the client's, and from there a byte at a time without an end."""

    def __init__(self, slow_at: bytes) -> None:
        self.slow_at = slow_at
        #: what the client sent
        self.heard = b""
        self.ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        taken, _ = self._socket.accept()
        with taken:
            try:
                if self.slow_at:
                    taken.sendall(b"220 drip\r\n")
                while self.slow_at:
                    got = taken.recv(65536)
                    self.heard += got
                    if self.slow_at in self.heard or not got:
                        break
                    if b"DATA\r\n" not in self.heard:
                        taken.sendall(b"250 OK\r\n")
                    elif got.endswith(b"DATA\r\n"):
                        taken.sendall(b"354 go\r\n")
                while not self.ended.wait(0.1):
                    taken.sendall(b"2")
            except OSError:
                self.ended.set()

    def close(self) -> None:
        self._socket.close()
        self._thread.join(10)
        assert self.ended.is_set()


@pytest.mark.parametrize(
    ("slow_at", "outcome"), [(b"", NotSent), (b"RCPT", NotSent), (b"DATA\r\n", NotSent), (b"\r\n.\r\n", Unknown)]
)
def test_a_server_that_drips_holds_a_mail_no_longer_than_the_deadline_and_the_outcome_is_honest(
    slow_at: bytes, outcome: type[Outcome]
) -> None:
    drip = Drip(slow_at)
    with mailer(drip.port, timeout_seconds=1) as made:
        begun = time.monotonic()
        assert submit(made, message()) == [outcome("the SMTP server did not take the message within 1 s")]  # type: ignore[call-arg]  # both take a reason
        assert time.monotonic() - begun < 10
    # The connection is dropped, so that the server learns that it waits for nothing.
    drip.close()
    assert (b"\r\n.\r\n" in drip.heard) == (outcome is Unknown)


def test_after_a_server_dripped_the_next_mail_has_a_connection_of_its_own(plain: Post) -> None:
    plain.slow_at_data = 2.0
    with serving(plain) as port, mailer(port, timeout_seconds=1) as made:
        assert [type(each) for each in submit(made, message(1))] == [Unknown]
        plain.slow_at_data = 0.0
        assert [type(each) for each in submit(made, message(2))] == [Accepted]


def test_a_claim_that_grew_too_old_is_never_ended(post: Post) -> None:
    asked: list[int] = []

    def too_late_at_the_end() -> bool:
        asked.append(1)
        return len(asked) == 2

    with serving(post) as port, mailer(port) as made:
        submit(made, message(1))
        first = made.submit([message(2)], lambda: True, in_bulk=False)
        second = made.submit([message(3)], too_late_at_the_end, in_bulk=False)
        fourth = submit(made, message(4))
    assert first == second == [NotSent("the claim grew too old before the message was sent")]
    assert [type(each) for each in fourth] == [Accepted]
    assert [mail.rcpt_tos for mail in post.mails] == [["reader1@example.com"], ["reader4@example.com"]]


# --- TLS and login ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trusted")
def test_mail_goes_by_starttls_after_a_login(plain: Post, tls: ssl.SSLContext) -> None:
    with (
        serving(plain, tls_context=tls, authenticator=gate, auth_required=True) as port,
        mailer(port, "starttls", host="localhost", username="mail", password="secret") as made,
    ):
        assert [type(each) for each in submit(made, message(1), message(2))] == [Accepted, Accepted]
    assert [session.ssl is not None for session in plain.sessions] == [True, True]


@pytest.mark.usefixtures("trusted")
def test_mail_goes_by_tls_from_the_first_byte(plain: Post, tls: ssl.SSLContext) -> None:
    # aiosmtpd's own start looks for its server without TLS.
    with serving_tls(plain, tls) as port, mailer(port, "tls", host="localhost") as made:
        assert [type(each) for each in submit(made, message())] == [Accepted]


@contextmanager
def serving_tls(post: Post, tls: ssl.SSLContext) -> Iterator[int]:
    with serving(post, ssl_context=tls) as port:
        yield port


def stopped(found: list[Outcome]) -> Stopped:
    (only,) = found
    assert isinstance(only, Stopped), only
    return only


@pytest.mark.usefixtures("trusted")
def test_a_login_that_is_refused_stops(plain: Post, tls: ssl.SSLContext) -> None:
    with (
        serving(plain, tls_context=tls, authenticator=gate) as port,
        mailer(port, "starttls", host="localhost", username="mail", password="wrong") as made,
    ):
        found = stopped(submit(made, message()))
    assert found.reason.startswith("The SMTP server refuses the login: 535")
    assert found.todo == "Check [smtp] username and password."


def test_a_server_without_starttls_stops_and_no_password_travels_in_clear(plain: Post) -> None:
    with serving(plain) as port, mailer(port, "starttls", username="mail", password="secret") as made:
        found = stopped(submit(made, message()))
    assert "STARTTLS" in found.reason
    assert "security" in found.todo


def test_a_server_without_any_login_stops(plain: Post) -> None:
    with serving(plain) as port, mailer(port, username="mail", password="secret") as made:
        found = stopped(submit(made, message()))
    assert "AUTH" in found.reason


def test_a_certificate_that_nobody_vouches_for_stops(plain: Post, tls: ssl.SSLContext) -> None:
    with serving(plain, tls_context=tls) as port, mailer(port, "starttls", host="localhost") as made:
        found = stopped(submit(made, message()))
    assert "certificate" in found.reason
    assert plain.mails == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_stops(plain: Post, tls: ssl.SSLContext) -> None:
    with serving(plain, tls_context=tls) as port, mailer(port, "starttls", host="127.0.0.1") as made:
        assert "certificate" in stopped(submit(made, message())).reason


def test_tls_on_a_port_without_it_stops(plain: Post) -> None:
    with serving(plain) as port, mailer(port, "tls") as made:
        found = stopped(submit(made, message()))
    assert "does not speak TLS" in found.reason
    assert "465" in found.todo


# --- what cannot travel -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "a@example.com\r\nBcc: b@example.com"},
        {"to": "a@example.com>\r\nDATA"},
        {"to": "zoë@example.com"},
        {"to": "a@example.com, b@example.com"},
        {"to": ""},
        {"headers": (("List-Unsubscribe", "<https://example.org>\r\nBcc: b@example.com"),)},
        {"headers": (("Bad\nName", "value"),)},
        {"headers": (("Bad: Name", "value"),)},
        {"headers": (("List-Id", "Zoë"),)},
        {"headers": (("List-Id", "x" * 996),)},
        {"sender": "news@example.com\r\nBcc: b@example.com"},
        {"sender": "nobody"},
        {"reply_to": "a@example.com\nBcc: b@example.com"},
        {"values": {**message().values, "subject_name": "x\r\nBcc: b@example.com"}},
    ],
    ids=repr,
)
def test_what_cannot_stand_in_a_header_is_refused_and_nothing_leaves(plain: Post, changes: dict[str, Any]) -> None:
    with serving(plain) as port, mailer(port) as made:
        refused, accepted = submit(made, message(1, **changes), message(2))
    assert isinstance(refused, Refused)
    assert refused.reason
    assert isinstance(accepted, Accepted)
    assert [mail.rcpt_tos for mail in plain.mails] == [["reader2@example.com"]]
    assert b"Bcc" not in plain.source()


# --- the account --------------------------------------------------------------------------------------------------


def test_the_account_is_what_the_settings_grant() -> None:
    with mailer(25) as made:
        found = made.account()
    assert (found.max_per_second, found.left_today, found.name) == (5, None, "smtp/127.0.0.1")


def test_no_host_is_an_error_that_names_the_setting() -> None:
    with mailer(25, host="") as made, pytest.raises(ProviderError, match="no SMTP server") as caught:
        made.account()
    assert caught.value.where == "dispatch.toml, [smtp] host"
