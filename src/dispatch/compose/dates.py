"""Dates as readers of a brief know them."""

import datetime as dt

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu", "lt", "sv", "mn"})


def is_english(lang: str) -> bool:
    """Whether a language tag means English."""
    return lang.split("-")[0].lower() == "en"


def long_date(date: dt.date, lang: str) -> str:
    """`19 September 2023` in English briefs, in others 19.09.2023 or 2023-09-19, as is usual there.

    Full stops keep their place in text that runs from right to left; hyphens do not (UAX #9, classes CS and ES).
    """
    if is_english(lang):
        return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
    year_first = lang.split("-")[0].lower() in _YEAR_FIRST
    return date.isoformat() if year_first else f"{date:%d.%m.%Y}"
