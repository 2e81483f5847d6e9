"""Bare `dispatch`: where one stands, and the next command."""

from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from dispatch.model.campaign import Campaign, Counts


def show_status(context: Context) -> None:
    """Where one stands: the way out, the members, the newest brief, the newest campaign; and the next command."""
    from dispatch.cli.context import find_brief
    from dispatch.errors import BriefError, WorkspaceError
    from dispatch.store import campaigns, members

    try:
        workspace = context.workspace
    except WorkspaceError:
        click.echo("This is no workspace yet. To make one here or in another folder: dispatch init DIR")
        click.echo("All commands: dispatch --help")
        return
    click.echo(context.banner)
    click.echo(f"Workspace  {workspace}")
    with context.open_lists() as database, database.reading() as connection:
        lists = members.counts(connection)
    counted = ", ".join(f"{name} {found.subscribed}" for name, found in sorted(lists.items())) or "none yet"
    click.echo(f"Members    {counted}")
    try:
        brief = find_brief(workspace, None)
    except BriefError:
        brief = None
    click.echo(f"Brief      {brief.parent.name if brief else 'none yet'}")
    with context.open_database(needs_lists=False) as database, database.reading() as connection:
        campaign = campaigns.find(connection, brief.parent.name) if brief else None
        counts = campaigns.counts(connection, campaign.id) if campaign else None
    if campaign and counts:
        waiting = f", {counts.queued} waiting" if counts.queued else ""
        unknown = f", {counts.uncertain} not known yet" if counts.uncertain else ""
        click.echo(f"Sent       {counts.submitted} of {counts.audience}{waiting}{unknown}; {campaign.state.value}")
    click.echo(f"Next       {_next(bool(lists), brief is not None, campaign, counts)}")


def _next(has_members: bool, has_brief: bool, campaign: "Campaign | None", counts: "Counts | None") -> str:
    if not has_members:
        return "dispatch members import subscribers/center.csv --list center"
    if not has_brief:
        return 'dispatch import "Brief.docx"'
    if campaign is None or counts is None:
        return "dispatch preview, then dispatch send"
    if counts.queued or counts.submitting or counts.uncertain:
        return "dispatch send, to go on"
    return "dispatch report"
