"""Faults on demand: what goes wrong, for whom, how often; seeded, so that a storm can be repeated.

A rule applies by `times` (the next N chances), by `addresses` (every mail to them), or by `rate`. Whether a
rate applies is drawn from the seed, the rule's place, the first recipient and how often that recipient has
had this chance: so a storm hits the same people whatever the order or the number of calls in flight.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dispatch.practice.wire import Refusal, bad_request

#: fault -> the moment of the call at which it applies
BEFORE = (
    "throttle",
    "daily-quota",
    "paused",
    "shutdown",
    "refuse",
    "hang-before",
    "error-before",
    "reset-before",
    "close-before",
)
AFTER = ("hang-after", "error-after", "reset-after", "close-after", "truncate", "cut", "slow")
#: faults inside a bulk call
ENTRIES = ("partial", "partial-after", "shuffle")
#: faults of single events
EVENTS = ("lose-event", "double-event", "late-event", "event-first")
KNOWN = (*BEFORE, *AFTER, *ENTRIES, *EVENTS)

_FIELDS = {
    "on": str,
    "fault": str,
    "rate": (int, float),
    "times": int,
    "addresses": list,
    "seconds": (int, float),
    "status": (int, str),
    "code": str,
    "message": str,
    "kinds": list,
}


@dataclass(slots=True)
class Rule:
    """One fault on demand."""

    fault: str
    #: the operation to which it applies, such as SendEmail or ReceiveMessage; "*": SendEmail and SendBulkEmail
    on: str = "*"
    rate: float | None = None
    #: chances left; None without limit
    times: int | None = None
    addresses: tuple[str, ...] = ()
    #: how long a hang, a delay or a lateness lasts; None: the fault's own
    seconds: float | None = None
    #: HTTP status of error-before, error-after and refuse; the entry's Status of partial and partial-after
    status: int | str | None = None
    #: error code and sentence of `refuse`
    code: str = "BadRequestException"
    message: str = "A fault on demand."
    #: the kinds of events (SES's eventType) that an event fault applies to; empty: all
    kinds: tuple[str, ...] = ()
    applied: int = 0

    def fits(self, operation: str, addresses: Iterable[str]) -> bool:
        """Whether the rule may apply to this operation and these recipients at all."""
        if self.times is not None and self.applied >= self.times:
            return False
        if self.on != operation and not (self.on == "*" and operation in ("SendEmail", "SendBulkEmail")):
            return False
        return not self.addresses or any(address.lower() in self.addresses for address in addresses)


class Faults:
    """The rules in force. Forgotten when the server ends."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.seed = 0
        self._chances: Counter[tuple[int, str]] = Counter()

    def add(self, given: object) -> None:
        """Put rules in force: a list, or {"seed": N, "rules": [...]}. Raises Refusal, and then changes nothing."""
        seed = self.seed
        if isinstance(given, Mapping) and "rules" in given:
            seed = given.get("seed", 0)
            given = given["rules"]
        rules = [given] if isinstance(given, Mapping) else given
        if not isinstance(rules, list) or not isinstance(seed, int):
            raise bad_request('A list of rules is wanted, or {"seed": N, "rules": [...]}.')
        made = [_rule(rule) for rule in rules]
        self.seed = seed
        self.rules += made

    def clear(self) -> None:
        """No more faults."""
        self.rules.clear()
        self._chances.clear()

    def show(self) -> dict[str, Any]:
        """The rules in force, with how often each has applied."""
        return {"seed": self.seed, "rules": [asdict(rule) for rule in self.rules]}

    def applies(self, operation: str, addresses: list[str], among: tuple[str, ...], kind: str = "") -> Rule | None:
        """The first rule of these faults that applies now, counted as applied."""
        if not self.rules:
            return None
        for place, rule in enumerate(self.rules):
            fits = rule.fault in among and rule.fits(operation, addresses) and (not rule.kinds or kind in rule.kinds)
            if fits and self._drawn(place, rule, f"{kind}:{addresses[0].lower() if addresses else operation}"):
                rule.applied += 1
                return rule
        return None

    def _drawn(self, place: int, rule: Rule, key: str) -> bool:
        if rule.rate is None:
            return True
        nth = self._chances[place, key]
        self._chances[place, key] += 1
        drawn = hashlib.sha256(f"{self.seed}:{place}:{rule.fault}:{key}:{nth}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") / 2**64 < rule.rate


def _rule(given: object) -> Rule:
    if not isinstance(given, Mapping):
        raise bad_request("A rule is a JSON object.")
    for name, value in given.items():
        if name not in _FIELDS or not isinstance(value, _FIELDS[name]) or isinstance(value, bool):  # type: ignore[arg-type]  # a type or a tuple of types
            raise bad_request(f"A rule cannot have {name!r}: {value!r}; known: {', '.join(_FIELDS)}.")
    if given.get("fault") not in KNOWN:
        raise bad_request(f"There is no fault {given.get('fault')!r}; known: {', '.join(KNOWN)}.")
    if not 0 <= given.get("rate", 0) <= 1:
        raise bad_request("rate is a share from 0 to 1.")
    fields = dict(given)
    fields["addresses"] = tuple(str(address).lower() for address in given.get("addresses", ()))
    fields["kinds"] = tuple(str(kind) for kind in given.get("kinds", ()))
    return Rule(**fields)


def refusal(rule: Rule) -> Refusal:
    """The error of Amazon's with which a fault answers."""
    status = rule.status if isinstance(rule.status, int) else None
    if rule.fault in ("error-before", "error-after"):
        if status in (None, 500):
            return Refusal("InternalServiceErrorException", "The request has failed due to an internal error.", 500)
        return Refusal("ServiceUnavailable", "Service is temporarily unavailable.", status or 503)
    if rule.fault == "refuse":
        return Refusal(rule.code, rule.message, status or 400)
    return {
        "throttle": Refusal("TooManyRequestsException", "Maximum sending rate exceeded.", 429),
        "daily-quota": Refusal("TooManyRequestsException", "Daily message quota exceeded.", 429),
        "paused": Refusal("SendingPausedException", "Email sending is disabled for your account."),
        "shutdown": Refusal(
            "AccountSuspendedException",
            "Your account's ability to send email has been permanently restricted.",
        ),
    }[rule.fault]
