"""Which column means what, which rows can be used, and that every row is accounted for."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.audience.rows import MAX_CELL, MAX_NAME, attribute_name, clean, read_rows
from dispatch.errors import DispatchError, ProblemsFound, RosterError
from dispatch.model.member_import import Sheet


def read(text: str) -> Sheet:
    return read_rows(text.encode(), "list.csv")


def test_email_and_name_in_any_case_and_every_other_column_as_an_attribute() -> None:
    sheet = read(" E-Mail address ,EMAIL,Name,Job Title,Pays d’origine\nx,Ann@example.com,Ann Roe,Editor,Île\n")
    (entry,) = sheet.entries
    assert (entry.row, entry.address.typed, entry.name) == (2, "Ann@example.com", "Ann Roe")
    assert entry.attributes == {"e_mail_address": "x", "job_title": "Editor", "pays_d_origine": "Île"}
    assert sheet.columns == ("e_mail_address", "job_title", "pays_d_origine")


def test_an_empty_cell_says_nothing() -> None:
    (entry,) = read("email,name,country\nann@example.com, ,\n").entries
    assert (entry.name, dict(entry.attributes)) == ("", {})


def test_a_row_may_stop_early_but_not_hold_more_cells_than_there_are_columns() -> None:
    sheet = read("email,name,country\nann@example.com\nbob@example.com,Bob,NL,,\ncy@example.com,Cy,NL,extra\n")
    assert [entry.address.typed for entry in sheet.entries] == ["ann@example.com", "bob@example.com"]
    assert [(row.row, "more cells" in row.reason) for row in sheet.invalid] == [(4, True)]


def test_a_name_before_the_address_counts_where_the_name_column_is_empty() -> None:
    sheet = read("email,name\nAnn Roe <ann@example.com>,\nBob <bob@example.com>,Robert\n")
    assert [entry.name for entry in sheet.entries] == ["Ann Roe", "Robert"]


def test_the_first_of_a_doubled_address_counts_and_the_other_is_named() -> None:
    sheet = read("email,name\nann@example.com,First\nANN@EXAMPLE.com,Second\nann@example.com,Third\n")
    assert [entry.name for entry in sheet.entries] == ["First"]
    assert [(row.row, row.reason) for row in sheet.doubled] == [
        (3, "The same address stands in row 2, which counts."),
        (4, "The same address stands in row 2, which counts."),
    ]


def test_every_invalid_row_is_listed_with_all_that_is_wrong_with_it() -> None:
    long = "x" * (MAX_CELL + 1)
    sheet = read(f"email,name,note\nann,A\x1bnn,ok\nbob@example.com,{'y' * (MAX_NAME + 1)},{long}\n,Nobody,\n")
    assert [row.row for row in sheet.invalid] == [2, 3, 4]
    first, second, third = (row.reason for row in sheet.invalid)
    assert "@-sign" in first
    assert "control character (U+001B)" in first
    assert f"{MAX_NAME} are the most" in second
    assert f"{MAX_CELL} are the most" in second
    assert "no address" in third
    assert not sheet.entries


def test_a_nul_in_a_cell_leaves_out_its_row_only() -> None:
    sheet = read("email,name\nann@example.com,A\0nn\nbob@example.com,Bob\n")
    assert [entry.address.typed for entry in sheet.entries] == ["bob@example.com"]
    assert "U+0000" in sheet.invalid[0].reason


def test_what_is_shown_of_a_bad_row_is_safe_for_a_terminal() -> None:
    (row,) = read("email\n\x1b[2Jann@example.com\n").invalid
    assert row.typed.isprintable()
    (row,) = read("email\n" + "z" * 5000 + "\n").invalid
    assert len(row.typed) == 80


def test_formula_cells_are_text() -> None:
    (entry,) = read('email,name,note\nann@example.com,"=HYPERLINK(""x"")",\'+31 20 555\n').entries
    assert entry.name == '=HYPERLINK("x")'
    assert entry.attributes == {"note": "+31 20 555"}


def test_white_space_of_every_kind_becomes_single_spaces_and_letters_are_composed() -> None:
    assert clean("  Jose\u0301 \t de\r\n la\u00a0 Cruz\u2028 ") == "José de la Cruz"


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Country", "country"),
        (" Job-Title ", "job_title"),
        ("Größe", "grosse"),
        ("École", "ecole"),
        ("№", "no"),
    ],
)
def test_an_attributes_name_is_plain(heading: str, name: str) -> None:
    assert attribute_name(heading) == name


@pytest.mark.parametrize("heading", ["E-mail", "mail", "Mail Address", "emial", "adress", "Work Email"])
def test_without_an_email_column_the_near_one_is_named(heading: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(f"{heading},name\nann@example.com,Ann\n")
    assert caught.value.what == "There is no column `email`."
    assert caught.value.todo == f"Rename the column {heading!r} to: email"
    assert "row 1" in caught.value.where


def test_without_any_near_one_the_columns_are_named() -> None:
    with pytest.raises(RosterError) as caught:
        read("who,where\nAnn,NL\n")
    assert caught.value.where == "list.csv, row 1, which has: who, where"


def test_a_file_without_a_header_is_told_so() -> None:
    with pytest.raises(RosterError, match="instead of the columns' names"):
        read("ann@example.com,Ann\n")


def problems(text: str) -> list[str]:
    with pytest.raises(DispatchError) as caught:
        read(text)
    found = caught.value
    return [each.what for each in found.problems] if isinstance(found, ProblemsFound) else [found.what]


def test_everything_wrong_with_the_columns_is_said_at_once() -> None:
    found = problems("email,Email,unsubscribe_url,2024,Страна,,list\na@example.com,b,c,d,e,f,g\n")
    assert found == [
        "Two columns have the same name: 'email' and 'Email', columns 1 and 2.",
        "The column name 'unsubscribe_url' is dispatch's own.",
        "The column name '2024' cannot name an attribute.",
        "The column name 'Страна' cannot name an attribute.",
        "Column 6 has cells and no name.",
        "The column name 'list' is dispatch's own.",
    ]


def test_headings_that_become_the_same_name_are_doubled() -> None:
    assert problems("email,Job Title,job-title\n") == [
        "Two columns have the same name: 'Job Title' and 'job-title', columns 2 and 3."
    ]


def test_empty_columns_without_a_name_are_nothing() -> None:
    assert read("email,name,,\nann@example.com,Ann,,\n").columns == ()


def test_far_too_many_columns_are_refused() -> None:
    assert problems("email," + ",".join(f"c{n}" for n in range(60)) + "\n") == [
        "The file has 61 columns; 60 are the most."
    ]


def test_the_exports_own_columns_are_left_aside_and_said_so() -> None:
    sheet = read("email,subscribed_to,unsubscribed_from,suppressed\nann@example.com,center,,\n")
    assert sheet.columns == ()
    assert "subscribed_to, unsubscribed_from, suppressed" in sheet.notes[0]


def test_an_assumed_encoding_is_said_with_a_name_to_look_at() -> None:
    sheet = read_rows("email,name\nann@example.com,Ann\njose@example.com,José\n".encode("cp1252"), "list.csv")
    assert sheet.notes == (
        "The file is not UTF-8 and was read as Windows-1252: look at names with accents, such as 'José'.",
    )


CELLS = st.text(alphabet='aé@.,; "\n\t=+\x00x', max_size=12)
LINES = st.lists(st.one_of(CELLS, st.sampled_from(["ann@example.com", "bob@example.com", ""])), max_size=12)


@given(LINES)
def test_every_row_that_is_not_empty_is_in_one_place(cells: list[str]) -> None:
    text = "email,name\n" + "".join('"{}",x\n'.format(cell.replace('"', '""')) for cell in cells)
    sheet = read(text)
    assert sheet.rows == len(cells)
    numbers = [entry.row for entry in sheet.entries]
    numbers += [left_out.row for left_out in (*sheet.invalid, *sheet.doubled)]
    assert sorted(numbers) == list(range(2, len(cells) + 2))


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    with contextlib.suppress(DispatchError):
        read_rows(b"email,name\n" + data, "list.csv")
