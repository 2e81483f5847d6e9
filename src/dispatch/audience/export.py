"""Members -> the text of a CSV file that a spreadsheet opens safely and an import reads back.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"); an
import takes it off again.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dispatch.audience.rows import EXPORT_COLUMNS
from dispatch.model.member import Member, MemberKey, SubscriptionState, SuppressionReason

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guard(cell: str) -> str:
    """The cell, with an apostrophe in front if a spreadsheet would calculate it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def export_lines(
    members: Iterable[Member], attributes: Sequence[str], suppressed: Mapping[MemberKey, SuppressionReason]
) -> Iterator[str]:
    """Yield the members as lines of CSV, the header first: email, name, these attributes, and dispatch's own columns.

    They are made as they are asked for.
    """
    yield _line(["email", "name", *attributes, *EXPORT_COLUMNS])
    for member in members:
        cells = [member.address, member.name, *(member.attributes.get(label, "") for label in attributes)]
        reason = suppressed.get(member.key)
        kept = [_lists(member, state) for state in SubscriptionState] + [reason.value if reason else ""]
        yield _line([guard(cell) for cell in [*cells, *kept]])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _lists(member: Member, state: SubscriptionState) -> str:
    return " ".join(one.member_list for one in member.subscriptions if one.state is state)
