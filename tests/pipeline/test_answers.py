"""What links answer, asked of real servers on this computer; and what is never asked."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dispatch.pipeline.answers import HOPS, ask, ask_all, is_public


class Answers(BaseHTTPRequestHandler):
    """Answers with the status in the path; /to/PATH leads on to PATH."""

    def do_GET(self) -> None:
        kind, _, rest = self.path.lstrip("/").partition("/")
        self.send_response(302 if kind in ("to", "away") else int(kind))
        if kind == "to":
            self.send_header("Location", f"/{rest}")
        if kind == "away":
            self.send_header("Location", f"http://{rest}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output stays clean."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def anywhere(address: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "good"), (204, "good"), (404, "dead"), (500, "dead"), (403, "cannot tell"), (429, "cannot tell")],
)
def test_the_status_decides_the_verdict(site: str, status: int, verdict: str) -> None:
    answer = ask(f"{site}/{status}", anywhere)
    assert (answer.status, answer.verdict, answer.leads_to) == (status, verdict, "")


def test_redirects_are_followed_and_where_they_lead_is_told(site: str) -> None:
    answer = ask(f"{site}/to/to/200", anywhere)
    assert (answer.verdict, answer.leads_to) == ("good", f"{site}/200")


def test_an_endless_redirect_ends(site: str) -> None:
    answer = ask(site + "/to" * (HOPS + 2) + "/200", anywhere)
    assert (answer.verdict, answer.problem) == ("dead", f"leads on more than {HOPS} times")


def test_nobody_at_the_address_is_dead() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = ask(f"http://127.0.0.1:{free.getsockname()[1]}/", anywhere)
    assert (answer.verdict, answer.problem) == ("dead", "Connection refused")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_this_computer_and_private_networks_are_never_asked(url: str) -> None:
    answer = ask(url)
    assert answer.status is None
    assert answer.verdict == "not asked"


def test_a_redirect_into_a_private_network_is_not_followed(site: str) -> None:
    port = site.rpartition(":")[2]
    answer = ask(f"{site}/away/127.0.0.2:{port}/200", lambda address: address == "127.0.0.1")
    assert (answer.status, answer.verdict) == (None, "not asked")


def test_each_address_is_asked_once(site: str) -> None:
    found = ask_all([f"{site}/200", f"{site}/404", f"{site}/200"], anywhere)
    assert {url.rpartition("/")[2]: answer.verdict for url, answer in found.items()} == {"200": "good", "404": "dead"}


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "100.64.0.1", "::1", "fe80::1", "224.0.0.1", "0.0.0.0"])
def test_such_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")


@pytest.mark.parametrize("url", ["http://", "http:///x", "http://[", "http://host:99999/", "not a url", ""])
def test_what_is_no_address_is_told_without_a_fault(url: str) -> None:
    assert ask(url).status is None
