"""An export opens safely in a spreadsheet, and an import reads it back as it was."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.audience.export import export_lines, guard
from dispatch.audience.rows import clean, read_rows
from dispatch.model.member import Member, MemberKey, Subscription, SubscriptionState, SuppressionReason

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN = Member(
    "Ann@example.com",
    MemberKey("ann@example.com"),
    'Ann "Jo" Roe',
    {"note": "=1+1", "city": "Łódź"},
    (
        Subscription("center", SubscriptionState.UNSUBSCRIBED, NOW, "list.csv"),
        Subscription("coalition", SubscriptionState.SUBSCRIBED, NOW, "list.csv"),
    ),
)
BOB = Member("bob@example.com", MemberKey("bob@example.com"))


def test_every_attribute_is_a_column_and_dispatchs_own_come_last() -> None:
    text = "".join(export_lines([ANN, BOB], ["city", "note"], {BOB.key: SuppressionReason.BOUNCED}))
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["email", "name", "city", "note", "subscribed_to", "unsubscribed_from", "suppressed"],
        ["Ann@example.com", 'Ann "Jo" Roe', "Łódź", "'=1+1", "coalition", "center", ""],
        ["bob@example.com", "", "", "", "", "", "bounced"],
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+31 20", "-2", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''+1"])
def test_what_a_spreadsheet_would_calculate_is_guarded(cell: str) -> None:
    assert guard(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Ann", "'t Hooft", "1-2", "a=b", " =1"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guard(cell) == cell


@given(st.text(alphabet="'=+-@ab,;\"é", max_size=20))
def test_a_guarded_cell_is_read_back_as_it_was(cell: str) -> None:
    assert clean(guard(cell)) == " ".join(cell.split())


@given(name=st.text(alphabet="'=+-@ab,;\"é \n", max_size=20), city=st.text(alphabet="'=+-@xyz\"", max_size=9))
def test_an_import_of_an_export_changes_nothing(name: str, city: str) -> None:
    kept = Member("-ann@example.com", MemberKey("-ann@example.com"), clean(name), {"city": city} if city else {})
    text = "".join(export_lines([kept], ["city"], {}))
    (entry,) = read_rows(text.encode("utf-8-sig"), "list.csv").entries
    assert (entry.address.typed, entry.name) == (kept.address, kept.name)
    assert entry.attributes == kept.attributes
