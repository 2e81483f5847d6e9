"""The transport: closed however a command ends; practice never leaves this computer, whatever proxy is named."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx2
import pytest
from sqlalchemy import Connection, Dialect, Engine, event

from dispatch.aws.mailer import SesMailer
from dispatch.aws.queue import SqsNotifications
from dispatch.cli.context import Context
from dispatch.cli.transport import point_at_practice, use_transport
from dispatch.errors import ProviderError, StoreError
from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Letter
from dispatch.model.message import Accepted, Message
from tests.fixtures_journey import Journey
from tests.fixtures_practice import PracticeServer, practice_server
from tests.pipeline.scripted import ScriptedMailer


@dataclass
class Proxy:
    """Listens where the environment says that a proxy is, and answers nothing."""

    listener: socket.socket
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def listen(self) -> None:
        """Note what is sent, until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(10_000))


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    found = Proxy(socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=found.listen)
    thread.start()
    yield found
    found.listener.shutdown(socket.SHUT_RDWR)
    found.listener.close()
    thread.join()


@pytest.fixture
def environment() -> Iterator[None]:
    """The environment as it was, afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    with practice_server(tmp_path_factory.mktemp("practice"), owner="here") as server:
        yield server


NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
MESSAGE = Message(
    delivery_id=DeliveryId("d"),
    campaign_id=CampaignId("c"),
    to="ann+deliver@example.com",
    sender="The Center <news@example.com>",
    reply_to="",
    letter=Letter(("S",), ("<p>H</p>",), ("T",)),
    values={},
)


@pytest.mark.parametrize("names", [NAMES, tuple(name.lower() for name in NAMES), (*NAMES, "http_proxy", "no_proxy")])
def test_practice_goes_past_every_proxy(
    environment: None, proxy: Proxy, practice: PracticeServer, names: tuple[str, ...], tmp_path: Path
) -> None:
    os.environ.update({name: "intranet.example" if name == "no_proxy" else proxy.url for name in names})
    point_at_practice(practice.url, "here")
    mailer = SesMailer(region="us-east-1", configuration_set="dispatch", timeout_seconds=5)
    queue = SqsNotifications(region="us-east-1", queue_url=practice.queue_url, hidden_seconds=1)
    assert mailer.account().max_per_second > 0
    for in_bulk in (False, True):
        (made,) = mailer.submit([MESSAGE], lambda: False, in_bulk=in_bulk)
        assert isinstance(made, Accepted)
    assert queue.receive(5)
    # As the checks of links and pages ask.
    assert httpx2.get(f"{practice.url}/api/health").json()["practice"] is True
    assert proxy.heard == []
    if "no_proxy" in names:
        assert "intranet.example" in os.environ["no_proxy"]


def test_real_mail_goes_through_the_proxy(environment: None, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    os.environ["HTTP_PROXY"] = proxy.url
    os.environ["AWS_ENDPOINT_URL_SESV2"] = "http://email.amazon.example"
    monkeypatch.setattr("dispatch.aws.client.OneASecond.SECONDS", 0.0)
    with pytest.raises(ProviderError):
        SesMailer(region="us-east-1", configuration_set="dispatch", timeout_seconds=5).account()
    assert proxy.heard[0].startswith(b"GET http://email.amazon.example/v2/email/account ")


# --- closed at the end --------------------------------------------------------------------------------------------


@pytest.fixture
def left_open() -> Iterator[set[Dialect]]:
    """The databases that were used in this process since, and not closed after: each has a dialect of its own."""
    found: set[Dialect] = set()

    def use(connection: Connection) -> None:
        found.add(connection.engine.dialect)

    def close(engine: Engine) -> None:
        found.discard(engine.dialect)

    event.listen(Engine, "engine_connect", use)
    event.listen(Engine, "engine_disposed", close)
    yield found
    event.remove(Engine, "engine_connect", use)
    event.remove(Engine, "engine_disposed", close)


@pytest.mark.parametrize("end", [None, SystemExit(1), StoreError("It is gone."), KeyboardInterrupt(), ValueError()])
def test_mailer_and_database_are_closed_however_a_command_ends(
    journey: Journey, left_open: set[Dialect], monkeypatch: pytest.MonkeyPatch, end: BaseException | None
) -> None:
    monkeypatch.setenv("DISPATCH_MAIL__TRANSPORT", "smtp")
    monkeypatch.setenv("DISPATCH_SMTP__HOST", "127.0.0.1")
    mailer, was_open = ScriptedMailer(), list[bool]()

    @click.command()
    def command() -> None:
        transport = use_transport(Context(journey.folder))
        transport.mailer = mailer
        transport.database.now()
        was_open.append(bool(left_open) and mailer.goodbyes == 0)
        if end is not None:
            raise end

    with suppress(BaseException):
        command.main([], standalone_mode=False)
    assert was_open == [True]
    assert mailer.goodbyes == 1
    assert left_open == set()


def test_every_command_closes_the_databases_that_it_used(journey: Journey, left_open: set[Dialect]) -> None:
    journey.write_members("center", {"ann@example.org": "Ann", "bob@example.org": "Bob"})
    journey.write_brief("2026-03-01-a-brief", "A brief")
    for status, words in (
        (0, "check"),
        (0, "proof --to director@example.org"),
        (0, "send --dry-run"),
        (1, "send --yes --limit 1"),
        (0, "show"),
        (0, "campaigns"),
        (0, "resume --yes"),
        (0, "worker --once"),
        (0, "events pull"),
        (0, "report"),
        (0, "reconcile --yes"),
        (0, "members list"),
        (0, "home"),
        # after an error
        (1, "send --yes --only stranger"),
        (1, "resume nothing --yes"),
        (1, "show nothing"),
        (1, "report nothing"),
        (1, "cancel nothing --yes"),
        (1, "reconcile nothing"),
    ):
        journey.run(*words.split(), status=status)
        assert left_open == set(), words
