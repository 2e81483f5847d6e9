"""visit: fetch the links of a Brief, bounded in time and number, and never on a private address.

Each host is resolved here, every address of it must be public, and the request goes to the very address that was
checked: a name that changes its address between the look and the call gains nothing. Redirects are followed by hand,
each step checked the same way.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx2

from dispatch.compose.checks.links import links
from dispatch.compose.checks.material import Material
from dispatch.model.brief import Brief
from dispatch.model.finding import Finding, Level, Place

#: links that are fetched at most, seconds for each step, calls at a time, redirects followed
MAX_LINKS, SECONDS, CALLS, MAX_STEPS = 200, 10.0, 8, 5

_AGENT = "Mozilla/5.0 (compatible; dispatch link check)"
# many sites answer these to programs and show the page to people
_UNSURE = frozenset({401, 402, 403, 405, 406, 408, 425, 429, 451, 999})

Reachable = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of fetching one link."""

    url: str
    #: the last status, 0 where there was no answer
    status: int
    #: what went wrong, "" where nothing did
    problem: str
    #: whether the link is dead for sure
    is_dead: bool


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    return ipaddress.ip_address(address).is_global


def visit_links(
    brief: Brief, *, source: str = "", skip: str = "", is_reachable: Reachable = is_public
) -> list[Finding]:
    """The Findings about where the links of a Brief lead; addresses that begin with `skip` are our own and left out."""
    material = Material(brief, {}, (), {}, skip, source=source)
    lines: dict[str, int] = {}
    for href, _, line in links(material):
        if href.startswith(("http://", "https://")) and not (skip and href.startswith(skip)):
            lines.setdefault(href, line)
    visits = visit(list(lines)[:MAX_LINKS], is_reachable=is_reachable)
    return [_finding(visit, material.place(visit.url, lines[visit.url])) for visit in visits if visit.problem]


def visit(urls: Iterable[str], *, is_reachable: Reachable = is_public) -> list[Visit]:
    """Each link fetched, in the order given. Raises nothing for a link that cannot be."""
    with ThreadPoolExecutor(CALLS) as pool:
        return list(pool.map(lambda url: _visit(url, is_reachable), urls))


def _finding(visit: Visit, place: Place) -> Finding:
    if visit.is_dead:
        advice = "Open it in a browser, and correct or remove it."
        return Finding(
            Level.ERROR, "link-dead", f"The link {visit.url[:80]!r} is dead: {visit.problem}.", place, advice
        )
    return Finding(
        Level.WARNING,
        "link-unsure",
        f"The link {visit.url[:80]!r} could not be checked: {visit.problem}.",
        place,
        "Open it in a browser.",
    )


def _visit(url: str, is_reachable: Reachable) -> Visit:
    at = url
    for _ in range(MAX_STEPS + 1):
        try:
            status, onward = _step(at, is_reachable)
        except _Refused as err:
            return Visit(url, 0, str(err), is_dead=err.is_dead)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as err:
            return Visit(url, 0, type(err).__name__ + (f" ({err})" if str(err) else ""), is_dead=False)
        if onward:
            at = urljoin(at, onward)
            continue
        return _judged(url, status)
    return Visit(url, 0, "it leads round in circles", is_dead=True)


def _judged(url: str, status: int) -> Visit:
    if status < 400:
        return Visit(url, status, "", is_dead=False)
    is_dead = status not in _UNSURE and status < 500
    return Visit(url, status, f"the server answers {status}", is_dead=is_dead)


class _Refused(Exception):
    """A step that is not taken."""

    def __init__(self, why: str, *, is_dead: bool) -> None:
        super().__init__(why)
        self.is_dead = is_dead


def _step(url: str, is_reachable: Reachable) -> tuple[int, str]:
    """One request; the status and, for a redirect, where it leads."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme not in ("http", "https") or not host:
        raise _Refused("it leads to something that is no web page", is_dead=True)
    address = _resolved(host, port, is_reachable)
    target = httpx2.URL(url).copy_with(host=address)
    headers = {"Host": host if parts.port is None else f"{host}:{port}", "User-Agent": _AGENT, "Accept": "*/*"}
    with httpx2.Client(timeout=SECONDS, trust_env=False) as client:
        request = client.build_request("GET", target, headers=headers, extensions={"sni_hostname": host})
        answer = client.send(request, stream=True, follow_redirects=False)
        # the body is never read
        answer.close()
    is_redirect = answer.status_code in (301, 302, 303, 307, 308)
    return answer.status_code, answer.headers.get("location", "") if is_redirect else ""


def _resolved(host: str, port: int, is_reachable: Reachable) -> str:
    """One address of a host, all of which must be reachable ones."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as err:
        raise _Refused(f"there is no host {host}", is_dead=True) from err
    addresses = list(dict.fromkeys(_addresses(found)))
    if not addresses or not all(is_reachable(address) for address in addresses):
        raise _Refused(f"{host} is no public host", is_dead=True)
    return addresses[0]


def _addresses(found: Iterable[tuple[object, ...]]) -> Iterator[str]:
    for entry in found:
        place = entry[4]
        assert isinstance(place, tuple)
        yield str(place[0]).partition("%")[0]
