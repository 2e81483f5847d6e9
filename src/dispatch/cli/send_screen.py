"""Send screen: one send in front of a person: its progress, its questions, its end. Shared by `send` and `resume`."""

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from dispatch.cli.context import DONE, INTERRUPTED, REFUSED, Context, is_terminal, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Campaign, Counts, Limit
    from dispatch.model.delivery import Delivery

#: people named in a list before it is cut
NAMED = 20
#: how a Campaign ended, by its state
_ENDS = {"finished": "Done.", "paused": "Paused.", "cancelled": "Cancelled.", "scheduled": "Scheduled."}


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

    def send(
        self,
        campaign: "Campaign",
        named: frozenset[int] | None = None,
        *,
        added: int | None = None,
        has_recipients: bool = True,
    ) -> NoReturn:
        """Send to those who are queued, or only the `named` Deliveries of these `seq`; show how it ended, and exit."""
        from dispatch.cli.campaign_words import summary

        ended = self._run(campaign, named)
        counts = self.counts(ended)
        if self._is_silent:
            print_json(summary(ended, counts, added))
        else:
            self._show_end(ended, counts, has_recipients=has_recipients)
        sys.exit(self._status(ended, counts, named))

    def _run(self, campaign: "Campaign", named: frozenset[int] | None) -> "Campaign":
        from dispatch.cli.progress import Bar
        from dispatch.cli.transport import send_options
        from dispatch.pipeline.options import SendContext
        from dispatch.pipeline.send import Watch, send

        transport = self._transport
        options = send_options(self._context, transport.public_url)
        sending = SendContext(transport.database, transport.mailer, transport.notifications, options)
        with self._interrupt, Bar(self._context.zone, is_silent=self._is_silent) as bar:
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

    def _show_end(self, campaign: "Campaign", counts: "Counts", *, has_recipients: bool) -> None:
        from dispatch.cli.campaign_words import count_text, retries_sentence, state_lines
        from dispatch.model.delivery import DeliveryState
        from dispatch.store import claims, ledger
        from dispatch.store.database import clock

        with self._transport.database.reading() as connection:
            now = clock(connection)
            uncertain = ledger.in_state(connection, campaign.id, DeliveryState.UNCERTAIN, limit=NAMED)
            failed = ledger.in_state(connection, campaign.id, DeliveryState.FAILED, limit=NAMED)
            retries = claims.retries(connection, campaign.id)
        click.echo(self._context.banner)
        said = _ENDS.get(campaign.state.value, "Not finished yet.") if has_recipients else "Nothing was sent now."
        click.echo(f"{said} {count_text(counts)}.")
        for line in state_lines(self._context, campaign, now):
            click.echo(f"  {line}")
        if campaign.state.value == "scheduled":
            click.echo("This terminal waits no longer. A worker sends it at its time: dispatch worker")
            click.echo(f"To wait here again: dispatch resume {campaign.slug}")
            click.echo(f"To take it back: dispatch unschedule {campaign.slug}")
            return
        if waiting := retries_sentence(retries, self._context.zone):
            click.echo(f"  {waiting}.")
        if uncertain:
            click.echo("Unknown, counted neither as sent nor as lost; dispatch reconcile shows what can be done:")
            name_people(uncertain, counts.uncertain)
        if failed:
            click.echo("Refused:")
            name_people(failed, counts.failed)
        if self._transport.name == "practice":
            click.echo(f"The messages: {self._transport.public_url}/inbox")
        click.echo("Delivery, bounces, opens and clicks: dispatch report")

    def _status(self, campaign: "Campaign", counts: "Counts", only: frozenset[int] | None = None) -> int:
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


def ask_to_send_again(people: "Sequence[Delivery]") -> bool:
    """Ask whether to send again to recipients of unknown outcome, after saying what is known."""
    from dispatch.model.words import plural

    being = plural(len(people), "message was", "messages were")
    click.echo(f"{being} being sent when the connection or the computer failed:")
    name_people(people[:NAMED], len(people))
    click.echo("The provider has reported every message around that moment, and none of these: they did not arrive.")
    return click.confirm("Send them again?", default=False)


def name_people(people: "Sequence[Delivery]", of: int | None = None) -> None:
    """List recipients, each with what is known; `of` is how many there are in all."""
    for each in people:
        reason = f"  ({each.reason})" if each.reason else ""
        click.echo(f"  {each.address}{reason}")
    if of is not None and of > len(people):
        click.echo(f"  and {of - len(people):,} more")


def limit_of(limit: int | None, share: int | None) -> "Limit | None":
    """Return the limit that a person set, or what may leave today where that is less than wanted; None for all."""
    from dispatch.model.campaign import Limit

    if share is not None:
        return Limit(share, is_of_today=True)
    return None if limit is None else Limit(limit)


def type_number(number: int, verb: str, again: str) -> None:
    """Ask for the number of recipients to be typed, to `verb`; with anything else nothing is sent.

    `again` is the command to try again. Raise CampaignError where another thing was typed.
    """
    from dispatch.errors import CampaignError

    typed = click.prompt(
        f"To {verb}, type the number of recipients ({number}); anything else stops", default="", show_default=False
    )
    if typed.strip() != str(number):
        raise CampaignError("Nothing was sent.", todo=f"You did not type the number. To try again: {again}")


def hold(seconds: int, again: str, *, is_silent: bool) -> None:
    """Wait, with nothing sent and nothing locked; Ctrl-C ends it there."""
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
