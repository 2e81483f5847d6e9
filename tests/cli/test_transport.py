"""Practice never leaves this computer, whatever proxy the environment names; real mail goes through it."""

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from dispatch.aws.mailer import SesMailer
from dispatch.aws.queue import SqsNotifications
from dispatch.cli.transport import point_at_practice
from dispatch.errors import ProviderError
from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Letter
from dispatch.model.message import Accepted, Message
from tests.fixtures_practice import PracticeServer, practice_server


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
