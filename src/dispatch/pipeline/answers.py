"""Answers: what the addresses of links say when they are asked, without ever reaching into a private network.

A brief comes from outside, and so do its links: one that led to this computer, or to a machine beside it, would turn
whoever checks it into the brief's hand (server-side request forgery). So a name is resolved first, every address
of it must be public, and the request goes to that very address.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urljoin, urlsplit

#: questions at the same time, seconds for each, and redirects that are followed
AT_ONCE, SECONDS, HOPS = 8, 8.0, 5
#: some servers refuse programs that do not say who they are
_AGENT = "Mozilla/5.0 (compatible; dispatch link check)"
#: answers of servers that only refuse programs, or this way of asking
_CANNOT_TELL = frozenset({401, 403, 405, 406, 429, 451, 503, 999})

IsAllowed = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What an address answered."""

    url: str
    #: the last HTTP status, None where there was no answer
    status: int | None
    #: where it leads in the end, "" where that is the address itself
    leads_to: str = ""
    #: why there was no answer
    problem: str = ""
    #: False where the address must not be asked
    is_asked: bool = True

    @property
    def verdict(self) -> str:
        """`good`, `dead`, `not asked`, or `cannot tell` for servers that refuse programs."""
        if self.status is None:
            return "dead" if self.is_asked else "not asked"
        if self.status < 400:
            return "good"
        return "cannot tell" if self.status in _CANNOT_TELL else "dead"


def is_public(address: str) -> bool:
    """Whether an IP address is reached by everybody."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None)
    return all(each.is_global and not each.is_multicast for each in (found, inner) if each is not None)


def ask_all(urls: Iterable[str], is_allowed: IsAllowed = is_public) -> dict[str, LinkAnswer]:
    """The answer of each http or https address, asked a few at a time."""
    distinct = list(dict.fromkeys(urls))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="links") as pool:
        return dict(zip(distinct, pool.map(lambda url: ask(url, is_allowed), distinct), strict=True))


def ask(url: str, is_allowed: IsAllowed = is_public) -> LinkAnswer:
    """The answer of one address, redirects followed; every hop is checked anew. Never raises."""
    at = url
    try:
        for _ in range(HOPS + 1):
            status, location = _hop(at, is_allowed)
            if status not in (301, 302, 303, 307, 308) or not location:
                return LinkAnswer(url, status, leads_to=at if at != url else "")
            at = urljoin(at, location)
    except _NotAsked as err:
        return LinkAnswer(url, None, problem=str(err), is_asked=False)
    except TimeoutError:
        return LinkAnswer(url, None, problem=f"no answer within {SECONDS:.0f} seconds")
    except (OSError, HTTPException, ValueError) as err:
        return LinkAnswer(url, None, problem=_words(err))
    return LinkAnswer(url, None, problem=f"leads on more than {HOPS} times")


class _NotAsked(Exception):
    """The address must not be asked."""


def _hop(url: str, is_allowed: IsAllowed) -> tuple[int, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _NotAsked("it is no address of the web")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolve(parts.hostname, port, is_allowed)
    connection = _pinned(parts.hostname, port, address, is_tls=parts.scheme == "https")
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"User-Agent": _AGENT, "Accept": "*/*"})
        response = connection.getresponse()
        return response.status, response.getheader("Location") or ""
    finally:
        connection.close()


def _resolve(host: str, port: int, is_allowed: IsAllowed) -> str:
    """The address that a host stands for; every one of them must be allowed."""
    literal = _literal(host)
    if literal:
        found = [literal]
    else:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(is_allowed(address) for address in found):
        raise _NotAsked("it leads into a private network")
    return found[0]


def _literal(host: str) -> str:
    """The address that a host spells out, also in the old ways (0x7f.1, 2130706433); "" for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, ValueError):
        return ""


def _pinned(host: str, port: int, address: str, *, is_tls: bool) -> HTTPConnection:
    """A connection to the very address that was checked, under the host's name."""
    connection = (HTTPSConnection if is_tls else HTTPConnection)(host, port, timeout=SECONDS)

    def connect(_: object, timeout: float | None = None, source: object = None) -> socket.socket:
        return socket.create_connection((address, port), SECONDS)

    # http.client has no other way to say which address a name stands for (Lib/http/client.py, HTTPConnection).
    connection._create_connection = connect  # type: ignore[attr-defined]  # not in the stubs
    return connection


def _words(err: Exception) -> str:
    if isinstance(err, socket.gaierror):
        return "there is no server of that name"
    return (getattr(err, "strerror", None) or str(err) or type(err).__name__).rstrip(".")
