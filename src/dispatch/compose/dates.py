"""Dates as readers of a Brief know them."""

import datetime as dt


def long_date(date: dt.date, lang: str) -> str:
    """Return a date as the Brief's language writes it: `19 September 2023`, `19 сентября 2023 г.`, `2023年9月19日`.

    `lang` is a language tag (BCP 47). English dates are British, whatever the region; a language that Unicode's CLDR
    does not know gets the ISO date.
    """
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    tag = "en-GB" if lang.split("-")[0].lower() == "en" else lang
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return date.isoformat()
    # Some mail programs' fonts have no narrow blank.
    return format_date(date, "long", locale=locale).replace("\u202f", "\u00a0")
