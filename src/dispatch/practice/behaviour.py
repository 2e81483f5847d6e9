"""Which events a message has, decided by its recipient's address alone.

1. SES's mailbox simulator: success@, bounce@, ooto@, complaint@, suppressionlist@simulator.amazonses.com,
with any +label. 2. A label that asks for it: `name+bounce@…` and so on; see `_LABELS`. 3. Else the crowd:
the SHA-256 of the address draws how this reader behaves, always in the same manner.

Times are plausible seconds after the acceptance.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.practice.settings import Crowd

SIMULATOR = "simulator.amazonses.com"

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
APPLE_PREFETCH = "Mozilla/5.0"
GMAIL_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """One event to come: its kind in SES's word, seconds after the acceptance, what its own object says."""

    kind: str
    after: float
    detail: Mapping[str, Any] = field(default_factory=dict)


Plan = list[PlannedEvent]


def is_simulator(address: str) -> bool:
    """Whether the address is one of SES's mailbox simulator."""
    return address.lower().endswith("@" + SIMULATOR)


def plan(address: str, crowd: Crowd | None, suppressed: str = "") -> Plan:
    """The events of a mail to a bare address.

    `suppressed`: why the address is on the account's suppression list (BOUNCE or COMPLAINT), else "".
    `crowd`: None leaves readers without a label at Send and Delivery.
    """
    if suppressed:
        return _on_account_list(suppressed)
    local, _, domain = address.lower().rpartition("@")
    name, *labels = local.split("+")
    draw = _draw(address.lower())
    if domain == SIMULATOR:
        return _SIMULATED.get(name, _delivered)(draw)
    for label in labels:
        if label in _LABELS:
            return _LABELS[label](draw)
    return _delivered(draw) if crowd is None else _crowd(draw, crowd)


def _draw(address: str) -> random.Random:
    seed = int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "big")
    return random.Random(seed)  # noqa: S311  # a stage play, not a secret; it must repeat


def _sent() -> Plan:
    return [PlannedEvent("Send", 0.0)]


def _delivered(draw: random.Random) -> Plan:
    return [*_sent(), PlannedEvent("Delivery", round(draw.uniform(0.4, 2.0), 3))]


def _bounced(kind: str, subtype: str, status: str, words: str) -> Callable[[random.Random], Plan]:
    def bounce(draw: random.Random) -> Plan:
        detail = {"type": kind, "subtype": subtype, "status": status, "diagnostic": words}
        return [*_sent(), PlannedEvent("Bounce", round(draw.uniform(0.6, 4.0), 3), detail)]

    return bounce


_hard = _bounced("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown")
_soft = _bounced(
    "Transient",
    "MailboxFull",
    "4.2.2",
    "smtp; 452 4.2.2 The email account that you tried to reach is over quota",
)
_suppressed_by_ses = _bounced(
    "Permanent",
    "Suppressed",
    "5.1.1",
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an "
    "invalid address.",
)
_suppressed_by_account = _bounced(
    "Permanent",
    "OnAccountSuppressionList",
    "5.1.1",
    "Amazon SES did not send the message to this address because it is on the suppression list for your account.",
)


def _on_account_list(reason: str) -> Plan:
    if reason == "COMPLAINT":
        return [*_sent(), PlannedEvent("Complaint", 0.8, {"subtype": "OnAccountSuppressionList"})]
    return [*_sent(), PlannedEvent("Bounce", 0.8, _suppressed_by_account(_draw("")).pop().detail)]


def _complained(draw: random.Random) -> Plan:
    delivered = _delivered(draw)
    return [
        *delivered,
        PlannedEvent("Complaint", delivered[-1].after + round(draw.uniform(4, 20), 3), {"feedback": "abuse"}),
    ]


def _out_of_office(draw: random.Random) -> Plan:
    delivered = _delivered(draw)
    answer = {"type": "Transient", "subtype": "General"}
    return [*delivered, PlannedEvent("Bounce", delivered[-1].after + 1.5, answer)]


def _delayed(draw: random.Random) -> Plan:
    return [*_sent(), PlannedEvent("DeliveryDelay", 5.0), PlannedEvent("Delivery", round(draw.uniform(15, 40), 3))]


def _rejected(draw: random.Random) -> Plan:
    return [*_sent(), PlannedEvent("Reject", 0.3)]


def _not_rendered(draw: random.Random) -> Plan:
    return [PlannedEvent("Rendering Failure", 0.3, {"missing": "attributeName"})]


def _opened(draw: random.Random) -> Plan:
    agent = BROWSER if draw.random() < 0.5 else PHONE
    return _with_open(draw, agent, after=(6.0, 45.0), bot="Unlikely")


def _clicked(draw: random.Random) -> Plan:
    opened = _opened(draw)
    detail = {
        "agent": opened[-1].detail["agent"],
        "ip": opened[-1].detail["ip"],
        "bot": "Unlikely",
        "link": draw.random(),
    }
    return [*opened, PlannedEvent("Click", opened[-1].after + round(draw.uniform(6, 30), 3), detail)]


def _prefetched(draw: random.Random) -> Plan:
    return _with_open(draw, APPLE_PREFETCH, after=(1.0, 20.0), bot="Likely")


def _proxied(draw: random.Random) -> Plan:
    return _with_open(draw, GMAIL_PROXY, after=(5.0, 40.0), bot="Unlikely")


def _scanned(draw: random.Random) -> Plan:
    delivered = _delivered(draw)
    start = delivered[-1].after + draw.uniform(0.5, 2.5)
    ip, bot = _ip(draw), draw.choice(["Likely", "Likely", ""])
    detail = {"agent": BROWSER, "ip": ip, "bot": bot}
    clicks = [
        PlannedEvent("Click", round(start + 0.2 * n, 3), {**detail, "link": n / 4, "distinct": n}) for n in range(4)
    ]
    return [*delivered, *clicks]


def _with_open(draw: random.Random, agent: str, *, after: tuple[float, float], bot: str) -> Plan:
    delivered = _delivered(draw)
    seconds = delivered[-1].after + round(draw.uniform(*after), 3)
    return [*delivered, PlannedEvent("Open", seconds, {"agent": agent, "ip": _ip(draw), "bot": bot})]


def _ip(draw: random.Random) -> str:
    return f"192.0.2.{draw.randint(1, 254)}"


_SIMULATED: dict[str, Callable[[random.Random], Plan]] = {
    "success": _delivered,
    "bounce": _hard,
    "ooto": _out_of_office,
    "complaint": _complained,
    "suppressionlist": _suppressed_by_ses,
}

_LABELS: dict[str, Callable[[random.Random], Plan]] = {
    "bounce": _hard,
    "softbounce": _soft,
    "complaint": _complained,
    "open": _opened,
    "click": _clicked,
    "apple": _prefetched,
    "gmail": _proxied,
    "scanner": _scanned,
    "ooto": _out_of_office,
    "reject": _rejected,
    "delay": _delayed,
    "renderfail": _not_rendered,
    "suppressed": _suppressed_by_account,
    "deliver": _delivered,
    "silent": lambda draw: _sent(),
}
#: the labels that `name+LABEL@…` may carry
LABELS = tuple(_LABELS)


def _crowd(draw: random.Random, crowd: Crowd) -> Plan:
    lot = draw.random()
    for share, plan_of in (
        (crowd.hard_bounces, _hard),
        (crowd.soft_bounces, _soft),
        (crowd.complaints, _complained),
    ):
        if lot < share:
            return plan_of(draw)
        lot -= share
    if draw.random() < crowd.scanners:
        return _scanned(draw)
    lot = draw.random()
    if lot < crowd.clicks:
        return _clicked(draw)
    if lot < crowd.opens:
        return draw.choice([_opened, _opened, _prefetched, _proxied])(draw)
    return _delivered(draw)
