"""A file of members as it was read, and what taking it into a list would change.

`audience` makes these from bytes and from what the store knows; `store` applies them. They stand here because
neither of the two knows the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.model.member import Address, Member, MemberKey, Suppression


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a file of members that can be used."""

    #: as a spreadsheet counts: the header is row 1
    row: int
    address: Address
    #: "" where the file says nothing
    name: str = ""
    #: the filled cells of further columns, by attribute name
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One row of a file that cannot be used, or repeats an earlier one."""

    row: int
    #: what stands in its email cell, made safe to print
    typed: str
    #: one sentence
    reason: str


@dataclass(frozen=True, slots=True)
class Doubled(LeftOut):
    """One row whose address stands in an earlier row, which counts."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of members as it was read. Every row that is not empty is in one of the three tuples."""

    #: how the bytes were read: `UTF-8`, `UTF-16` or `Windows-1252`
    encoding: str
    #: `comma`, `semicolon` or `tab`
    separator: str
    #: attribute names, in the order of the file's columns
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    invalid: tuple[LeftOut, ...] = ()
    doubled: tuple[Doubled, ...] = ()
    empty_rows: int = 0
    #: sentences about how the file was read, for the person who imports it
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows under the header that are not empty."""
        return len(self.entries) + len(self.invalid) + len(self.doubled)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of one MemberKey."""

    member: Member | None = None
    suppression: Suppression | None = None


class ChangeKind(StrEnum):
    """What taking in one Entry does."""

    #: nobody of this address is known: a new Member, put on the list
    NEW = "new"
    #: a known Member who was not on this list is put on it
    JOINS = "joins"
    #: already on this list; the name or an attribute changes
    CHANGED = "changed"
    #: already on this list, all as it was
    UNCHANGED = "unchanged"
    #: unsubscribed from this list: stays away, nothing changes
    UNSUBSCRIBED = "unsubscribed"
    #: must not be mailed at all: stays out, nothing changes
    SUPPRESSED = "suppressed"


#: the kinds that write something
WRITTEN = frozenset({ChangeKind.NEW, ChangeKind.JOINS, ChangeKind.CHANGED})
#: the kinds that keep a person away from the list
KEPT_AWAY = frozenset({ChangeKind.UNSUBSCRIBED, ChangeKind.SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a Member that the file would change."""

    #: `name` or an attribute's name
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """The outcome of one Entry."""

    entry: Entry
    kind: ChangeKind
    differences: tuple[Difference, ...] = ()
    #: name and attributes after the change: what is known, with the file's filled cells over it
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: why a person is kept away, "" otherwise
    reason: str = ""

    @property
    def key(self) -> MemberKey:
        """The key of the person it is about."""
        return self.entry.address.key


@dataclass(frozen=True, slots=True)
class Changes:
    """What taking a Sheet into a list would do: one Change for each Entry, in the order of the file."""

    member_list: str
    sheet: Sheet
    changes: tuple[Change, ...]
    #: sentences that should make the person who imports it look twice
    warnings: tuple[str, ...] = ()

    def of(self, *kinds: ChangeKind) -> list[Change]:
        """The Changes of these kinds, in the order of the file."""
        return [change for change in self.changes if change.kind in kinds]

    def counts(self) -> dict[str, int]:
        """Rows by outcome; they add up to the rows of the file."""
        counted = {kind.value: 0 for kind in ChangeKind}
        for change in self.changes:
            counted[change.kind.value] += 1
        return {**counted, "doubled": len(self.sheet.doubled), "invalid": len(self.sheet.invalid)}
