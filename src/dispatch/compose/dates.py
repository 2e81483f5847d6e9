"""Dates as readers of a brief know them."""

import datetime as dt

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def long_date(date: dt.date, lang: str) -> str:
    """`19 September 2023` in English briefs, `2023-09-19` in others."""
    if lang.split("-")[0].lower() == "en":
        return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
    return date.isoformat()
