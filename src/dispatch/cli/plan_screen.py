"""The plan of a send on the screen: who gets what, who is skipped and why, and what is wrong with the brief."""

from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, complain, is_terminal, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.model.readiness import Readiness
    from dispatch.pipeline.plan import Proposal
    from dispatch.pipeline.preflight.look import Preflight


def show_plan(context: Context, proposal: "Proposal") -> None:
    """Show the plan as people read it."""
    from dispatch.model.finding import Level, by_audiences
    from dispatch.model.words import noun

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
    for finding, slugs in by_audiences(proposal.prepared.findings):
        if finding.level is not Level.NOTE:
            named = f"{', '.join(names[slug] for slug in slugs)}: " if slugs else ""
            click.echo(f"  {finding.level.value}: {named}{finding.message} ({finding.place}, {finding.code})")
    click.echo()


def end_dry_run(
    context: Context, brief_file: "Path", proposal: "Proposal", found: "Preflight", *, as_json: bool
) -> int:
    """Show every open point after the plan, in a terminal also the preview; return the exit status."""
    from dispatch.cli.mailing import open_points
    from dispatch.errors import ProblemsFound

    points = open_points(found, proposal.prepared.brief.file)
    if as_json:
        print_json(_as_document(proposal, points))
    else:
        for note in points.notes:
            click.echo(f"  note: {note}")
        if points.problems:
            complain(ProblemsFound("This cannot be sent yet:", points.problems))
        else:
            click.echo("Nothing stops this send. This was a dry run: nothing was sent.")
        if is_terminal():
            from dispatch.cli.preview import open_preview

            open_preview(context, brief_file)
    return REFUSED if points.problems else DONE


def _as_document(proposal: "Proposal", points: "Readiness") -> dict[str, Any]:
    plan = proposal.plan
    return {
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
        "problems": [{"what": e.what, "where": e.where, "todo": e.todo} for e in points.problems],
        "notes": list(points.notes),
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
