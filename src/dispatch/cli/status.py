"""Bare `dispatch`: where one stands, and the next command."""

from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from dispatch.model.campaign import Campaign, Counts


def show_status(context: Context) -> None:
    """Show where one stands: the transport, the members, the newest brief and its campaign; and the next command."""
    from dispatch.cli.campaign_words import count_text
    from dispatch.cli.context import find_brief
    from dispatch.errors import BriefError, WorkspaceError
    from dispatch.store import campaigns, members
    from dispatch.store.database import clock

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
    counted = ", ".join(f"{name} {found.subscribed}" for name, found in sorted(lists.items())) or "none"
    click.echo(f"Members    {counted}")
    try:
        brief = find_brief(workspace, None)
    except BriefError:
        brief = None
    click.echo(f"Brief      {brief.parent.name if brief else 'none'}")
    with context.open_database(needs_lists=False) as database, database.reading() as connection:
        campaign = campaigns.find(connection, brief.parent.name) if brief else None
        counts = campaigns.counts(connection, campaign.id) if campaign else None
        now = clock(connection)
    if brief and campaign and counts:
        click.echo(f"Campaign   {campaign.state.value}; {count_text(counts)}")
        for name, line in _about_campaign(context, brief, campaign, now):
            click.echo(f"{name:<10} {line}")
    click.echo(f"Next       {_next(bool(lists), brief is not None, campaign, counts, now)}")


def _about_campaign(
    context: Context, brief: "Path", campaign: "Campaign", now: "datetime"
) -> "Iterator[tuple[str, str]]":
    """Give what must be known of a Campaign's state, and whether its scheduled text is older than the file."""
    from dispatch.cli.campaign_words import state_lines
    from dispatch.cli.scheduled import command_to_schedule, is_edited_since

    for line in state_lines(context, campaign, now):
        yield "", line
    if campaign.waits_at(now) and is_edited_since(context, brief, campaign):
        yield "Edited", "The scheduled text is older than the file."
        yield "", f"To schedule the new text: {command_to_schedule(context, campaign)}"


def _next(
    has_members: bool, has_brief: bool, campaign: "Campaign | None", counts: "Counts | None", now: "datetime"
) -> str:
    if not has_members:
        return "dispatch members import subscribers/center.csv --list center"
    if not has_brief:
        return 'dispatch import "Brief.docx"'
    if campaign is None or counts is None:
        return "dispatch preview, then dispatch send"
    if campaign.waits_at(now):
        return f"nothing to do before its time; to take it back: dispatch unschedule {campaign.slug}"
    if campaign.state.value == "cancelled":
        return "dispatch report"
    if counts.queued or counts.submitting or counts.uncertain:
        return "dispatch resume, to continue"
    return "dispatch report"
