"""What the provider must grant before a send: an account that sends, a quota, a known sender, a long enough grace."""

from dataclasses import dataclass

from dispatch.errors import DispatchError, ProviderError, SettingsError
from dispatch.model.message import Account
from dispatch.model.readiness import Readiness


def about_account(
    account: Account, *, is_real: bool, claim_seconds: int, grace_seconds: int, settings_file: str = "dispatch.toml"
) -> Readiness:
    """Return why nothing may be sent through this account: it is stopped, only for tests, or the grace is too short."""
    problems: list[DispatchError] = []
    if account.stopped:
        problems.append(ProviderError(account.stopped, todo="The provider's console says why."))
    if account.is_sandbox and is_real:
        problems.append(
            ProviderError(
                "This Amazon account is in Amazon's own sandbox: it sends to verified addresses only.",
                todo="Ask Amazon for production access in the SES console, under Account dashboard.",
            )
        )
    least = claim_seconds + account.least_grace_seconds
    if is_real and account.least_grace_seconds and grace_seconds <= least:
        # Until then silence about a call proves nothing, and sending again could send twice.
        what = f"The grace of {grace_seconds} s is too short: a call of unknown outcome can still be accepted."
        todo = f"Write more than claim_seconds + {account.least_grace_seconds}: at least {least + 1}."
        problems.append(SettingsError(what, where=f"{settings_file}, [send] grace_seconds", todo=todo))
    return Readiness(tuple(problems))


@dataclass(frozen=True, slots=True)
class Share:
    """The provider's 24 hours hold only a part of what there is to send."""

    #: messages that the provider takes now
    left: int
    #: messages to send
    wanted: int
    per_day: int

    @property
    def sentence(self) -> str:
        """How the messages would be spread over days."""
        days = -(-(self.wanted - self.left) // max(1, self.per_day))
        return (
            f"Amazon accepts {self.left} more messages in these 24 hours: {self.left} of {self.wanted} would leave "
            f"now, the other {self.wanted - self.left} within {days} more day{'s' if days > 1 else ''}, at most "
            f"{self.per_day} a day."
        )

    @property
    def refusal(self) -> ProviderError:
        """The problem, where the messages are not to be spread, or none can leave now."""
        messages = "message" if self.left == 1 else "messages"
        return ProviderError(
            f"Amazon accepts {self.left} more {messages} in these 24 hours, and there are {self.wanted} to send.",
            todo="Send what fits today and the rest on later days with --over-days, or a part with --limit; or ask "
            "Amazon for a higher quota."
            if self.left
            else "Try again when the 24 hours have passed, or ask Amazon for a higher quota.",
        )


def share_of_today(account: Account, wanted: int) -> Share | None:
    """Return the part of `wanted` messages that the provider takes in these 24 hours; None for all of them."""
    left = account.left_today
    if left is None or left >= wanted:
        return None
    return Share(left, wanted, account.max_per_day or 0)
