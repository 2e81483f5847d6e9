"""The bytes of a CSV file -> its header and its records, whatever a spreadsheet made of it.

UTF-8 with or without a byte order mark, UTF-16, or Windows-1252; comma, semicolon or tab; cells in double
quotes (RFC 4180). What was taken is part of the answer: Windows-1252 can only be assumed, never known.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass

from dispatch.errors import RosterError

#: a file larger than this is refused
MAX_BYTES = 64 * 1024 * 1024
#: more rows than this are refused: what is made of them has to fit into memory
MAX_ROWS = 300_000
#: more columns than this are refused
MAX_COLUMNS = 60

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}

_SAVE_AS = "Save it from the spreadsheet as `CSV UTF-8 (comma delimited)`."
_WORKBOOKS = {b"PK\x03\x04": "an Excel or LibreOffice workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook"}
# Excel writes and reads such a first line to say which separator follows.
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one row as they stand."""

    #: as a spreadsheet counts: the header is row 1
    row: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file, read."""

    #: `UTF-8`, `UTF-16` or `Windows-1252`
    encoding: str
    #: the character between cells
    separator: str
    header: Record
    #: rows that hold something, in order
    records: tuple[Record, ...]
    empty_rows: int


def read_table(data: bytes, file: str) -> Table:
    """The table that the bytes of `file` hold.

    Raises RosterError where it is no CSV file, is empty, or its quotation marks do not match.
    """
    _refuse_strange(data, file)
    text, encoding = _decode(data, file)
    told = _SEP_LINE.match(text)
    if told and told[1] in SEPARATORS:
        separator, text = told[1], text[told.end() :]
    else:
        separator = _find_separator(text)
    records, empty_rows = _records(text, separator, file)
    if not records:
        raise RosterError("The file is empty.", where=file, todo="Its first row must name the columns: email,name")
    header, *rest = records
    if told:
        header = Record(header.row + 1, header.cells)
        rest = [Record(record.row + 1, record.cells) for record in rest]
    return Table(encoding, separator, header, tuple(rest), empty_rows)


def _refuse_strange(data: bytes, file: str) -> None:
    if len(data) > MAX_BYTES:
        raise RosterError(
            f"The file is too large: {len(data) // 1024**2} MB, and {MAX_BYTES // 1024**2} MB is the most.",
            where=file,
            todo="Split it into several files; each can be imported by itself.",
        )
    for magic, kind in _WORKBOOKS.items():
        if data.startswith(magic):
            raise RosterError(f"The file is {kind}, not a CSV file.", where=file, todo=_SAVE_AS)


def _decode(data: bytes, file: str) -> tuple[str, str]:
    """The text and how it was read."""
    codec, label = _codec(data)
    try:
        return data.decode(codec), label
    except UnicodeDecodeError:
        pass
    try:
        if codec == "utf-8":
            return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        pass
    raise RosterError(
        "The file's letters cannot be read: it is neither UTF-8 nor UTF-16 nor Windows-1252.",
        where=file,
        todo=_SAVE_AS,
    )


def _codec(data: bytes) -> tuple[str, str]:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "UTF-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "UTF-16"
    start = data[:4096]
    # Latin letters as UTF-16 are a NUL beside every byte, always on the same side.
    for codec, letters, nuls in (
        ("utf-16-le", start[0::2], start[1::2]),
        ("utf-16-be", start[1::2], start[0::2]),
    ):
        if nuls and nuls.count(0) > len(nuls) * 0.6 and letters.count(0) == 0:
            return codec, "UTF-16"
    return "utf-8", "UTF-8"


def _find_separator(text: str) -> str:
    """The separator under which the first row has a column `email`, else the one that makes most cells."""

    def weight(separator: str) -> tuple[bool, int]:
        try:
            cells = next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row), [])
        except csv.Error:
            return False, 0
        return any(cell.strip().casefold() == "email" for cell in cells), len(cells)

    return max(SEPARATORS, key=weight)


def _too_many(file: str) -> RosterError:
    return RosterError(
        f"The file has too many rows; {MAX_ROWS:,} are the most.",
        where=file,
        todo="Split it into several files; each can be imported by itself.",
    )


def _records(text: str, separator: str, file: str) -> tuple[list[Record], int]:
    records: list[Record] = []
    row = 0
    try:
        for row, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            if any(cell and not cell.isspace() for cell in cells):
                records.append(Record(row, tuple(cells)))
                if len(records) > MAX_ROWS + 1:
                    raise _too_many(file)
    except csv.Error as err:
        raise RosterError(
            f"A quotation mark opens a cell and does not close it, or a cell is far too long ({err}).",
            where=f"{file}, row {row + 1}",
            todo='Write a quotation mark inside a quoted cell twice: "Jane ""Jo"" Roe".',
        ) from err
    return records, row - len(records)
