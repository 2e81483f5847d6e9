"""Who opened or clicked: human, proxy or machine, each verdict with its rule.

The rules of `judge` look at one event alone, those of `together` at all that was done with one mail: scanners that open
every link in a real browser give themselves away by their speed only. They are signs, not proofs; the event itself is
never thrown away, and a Report says how many fell under each.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.model.delivery import EventKind
from dispatch.model.event import Reader

#: nobody reads so fast: since the mail's delivery
FASTEST_OPEN, FASTEST_CLICK = timedelta(seconds=2), timedelta(seconds=5)
#: so many different links of one mail within this time are not clicked by hand
BURST_LINKS, BURST = 3, timedelta(seconds=2)

#: mail providers' picture proxies (Google, Yahoo): someone may have looked
_PROXIES = ("googleimageproxy", "ggpht.com", "yahoomailproxy")
#: security scanners, link previews and programs
_MACHINES = (
    "barracuda",
    "proofpoint",
    "mimecast",
    "symantec",
    "trendmicro",
    "fortimail",
    "sophos",
    "ironport",
    "cisco",
    "python-requests",
    "python-urllib",
    "curl/",
    "wget/",
    "go-http-client",
    "java/",
    "okhttp",
    "headlesschrome",
    "phantomjs",
    "bingpreview",
    "slackbot",
    "skypeuripreview",
    "googlebot",
    "bingbot",
    "applebot",
    "twitterbot",
    "linkedinbot",
    "telegrambot",
    "discordbot",
    "facebookexternalhit",
    "whatsapp/",
)


def judge(user_agent: str, bot_event: str) -> tuple[Reader, str]:
    """Who was behind an open or a click, and the rule that says so.

    `bot_event` is SES's own sign, `Likely` or `Unlikely` (since 2026-08-07), "" where it is absent: unknown, not human.
    """
    agent = user_agent.strip().casefold()
    if bot_event == "Likely":
        return Reader.MACHINE, "the provider says it is likely a bot"
    if agent in ("", "mozilla/5.0"):
        # Apple Mail Privacy Protection fetches every picture with exactly this; real browsers say more.
        return Reader.MACHINE, "prefetch by a mail program (bare user agent)"
    if any(sign in agent for sign in _PROXIES):
        return Reader.PROXY, "picture proxy of a mail provider"
    if any(sign in agent for sign in _MACHINES):
        return Reader.MACHINE, "scanner or program (user agent)"
    return Reader.HUMAN, "no sign of a machine"


@dataclass(frozen=True, slots=True)
class Act:
    """An open or a click of one mail, as `judge` saw it alone."""

    kind: EventKind
    at: datetime
    reader: Reader
    #: the link that was clicked, "" for an open
    link: str = ""


def together(acts: Sequence[Act], delivered_at: datetime | None) -> list[Reader]:
    """Who was behind each of the acts with one mail, in their order; `delivered_at` is None where nobody said.

    A machine is who opened or clicked sooner after the delivery than anybody could, and who clicked several different
    links at once.
    """
    burst = _in_bursts(acts)
    return [
        Reader.MACHINE if number in burst or _is_too_fast(act, delivered_at) else act.reader
        for number, act in enumerate(acts)
    ]


def _is_too_fast(act: Act, delivered_at: datetime | None) -> bool:
    fastest = FASTEST_CLICK if act.kind is EventKind.CLICKED else FASTEST_OPEN
    return delivered_at is not None and act.at - delivered_at < fastest


def _in_bursts(acts: Sequence[Act]) -> set[int]:
    """The places of the clicks on several different links within the time of a burst.

    In one pass over the clicks by time, because a program may have clicked any number of times.
    """
    clicks = [(act.at, number) for number, act in enumerate(acts) if act.kind is EventKind.CLICKED]
    clicks.sort()
    found: set[int] = set()
    window: Counter[str] = Counter()
    first = marked = 0
    for last, (at, number) in enumerate(clicks):
        window[acts[number].link] += 1
        while at - clicks[first][0] > BURST:
            left = acts[clicks[first][1]].link
            window[left] -= 1
            if not window[left]:
                del window[left]
            first += 1
        if len(window) >= BURST_LINKS:
            marked = max(marked, first)
            found.update(place for _, place in clicks[marked : last + 1])
            marked = last + 1
    return found
