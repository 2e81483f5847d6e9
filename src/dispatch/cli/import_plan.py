"""What an import of members would do, added up for a screen."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.audience.rows import MemberFile
    from dispatch.model.member import MemberKey
    from dispatch.model.member_import import Change, Known, LeftOut

#: rows of one kind shown on a screen; `--json` shows all
SHOWN = 20
#: rows that cannot be used are shown up to here
SHOWN_INVALID = 200


class Plan:
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
