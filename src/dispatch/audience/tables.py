"""The bytes of a CSV file -> its header and its records, whatever a spreadsheet made of it.

A file is looked through once, for all that is wrong with the whole of it, and is then read row by row, as often as
needed: a million rows are never held at once.

UTF-8 with or without a byte order mark, UTF-16, or Windows-1252; comma, semicolon or tab; cells in double
quotes (RFC 4180). What was taken is part of the answer: Windows-1252 can only be assumed, never known.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from dispatch.errors import RosterError

#: a file larger than this is refused
MAX_BYTES = 1024 * 1024 * 1024
#: more rows than this are refused
MAX_ROWS = 5_000_000
#: more columns than this are refused
MAX_COLUMNS = 60

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}

#: bytes or characters that show what kind of file it is; bytes that are decoded at once
_START, _PART = 64 * 1024, 1024 * 1024
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
    """A CSV file that was looked through; its records are read from the open file again each time."""

    #: `UTF-8`, `UTF-16` or `Windows-1252`
    encoding: str
    #: the character between cells
    separator: str
    header: Record
    #: rows under the header that hold something
    rows: int
    empty_rows: int
    #: the places of the cells that hold something in any of those rows
    used: frozenset[int]
    _stream: BinaryIO
    _codec: str
    #: rows before the first of the table: the line that names the separator
    _skipped: int

    def records(self) -> Iterator[Record]:
        """Yield the rows under the header that hold something, in order."""
        for row, cells in _rows(self._stream, self._codec, self.separator, self._skipped):
            if row > self.header.row and _holds_something(cells):
                yield Record(row, tuple(cells))


def open_table(stream: BinaryIO, file: str) -> Table:
    """Return the table that an open file holds; `file` is its name. The file must be one that can be read twice.

    Raises RosterError where it is no CSV file, is empty or too large, or its quotation marks do not match.
    """
    size = stream.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise RosterError(
            f"The file is too large: {size // 1024**2} MB, and {MAX_BYTES // 1024**2} MB is the most.",
            where=file,
            todo="Split it into several files; each can be imported by itself.",
        )
    stream.seek(0)
    start = stream.read(_START)
    for magic, kind in _WORKBOOKS.items():
        if start.startswith(magic):
            raise RosterError(f"The file is {kind}, not a CSV file.", where=file, todo=_SAVE_AS)
    codec, label = _find_codec(stream, start, file)
    with _text(stream, codec) as opened:
        text = opened.read(_START)
    told = _SEP_LINE.match(text)
    separator = told[1] if told and told[1] in SEPARATORS else _find_separator(text)
    skipped = 1 if told and told[1] in SEPARATORS else 0
    return _look_through(stream, codec, label, separator, skipped, file)


def _look_through(stream: BinaryIO, codec: str, label: str, separator: str, skipped: int, file: str) -> Table:
    header: Record | None = None
    rows = row = 0
    used: set[int] = set()
    try:
        for row, cells in _rows(stream, codec, separator, skipped):
            if not _holds_something(cells):
                continue
            if header is None:
                header = Record(row, tuple(cells))
                continue
            rows += 1
            if rows > MAX_ROWS:
                raise RosterError(
                    f"The file has too many rows; {MAX_ROWS:,} are the most.",
                    where=file,
                    todo="Split it into several files; each can be imported by itself.",
                )
            used.update(n for n, cell in enumerate(cells) if n not in used and cell and not cell.isspace())
    except _Unclosed as err:
        raise RosterError(
            f"A quotation mark opens a cell and does not close it, or a cell is far too long ({err}).",
            where=f"{file}, row {err.row}",
            todo='Write a quotation mark inside a quoted cell twice: "Jane ""Jo"" Roe".',
        ) from err
    if header is None:
        raise RosterError("The file is empty.", where=file, todo="Its first row must name the columns: email,name")
    empty = row - skipped - rows - 1
    return Table(label, separator, header, rows, empty, frozenset(used), stream, codec, skipped)


class _Unclosed(Exception):
    """The csv module's words about a row."""

    def __init__(self, words: str, row: int) -> None:
        super().__init__(words)
        self.row = row


def _rows(stream: BinaryIO, codec: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of every row, also of empty ones."""
    row = skipped
    with _text(stream, codec) as text:
        for _ in range(skipped):
            text.readline()
        try:
            for row, cells in enumerate(csv.reader(text, delimiter=separator, strict=True), skipped + 1):
                yield row, cells
        except csv.Error as err:
            raise _Unclosed(str(err), row + 1) from err


def _holds_something(cells: list[str]) -> bool:
    return any(cell and not cell.isspace() for cell in cells)


@contextmanager
def _text(stream: BinaryIO, codec: str) -> Iterator[io.TextIOWrapper]:
    """The text from the beginning; the caller's file stays open."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, codec, newline="")
    try:
        yield text
    finally:
        if not stream.closed:
            text.detach()


def _find_codec(stream: BinaryIO, start: bytes, file: str) -> tuple[str, str]:
    """The codec by which the whole file can be read, and its name for people."""
    codec, label = _codec(start)
    if _is_readable(stream, codec):
        return codec, label
    if codec == "utf-8" and _is_readable(stream, "cp1252"):
        return "cp1252", "Windows-1252"
    raise RosterError(
        "The file's letters cannot be read: it is neither UTF-8 nor UTF-16 nor Windows-1252.",
        where=file,
        todo=_SAVE_AS,
    )


def _is_readable(stream: BinaryIO, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    stream.seek(0)
    try:
        while data := stream.read(_PART):
            decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


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
