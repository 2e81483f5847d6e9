"""`dispatch campaigns`, `show`: every Campaign, and one of them in full."""

from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from dispatch.model.campaign import Campaign
    from dispatch.store.database import Database

#: acts of the audit trail that `show` prints
ACTS = 20


@click.group("campaigns", short_help="List all campaigns, the newest first.", invoke_without_command=True)
@json_option
@click.pass_context
def campaigns_command(ctx: click.Context, *, as_json: bool) -> None:
    """List all campaigns, the newest first, with how far each is."""
    from dispatch.cli.campaign_words import count_text, retries_sentence, state_lines, summary
    from dispatch.model.campaign import Counts
    from dispatch.store import campaigns, claims
    from dispatch.store.database import clock

    if ctx.invoked_subcommand is not None:
        return
    context = ctx.ensure_object(Context)
    with context.open_database(needs_lists=False) as database, database.reading() as connection:
        counted = campaigns.all_counts(connection)
        found = [(each, counted.get(each.id, Counts())) for each in campaigns.all_campaigns(connection)]
        # Only who is queued can wait for another try.
        retries = {each.id: claims.retries(connection, each.id) for each, counts in found if counts.queued}
        now = clock(connection)
    if as_json:
        print_json({"campaigns": [summary(campaign, counts) for campaign, counts in found]})
        return
    click.echo(context.banner)
    if not found:
        click.echo("Nothing was sent yet. To send the newest brief: dispatch send")
    for campaign, counts in found:
        click.echo(f"{campaign.state.value:<10} {campaign.slug}")
        for line in [count_text(counts), *state_lines(context, campaign, now)]:
            click.echo(f"           {line}")
        if campaign.id in retries and (waiting := retries_sentence(retries[campaign.id], context.zone)):
            click.echo(f"           {waiting}.")


@click.command("show", short_help="Show a campaign, or one recipient in it.")
@click.argument("campaign", required=False)
@click.argument("address", required=False)
@json_option
@pass_workspace
def show_command(context: Context, /, campaign: str | None, address: str | None, *, as_json: bool) -> None:
    """Show where a campaign stands; with ADDRESS, everything about one recipient.

    It shows the counts, the recipients whose outcome is unknown or who were refused, who sends, and what was decided.
    CAMPAIGN is the name of its brief or a part of it; left out, the newest.
    """
    from dispatch.cli.campaign_words import heading
    from dispatch.pipeline.lookup import find_campaign

    with context.open_database(needs_lists=False) as database:
        found = find_campaign(database, campaign)
        document = campaign_document(database, found) if address is None else person_document(database, found, address)
        now = database.now()
    if as_json:
        print_json(document)
        return
    click.echo(context.banner)
    click.echo(heading(found))
    if address is None:
        _print_campaign(context, found, document, now)
    else:
        _print_person(context, document)


campaigns_command.add_command(show_command)


# --- one campaign -------------------------------------------------------------------------------------------------


def campaign_document(database: "Database", campaign: "Campaign") -> dict[str, Any]:
    """Return the document of `show --json` about a Campaign."""
    from dispatch.cli.campaign_words import summary
    from dispatch.cli.send_screen import NAMED
    from dispatch.model.delivery import DeliveryState
    from dispatch.store import campaigns, claims, history, ledger, workers

    with database.reading() as connection:
        counts = campaigns.counts(connection, campaign.id)
        named = {
            name: ledger.in_state(connection, campaign.id, state, limit=NAMED)
            for name, state in (("uncertain", DeliveryState.UNCERTAIN), ("failed", DeliveryState.FAILED))
        }
        retries = claims.retries(connection, campaign.id)
        acts = history.trail(connection, campaign.id, ACTS, slug=campaign.slug)
        present = workers.all_workers(connection, campaign.id)
    return {
        **summary(campaign, counts),
        "retries": {
            "people": retries.people,
            "next_at": retries.next_at.isoformat() if retries.next_at else None,
        },
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


def _print_campaign(context: Context, campaign: "Campaign", document: dict[str, Any], now: "datetime") -> None:
    from datetime import datetime

    from dispatch.cli.campaign_words import count_text, retries_sentence, state_lines
    from dispatch.model.campaign import Counts
    from dispatch.model.delivery import COUNTED
    from dispatch.model.words import plural
    from dispatch.store.claims import Retries

    click.echo(count_text(Counts(*(document[name] for name in COUNTED))))
    for line in state_lines(context, campaign, now):
        click.echo(f"  {line}")
    next_at = document["retries"]["next_at"]
    retries = Retries(document["retries"]["people"], datetime.fromisoformat(next_at) if next_at else None)
    if waiting := retries_sentence(retries, context.zone):
        click.echo(f"  {waiting}.")
    for name, title in (("uncertain", "Unknown"), ("failed", "Refused")):
        if people := document["people"][name]:
            click.echo(f"{title}: {document[name]}")
            for each in people:
                click.echo(f"  {each['address']}" + (f"  ({each['known']})" if each["known"] else ""))
    if document["people"]["uncertain"]:
        click.echo(f"  What can be done: dispatch reconcile {campaign.slug}")
    for each in document["workers"]:
        state = "sends" if each["alive"] else "was not heard of lately"
        sent = plural(each["accepted"], "message")
        click.echo(f"{each['kind']} on {each['machine']} (process {each['process']}) {state}: {sent}")
    if document["trail"]:
        click.echo("What was decided:")
    for act in document["trail"]:
        detail = ", ".join(
            f"{name.replace('_', ' ')} {_value(context, value)}"
            for name, value in act["detail"].items()
            if value not in ("", [], None)
        )
        click.echo(f"  {_time(context, act['at'])}  {act['act']} {act['address']}  {detail}".rstrip())


def _time(context: Context, iso: str) -> str:
    from datetime import datetime

    from dispatch.model.words import time_text

    return time_text(datetime.fromisoformat(iso), context.zone)


def _value(context: Context, value: object) -> str:
    """Return a detail of the trail as people read it: lists joined, moments in the workspace's time zone."""
    if isinstance(value, list):
        return " and ".join(str(each) for each in value)
    try:
        return _time(context, str(value)) if "T" in str(value) else str(value)
    except ValueError:
        return str(value)


def person_document(database: "Database", campaign: "Campaign", address: str) -> dict[str, Any]:
    """Return the document of `show --json` about one recipient. Raise CampaignError where there is no such one."""
    from dispatch.cli.member_arguments import read_mailbox
    from dispatch.errors import CampaignError
    from dispatch.store import history

    with database.reading() as connection:
        found = history.deliveries_of(connection, campaign.id, address, read_mailbox(address).address.key)
        if not found:
            raise CampaignError(
                f"{address} is not a recipient of this campaign.",
                where=campaign.slug,
                todo=f"To send one person their copy: dispatch send {campaign.slug} --only {address}",
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


def _print_person(context: Context, document: dict[str, Any]) -> None:
    from dispatch.model.words import plural

    reason = f" ({document['reason']})" if document["reason"] else ""
    click.echo(f"{document['address']}: {document['state']}{reason}, {plural(document['attempts'], 'attempt')}")
    click.echo(f"  audience {document['audience']}, message {document['message_id'] or 'none'}")
    rows = [(each["at"], f"{each['kind']} {each['rule']}") for each in document["events"]]
    rows += [(each["at"], each["act"]) for each in document["trail"]]
    for at, said in sorted(rows):
        click.echo(f"  {_time(context, at)}  {said}".rstrip())
