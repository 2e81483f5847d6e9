"""What a spreadsheet can make of a CSV file, read; and what it cannot, refused in words."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.audience import tables
from dispatch.audience.tables import Record, Table, open_table
from dispatch.errors import RosterError

TEXT = "email,name\njose@example.com,José\n"


def read_table(data: bytes) -> Table:
    return open_table(io.BytesIO(data), "list.csv")


def records(table: Table) -> list[Record]:
    return list(table.records())


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("cp1252"), "Windows-1252"),
    ],
)
def test_every_encoding_of_a_spreadsheet_is_read_and_named(data: bytes, encoding: str) -> None:
    table = read_table(data)
    assert table.encoding == encoding
    assert table.header.cells == ("email", "name")
    assert [record.cells for record in table.records()] == [("jose@example.com", "José")]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(separator: str, line_end: str) -> None:
    text = line_end.join([f"email{separator}name", f'a@example.com{separator}"Roe{separator} ""Jo"" Ann"', ""])
    table = read_table(text.encode())
    assert table.separator == separator
    assert records(table)[0].cells == ("a@example.com", f'Roe{separator} "Jo" Ann')


def test_the_separator_is_the_one_that_shows_the_email_column() -> None:
    table = read_table(b"email;name, title, office\na@example.com;x, y, z\n")
    assert table.separator == ";"


def test_excels_first_line_about_the_separator_is_taken_at_its_word() -> None:
    table = read_table(b"sep=;\r\nemail;name\r\na@example.com;Ann\r\n")
    assert (table.separator, table.header.row, records(table)[0].row) == (";", 2, 3)


def test_rows_count_as_in_a_spreadsheet_also_over_empty_and_long_ones() -> None:
    table = read_table(b'email,note\n\na@example.com,"two\nlines"\n , \nb@example.com,x\n')
    assert [record.row for record in table.records()] == [3, 5]
    assert table.empty_rows == 2


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (b"\n \n,\n", "empty"),
        (b"PK\x03\x04rest", "Excel or LibreOffice workbook"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"email\n\x81\x8d\x8f\x90\n", "letters cannot be read"),
        (b"\xff\xfee", "letters cannot be read"),
        (b'email,name\na@example.com,"Ann\nb@example.com,Bob\n', "quotation mark"),
        (b'email,name\na@example.com,"Ann" Roe\n', "quotation mark"),
        (b"email\n" + b"x" * 200_000 + b"\n", "far too long"),
    ],
)
def test_what_is_no_csv_file_is_refused_with_what_to_do(data: bytes, part: str) -> None:
    with pytest.raises(RosterError) as caught:
        read_table(data)
    assert part in caught.value.what
    assert caught.value.where.startswith("list.csv")
    assert caught.value.todo


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 20)
    with pytest.raises(RosterError, match="too large"):
        read_table(TEXT.encode())


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert read_table(b"email\na\n\nb\n").rows == 2
    with pytest.raises(RosterError, match="too many rows; 2 are the most"):
        read_table(b"email\na\nb\nc\n")


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    with contextlib.suppress(RosterError):
        read_table(data)
