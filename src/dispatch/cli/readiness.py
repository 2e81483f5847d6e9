"""What must hold before mail leaves: the account, its quota, the home, the sender, and what readers reach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from dispatch.cli.transport import Transport
    from dispatch.errors import DispatchError, ProviderError
    from dispatch.model.brand import Picture
    from dispatch.model.message import Account

#: AWS takes signatures of this age; a call that was held back longer cannot be accepted any more
SIGNATURE_SECONDS = 300


def check_account(transport: "Transport") -> "Account":
    """What the provider grants now. Raises ProviderError where it would take nothing from us."""
    from dispatch.errors import ProviderError

    account = transport.mailer.account()
    if account.stopped:
        raise ProviderError(account.stopped, todo="Amazon says why in the SES console, under Account dashboard.")
    if account.is_sandbox and transport.name != "practice":
        raise ProviderError(
            "This Amazon account is in Amazon's own sandbox: it mails only addresses that were verified.",
            todo="Ask Amazon for production access in the SES console, under Account dashboard.",
        )
    return account


def too_many_for_today(left: int, mails: int) -> "ProviderError":
    """The provider's 24 hours do not hold so many mails."""
    from dispatch.errors import ProviderError

    return ProviderError(
        f"Amazon lets {left} more mails out in these 24 hours, and there are {mails} to send.",
        todo="Send what fits today and the rest on later days with --over-days, or a part with --limit; or ask Amazon "
        "for a higher quota."
        if left
        else "Try again when the 24 hours have passed, or ask Amazon for a higher quota.",
    )


def share_of_today(transport: "Transport", mails: int, *, may_split: bool, may_ask: bool) -> int | None:
    """How many of the mails may leave today; None for all. Raises ProviderError where nobody wants to split."""
    account = check_account(transport)
    left = account.left_today
    if left is None or left >= mails:
        return None
    if not left or not (may_split or may_ask):
        raise too_many_for_today(left, mails)
    days = -(-(mails - left) // max(1, account.max_per_day or 1))
    plan = (
        f"Amazon lets {left} more mails out in these 24 hours: {left} of {mails} would leave now, the other "
        f"{mails - left} within {days} more day{'s' if days > 1 else ''}, at most {account.max_per_day} a day."
    )
    if may_ask:
        click.echo(plan)
        if not may_split and not click.confirm("Spread it over these days?", default=False):
            raise too_many_for_today(left, mails)
    return left


def check_ready(
    context: Context, transport: "Transport", senders: Sequence[str], pictures: "Sequence[Picture]"
) -> None:
    """Raise ProblemsFound with everything that keeps real mail from leaving; count the send where nothing does."""
    from dispatch.errors import DispatchError, ProblemsFound
    from dispatch.pipeline import home
    from dispatch.pipeline.check_public_pages import unreachable

    problems: list[DispatchError] = []
    try:
        home.refuse_elsewhere(transport.database)
    except DispatchError as err:
        problems.append(err)
    problems.extend(_grace_too_short(context, transport))
    problems.extend(_unverified(transport, senders))
    problems.extend(_missing_event_types(transport))
    if context.settings.send.check_public_url:
        problems.extend(unreachable(transport.database, transport.public_url, pictures))
    if problems:
        raise ProblemsFound("Real mail cannot leave yet. Nothing was sent.", problems)
    home.count_send(transport.database)


def _unverified(transport: "Transport", senders: Sequence[str]) -> "list[DispatchError]":
    from dispatch.aws.mailer import SesMailer
    from dispatch.errors import ProviderError

    if not isinstance(transport.mailer, SesMailer):
        return []
    try:
        unknown = transport.mailer.unverified(senders)
    except ProviderError as err:
        # Not every account may ask; SES itself refuses a sender that is not verified.
        click.echo(f"Note: whether the senders are verified cannot be read. {err.what}", err=True)
        return []
    return [
        ProviderError(
            f"Amazon SES does not know the sender {sender} as verified.",
            where="[audiences] from",
            todo="Verify its domain in the SES console, under Identities.",
        )
        for sender in unknown
    ]


def _missing_event_types(transport: "Transport") -> "Sequence[DispatchError]":
    """Without events nobody learns who bounced, and what a call left open is never settled."""
    from dispatch.aws.mailer import SesMailer
    from dispatch.errors import ProviderError

    if not isinstance(transport.mailer, SesMailer):
        return []
    if transport.notifications is None:
        click.echo(
            "Note: [ses] queue_url names no queue of events: nobody learns what becomes of the mails, and what a call "
            "leaves open, only a person can settle.",
            err=True,
        )
    try:
        return transport.mailer.missing_event_types()
    except ProviderError as err:
        # Not every account may ask.
        click.echo(f"Note: whether SES tells what becomes of mail cannot be read. {err.what}", err=True)
        return []


def _grace_too_short(context: Context, transport: "Transport") -> "list[DispatchError]":
    """A call can be accepted as long as its signature holds: until then its silence proves nothing."""
    from urllib.parse import urlsplit

    from dispatch.aws.mailer import SesMailer
    from dispatch.errors import SettingsError

    send = context.settings.send
    least = send.claim_seconds + SIGNATURE_SECONDS
    if not isinstance(transport.mailer, SesMailer) or send.grace_seconds > least:
        return []
    if urlsplit(transport.mailer.endpoint_url).hostname in ("127.0.0.1", "localhost", "::1"):
        return []
    return [
        SettingsError(
            f"The grace of {send.grace_seconds} s is too short: a call of unknown outcome can still be accepted.",
            where=f"{context.workspace / 'dispatch.toml'}, [send] grace_seconds",
            todo=f"Write more than claim_seconds + {SIGNATURE_SECONDS}: at least {least + 1}.",
        )
    ]
