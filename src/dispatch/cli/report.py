"""`dispatch report`: the figures of a Campaign; its rows add up to the locked recipients."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dispatch.model.report import Numbers, Report


@click.command("report", short_help="Delivery, bounce, open and click figures.")
@click.argument("campaign", required=False)
@json_option
@pass_workspace
def report_command(context: Context, /, campaign: str | None, *, as_json: bool) -> None:
    """Show the delivery, bounce, open and click figures of a campaign.

    CAMPAIGN is the name of its brief or a part of it; left out, the newest. The figures are counted from the list of
    recipients and from the delivery events, never estimated; new events are fetched first.
    """
    from dispatch.cli.events import pull_quietly
    from dispatch.pipeline.report import report

    problem = pull_quietly(context)
    with context.open_database(needs_lists=False) as database:
        found, now = report(database, campaign), database.now()
    if as_json:
        print_json(document(found))
    else:
        _show(context, found, now)
    if problem:
        click.echo(f"Note: {problem} The figures are those of the last time.", err=True)
    sys.exit(DONE if found.adds_up else REFUSED)


def document(found: "Report") -> dict[str, Any]:
    """The document of `report --json`."""
    return {
        "campaign": found.campaign.id,
        "brief": found.campaign.slug,
        "title": found.campaign.title,
        "state": found.campaign.state.value,
        "totals": _numbers(found.totals),
        "audiences": {name: _numbers(numbers) for name, numbers in found.audiences.items()},
        "adds_up": found.adds_up,
        "notifications": {"foreign": found.foreign_notifications, "unreadable": found.unreadable_notifications},
    }


def _numbers(numbers: "Numbers") -> dict[str, Any]:
    from dispatch.model.delivery import COUNTED

    counts = numbers.counts
    return {
        "audience": counts.audience,
        **{name: getattr(counts, name) for name in COUNTED},
        "delivered": numbers.delivered,
        "bounced": numbers.bounced,
        "soft_bounced": numbers.soft_bounced,
        "complained": numbers.complained,
        "rejected": numbers.rejected,
        "opened": numbers.opened,
        "clicked": numbers.clicked,
        "unsubscribed": numbers.unsubscribed,
        "left_out": dict(numbers.left_out),
        "opens": dict(numbers.opens),
        "clicks": dict(numbers.clicks),
    }


#: (what a row says, the number it shows, whether it is one of those that add up)
_ROWS = (
    ("sent", "submitted"),
    ("queued", "queued"),
    ("sending", "submitting"),
    ("unknown", "uncertain"),
    ("refused", "failed"),
    ("skipped", "skipped"),
)
_LATER = (
    ("delivered", "delivered"),
    ("hard bounces", "bounced"),
    ("soft bounces", "soft_bounced"),
    ("rejected after acceptance", "rejected"),
    ("reported as spam", "complained"),
    ("unsubscribed", "unsubscribed"),
)
_LABEL = 26


def _show(context: Context, found: "Report", now: "datetime") -> None:
    from dispatch.cli.campaign_words import heading, state_lines

    audiences = {**found.audiences, "Total": found.totals}
    titles = {audience.slug: audience.name for audience in context.settings.all_audiences()}
    heads = [titles.get(name, name) for name in audiences]
    widths = [max(9, len(head)) for head in heads]

    def row(label: str, values: "list[str]") -> None:
        click.echo(f"{label:<{_LABEL}}" + "".join(f"  {value:>{w}}" for value, w in zip(values, widths, strict=True)))

    click.echo(context.banner)
    click.echo(heading(found.campaign))
    for line in state_lines(context, found.campaign, now):
        click.echo(f"  {line}")
    click.echo()
    row("", heads)
    for label, name in _ROWS:
        row(label, [str(getattr(numbers.counts, name)) for numbers in audiences.values()])
    row("Total", [str(numbers.counts.audience) for numbers in audiences.values()])
    if not found.adds_up:
        click.echo(f"THESE FIGURES DO NOT ADD UP: {found.frozen} recipients were locked.")
    click.echo("\nOf those sent:")
    for label, name in _LATER:
        row("  " + label, [str(getattr(numbers, name)) for numbers in audiences.values()])
    row("  awaiting delivery report", [str(_no_word(numbers)) for numbers in audiences.values()])
    click.echo("\nRead, as far as it can be known (people, and their share of those delivered):")
    row("  opened", [_share(numbers.opened, numbers.delivered) for numbers in audiences.values()])
    row("  clicked", [_share(numbers.clicked, numbers.delivered) for numbers in audiences.values()])
    totals = found.totals
    click.echo(
        f"  Opens: {_by_reader(totals.opens)}. Clicks: {_by_reader(totals.clicks)}. Bots are not in the rows above."
    )
    for reason, count in totals.left_out.items():
        click.echo(f"Skipped: {count} {reason}.")
    if found.unreadable_notifications or found.foreign_notifications:
        click.echo(
            f"Events kept apart: {found.unreadable_notifications} unreadable, "
            f"{found.foreign_notifications} of other messages."
        )


def _no_word(numbers: "Numbers") -> int:
    told = numbers.delivered + numbers.bounced + numbers.soft_bounced + numbers.rejected
    return numbers.counts.submitted - told


def _share(people: int, of: int) -> str:
    return f"{people} ({people / of:.0%})" if of else str(people)


def _by_reader(found: "Mapping[str, int]") -> str:
    people, proxies, machines = (found.get(name, 0) for name in ("human", "proxy", "machine"))
    return f"people {people} · privacy proxies {proxies} · bots {machines}"
