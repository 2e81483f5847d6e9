"""`dispatch report`: what became of a Campaign; its rows add up to the frozen audience."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.model.report import Numbers, Report


@click.command("report", short_help="What arrived, bounced, was opened and clicked.")
@click.argument("campaign", required=False)
@json_option
@pass_workspace
def report_command(context: Context, /, campaign: str | None, *, as_json: bool) -> None:
    """Say what became of a campaign.

    CAMPAIGN is the name of its brief or a part of it; left out, the newest. The numbers are counted from the list of
    who was mailed and from what the provider has told since, never estimated; what is new is fetched first.
    """
    from dispatch.cli.events import pull_quietly
    from dispatch.pipeline.report import report

    problem = pull_quietly(context)
    with context.open_database(needs_lists=False) as database:
        found = report(database, campaign)
    if as_json:
        print_json(document(found))
    else:
        _show(context, found)
    if problem:
        click.echo(f"Note: {problem} The numbers are those of the last time.", err=True)
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
    ("mailed", "submitted"),
    ("waiting", "queued"),
    ("being mailed", "submitting"),
    ("not known yet", "uncertain"),
    ("refused by the provider", "failed"),
    ("left out", "skipped"),
)
_LATER = (
    ("delivered", "delivered"),
    ("bounced for good", "bounced"),
    ("bounced for now", "soft_bounced"),
    ("not sent after all", "rejected"),
    ("reported as spam", "complained"),
    ("unsubscribed", "unsubscribed"),
)
_LABEL = 26


def _show(context: Context, found: "Report") -> None:
    audiences = {**found.audiences, "together": found.totals}
    titles = {audience.slug: audience.name for audience in context.settings.all_audiences()}
    heads = [titles.get(name, name) for name in audiences]
    widths = [max(9, len(head)) for head in heads]

    def row(label: str, values: "list[str]") -> None:
        click.echo(f"{label:<{_LABEL}}" + "".join(f"  {value:>{w}}" for value, w in zip(values, widths, strict=True)))

    click.echo(context.banner)
    click.echo(f"{found.campaign.title} ({found.campaign.date}): {found.campaign.state.value}")
    if found.campaign.reason:
        click.echo(f"  {found.campaign.reason} {found.campaign.todo}")
    click.echo()
    row("", heads)
    for label, name in _ROWS:
        row(label, [str(getattr(numbers.counts, name)) for numbers in audiences.values()])
    row("people in all", [str(numbers.counts.audience) for numbers in audiences.values()])
    if not found.adds_up:
        click.echo(f"THESE NUMBERS DO NOT ADD UP: {found.frozen} people were frozen.")
    click.echo("\nOf those mailed:")
    for label, name in _LATER:
        row("  " + label, [str(getattr(numbers, name)) for numbers in audiences.values()])
    row("  no word yet", [str(_no_word(numbers)) for numbers in audiences.values()])
    click.echo("\nRead, as far as it can be known (people, and the share of those delivered):")
    row("  opened", [_share(numbers.opened, numbers.delivered) for numbers in audiences.values()])
    row("  clicked", [_share(numbers.clicked, numbers.delivered) for numbers in audiences.values()])
    totals = found.totals
    click.echo(
        f"  Opens: {_by_reader(totals.opens)}. Clicks: {_by_reader(totals.clicks)}. Machines are not in the rows above."
    )
    for reason, count in totals.left_out.items():
        click.echo(f"Left out: {count} {reason}.")
    if found.unreadable_notifications or found.foreign_notifications:
        click.echo(
            f"Events kept apart: {found.unreadable_notifications} unreadable, "
            f"{found.foreign_notifications} of other mail."
        )


def _no_word(numbers: "Numbers") -> int:
    told = numbers.delivered + numbers.bounced + numbers.soft_bounced + numbers.rejected
    return numbers.counts.submitted - told


def _share(people: int, of: int) -> str:
    return f"{people} ({people / of:.0%})" if of else str(people)


def _by_reader(found: "Mapping[str, int]") -> str:
    people, proxies, machines = (found.get(name, 0) for name in ("human", "proxy", "machine"))
    return f"{people} by people, {proxies} by picture proxies, {machines} by machines"
