"""Whether the links of a Brief lead anywhere: a few asked at a time, and none in a private network.

A brief comes from outside, and so do its links: one that led to this computer, or to a machine next to it, would let
the brief's author reach them through the person who checks it (server-side request forgery). So a name is resolved
first, every address of it must be public, and the request goes to that very address. Redirects are followed by hand,
each step checked the same way.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

import httpx2

from dispatch.compose.checks.links import links
from dispatch.compose.checks.material import Material
from dispatch.model.finding import Finding, Level
from dispatch.pipeline.prepare import Prepared

#: links that `check` asks at most, questions at the same time, seconds for each step, redirects that are followed
MAX_LINKS, AT_ONCE, SECONDS, HOPS = 200, 8, 10.0, 5

_AGENT = "Mozilla/5.0 (compatible; dispatch link check)"
#: many sites answer these to programs and show the page to people
_REFUSES_PROGRAMS = frozenset({401, 402, 403, 405, 406, 407, 408, 425, 429, 451, 999})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

IsAllowed = Callable[[str], bool]


class Verdict(StrEnum):
    """What an answer says of a link."""

    GOOD = "good"
    DEAD = "dead"
    #: the server is busy, in trouble or refuses programs, or there was no answer this time
    UNSURE = "cannot tell"
    #: it leads into a private network, or is no address of the web
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What an address answered."""

    url: str
    verdict: Verdict
    #: the last HTTP status, None where there was no answer
    status: int | None = None
    #: where it leads in the end, "" where that is the address itself
    leads_to: str = ""
    #: what is wrong with it, "" for a good one
    problem: str = ""


def is_public(address: str) -> bool:
    """Whether an IP address is reached by everybody."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None)
    return all(each.is_global and not each.is_multicast for each in (found, inner) if each is not None)


def link_findings(prepared: Prepared, *, skip: str = "", is_allowed: IsAllowed = is_public) -> list[Finding]:
    """Return what is wrong with the links of a Brief; addresses that begin with `skip` are our own and left out."""
    material = Material(prepared.brief, {}, (), {}, skip, source=prepared.source)
    lines: dict[str, int] = {}
    for href, _, line in links(material):
        if href.startswith(("http://", "https://")) and not (skip and href.startswith(skip)):
            lines.setdefault(href, line)
    answers = ask_all(list(lines)[:MAX_LINKS], is_allowed)
    return [
        _finding(answer, material, lines[url]) for url, answer in answers.items() if answer.verdict is not Verdict.GOOD
    ]


def _finding(answer: LinkAnswer, material: Material, line: int) -> Finding:
    named, place = f"The link {answer.url[:80]!r}", material.place(answer.url, line)
    if answer.verdict is Verdict.DEAD:
        advice = "Open it in a browser, and correct or remove it."
        return Finding(Level.ERROR, "link-dead", f"{named} is dead: {answer.problem}.", place, advice)
    said = f"{named} could not be checked: {answer.problem}."
    return Finding(Level.WARNING, "link-unsure", said, place, "Open it in a browser.")


def ask_all(urls: Iterable[str], is_allowed: IsAllowed = is_public) -> dict[str, LinkAnswer]:
    """Return the answer of each http or https address, each asked once, a few at a time."""
    distinct = list(dict.fromkeys(urls))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="links") as pool:
        return dict(zip(distinct, pool.map(lambda url: ask(url, is_allowed), distinct), strict=True))


def ask(url: str, is_allowed: IsAllowed = is_public) -> LinkAnswer:
    """Return the answer of one address, redirects followed; each step is checked. Raises nothing."""
    at = url
    try:
        for _ in range(HOPS + 1):
            status, location = _step(at, is_allowed)
            if status not in _REDIRECTS or not location:
                return _judged(url, status, at if at != url else "")
            at = urljoin(at, location)
    except _Stopped as err:
        return LinkAnswer(url, err.verdict, problem=str(err))
    except httpx2.TimeoutException:
        return LinkAnswer(url, Verdict.UNSURE, problem=f"no answer within {SECONDS:.0f} seconds")
    except (httpx2.HTTPError, OSError) as err:
        return LinkAnswer(url, Verdict.UNSURE, problem=f"no answer ({str(err) or type(err).__name__})")
    except (httpx2.InvalidURL, ValueError):
        return LinkAnswer(url, Verdict.DEAD, problem="it leads to no address of the web")
    return LinkAnswer(url, Verdict.DEAD, problem=f"it leads on more than {HOPS} times")


def _judged(url: str, status: int, leads_to: str) -> LinkAnswer:
    if status < 400:
        return LinkAnswer(url, Verdict.GOOD, status, leads_to)
    is_unsure = status in _REFUSES_PROGRAMS or status >= 500
    verdict = Verdict.UNSURE if is_unsure else Verdict.DEAD
    return LinkAnswer(url, verdict, status, leads_to, f"the server answers {status}")


class _Stopped(Exception):
    """A step that is not taken."""

    def __init__(self, why: str, verdict: Verdict) -> None:
        super().__init__(why)
        self.verdict = verdict


def _step(url: str, is_allowed: IsAllowed) -> tuple[int, str]:
    """One request: its status and, for a redirect, where it leads."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme not in ("http", "https") or not host:
        raise _Stopped("it is no address of the web", Verdict.NOT_ASKED)
    target = httpx2.URL(url).copy_with(host=_resolved(host, port, is_allowed))
    name = f"[{host}]" if ":" in host else host
    headers = {"Host": name if parts.port is None else f"{name}:{port}", "User-Agent": _AGENT, "Accept": "*/*"}
    with httpx2.Client(timeout=SECONDS, trust_env=False) as client:
        request = client.build_request("GET", target, headers=headers, extensions={"sni_hostname": host})
        answer = client.send(request, stream=True, follow_redirects=False)
        # The body is never read.
        answer.close()
    return answer.status_code, answer.headers.get("location", "")


def _resolved(host: str, port: int, is_allowed: IsAllowed) -> str:
    """The address that a host stands for; all that it stands for must be allowed."""
    try:
        found = _literal(host) or [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (socket.gaierror, UnicodeError) as err:
        raise _Stopped("there is no server of that name", Verdict.DEAD) from err
    if not found or not all(is_allowed(address) for address in found):
        raise _Stopped("it leads into a private network", Verdict.NOT_ASKED)
    return found[0].partition("%")[0]


def _literal(host: str) -> list[str]:
    """The address that a host spells out, also in the old ways (0x7f.1, 2130706433); none for a name."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except (OSError, ValueError):
        return []
