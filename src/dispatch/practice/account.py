"""The account: what it grants, what it has used, whether it may send; and who may send from it.

The rate is kept by the generic cell rate algorithm (GCRA, a leaky bucket read as a clock). One number, the
theoretical arrival time `tat`, says when the next recipient is due at the granted rate. A recipient at time
`now` is granted if

    tat <= now + BURST_SECONDS - 1 / rate        (and always if tat <= now)

and moves the clock to max(tat, now) + 1 / rate. So one second's worth of recipients may come at once after
a pause ("short bursts are tolerated", SES developer guide), and no more than rate x (seconds + 1)
recipients pass in any number of seconds. The entries of a bulk call pass one by one, and those beyond the rate get
ACCOUNT_THROTTLED.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from dispatch.practice.settings import PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Refusal, bad_request, rejected

#: how far the rate's clock may run ahead
BURST_SECONDS = 1.0
_DAY = 86_400

THROTTLED = "Maximum sending rate exceeded."
QUOTA_EXCEEDED = "Daily message quota exceeded."


class RateLimit:
    """A rate kept by GCRA, see the module's text. Times are seconds."""

    def __init__(self) -> None:
        self.tat = 0.0

    def take(self, rate: float, now: float) -> bool:
        """Whether one more is within the rate; if so it is counted."""
        after = max(self.tat, now) + 1 / rate
        if after > now + max(BURST_SECONDS, 1 / rate) + 1e-9:
            return False
        self.tat = after
        return True


@dataclass(frozen=True, slots=True)
class AccountValues:
    """What the account grants at the moment: the settings, overridden by `PUT /api/account`."""

    max_per_second: float
    max_per_day: float
    #: of each operation that carries no mail; 0 without limit
    calls_per_second: float
    #: False: SendingPausedException
    sending_enabled: bool = True
    #: HEALTHY, PROBATION or SHUTDOWN; the last: AccountSuspendedException
    enforcement: str = "HEALTHY"
    #: Amazon's own sandbox: mail only to verified recipients and the simulator
    sandbox: bool = False
    #: False: MailFromDomainNotVerifiedException
    mail_from_verified: bool = True
    #: what puts an address on the account's suppression list
    suppressed_reasons: tuple[str, ...] = ("BOUNCE", "COMPLAINT")
    #: addresses and domains that may send; None: everyone may
    verified: tuple[str, ...] | None = None
    #: how old a signature may be, as GetAccount says it; 0 in tests that hold back no call
    signature_seconds: int = 300


#: the kinds of values that `PUT /api/account` takes
_KINDS: dict[str, tuple[type, ...]] = {
    "max_per_second": (int, float),
    "max_per_day": (int, float),
    "calls_per_second": (int, float),
    "sending_enabled": (bool,),
    "enforcement": (str,),
    "sandbox": (bool,),
    "mail_from_verified": (bool,),
    "suppressed_reasons": (list,),
    "verified": (list, type(None)),
    "signature_seconds": (int,),
}


class AccountState:
    """Reads and changes the account, and counts what it sends."""

    def __init__(self, state: State, settings: PracticeSettings) -> None:
        self.state = state
        self.rate = RateLimit()
        self.granted = AccountValues(
            settings.max_per_second,
            settings.max_per_day,
            settings.calls_per_second,
            verified=settings.verified,
            signature_seconds=settings.signature_seconds,
        )

    def read(self) -> AccountValues:
        """The account's values now."""
        changes = self.state.get("account", "") or {}
        for name in ("suppressed_reasons", "verified"):
            if changes.get(name) is not None:
                changes[name] = tuple(changes[name])
        return replace(self.granted, **changes)

    def change(self, changes: dict[str, Any]) -> None:
        """Override some of the account's values. Raise Refusal for unknown names and unusable values."""
        for name, value in changes.items():
            if name not in _KINDS:
                raise bad_request(f"There is no {name!r}; known: {', '.join(_KINDS)}.")
            if not isinstance(value, _KINDS[name]):
                raise bad_request(f"{name} cannot be {value!r}.")
        if not changes.get("max_per_second", 1) > 0:
            raise bad_request("max_per_second must be above 0.")
        if changes.get("enforcement", "HEALTHY") not in ("HEALTHY", "PROBATION", "SHUTDOWN"):
            raise bad_request("enforcement is HEALTHY, PROBATION or SHUTDOWN.")
        if changes.get("sandbox"):
            changes = {"max_per_second": 1.0, "max_per_day": 200, **changes}
        with self.state.transaction():
            self.state.put("account", "", {**(self.state.get("account", "") or {}), **changes})

    def reset(self) -> None:
        """Back to the settings, nothing used."""
        with self.state.transaction() as db:
            self.state.drop("account", "")
            db.execute("DELETE FROM minute")
        self.rate = RateLimit()

    def show(self, now: float) -> dict[str, Any]:
        """The account for `GET /api/account`."""
        return {**asdict(self.read()), "sent_last_day": self.sent(now)}

    def sent(self, now: float) -> int:
        """Recipients accepted in the last 24 hours, to the minute."""
        return self.state.number("SELECT sum(sent) FROM minute WHERE minute > ?", int((now - _DAY) // 60))

    def count(self, recipients: int, now: float) -> None:
        """Count recipients towards the 24-hour quota."""
        self.state.db.execute(
            "INSERT INTO minute VALUES (?, ?) ON CONFLICT DO UPDATE SET sent = sent + excluded.sent",
            (int(now // 60), recipients),
        )

    def left(self, account: AccountValues, now: float) -> float:
        """Recipients left of the 24-hour quota."""
        return float("inf") if account.max_per_day < 0 else max(0.0, account.max_per_day - self.sent(now))


def check_may_send(account: AccountValues, sender: str, region: str) -> None:
    """Raise Refusal while the account is paused or shut down, or where the bare address `sender` may not send."""
    if account.enforcement == "SHUTDOWN":
        raise Refusal(
            "AccountSuspendedException",
            "Your account's ability to send email has been permanently restricted.",
        )
    if not account.sending_enabled:
        raise Refusal("SendingPausedException", "Email sending is disabled for your account.")
    if not is_verified(account, sender):
        raise not_verified(sender, region)
    if not account.mail_from_verified:
        domain = sender.rpartition("@")[2]
        raise Refusal("MailFromDomainNotVerifiedException", f"The MAIL FROM domain of {domain} is not verified.")


def is_verified(account: AccountValues, identity: str) -> bool:
    """Whether an address or a domain is verified, itself or by a domain above it."""
    if account.verified is None:
        return True
    known = {name.lower() for name in account.verified}
    labels = identity.lower().rpartition("@")[2].split(".")
    above = {".".join(labels[place:]) for place in range(len(labels))}
    return identity.lower() in known or bool(above & known)


def not_verified(address: str, region: str) -> Refusal:
    """SES's sentence for an identity that is not verified."""
    failed = f"The following identities failed the check in region {region.upper()}: {address}"
    return rejected(f"Email address is not verified. {failed}")
