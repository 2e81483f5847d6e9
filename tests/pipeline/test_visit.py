"""Links are fetched, within bounds, and never on a private address."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dispatch.model.finding import Level
from dispatch.pipeline.visit import MAX_STEPS, Visit, is_public, visit, visit_links
from tests.compose.samples import FRONT, brief

ANSWERS = {"/good": 200, "/gone": 404, "/gone-for-good": 410, "/shy": 403, "/busy": 429, "/broken": 500}


class Site(BaseHTTPRequestHandler):
    """Answers what the path says, and remembers what it was asked."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - one site per test, emptied by the fixture

    def do_GET(self) -> None:
        Site.asked.append((self.path, self.headers["Host"]))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
        elif self.path.startswith("/round"):
            self.send_response(301)
            self.send_header("Location", "/round")
        else:
            self.send_response(ANSWERS.get(self.path, 200))
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


def one(url: str, *, anywhere: bool = True) -> Visit:
    [made] = visit([url], is_reachable=(lambda address: True) if anywhere else is_public)
    return made


@pytest.mark.parametrize(
    ("path", "is_dead", "problem"),
    [
        ("/good", False, ""),
        ("/to//good", False, ""),
        ("/gone", True, "the server answers 404"),
        ("/gone-for-good", True, "the server answers 410"),
        ("/to//gone", True, "the server answers 404"),
        ("/shy", False, "the server answers 403"),
        ("/busy", False, "the server answers 429"),
        ("/broken", False, "the server answers 500"),
        ("/round", True, "it leads round in circles"),
        ("/to/ftp://example.org/x", True, "it leads to something that is no web page"),
    ],
)
def test_what_a_server_answers_is_judged(site: str, path: str, is_dead: bool, problem: str) -> None:
    made = one(site + path)
    assert (made.is_dead, made.problem) == (is_dead, problem)


def test_redirects_are_followed_a_few_steps_and_no_more(site: str) -> None:
    one(site + "/round")
    assert len(Site.asked) == MAX_STEPS + 1


def test_the_host_is_asked_for_by_its_name(site: str) -> None:
    port = site.rsplit(":", 1)[1]
    assert one(f"http://localhost:{port}/good").problem == ""
    assert Site.asked == [("/good", f"localhost:{port}")]


def test_a_private_address_is_never_asked(site: str) -> None:
    made = one(site + "/good", anywhere=False)
    assert made.problem == "127.0.0.1 is no public host"
    assert Site.asked == []


def test_a_redirect_to_a_private_address_is_not_followed(site: str) -> None:
    port = site.rsplit(":", 1)[1]
    looked: list[str] = []

    def first_only(address: str) -> bool:
        looked.append(address)
        return len(looked) == 1

    [made] = visit([f"{site}/to/http://localhost:{port}/secret"], is_reachable=first_only)
    assert "no public host" in made.problem
    assert [path for path, _ in Site.asked] == [f"/to/http://localhost:{port}/secret"]


def test_a_server_that_does_not_listen_is_unsure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        made = one(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert not made.is_dead
    assert "ConnectError" in made.problem


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1", "fc00::1", "0.0.0.0", "100.64.0.1"],
)
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


def test_findings_tell_the_place_and_skip_our_own_pages(site: str) -> None:
    body = f"[Good page]({site}/good)\n\n[Gone page]({site}/gone) [Shy page]({site}/shy)"
    body += f" [Ours]({site}/own/x) <mailto:a@example.org>"
    found = visit_links(brief(body), source=FRONT + body, skip=f"{site}/own", is_reachable=lambda address: True)
    line = FRONT.count("\n") + 3
    assert [(one.code, one.level, one.place.line, one.place.column) for one in found] == [
        ("link-dead", Level.ERROR, line, 13),
        ("link-unsure", Level.WARNING, line, body.split("\n")[2].index(f"{site}/shy") + 1),
    ]
    assert sorted({path for path, _ in Site.asked}) == ["/gone", "/good", "/shy"]
