"""The plan of a send on the screen: who gets what, who is skipped and why, and what is wrong with the brief."""

from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, print_json

if TYPE_CHECKING:
    from dispatch.pipeline.plan import Proposal


def print_plan(context: Context, proposal: "Proposal", *, as_json: bool) -> None:
    """Print the plan of a dry run, as text or as one document."""
    if not as_json:
        show_plan(context, proposal)
        return
    plan = proposal.plan
    print_json(
        {
            "dry_run": True,
            "brief": proposal.prepared.brief.slug,
            "transport": proposal.transport,
            "to_send": plan.to_send,
            "new": plan.new,
            "waiting": plan.waiting,
            "already": plan.already,
            "left_out": plan.left_out,
            "audiences": {
                each.audience: {
                    "people": each.people,
                    "also_elsewhere": each.also_elsewhere,
                    "given_elsewhere": each.given_elsewhere,
                    "left_out": dict(each.left_out),
                    "subject": proposal.prepared.editions[each.audience].subject,
                }
                for each in plan.audiences
            },
            "remarks": proposal.remarks(),
            "findings": [
                {
                    "level": f.level.value,
                    "code": f.code,
                    "message": f.message,
                    "place": str(f.place),
                    "advice": f.advice,
                }
                for f in proposal.prepared.findings
            ],
        }
    )


def show_plan(context: Context, proposal: "Proposal") -> None:
    """Show the plan as people read it."""
    from dispatch.model.words import noun, plural

    plan, editions = proposal.plan, proposal.prepared.editions
    names = {audience.slug: audience.name for audience in proposal.audiences}
    width = max(len(name) for name in [*names.values(), "Total"])
    click.echo(context.banner)
    click.echo(f"{proposal.prepared.brief.title} ({proposal.prepared.brief.date.isoformat()})")
    click.echo()
    for each in plan.audiences:
        several = f"  {each.also_elsewhere:,} also on another list: one copy each" if each.also_elsewhere else ""
        click.echo(f"  {names[each.audience]:{width}}  {each.people:>7,} {noun(each.people, 'recipient')}{several}")
        click.echo(f"  {'':{width}}          subject: {editions[each.audience].subject}")
        for reason, count in each.left_out.items():
            click.echo(f"  {'':{width}}  {count:>7,} skipped: {reason}")
    if plan.waiting and proposal.only is None:
        click.echo(f"  {'Queued':{width}}  {plan.waiting:>7,} {noun(plan.waiting, 'recipient')} of an earlier send")
    click.echo(f"  {'Total':{width}}  {plan.to_send:>7,} {noun(plan.to_send, 'message')}")
    for remark in proposal.remarks():
        click.echo(f"  {remark}")
    for finding, times in _shown_findings(proposal).items():
        more = f", {plural(times, 'time')}" if times > 1 else ""
        click.echo(f"  {finding}{more}")
    click.echo()


def _shown_findings(proposal: "Proposal") -> dict[str, int]:
    """Return the errors, then the warnings, a line each, with how often they were found."""
    from collections import Counter

    return Counter(
        f"{finding.level.value}: {finding.message} ({finding.place}, {finding.code})"
        for level in ("error", "warning")
        for finding in proposal.prepared.findings
        if finding.level.value == level
    )
