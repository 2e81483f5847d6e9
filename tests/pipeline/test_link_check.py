"""What links answer, asked of real servers on this computer; and what is never asked."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dispatch.model.finding import Level
from dispatch.pipeline.link_check import HOPS, ask, ask_all, is_public, link_findings
from dispatch.pipeline.prepare import Prepared
from tests.compose.samples import FRONT, brief


class Site(BaseHTTPRequestHandler):
    """Answers with the status in the path; /to/PATH leads on to PATH, /away/HOST… to another host, /as/URL to it."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - one site per test, emptied by the fixture

    def do_GET(self) -> None:
        Site.asked.append((self.path, self.headers["Host"]))
        kind, _, rest = self.path.lstrip("/").partition("/")
        onward = {"to": f"/{rest}", "away": f"http://{rest}", "as": rest}.get(kind)
        self.send_response(302 if onward is not None else int(kind))
        if onward is not None:
            self.send_header("Location", onward)
        self.end_headers()
        self.wfile.write(b"x" * 1000)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def anywhere(address: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "good"),
        (204, "good"),
        (404, "dead"),
        (410, "dead"),
        (403, "cannot tell"),
        (429, "cannot tell"),
        (500, "cannot tell"),
        (503, "cannot tell"),
    ],
)
def test_the_status_decides_the_verdict(site: str, status: int, verdict: str) -> None:
    answer = ask(f"{site}/{status}", anywhere)
    assert (answer.status, answer.verdict, answer.leads_to) == (status, verdict, "")
    assert answer.problem == ("" if verdict == "good" else f"the server answers {status}")


def test_redirects_are_followed_and_where_they_lead_is_said(site: str) -> None:
    answer = ask(f"{site}/to/to/200", anywhere)
    assert (answer.verdict, answer.leads_to) == ("good", f"{site}/200")
    assert ask(f"{site}/to/404", anywhere).verdict == "dead"


def test_an_endless_redirect_ends(site: str) -> None:
    answer = ask(site + "/to" * (HOPS + 2) + "/200", anywhere)
    assert (answer.verdict, answer.problem) == ("dead", f"it leads on more than {HOPS} times")
    assert len(Site.asked) == HOPS + 1


@pytest.mark.parametrize("onward", ["ftp://example.org/x", "mailto:a@example.org", "http://[", "http://host:99999/"])
def test_a_redirect_to_something_that_is_no_web_page_is_not_good(site: str, onward: str) -> None:
    assert ask(f"{site}/as/{onward}", anywhere).verdict in ("dead", "not asked")


def test_a_server_that_does_not_listen_may_listen_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = ask(f"http://127.0.0.1:{free.getsockname()[1]}/", anywhere)
    assert (answer.verdict, answer.problem) == ("cannot tell", "no answer ([Errno 111] Connection refused)")


def test_the_host_is_asked_for_by_its_name(site: str) -> None:
    port = site.rsplit(":", 1)[1]
    assert ask(f"http://localhost:{port}/200", anywhere).verdict == "good"
    assert Site.asked == [("/200", f"localhost:{port}")]


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
    assert len(Site.asked) == 1


def test_each_address_is_asked_once(site: str) -> None:
    found = ask_all([f"{site}/200", f"{site}/404", f"{site}/200"], anywhere)
    assert {url.rpartition("/")[2]: answer.verdict for url, answer in found.items()} == {"200": "good", "404": "dead"}
    assert len(Site.asked) == 2


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "127.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
    ],
)
def test_such_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")


@pytest.mark.parametrize("url", ["http://", "http:///x", "http://[", "http://host:99999/", "not a url", ""])
def test_what_is_no_address_is_said_without_a_fault(url: str) -> None:
    assert ask(url).status is None


def test_findings_name_the_place_and_skip_our_own_pages(site: str) -> None:
    body = f"[Good page]({site}/200)\n\n[Gone page]({site}/404) [Shy page]({site}/403)"
    body += f" [Ours]({site}/500/x) <mailto:a@example.org>"
    prepared = Prepared(brief(body), {}, {}, FRONT + body)
    found = link_findings(prepared, skip=f"{site}/500", is_allowed=anywhere)
    line = FRONT.count("\n") + 3
    assert [(one.code, one.level, one.place.line, one.place.column) for one in found] == [
        ("link-dead", Level.ERROR, line, 13),
        ("link-unsure", Level.WARNING, line, body.split("\n")[2].index(f"{site}/403") + 1),
    ]
    assert sorted({path for path, _ in Site.asked}) == ["/200", "/403", "/404"]
