"""A CSV file of members -> a Sheet: which column means what, and which rows can be used.

Columns `email` and `name`, in any case; any other column is an attribute. What is wrong with the header
refuses the file, all of it at once; what is wrong with a row leaves out that row, with its number and why.
"""

import difflib
import hashlib
import io
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from dispatch.audience.addresses import BadAddress, read_mailbox
from dispatch.audience.tables import MAX_COLUMNS, SEPARATORS, Record, Table, open_table
from dispatch.errors import DispatchError, ProblemsFound, RosterError
from dispatch.model.edition import LINK_TOKENS
from dispatch.model.member import MemberKey
from dispatch.model.member_import import Doubled, Entry, LeftOut, Sheet

#: characters of a name
MAX_NAME = 200
#: characters of an attribute
MAX_CELL = 1000

#: columns that `dispatch members export` adds; an import leaves them aside
EXPORT_COLUMNS = ("subscribed_to", "unsubscribed_from", "suppressed")
#: no attribute can have these names: merge tokens or conditions mean something else by them
RESERVED = LINK_TOKENS | {"preferences_url", "web_url", "list", "audience", "state", "since"}

_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Also halves of surrogate pairs, which a broken argument can hold and no database keeps.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# An apostrophe before one of these is a spreadsheet's way, and the export's, of saying: text, no formula.
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Header:
    """Which cell of a record means what; cells count from 0."""

    email: int
    #: None without a column `name`
    name: int | None
    #: attribute name by cell
    attributes: dict[int, str]
    width: int
    notes: list[str] = field(default_factory=list)


class MemberFile:
    """A CSV file of members whose header was understood; its rows are read from the open file each time."""

    def __init__(self, table: Table, header: Header) -> None:
        self.encoding = table.encoding
        self.separator = SEPARATORS[table.separator]
        #: attribute names, in the order of the file's columns
        self.columns = tuple(header.attributes.values())
        #: rows under the header that are not empty
        self.rows = table.rows
        self.empty_rows = table.empty_rows
        self._table, self._header = table, header
        self._accented = ""

    def entries(self) -> Iterator[Entry | Doubled | LeftOut]:
        """Yield every row that is not empty, in order: one that can be used, that repeats an address, or neither."""
        seen = _Seen()
        for record in self._table.records():
            entry = _read_record(record, self._header)
            if isinstance(entry, Entry):
                if first := seen.first_row(entry.address.key, entry.row):
                    reason = f"The same address stands in row {first}, which counts."
                    yield Doubled(entry.row, entry.address.typed, reason)
                    continue
                if not self._accented and not entry.name.isascii():
                    self._accented = entry.name
            yield entry

    def notes(self) -> tuple[str, ...]:
        """Sentences about how the file was read, once its rows were."""
        if self.encoding != "Windows-1252":
            return tuple(self._header.notes)
        # An assumption: the person who imports must look at a name with accents.
        look = f", such as {self._accented!r}" if self._accented else ""
        words = f"The file is not UTF-8 and was read as Windows-1252: look at names with accents{look}."
        return (words, *self._header.notes)


class _Seen:
    """The addresses of a file and their rows, 16 bytes each: a million fit into any memory.

    A key is known by 64 bits of its hash, and by 40 more that are kept with its row.
    """

    def __init__(self) -> None:
        # In many short runs, each of which is looked through from end to end.
        self._hashes: dict[int, array[int]] = defaultdict(lambda: array("Q"))
        self._rows: dict[int, array[int]] = defaultdict(lambda: array("Q"))

    def first_row(self, key: MemberKey, row: int) -> int | None:
        """Return the row in which the key was seen before; keep this one where it was not."""
        digest = hashlib.blake2b(key.encode(), digest_size=15).digest()
        place = int.from_bytes(digest[:2]) >> 1
        known, more = int.from_bytes(digest[2:10]), int.from_bytes(digest[10:])
        hashes, rows = self._hashes[place], self._rows[place]
        if known in hashes:
            kept = rows[hashes.index(known)]
            if kept >> 24 == more:
                return kept & 0xFFFFFF
        hashes.append(known)
        rows.append(more << 24 | row)
        return None


def open_rows(stream: BinaryIO, file: str) -> MemberFile:
    """Return the rows of an open CSV file of members; the file must be one that can be read twice.

    Raises RosterError, or ProblemsFound with all that is wrong with its header.
    """
    table = open_table(stream, file)
    return MemberFile(table, _read_header(table, file))


def read_rows(data: bytes, file: str) -> Sheet:
    """Return all rows of a small file at once. Raises as `open_rows`."""
    rows = open_rows(io.BytesIO(data), file)
    read = list(rows.entries())
    return Sheet(
        encoding=rows.encoding,
        separator=rows.separator,
        columns=rows.columns,
        entries=tuple(each for each in read if isinstance(each, Entry)),
        invalid=tuple(each for each in read if type(each) is LeftOut),
        doubled=tuple(each for each in read if isinstance(each, Doubled)),
        empty_rows=rows.empty_rows,
        notes=rows.notes(),
    )


def clean(cell: str) -> str:
    """A cell as one line: composed Unicode (NFC), single spaces, a spreadsheet's guard taken off."""
    if _GUARDED.match(cell):
        cell = cell[1:]
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def attribute_name(column: str) -> str:
    """The attribute name that a heading gives: lower-case letters a-z without accents, digits and `_`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", column) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", plain.casefold()).strip("_")


def problem_with(name: str, value: str, limit: int) -> str:
    """Why a value cannot be kept, as one sentence; "" when it can."""
    if control := _CONTROL.search(value):
        return f"The column {name} holds a control character (U+{ord(control[0]):04X})."
    if len(value) > limit:
        return f"The column {name} holds {len(value)} characters; {limit} are the most."
    return ""


def printable(text: str) -> str:
    """A text made safe for a terminal and short enough for a line."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return shown if len(shown) <= 80 else f"{shown[:79]}…"


def _read_header(table: Table, file: str) -> Header:
    cells = table.header.cells
    where = f"{file}, row {table.header.row}"
    if len(cells) > MAX_COLUMNS:
        todo = "Remove columns that no brief and no list needs."
        raise RosterError(f"The file has {len(cells)} columns; {MAX_COLUMNS} are the most.", where=where, todo=todo)
    names = [attribute_name(cell) for cell in cells]
    if "email" not in names:
        raise _no_email(cells, where)
    kept = [n for n, cell in enumerate(cells) if cell.strip() or n in table.used]
    attributes = {n: names[n] for n in kept if names[n] not in ("email", "name", *EXPORT_COLUMNS)}
    problems = [*_doubled_columns(cells, names, where), *_bad_columns(cells, attributes, where)]
    if problems:
        raise (
            problems[0] if len(problems) == 1 else ProblemsFound("The file's columns have several problems.", problems)
        )
    aside = [name for name in names if name in EXPORT_COLUMNS]
    notes = [f"Left aside, because dispatch itself keeps it: {', '.join(aside)}."] if aside else []
    name = names.index("name") if "name" in names else None
    return Header(names.index("email"), name, attributes, len(cells), notes)


def _no_email(cells: tuple[str, ...], where: str) -> RosterError:
    if any("@" in cell for cell in cells):
        todo = "Put a row above it that names the columns: email,name"
        return RosterError("The first row holds an address instead of the columns' names.", where=where, todo=todo)
    shown = ", ".join(printable(cell.strip()) for cell in cells if cell.strip())
    near = [cell for cell in cells if "mail" in attribute_name(cell)]
    near = near or [c for c in cells if difflib.get_close_matches(attribute_name(c), ["email", "address"], cutoff=0.6)]
    todo = (
        f"Rename the column {printable(near[0].strip())!r} to: email" if near else "Name the column of addresses: email"
    )
    return RosterError("There is no column `email`.", where=f"{where}, which has: {shown}", todo=todo)


def _doubled_columns(cells: tuple[str, ...], names: list[str], where: str) -> Iterable[DispatchError]:
    for n, name in enumerate(names):
        first = names.index(name)
        if name and first != n:
            both = f"{printable(cells[first].strip())!r} and {printable(cells[n].strip())!r}"
            what = f"Two columns have the same name: {both}, columns {first + 1} and {n + 1}."
            yield RosterError(what, where=where, todo="Rename or remove one of them.")


def _bad_columns(cells: tuple[str, ...], attributes: dict[int, str], where: str) -> Iterable[DispatchError]:
    for n, name in attributes.items():
        shown = printable(cells[n].strip())
        if not shown:
            todo = "Name it in the first row, or empty it."
            yield RosterError(f"Column {n + 1} has cells and no name.", where=where, todo=todo)
        elif name in RESERVED:
            todo = "Rename or remove it."
            yield RosterError(f"The column name {shown!r} is dispatch's own.", where=where, todo=todo)
        elif not _ATTRIBUTE.fullmatch(name):
            todo = "Rename it: a letter a-z first, then letters, digits and _, 40 at the most."
            yield RosterError(f"The column name {shown!r} cannot name an attribute.", where=where, todo=todo)


def _read_record(record: Record, header: Header) -> Entry | LeftOut:
    cells = record.cells + ("",) * (header.width - len(record.cells))
    typed = cells[header.email]
    problems = []
    if any(cell.strip() for cell in cells[header.width :]):
        problems.append(
            "It has more cells than there are columns; a cell with a separator in it needs quotation marks."
        )
    mailbox = read_mailbox(typed[1:] if _GUARDED.match(typed) else typed)
    if isinstance(mailbox, BadAddress):
        problems.append(mailbox.reason)
    elif problem := problem_with("email", mailbox.name, MAX_NAME):
        problems.append(problem)
    name = "" if header.name is None else clean(cells[header.name])
    attributes = {label: value for n, label in header.attributes.items() if (value := clean(cells[n]))}
    problems.extend(_bad_cells(cells, header))
    if problems or isinstance(mailbox, BadAddress):
        return LeftOut(record.row, printable(typed.strip()), " ".join(problems))
    return Entry(record.row, mailbox.address, name or mailbox.name, attributes)


def _bad_cells(cells: tuple[str, ...], header: Header) -> list[str]:
    checks = [("name", cells[header.name], MAX_NAME)] if header.name is not None else []
    checks += [(label, cells[n], MAX_CELL) for n, label in header.attributes.items()]
    return [problem for check in checks if (problem := problem_with(*check))]
