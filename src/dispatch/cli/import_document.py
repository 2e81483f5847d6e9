"""What `members import --json` says of every row, however many there are."""

from typing import TYPE_CHECKING, Any

from dispatch.cli.context import print_long_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.cli.import_plan import Plan
    from dispatch.model.member_import import Change, LeftOut


class Spool:
    """What `--json` says of every row, kept in a passing file until all is known."""

    def __init__(self) -> None:
        import tempfile

        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> "Spool":
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


def print_document(plan: "Plan", spool: Spool, *, dry_run: bool, applied: bool) -> None:
    """Print the document of `members import --json`."""
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
