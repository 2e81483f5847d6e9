"""`dispatch import`: the author's document becomes a brief."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from dispatch.authoring.import_document import ImportResult

_WIDTH = 80


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path, dir_okay=False), metavar="[PHOTO]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write DIR/<slug>/ instead of the workspace's briefs/<slug>/.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Take a newer version of the document into its brief; alt texts, credits, subject, preheader, pictures stay.",
)
@click.option("--explain", is_flag=True, help="Also print what each line was taken for, and why.")
@json_option
@pass_workspace
def import_command(
    context: Context,
    file: Path,
    photos: tuple[Path, ...],
    out: Path | None,
    update: bool,
    explain: bool,
    as_json: bool,
) -> None:
    """Turn the author's document (.docx, .txt or .md) into a brief.

    Writes brief.md and its pictures, and says what it understood, what it left out, and what a person must look at.
    PHOTOs are placed at the captions that wait for a picture, in their order.
    """
    from dispatch.authoring.import_document import import_document

    folder = out if out is not None else context.workspace / "briefs"
    taken = import_document(file, photos, folder, update=update)
    if as_json:
        print_json(_document(taken))
    else:
        _show(taken, file, taken.slug if out is None else str(taken.brief), explain=explain)


def _document(taken: "ImportResult") -> dict[str, Any]:
    def places(place: int) -> dict[str, int | None]:
        return {taken.counts: place or None, "brief_line": taken.lines.get(place)}

    return {
        "brief": str(taken.brief),
        "slug": taken.slug,
        "pictures": taken.pictures,
        "understood": [{"what": remark.text, **places(remark.place)} for remark in taken.understood],
        "left_out": [{"words": left.words, "why": left.reason, **places(left.place)} for left in taken.left_out],
        "look_at": [{"what": remark.text, **places(remark.place)} for remark in taken.look_at],
        "changes": taken.changes,
        "why": [{"what": what, **places(place)} for place, what in _explained(taken)],
    }


def _show(taken: "ImportResult", file: Path, named: str, *, explain: bool) -> None:
    click.echo(f"{'Imported' if taken.changes is None else 'Updated from'} {file}")
    click.echo(f"Brief: {taken.brief}")
    _section("Understood", [(_place(taken, r.place), r.text) for r in taken.understood])
    _section(
        "Left out, everything else is in brief.md",
        [(_place(taken, left.place), f"“{' '.join(left.words.split())}” ({left.reason})") for left in taken.left_out],
    )
    if taken.changes is not None:
        _section("Changed (in brief.md)", [("", change) for change in taken.changes or ["nothing"]])
    _section("Look at", [(_place(taken, r.place), r.text) for r in taken.look_at])
    if explain:
        _section("Why", [(_place(taken, place), decision) for place, decision in _explained(taken)])
    click.echo(f"\nNext: dispatch check {named}")


def _explained(taken: "ImportResult") -> Iterator[tuple[int, str]]:
    """Each line that was weighed, with its points and the signs that gave them."""
    for place, words, decision in taken.decisions:
        shown = words if len(words) <= 50 else words[:50].rsplit(" ", 1)[0] + " …"
        signs = ", ".join(f"{sign} {points:+}" for sign, points in decision.why)
        others = ", ".join(f"{role} {points}" for role, points in decision.others)
        taken_for = f"{decision.role} {decision.points}" if decision.role else "text"
        why = (f" ({signs})" if signs else "") + (f"; else {others}" if others else "")
        yield place, f"“{shown}”: {taken_for}{why}"


def _place(taken: "ImportResult", place: int) -> str:
    """Where something stands: in the document, and in brief.md if it went there."""
    if not place:
        return ""
    line = taken.lines.get(place)
    return f"{taken.counts} {place}" + (f", brief.md:{line}" if line else "")


def _section(title: str, rows: list[tuple[str, str]]) -> None:
    import textwrap

    if not rows:
        return
    click.echo(f"\n{title}")
    for place, text in sorted(rows, key=lambda row: not row[0]) if title == "Look at" else rows:
        start = f"  {place}: " if place else "  "
        folded = textwrap.wrap(text, _WIDTH, initial_indent=start, subsequent_indent="      ", break_long_words=False)
        click.echo("\n".join(folded))
