"""Members -> the text of a CSV file that a spreadsheet opens safely and an import reads back.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"); an
import takes it off again.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from dispatch.audience.rows import EXPORT_COLUMNS
from dispatch.model.member import Member, MemberKey, SubscriptionState, SuppressionReason

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guard(cell: str) -> str:
    """The cell, with an apostrophe in front if a spreadsheet would calculate it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def write_rows(members: Iterable[Member], suppressed: Mapping[MemberKey, SuppressionReason]) -> str:
    """The members as CSV: email, name, every attribute that one of them has, and dispatch's own columns."""
    people = list(members)
    attributes = sorted({label for member in people for label in member.attributes})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["email", "name", *attributes, *EXPORT_COLUMNS])
    for member in people:
        cells = [member.address, member.name, *(member.attributes.get(label, "") for label in attributes)]
        reason = suppressed.get(member.key)
        kept = [_lists(member, state) for state in SubscriptionState] + [reason.value if reason else ""]
        writer.writerow([guard(cell) for cell in [*cells, *kept]])
    return text.getvalue()


def _lists(member: Member, state: SubscriptionState) -> str:
    return " ".join(one.member_list for one in member.subscriptions if one.state is state)
