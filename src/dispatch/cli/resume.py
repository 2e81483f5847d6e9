"""`dispatch resume`: go on with a campaign, with the bytes that were approved, whatever happened to the files."""

import sys
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Campaign


@click.command("resume", short_help="Go on with a campaign that was paused.")
@click.argument("campaign", required=False)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Send N mails, then pause again.")
@click.option("--over-days", is_flag=True, help="Where Amazon's quota is too small for all: the rest on later days.")
@click.option("--yes", is_flag=True, help="Answer every question with yes.")
@json_option
@pass_workspace
def resume_command(
    context: Context, /, campaign: str | None, *, limit: int | None, over_days: bool, yes: bool, as_json: bool
) -> None:
    """Go on with a campaign: mail whoever still waits, what was approved for them.

    CAMPAIGN is the name of its brief or a part of it; left out, the newest. Nobody is added: for that there is
    `dispatch send`. The files of the brief are not needed.
    """
    from dispatch.cli.send_screen import SendScreen, confirm, hold, refuse_without_yes, summary
    from dispatch.cli.transport import open_transport
    from dispatch.pipeline.pause_resume_cancel import resume
    from dispatch.pipeline.lookup import find_campaign
    from dispatch.store import campaigns

    refuse_without_yes(yes=yes, as_json=as_json)
    transport = open_transport(context)
    found = find_campaign(transport.database, campaign)
    _refuse(transport, found)
    with transport.database.reading() as connection:
        counts = campaigns.counts(connection, found.id)
    sending = SendScreen(context, transport, is_silent=as_json, says_yes=yes)
    if not as_json:
        click.echo(context.banner)
        click.echo(f"{found.title} ({found.date}): {counts.queued} of {counts.audience} people wait.")
    share = _check(
        context, transport, found, min(limit or counts.queued, counts.queued), over_days=over_days, may_ask=not yes
    )
    if counts.queued:
        if not yes:
            confirm(counts.queued, f"dispatch resume {found.slug}")
        hold(context.settings.send.hold_seconds, f"dispatch resume {found.slug}", is_silent=as_json)
    opened = resume(transport.database, found)
    ended = sending.run(opened, limit if share is None else share, is_limit_of_today=share is not None)
    counts = sending.counts(ended)
    if as_json:
        print_json(summary(ended, counts, 0))
    else:
        sending.tell(ended, counts)
    sys.exit(sending.status(ended, counts))


def _refuse(transport: "Transport", campaign: "Campaign") -> None:
    from dispatch.errors import CampaignError
    from dispatch.pipeline.pause_resume_cancel import refuse_cancelled

    refuse_cancelled(campaign)
    if campaign.transport != transport.name:
        raise CampaignError(
            f"This campaign left by {campaign.transport!r}; the setting mail.transport now says {transport.name!r}.",
            where=campaign.slug,
            todo=f"Put mail.transport back to {campaign.transport!r} to go on with it.",
        )


def _check(
    context: Context, transport: "Transport", campaign: "Campaign", mails: int, *, over_days: bool, may_ask: bool
) -> int | None:
    """How many may leave today, None for all; raises DispatchErrors where mail cannot leave."""
    from dispatch.cli.mailing import choose_audiences, require_public_url
    from dispatch.cli.readiness import check_ready, share_of_today
    from dispatch.store import campaigns

    if not mails:
        return None
    share = share_of_today(transport, mails, may_split=over_days, may_ask=may_ask)
    if transport.name != "practice":
        require_public_url(context, choose_audiences(context, ()))
        with transport.database.reading() as connection:
            senders = [each.sender for each in campaigns.frozen_editions(connection, campaign.id)]
        check_ready(context, transport, senders, [])
    return share
