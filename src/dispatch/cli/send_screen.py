"""Foreground: one send in front of a person: its progress, its questions, its end. Shared by `send` and `resume`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, INTERRUPTED, REFUSED, Context, is_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Campaign, Counts, Limit
    from dispatch.model.delivery import Delivery

#: people named in a list before it is cut
NAMED = 20


class SendScreen:
    """A send in front of a person."""

    def __init__(self, context: Context, transport: "Transport", *, is_silent: bool, says_yes: bool) -> None:
        from dispatch.cli.interrupt import Interrupt

        self._context = context
        self._transport = transport
        self._is_silent = is_silent
        self._says_yes = says_yes
        self._declined: set[str] = set()
        self._interrupt = Interrupt()

    def run(self, campaign: "Campaign", named: frozenset[int] | None = None) -> "Campaign":
        """Send what waits, or only the `named` Deliveries of these `seq`; gives the Campaign as it ends."""
        from dispatch.cli.progress import Bar
        from dispatch.cli.transport import send_options
        from dispatch.pipeline.options import SendContext
        from dispatch.pipeline.send import Watch, send

        transport = self._transport
        options = send_options(self._context, transport.public_url)
        sending = SendContext(transport.database, transport.mailer, transport.notifications, options)
        with self._interrupt, Bar(zone=self._context.settings.timezone, is_silent=self._is_silent) as bar:
            watch = Watch(
                show=bar.show,
                is_interrupted=lambda: self._interrupt.is_asked,
                may_send_again=self._may_send_again,
            )
            return send(sending, campaign, transport.mailer.account(), watch, named)

    def _may_send_again(self, people: "list[Delivery]") -> bool:
        """A person's word, or the setting that a person set."""
        if self._says_yes or self._context.settings.send.resend_unknown:
            return True
        fresh = [each for each in people if each.id not in self._declined]
        if not fresh or self._is_silent or not is_terminal():
            return False
        self._declined.update(each.id for each in fresh)
        click.echo()
        return ask_to_send_again(fresh)

    def counts(self, campaign: "Campaign") -> "Counts":
        """The six counts of the whole Campaign."""
        from dispatch.store import campaigns

        with self._transport.database.reading() as connection:
            return campaigns.counts(connection, campaign.id)

    def tell(self, campaign: "Campaign", counts: "Counts") -> None:
        """How it ended, in words."""
        from dispatch.cli.progress import retries_sentence
        from dispatch.model.delivery import DeliveryState
        from dispatch.store import claims, ledger

        click.echo(self._context.banner)
        said = {"finished": "Done.", "paused": "Paused.", "cancelled": "Cancelled."}.get(
            campaign.state.value, "Not done yet."
        )
        click.echo(
            f"{said} Of {counts.audience} people {counts.submitted} have been mailed, {counts.queued} wait, "
            f"{counts.skipped} were left out, {counts.failed} were refused, "
            f"{counts.uncertain + counts.submitting} are not known yet."
        )
        if campaign.reason:
            click.echo(f"  {campaign.reason} {campaign.todo}")
        with self._transport.database.reading() as connection:
            uncertain = ledger.in_state(connection, campaign.id, DeliveryState.UNCERTAIN, limit=NAMED)
            failed = ledger.in_state(connection, campaign.id, DeliveryState.FAILED, limit=NAMED)
            retries = claims.retries(connection, campaign.id)
        if waiting := retries_sentence(retries, self._context.settings.timezone):
            click.echo(f"  {waiting}.")
        if uncertain:
            click.echo(
                "Not known yet, never counted as sent or lost; `dispatch reconcile` looks again and offers what can be "
                "done:"
            )
            name_people(uncertain, counts.uncertain)
        if failed:
            click.echo("Refused:")
            name_people(failed, counts.failed)
        if self._transport.name == "practice":
            click.echo(f"The mails: {self._transport.public_url}/inbox")
        click.echo("What became of them: dispatch report")

    def status(self, campaign: "Campaign", counts: "Counts", only: frozenset[int] | None = None) -> int:
        """The exit status of how it ended; for `only` these, of how it ended for them."""
        from dispatch.store import reports

        if only is not None:
            with self._transport.database.reading() as connection:
                submitted = reports.rates(connection, campaign.id, only).submitted
            return DONE if submitted == len(only) else REFUSED
        if self._interrupt.is_asked and campaign.state.value != "finished":
            return INTERRUPTED
        is_clean = campaign.state.value == "finished" and not counts.failed and not counts.uncertain
        return DONE if is_clean else REFUSED


def summary(campaign: "Campaign", counts: "Counts", added: int) -> dict[str, Any]:
    """The document of `send --json`: the whole Campaign, and how many were added by this call."""
    from dispatch.model.delivery import COUNTED

    return {
        "campaign": campaign.id,
        "brief": campaign.slug,
        "state": campaign.state.value,
        "audience": counts.audience,
        **{name: getattr(counts, name) for name in COUNTED},
        "new": added,
        **({"reason": campaign.reason, "todo": campaign.todo} if campaign.reason else {}),
        **({"not_before": campaign.not_before.isoformat()} if campaign.not_before else {}),
        **({"goes_on_at": campaign.goes_on_at.isoformat()} if campaign.goes_on_at else {}),
    }


def ask_to_send_again(people: "Sequence[Delivery]") -> bool:
    """Ask whether to mail people again of whose mail nothing is known, after saying what is."""
    click.echo(f"{len(people)} people were being mailed when the connection or the computer failed:")
    name_people(people[:NAMED], len(people))
    click.echo("The provider has told of every mail around that moment, and of none to them: they surely got nothing.")
    return click.confirm("Mail them again?", default=False)


def name_people(people: "Sequence[Delivery]", of: int | None = None) -> None:
    """People by name, each with what is known; `of` how many there are in all."""
    for each in people:
        reason = f"  ({each.reason})" if each.reason else ""
        click.echo(f"  {each.address}{reason}")
    if of is not None and of > len(people):
        click.echo(f"  and {of - len(people)} more")


def limit_of(limit: int | None, share: int | None) -> "Limit | None":
    """The limit that a person set, or what may leave today where that is less than wanted; None for all."""
    from dispatch.model.campaign import Limit

    if share is not None:
        return Limit(share, is_of_today=True)
    return None if limit is None else Limit(limit)


def confirm(number: int, again: str) -> None:
    """Ask for the number of mails to be typed; anything else sends nothing. `again` is the command to try again."""
    from dispatch.errors import CampaignError

    typed = click.prompt(
        f"To send, type the number of mails ({number}); anything else stops", default="", show_default=False
    )
    if typed.strip() != str(number):
        raise CampaignError("Nothing was sent.", todo=f"You did not type the number. To try again: {again}")


def hold(seconds: int, again: str, *, is_silent: bool) -> None:
    """Wait, with nothing sent and nothing frozen; Ctrl-C ends it there."""
    import time

    from dispatch.errors import CampaignError

    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            if not is_silent and sys.stdout.isatty():
                click.echo(f"\rSending in {left:3.0f} s. Ctrl-C stops it; nothing has left yet. ", nl=False)
            time.sleep(min(0.25, left))
    except KeyboardInterrupt:
        click.echo(err=is_silent)
        raise CampaignError("Stopped. Nothing was sent.", todo=f"To try again: {again}") from None
    if seconds and not is_silent and sys.stdout.isatty():
        click.echo()


def refuse_without_yes(*, yes: bool, as_json: bool) -> None:
    """End with wrong usage where nobody can confirm and nobody said yes."""
    from dispatch.cli.context import USAGE

    if not yes and (as_json or not is_terminal()):
        click.echo("Error: there is nobody here to confirm.", err=True)
        click.echo("  To do it without being asked, add --yes.", err=True)
        sys.exit(USAGE)
