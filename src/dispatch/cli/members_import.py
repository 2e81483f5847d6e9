"""`dispatch members import`: the file read, the plan shown, the question, and all of it or nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context
from dispatch.cli.import_document import Spool, print_document
from dispatch.cli.import_plan import SHOWN, SHOWN_INVALID, Plan
from dispatch.cli.member_arguments import confirm, on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dispatch.audience.rows import MemberFile
    from dispatch.model.member_import import Change, LeftOut
    from dispatch.store.database import Database
    from dispatch.store.members import Transaction

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
    """Import a file into a list; gives the exit status: 1 where a row cannot be used or the answer is no.

    The file is read row by row, never held whole: once to look through it, once to plan and, where a person is asked,
    once more to apply what was shown.
    """
    from contextlib import ExitStack

    from dispatch.audience.rows import open_rows
    from dispatch.errors import RosterError
    from dispatch.input_files import open_input_file

    with ExitStack() as stack:
        stream = stack.enter_context(open_input_file(file, RosterError, noun="The file"))
        rows = open_rows(stream, str(file))
        spool = stack.enter_context(Spool()) if as_json else None
        importing = _Import(file, rows, member_list, spool)
        with context.open_lists() as database:
            if dry_run:
                plan, applied = importing.look(database), False
            elif yes:
                plan, applied = importing.apply(database, shown=None)
            else:
                plan, applied = _ask(importing, database)
        if spool is not None:
            print_document(plan, spool, dry_run=dry_run, applied=applied)
        else:
            click.echo(_ending(plan, dry_run=dry_run, applied=applied))
    is_refused = plan.invalid > 0 or (plan.written > 0 and not applied and not dry_run)
    return REFUSED if is_refused else DONE


def _ask(importing: "_Import", database: "Database") -> "tuple[Plan, bool]":

    from dispatch.model.words import plural

    shown = importing.look(database)
    count, member_list = shown.written, shown.member_list
    if not count or not confirm(f"Apply {plural(count, 'change')} to the list {member_list}?", yes=False):
        return shown, False
    return importing.apply(database, shown=shown)


class _Import:
    """A file that goes into a list."""

    def __init__(self, file: Path, rows: "MemberFile", member_list: str, spool: "Spool | None") -> None:
        self.file, self.rows, self.member_list = file, rows, member_list
        self._spool = spool

    def look(self, database: "Database") -> Plan:
        """What would change now, shown."""
        with database.reading() as connection:
            plan = self._run(connection, lambda part: None)
        self._show(plan)
        return plan

    def apply(self, database: "Database", shown: Plan | None) -> tuple[Plan, bool]:
        """Change all of it, or nothing; `shown` is what a person agreed to, None where nobody was asked.

        Raises RosterError where it would do something else by now.
        """
        from dispatch.errors import RosterError
        from dispatch.store.member_import import apply_part, record_import

        now = database.now()
        with database.writing() as connection:

            def write(part: "list[Change]") -> None:
                apply_part(connection, part, self.member_list, source=self.file.name, now=now)

            plan = self._run(connection, write)
            if shown is None:
                self._show(plan)
            elif plan.digest != shown.digest:
                raise RosterError(
                    "The list or the file changed while the question stood; nothing was imported.",
                    where=f"list {self.member_list}",
                    todo="Run the import again and look at what it shows now.",
                )
            if plan.written:
                record_import(connection, self.member_list, plan.counts(), source=self.file.name, now=now)
        return plan, plan.written > 0

    def _run(self, connection: "Transaction", act: "Callable[[list[Change]], None]") -> Plan:
        """Plan the file part by part, and act on each part."""
        from dispatch.audience.changes import plan_part
        from dispatch.model.member_import import LeftOut
        from dispatch.store.bulk_values import in_runs
        from dispatch.store.members import ListCounts, counts, known

        of_list = counts(connection).get(self.member_list, ListCounts())
        plan = Plan(self.file, self.rows, self.member_list, of_list.subscribed + of_list.suppressed)
        if self._spool is not None:
            self._spool.clear()
        for part in in_runs(self.rows.entries()):
            for row in part:
                if isinstance(row, LeftOut):
                    plan.leave_out(row)
                    if self._spool is not None:
                        self._spool.leave_out(row)
            entries = [row for row in part if not isinstance(row, LeftOut)]
            people = known(connection, [entry.address.key for entry in entries])
            changes = plan_part(entries, self.member_list, people)
            plan.add(changes, people)
            if self._spool is not None:
                self._spool.add(changes)
            act(changes)
        return plan

    def _show(self, plan: Plan) -> None:
        if self._spool is None:
            _show(plan)


# --- on a screen --------------------------------------------------------------------------------------------------


def _show(plan: Plan) -> None:
    from dispatch.model.words import noun

    rows = plan.rows
    click.echo(f"{plan.file} ({rows.encoding}, {rows.separator}) into the list {plan.member_list}:\n")
    counts = plan.counts()
    for kind, count in counts.items():
        if count or kind in ("new", "changed", "unchanged"):
            click.echo(f"{count:>8,}  {WORDS[kind]}")
    click.echo(f"{rows.rows:>8,}  {noun(rows.rows, 'row')} in the file{_empty(rows.empty_rows)}")
    if rows.columns:
        click.echo(f"\nAttributes: {', '.join(rows.columns)}")
    differing = (_difference(change) for change in plan.differing)
    _lines("Changes of name and attributes", differing, plan.differing_count, SHOWN)
    lines = (f"row {change.entry.row}: {change.entry.address.typed}, {change.reason}" for change in plan.away)
    _lines("Kept away", lines, counts["unsubscribed"] + counts["suppressed"], SHOWN)
    _left_out("Repeated in the file", plan.doubled_rows, plan.doubled, SHOWN)
    _left_out("Rows that cannot be used", plan.invalid_rows, plan.invalid, SHOWN_INVALID)
    for sentence in rows.notes():
        click.echo(f"\nNote: {sentence}")
    for sentence in plan.tally.warnings():
        click.echo(f"\nWARNING: {sentence}")
    click.echo()


def _difference(change: Any) -> str:
    told = "; ".join(
        f"{each.field}: {each.before or 'nothing'!r} becomes {each.after!r}" for each in change.differences
    )
    return f"row {change.entry.row}: {change.entry.address.typed}, {told}"


def _left_out(heading: str, rows: "list[LeftOut]", count: int, most: int) -> None:
    lines = (f"row {row.row}: {row.typed or 'no address'}. {row.reason}" for row in rows)
    _lines(heading, lines, count, most)


def _lines(heading: str, lines: "Iterable[str]", count: int, most: int) -> None:
    from itertools import islice

    if count:
        click.echo(f"\n{heading}:")
    for line in islice(lines, most):
        click.echo(f"  {on_screen(line)}")
    if count > most:
        click.echo(f"  and {count - most:,} more; --json shows all.")


def _ending(plan: Plan, *, dry_run: bool, applied: bool) -> str:
    from dispatch.model.words import plural

    count = plan.written
    if not count:
        return "There is nothing to change."
    if dry_run:
        return "This was a dry run: nothing was changed."
    if not applied:
        return "Nothing was changed."
    return f"Done: {plural(count, 'change')} applied to the list {plan.member_list}."


def _empty(count: int) -> str:
    return f" (and {count} empty)" if count else ""
