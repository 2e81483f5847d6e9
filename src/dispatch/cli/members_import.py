"""`dispatch members import`: the file read, the plan shown, the question, and all of it or nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, print_json
from dispatch.cli.member_arguments import confirm, on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dispatch.model.member_import import Changes, LeftOut, Sheet
    from dispatch.store.database import Database
    from dispatch.store.members import Transaction

    Show = Callable[[Changes], None]

#: rows of one kind shown on a screen; `--json` shows all
SHOWN = 20
#: rows that cannot be used are shown up to here
SHOWN_INVALID = 200

WORDS = {
    "new": "new members",
    "joins": "known members who are new on this list",
    "changed": "on this list already, with changes",
    "unchanged": "on this list already, unchanged",
    "unsubscribed": "unsubscribed from this list: stay away",
    "suppressed": "must not be mailed: stay out",
    "doubled": "repeat an address of an earlier row",
    "invalid": "cannot be used",
}


def take_in(context: Context, file: Path, member_list: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Import a file into a list; gives the exit status: 1 where a row cannot be used or the answer is no."""
    from dispatch.audience.rows import read_rows

    sheet = read_rows(_read(file), str(file))
    show = (lambda changes: None) if as_json else (lambda changes: _show(changes, file))
    with context.open_lists() as database:
        if dry_run:
            changes, applied = _look(database, sheet, member_list, show), False
        elif yes:
            changes, applied = _apply_at_once(database, sheet, member_list, show, file)
        else:
            changes, applied = _ask(database, sheet, member_list, show, file)
    if as_json:
        print_json(_document(changes, file, dry_run=dry_run, applied=applied))
    else:
        click.echo(_ending(changes, dry_run=dry_run, applied=applied))
    is_refused = bool(sheet.invalid) or (_count(changes) > 0 and not applied and not dry_run)
    return REFUSED if is_refused else DONE


def _look(database: "Database", sheet: "Sheet", member_list: str, show: "Show") -> "Changes":
    with database.reading() as connection:
        changes = _plan(connection, sheet, member_list)
    show(changes)
    return changes


def _apply_at_once(
    database: "Database", sheet: "Sheet", member_list: str, show: "Show", file: Path
) -> "tuple[Changes, bool]":
    from dispatch.store.members import apply

    now = database.now()
    with database.writing() as connection:
        changes = _plan(connection, sheet, member_list)
        show(changes)
        if _count(changes):
            apply(connection, changes, source=file.name, now=now)
    return changes, _count(changes) > 0


def _ask(database: "Database", sheet: "Sheet", member_list: str, show: "Show", file: Path) -> "tuple[Changes, bool]":
    """Apply what was shown, if it still holds: somebody may have unsubscribed while the question stood."""
    from dispatch.errors import RosterError
    from dispatch.model.words import plural

    shown = _look(database, sheet, member_list, show)
    count = _count(shown)
    if not count or not confirm(f"Apply {plural(count, 'change')} to the list {member_list}?", yes=False):
        return shown, False

    def refuse_other(now_planned: "Changes") -> None:
        if now_planned.changes != shown.changes:
            raise RosterError(
                "The list changed while the question stood; nothing was imported.",
                where=f"list {member_list}",
                todo="Run the import again and look at what it shows now.",
            )

    return _apply_at_once(database, sheet, member_list, refuse_other, file)


def _count(changes: "Changes") -> int:
    from dispatch.model.member_import import WRITTEN

    return len(changes.of(*WRITTEN))


def _read(file: Path) -> bytes:
    from dispatch.audience.tables import MAX_BYTES
    from dispatch.errors import RosterError
    from dispatch.input_files import read_input_file

    return read_input_file(file, MAX_BYTES, RosterError, noun="The file")


def _plan(connection: "Transaction", sheet: "Sheet", member_list: str) -> "Changes":
    from dispatch.audience.changes import plan_changes
    from dispatch.store.members import ListCounts, counts, known

    of_list = counts(connection).get(member_list, ListCounts())
    people = known(connection, [entry.address.key for entry in sheet.entries])
    return plan_changes(sheet, member_list, people, of_list.subscribed + of_list.suppressed)


def _show(changes: "Changes", file: Path) -> None:
    from dispatch.model.member_import import ChangeKind
    from dispatch.model.words import noun

    sheet = changes.sheet
    click.echo(f"{file} ({sheet.encoding}, {sheet.separator}) into the list {changes.member_list}:\n")
    for kind, count in changes.counts().items():
        if count or kind in ("new", "changed", "unchanged"):
            click.echo(f"{count:>8,}  {WORDS[kind]}")
    click.echo(f"{sheet.rows:>8,}  {noun(sheet.rows, 'row')} in the file{_empty(sheet.empty_rows)}")
    if sheet.columns:
        click.echo(f"\nAttributes: {', '.join(sheet.columns)}")
    differing = [change for change in changes.of(ChangeKind.JOINS, ChangeKind.CHANGED) if change.differences]
    _lines("Changes of name and attributes", (_difference(change) for change in differing), len(differing), SHOWN)
    away = changes.of(ChangeKind.UNSUBSCRIBED, ChangeKind.SUPPRESSED)
    lines = (f"row {change.entry.row}: {change.entry.address.typed}, {change.reason}" for change in away)
    _lines("Kept away", lines, len(away), SHOWN)
    _left_out("Repeated in the file", sheet.doubled, SHOWN)
    _left_out("Rows that cannot be used", sheet.invalid, SHOWN_INVALID)
    for sentence in (*sheet.notes, *changes.warnings):
        click.echo(f"\nNote: {sentence}" if sentence in sheet.notes else f"\nWARNING: {sentence}")
    click.echo()


def _difference(change: Any) -> str:
    told = "; ".join(
        f"{each.field}: {each.before or 'nothing'!r} becomes {each.after!r}" for each in change.differences
    )
    return f"row {change.entry.row}: {change.entry.address.typed}, {told}"


def _left_out(heading: str, rows: "tuple[LeftOut, ...]", most: int) -> None:
    lines = (f"row {row.row}: {row.typed or 'no address'}. {row.reason}" for row in rows)
    _lines(heading, lines, len(rows), most)


def _lines(heading: str, lines: "Iterable[str]", count: int, most: int) -> None:
    from itertools import islice

    if count:
        click.echo(f"\n{heading}:")
    for line in islice(lines, most):
        click.echo(f"  {on_screen(line)}")
    if count > most:
        click.echo(f"  and {count - most:,} more; --json shows all.")


def _ending(changes: "Changes", *, dry_run: bool, applied: bool) -> str:
    from dispatch.model.words import plural

    count = _count(changes)
    if not count:
        return "There is nothing to change."
    if dry_run:
        return "This was a dry run: nothing was changed."
    if not applied:
        return "Nothing was changed."
    return f"Done: {plural(count, 'change')} applied to the list {changes.member_list}."


def _empty(count: int) -> str:
    return f" (and {count} empty)" if count else ""


def _document(changes: "Changes", file: Path, *, dry_run: bool, applied: bool) -> dict[str, Any]:
    sheet = changes.sheet
    return {
        "file": str(file),
        "list": changes.member_list,
        "encoding": sheet.encoding,
        "separator": sheet.separator,
        "attributes": list(sheet.columns),
        "rows": sheet.rows,
        "empty_rows": sheet.empty_rows,
        "counts": changes.counts(),
        "warnings": list(changes.warnings),
        "notes": list(sheet.notes),
        "changes": [_change_document(change) for change in changes.changes],
        "doubled": [{"row": row.row, "email": row.typed, "reason": row.reason} for row in sheet.doubled],
        "invalid": [{"row": row.row, "email": row.typed, "reason": row.reason} for row in sheet.invalid],
        "dry_run": dry_run,
        "applied": applied,
    }


def _change_document(change: Any) -> dict[str, Any]:
    return {
        "row": change.entry.row,
        "email": change.entry.address.typed,
        "kind": change.kind.value,
        "differences": [
            {"field": each.field, "before": each.before, "after": each.after} for each in change.differences
        ],
        "reason": change.reason,
    }
