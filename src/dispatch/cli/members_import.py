"""`dispatch members import`: the file read, the plan shown, the question, and all of it or nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, print_long_json
from dispatch.cli.member_arguments import confirm, on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from dispatch.audience.rows import MemberFile
    from dispatch.model.member import MemberKey
    from dispatch.model.member_import import Change, Known, LeftOut
    from dispatch.store.database import Database
    from dispatch.store.members import Transaction

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
    """Import a file into a list; gives the exit status: 1 where a row cannot be used or the answer is no.

    The file is read row by row, never held whole: once to look through it, once to plan and, where a person is asked,
    once more to apply what was shown.
    """
    from contextlib import ExitStack

    from dispatch.audience.rows import open_rows

    with ExitStack() as stack:
        stream = stack.enter_context(_open(file))
        rows = open_rows(stream, str(file))
        spool = stack.enter_context(_Spool()) if as_json else None
        importing = _Import(file, rows, member_list, spool)
        with context.open_lists() as database:
            if dry_run:
                plan, applied = importing.look(database), False
            elif yes:
                plan, applied = importing.apply(database, shown=None)
            else:
                plan, applied = _ask(importing, database)
        if spool is not None:
            _print_document(plan, spool, dry_run=dry_run, applied=applied)
        else:
            click.echo(_ending(plan, dry_run=dry_run, applied=applied))
    is_refused = plan.invalid > 0 or (plan.written > 0 and not applied and not dry_run)
    return REFUSED if is_refused else DONE


def _ask(importing: "_Import", database: "Database") -> "tuple[_Plan, bool]":

    from dispatch.model.words import plural

    shown = importing.look(database)
    count, member_list = shown.written, shown.member_list
    if not count or not confirm(f"Apply {plural(count, 'change')} to the list {member_list}?", yes=False):
        return shown, False
    return importing.apply(database, shown=shown)


class _Plan:
    """What an import would do: the numbers, the first few of each kind, and a digest of all of it."""

    def __init__(self, file: Path, rows: "MemberFile", member_list: str, list_size: int) -> None:
        import hashlib

        from dispatch.audience.changes import Tally

        self.file, self.rows, self.member_list = file, rows, member_list
        self.tally = Tally(member_list, list_size)
        self.differing: list[Change] = []
        self.away: list[Change] = []
        self.doubled_rows: list[LeftOut] = []
        self.invalid_rows: list[LeftOut] = []
        self.differing_count = self.doubled = self.invalid = 0
        self._digest = hashlib.sha256()

    @property
    def written(self) -> int:
        """Changes that write something."""
        return self.tally.written

    @property
    def digest(self) -> bytes:
        """The same for the same changes."""
        return self._digest.digest()

    def counts(self) -> dict[str, int]:
        """Rows by what becomes of them; they add up to the rows of the file."""
        counted = {kind.value: count for kind, count in self.tally.counts.items()}
        return {**counted, "doubled": self.doubled, "invalid": self.invalid}

    def leave_out(self, row: "LeftOut") -> None:
        """Add a row that is not used."""
        from dispatch.model.member_import import Doubled

        if isinstance(row, Doubled):
            self.doubled += 1
            kept, most = self.doubled_rows, SHOWN
        else:
            self.invalid += 1
            kept, most = self.invalid_rows, SHOWN_INVALID
        if len(kept) < most:
            kept.append(row)

    def add(self, changes: "list[Change]", known: "Mapping[MemberKey, Known]") -> None:
        """Add a part of the file."""
        from dispatch.model.member_import import KEPT_AWAY

        self.tally.add(changes, known)
        for change in changes:
            self._digest.update(repr((change.kind.value, change.entry, change.differences, change.reason)).encode())
            if change.differences:
                self.differing_count += 1
                if len(self.differing) < SHOWN:
                    self.differing.append(change)
            elif change.kind in KEPT_AWAY and len(self.away) < SHOWN:
                self.away.append(change)


class _Import:
    """A file that goes into a list."""

    def __init__(self, file: Path, rows: "MemberFile", member_list: str, spool: "_Spool | None") -> None:
        self.file, self.rows, self.member_list = file, rows, member_list
        self._spool = spool

    def look(self, database: "Database") -> _Plan:
        """What would change now, shown."""
        with database.reading() as connection:
            plan = self._run(connection, lambda part: None)
        self._show(plan)
        return plan

    def apply(self, database: "Database", shown: _Plan | None) -> tuple[_Plan, bool]:
        """Change all of it, or nothing; `shown` is what a person agreed to, None where nobody was asked.

        Raises RosterError where it would do something else by now.
        """
        from dispatch.errors import RosterError
        from dispatch.store.members import apply_part, record_import

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

    def _run(self, connection: "Transaction", act: "Callable[[list[Change]], None]") -> _Plan:
        """Plan the file part by part, and act on each part."""
        from dispatch.audience.changes import plan_part
        from dispatch.model.member_import import LeftOut
        from dispatch.store.bulk_values import in_runs
        from dispatch.store.members import ListCounts, counts, known

        of_list = counts(connection).get(self.member_list, ListCounts())
        plan = _Plan(self.file, self.rows, self.member_list, of_list.subscribed + of_list.suppressed)
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

    def _show(self, plan: _Plan) -> None:
        if self._spool is None:
            _show(plan)


def _open(file: Path) -> "BinaryIO":
    """The file, open. Raises RosterError."""
    from dispatch.errors import RosterError

    if file.exists() and not file.is_file():
        what, todo = "That is not a file; a list is read more than once.", "Save it as a file, and name that."
        raise RosterError(what, where=str(file), todo=todo)
    try:
        return file.open("rb")
    except OSError as err:
        what = (
            "There is no such file."
            if isinstance(err, FileNotFoundError)
            else f"The file cannot be read: {err.strerror}."
        )
        raise RosterError(what, where=str(file), todo="Check the name and the folder.") from err


# --- on a screen --------------------------------------------------------------------------------------------------


def _show(plan: _Plan) -> None:
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


def _ending(plan: _Plan, *, dry_run: bool, applied: bool) -> str:
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


# --- as JSON ------------------------------------------------------------------------------------------------------


class _Spool:
    """What `--json` says of every row, kept in a passing file until all is known."""

    def __init__(self) -> None:
        import tempfile

        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *about: object) -> None:
        self._file.close()

    def clear(self) -> None:
        """Forget what a first look left."""
        self._file.seek(0)
        self._file.truncate()

    def add(self, changes: "list[Change]") -> None:
        """Keep changes."""
        self._keep("changes", [_change_document(change) for change in changes])

    def leave_out(self, row: "LeftOut") -> None:
        """Keep a row that is not used."""
        from dispatch.model.member_import import Doubled

        kind = "doubled" if isinstance(row, Doubled) else "invalid"
        self._keep(kind, [{"row": row.row, "email": row.typed, "reason": row.reason}])

    def _keep(self, kind: str, documents: "list[dict[str, Any]]") -> None:
        import json

        self._file.writelines(f"{kind} {json.dumps(each)}\n" for each in documents)

    def of(self, kind: str) -> "Iterator[dict[str, Any]]":
        """Yield the documents of a kind."""
        import json

        self._file.seek(0)
        for line in self._file:
            if line.startswith(kind):
                yield json.loads(line[len(kind) :])


def _print_document(plan: _Plan, spool: _Spool, *, dry_run: bool, applied: bool) -> None:
    rows = plan.rows
    about = {
        "file": str(plan.file),
        "list": plan.member_list,
        "encoding": rows.encoding,
        "separator": rows.separator,
        "attributes": list(rows.columns),
        "rows": rows.rows,
        "empty_rows": rows.empty_rows,
        "counts": plan.counts(),
        "warnings": plan.tally.warnings(),
        "notes": list(rows.notes()),
        "dry_run": dry_run,
        "applied": applied,
    }
    print_long_json({kind: spool.of(kind) for kind in ("changes", "doubled", "invalid")}, about)


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
