"""`dispatch campaigns`, `show`, `pause`, `cancel`: every Campaign, one of them in full, and stopping it."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from dispatch.model.campaign import Campaign, Counts
    from dispatch.store.database import Database

#: acts of the audit trail that `show` prints
ACTS = 20


@click.group("campaigns", short_help="All campaigns, the newest first.", invoke_without_command=True)
@json_option
@click.pass_context
def campaigns_command(ctx: click.Context, *, as_json: bool) -> None:
    """List all campaigns, the newest first, with how far each is."""
    from dispatch.store import campaigns

    if ctx.invoked_subcommand is not None:
        return
    context = ctx.ensure_object(Context)
    with context.open_database() as database, database.reading() as connection:
        found = [(each, campaigns.counts(connection, each.id)) for each in campaigns.all_campaigns(connection)]
    if as_json:
        print_json({"campaigns": [_line(campaign, counts) for campaign, counts in found]})
        return
    click.echo(context.banner)
    if not found:
        click.echo("Nothing was sent yet. To send the newest brief: dispatch send")
    for campaign, counts in found:
        click.echo(f"{campaign.state.value:<10} {campaign.slug}")
        click.echo(f"           {_said(counts)}")
        for line in _when(context, campaign):
            click.echo(f"           {line}")


@click.command("show", short_help="One campaign in full, or one person of it.")
@click.argument("campaign", required=False)
@click.argument("address", required=False)
@json_option
@pass_workspace
def show_command(context: Context, /, campaign: str | None, address: str | None, *, as_json: bool) -> None:
    """Show where a campaign stands; with ADDRESS, everything about one person of it.

    It gives the counts, whose mail is not known yet, who was refused, who sends, and what was decided.
    CAMPAIGN is the name of its brief or a part of it; left out, the newest.
    """
    from dispatch.pipeline.lookup import find_campaign

    with context.open_database() as database:
        found = find_campaign(database, campaign)
        document = campaign_document(database, found) if address is None else person_document(database, found, address)
    if as_json:
        print_json(document)
        return
    click.echo(context.banner)
    click.echo(f"{found.title} ({found.date}): {found.state.value}")
    if address is None:
        _print_campaign(context, found, document)
    else:
        _print_person(document)


campaigns_command.add_command(show_command)


@click.command("pause", short_help="Stop a campaign for now.")
@click.argument("campaign", required=False)
@json_option
@pass_workspace
def pause_command(context: Context, /, campaign: str | None, *, as_json: bool) -> None:
    """Stop a campaign for now, whoever sends it, on whatever machine: after the mails in flight.

    `dispatch resume` goes on with it.
    """
    from dispatch.pipeline.pause_resume_cancel import pause
    from dispatch.store import campaigns

    with context.open_database() as database:
        found = pause(database, campaign)
        with database.reading() as connection:
            counts = campaigns.counts(connection, found.id)
    _tell(context, found, counts, as_json=as_json)
    sys.exit(DONE)


@click.command("cancel", short_help="Give a campaign up for good.")
@click.argument("campaign")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_workspace
def cancel_command(context: Context, /, campaign: str, *, yes: bool, as_json: bool) -> None:
    """Give a campaign up for good: whoever waits is left out. Mails that have left are not called back.

    It cannot be undone; to stop for a while there is `dispatch pause`.
    """
    from dispatch.cli.send_screen import refuse_without_yes
    from dispatch.pipeline.pause_resume_cancel import cancel
    from dispatch.pipeline.lookup import find_campaign
    from dispatch.store import campaigns

    refuse_without_yes(yes=yes, as_json=as_json)
    with context.open_database() as database:
        found = find_campaign(database, campaign)
        with database.reading() as connection:
            counts = campaigns.counts(connection, found.id)
        if not yes:
            click.echo(context.banner)
            click.echo(f"{found.title} ({found.date}): {_said(counts)}")
            if not click.confirm(f"Leave {counts.queued} people out for good?", default=False):
                sys.exit(REFUSED)
        found = cancel(database, found.slug)
        with database.reading() as connection:
            counts = campaigns.counts(connection, found.id)
    _tell(context, found, counts, as_json=as_json)


def _tell(context: Context, campaign: "Campaign", counts: "Counts", *, as_json: bool) -> None:
    if as_json:
        print_json(_line(campaign, counts))
        return
    click.echo(context.banner)
    click.echo(f"{campaign.title} ({campaign.date}): {campaign.state.value}. {_said(counts)}")
    if campaign.reason:
        click.echo(f"  {campaign.reason} {campaign.todo}")


# --- one campaign -------------------------------------------------------------------------------------------------


def _line(campaign: "Campaign", counts: "Counts") -> dict[str, Any]:
    from dispatch.cli.send_screen import summary

    document = summary(campaign, counts, 0)
    del document["new"]
    return {**document, "title": campaign.title, "date": campaign.date, "transport": campaign.transport}


def _said(counts: "Counts") -> str:
    from dispatch.model.delivery import COUNTED

    names = {"submitting": "being mailed", "submitted": "mailed", "uncertain": "not known yet", "skipped": "left out"}
    parts = [f"{number} {names.get(name, name)}" for name in COUNTED if (number := getattr(counts, name))]
    return f"{counts.audience} people: " + (", ".join(parts) or "none")


def _when(context: Context, campaign: "Campaign") -> "list[str]":
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(context.settings.timezone)
    lines = [f"{campaign.reason} {campaign.todo}"] if campaign.reason else []
    if campaign.not_before is not None and campaign.state.value in ("sending", "paused"):
        lines.append(f"Not before {campaign.not_before.astimezone(zone):%Y-%m-%d %H:%M %Z}.")
    if campaign.goes_on_at is not None:
        lines.append(f"A worker goes on with it at {campaign.goes_on_at.astimezone(zone):%Y-%m-%d %H:%M %Z}.")
    if campaign.canary:
        lines.append(f"{len(campaign.canary)} people go first; the others wait for what becomes of them.")
    return lines


def campaign_document(database: "Database", campaign: "Campaign") -> dict[str, Any]:
    """The document of `show --json` about a Campaign."""
    from dispatch.cli.send_screen import NAMED
    from dispatch.model.delivery import DeliveryState
    from dispatch.store import campaigns, history, ledger, workers

    with database.reading() as connection:
        counts = campaigns.counts(connection, campaign.id)
        named = {
            name: ledger.in_state(connection, campaign.id, state, limit=NAMED)
            for name, state in (("uncertain", DeliveryState.UNCERTAIN), ("failed", DeliveryState.FAILED))
        }
        acts = history.trail(connection, campaign.id, ACTS)
        present = workers.all_workers(connection, campaign.id)
    return {
        **_line(campaign, counts),
        "people": {
            name: [{"address": each.address, "known": each.reason, "attempts": each.attempt} for each in people]
            for name, people in named.items()
        },
        "workers": [
            {
                "machine": each.machine,
                "process": each.process,
                "kind": each.kind,
                "accepted": each.accepted,
                "alive": each.is_alive,
            }
            for each in present
        ],
        "trail": [
            {"at": act.at.isoformat(), "act": act.act, "address": act.address, "detail": act.detail} for act in acts
        ],
    }


def _print_campaign(context: Context, campaign: "Campaign", document: dict[str, Any]) -> None:
    from dispatch.model.campaign import Counts
    from dispatch.model.delivery import COUNTED

    click.echo(_said(Counts(*(document[name] for name in COUNTED))))
    for line in _when(context, campaign):
        click.echo(f"  {line}")
    for name, title in (("uncertain", "Not known yet"), ("failed", "Refused")):
        if people := document["people"][name]:
            click.echo(f"{title}: {document[name]}")
            for each in people:
                click.echo(f"  {each['address']}" + (f"  ({each['known']})" if each["known"] else ""))
    if document["people"]["uncertain"]:
        click.echo(f"  What can be done: dispatch reconcile {campaign.slug}")
    for each in document["workers"]:
        state = "sends" if each["alive"] else "was not heard of lately"
        click.echo(f"{each['kind']} on {each['machine']} (process {each['process']}) {state}: {each['accepted']} mails")
    if document["trail"]:
        click.echo("What was decided:")
    for act in document["trail"]:
        detail = ", ".join(f"{name} {value}" for name, value in act["detail"].items() if value not in ("", [], None))
        click.echo(f"  {act['at'][:16].replace('T', ' ')}  {act['act']} {act['address']}  {detail}".rstrip())


def person_document(database: "Database", campaign: "Campaign", address: str) -> dict[str, Any]:
    """The document of `show --json` about one person. Raises CampaignError where they have no Delivery."""
    from dispatch.cli.members import read_mailbox
    from dispatch.errors import CampaignError
    from dispatch.store import history

    with database.reading() as connection:
        found = history.deliveries_of(connection, campaign.id, address, read_mailbox(address).address.key)
        if not found:
            raise CampaignError(
                f"{address} is not among the people of this campaign.",
                where=campaign.slug,
                todo=f"To mail one person who missed it: dispatch send {campaign.slug} --only {address}",
            )
        events = history.events_of(connection, found[0].id)
        acts = [act for act in history.trail(connection, campaign.id) if act.address == found[0].address]
    delivery = found[0]
    return {
        "campaign": campaign.id,
        "address": delivery.address,
        "delivery": delivery.id,
        "audience": delivery.audience,
        "state": delivery.state.value,
        "reason": delivery.reason,
        "attempts": delivery.attempt,
        "claimed_at": delivery.claimed_at.isoformat() if delivery.claimed_at else None,
        "submitted_at": delivery.submitted_at.isoformat() if delivery.submitted_at else None,
        "message_id": delivery.message_id,
        "events": [
            {"at": at.isoformat(), "kind": kind, "rule": rule, "detail": more} for at, kind, rule, more in events
        ],
        "trail": [{"at": act.at.isoformat(), "act": act.act, "detail": act.detail} for act in acts],
    }


def _print_person(document: dict[str, Any]) -> None:
    reason = f" ({document['reason']})" if document["reason"] else ""
    click.echo(f"{document['address']}: {document['state']}{reason}, {document['attempts']} attempts")
    click.echo(f"  edition {document['audience']}, message {document['message_id'] or 'none'}")
    rows = [(each["at"], f"{each['kind']} {each['rule']}") for each in document["events"]]
    rows += [(each["at"], each["act"]) for each in document["trail"]]
    for at, said in sorted(rows):
        click.echo(f"  {at[:19].replace('T', ' ')}  {said}".rstrip())
