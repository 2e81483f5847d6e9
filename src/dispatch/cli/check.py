"""`dispatch check`: everything that is wrong with a brief, at once, with places and what to do."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import REFUSED, Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from dispatch.model.finding import Finding
    from dispatch.pipeline.prepare import Prepared


@click.command("check")
@click.argument("brief", required=False)
@click.option("--links", is_flag=True, help="Also fetch every link of the brief, and say which are dead.")
@json_option
@pass_workspace
def check_command(context: Context, brief: str | None, links: bool, as_json: bool) -> None:
    """Check a brief for problems.

    Errors stop a send; warnings and notes do not. The status is 1 where there are errors.
    """
    from dispatch.cli.context import find_brief, public_url
    from dispatch.cli.preparing import prepare_brief

    url = public_url(context)
    audiences = context.settings.all_audiences()
    file = find_brief(context.workspace, brief)
    prepared = prepare_brief(context, file, audiences, url)
    if links:
        from dispatch.pipeline.link_check import link_findings
        from dispatch.pipeline.prepare import in_order

        found = link_findings(prepared, skip=url)
        prepared = replace(prepared, findings=in_order([*prepared.findings, *found]))
    if as_json:
        print_json(as_document(prepared))
    else:
        click.echo("\n".join(as_lines(prepared)))
    if prepared.errors:
        sys.exit(REFUSED)


def as_document(prepared: "Prepared") -> dict[str, Any]:
    """The Findings as one JSON document."""
    counts = Counter(finding.level.value for finding in prepared.findings)
    return {
        "brief": prepared.brief.slug,
        "file": prepared.brief.file,
        "errors": counts["error"],
        "warnings": counts["warning"],
        "notes": counts["note"],
        "editions": {
            slug: {
                "subject": edition.subject,
                "html_bytes": edition.html_bytes,
                "fingerprint": edition.fingerprint,
            }
            for slug, edition in prepared.editions.items()
        },
        "findings": [_as_object(finding) for finding in prepared.findings],
    }


def _as_object(finding: "Finding") -> dict[str, Any]:
    return {
        "level": finding.level.value,
        "code": finding.code,
        "message": finding.message,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "advice": finding.advice,
        "audience": finding.audience,
    }


def as_lines(prepared: "Prepared") -> list[str]:
    """Return the Findings for a person, no line over 80 columns where words allow it."""
    from dispatch.model.finding import by_audiences

    lines = [f"{prepared.brief.title} ({prepared.brief.file})", ""]
    for finding, named in by_audiences(prepared.findings):
        # what all Audiences share is said without naming them
        audiences = [] if set(named) == set(prepared.editions) else named
        lines += [*_told(finding, audiences), ""]
    return [*lines, *_summary(prepared)]


def _told(finding: "Finding", audiences: Sequence[str]) -> Sequence[str]:
    import textwrap

    audience = f" ({', '.join(audiences)})" if audiences else ""
    folded = textwrap.wrap(finding.message, 76, break_long_words=False, break_on_hyphens=False)
    advice = textwrap.wrap(finding.advice, 76, break_long_words=False, break_on_hyphens=False)
    head = f"{finding.level.value}  {finding.place}{audience}  [{finding.code}]"
    return [head, *(f"    {line}" for line in folded), *(f"    {line}" for line in advice)]


def _summary(prepared: "Prepared") -> list[str]:
    counts = Counter(finding.level.value for finding in prepared.findings)
    named = [f"{counts[level]} {level}{'s' if counts[level] != 1 else ''}" for level in ("error", "warning", "note")]
    sizes = ", ".join(f"{slug} {edition.html_bytes / 1000:.0f} kB" for slug, edition in prepared.editions.items())
    verdict = "Errors stop a send; fix them first." if counts["error"] else "Nothing stops a send."
    return [f"{', '.join(named)}. {verdict}", f"Size of the html: {sizes}; Gmail cuts a mail at 102 kB."]
