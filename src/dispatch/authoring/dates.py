"""A date in the forms that people type, when it has a line to itself."""

import datetime as dt
import itertools
import re
import unicodedata
from dataclasses import dataclass

_MONTHS = (
    (
        "january",
        "jan",
        "января",
        "январь",
        "يناير",
        "janvier",
        "enero",
        "januar",
        "ocak",
        "ינואר",
        "كانون الثاني",
        "січня",
    ),
    (
        "february",
        "feb",
        "февраля",
        "февраль",
        "فبراير",
        "février",
        "febrero",
        "februar",
        "şubat",
        "פברואר",
        "شباط",
        "лютого",
    ),
    ("march", "mar", "марта", "март", "مارس", "mars", "marzo", "märz", "mart", "מרץ", "آذار", "березня"),
    ("april", "apr", "апреля", "апрель", "أبريل", "avril", "abril", "nisan", "אפריל", "نيسان", "квітня"),
    ("may", "мая", "май", "مايو", "mai", "mayo", "mayıs", "מאי", "أيار", "травня"),
    ("june", "jun", "июня", "июнь", "يونيو", "juin", "junio", "juni", "haziran", "יוני", "حزيران", "червня"),
    ("july", "jul", "июля", "июль", "يوليو", "juillet", "julio", "juli", "temmuz", "יולי", "تموز", "липня"),
    ("august", "aug", "августа", "август", "أغسطس", "août", "agosto", "ağustos", "אוגוסט", "آب", "серпня"),
    (
        "september",
        "sept",
        "sep",
        "сентября",
        "сентябрь",
        "سبتمبر",
        "septembre",
        "septiembre",
        "eylül",
        "ספטמבר",
        "أيلول",
        "вересня",
    ),
    (
        "october",
        "oct",
        "октября",
        "октябрь",
        "أكتوبر",
        "octobre",
        "octubre",
        "oktober",
        "ekim",
        "אוקטובר",
        "تشرين الأول",
        "жовтня",
    ),
    (
        "november",
        "nov",
        "ноября",
        "ноябрь",
        "نوفمبر",
        "novembre",
        "noviembre",
        "kasım",
        "נובמבר",
        "تشرين الثاني",
        "листопада",
    ),
    (
        "december",
        "dec",
        "декабря",
        "декабрь",
        "ديسمبر",
        "décembre",
        "diciembre",
        "dezember",
        "aralık",
        "דצמבר",
        "كانون الأول",
        "грудня",
    ),
)
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}

_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|-е|-го)?\.?"
_WORD = r"(?P<word>[^\W\d_]{2,12}(?: الثاني| الأول)?)\.?(?:\s?/\s?[^\W\d_]+(?: الثاني| الأول)?)?"
_YEAR = r"(?P<year>\d{4})"
_FORMS = (
    re.compile(r"(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})"),
    re.compile(r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]"),
    re.compile(rf"{_WORD}\s+{_DAY},?\s+{_YEAR}"),
    re.compile(rf"{_DAY}[-‑]{_WORD}[-‑]{_YEAR}"),
    re.compile(rf"{_DAY}\s+(?:of\s+|de\s+|ב)?{_WORD},?\s+(?:de\s+)?{_YEAR}(?:\s*(?:г\.?|года))?"),
    re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<one>\d{1,2})\s?[/-]\s?(?P<two>\d{1,2})\s?[/-]\s?(?P<year>\d{4}|\d{2})"),
)
_LABEL = re.compile(
    r"(?:date|dated|(?:first\s+|last\s+)?(?:published|updated|revised|posted|released|issued)(?:\s+on)?|as\s+of|дата|日期|التاريخ)"
    r"\s*[:：]?\s+|(?:日期|التاريخ)[:：]",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s*[|•·;]\s*|\s+[–—-]\s+|,\s+|\s+(?=[(\[])|(?<=[)\]])\s+")
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TypedDate:
    """A date as it was typed."""

    day: dt.date
    #: could as well be read with day and month changed over
    is_ambiguous: bool = False


def read_date(text: str) -> TypedDate | None:
    """Return the date that a whole line is, or None.

    Day and month given as numbers with a slash are read the American way (9/10/2023 is the tenth of September), unless
    only the other reading is a date.
    """
    text = unicodedata.normalize("NFKC", " ".join(text.split())).strip(" .,;|()[]–—-")
    if not 6 <= len(text) <= 60:
        return None
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    text = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _date(match.groupdict())
    return None


def find_date(text: str) -> tuple[TypedDate, str] | None:
    """Return the date that a short line holds, and the words next to it: "Washington, DC, September 19, 2023"."""
    text = " ".join(text.split())
    if found := read_date(text):
        return found, ""
    if len(text) > 120:
        return None
    cuts = [(match.start(), match.end()) for match in _CUT.finditer(text)]
    for begin, end in cuts:
        if found := read_date(text[end:]):
            return found, text[:begin]
        if found := read_date(text[:begin]):
            return found, text[end:]
    for (_, begin), (end, after) in itertools.combinations(cuts, 2):
        if found := read_date(text[begin:end]):
            return found, f"{text[:begin]}{text[after:]}".strip(" ,|•·–—-")
    return None


def _date(parts: dict[str, str | None]) -> TypedDate | None:
    year = int(parts["year"] or 0)
    year += 2000 if year < 100 else 0
    if "one" in parts:
        one, two = int(parts["one"] or 0), int(parts["two"] or 0)
        american, european = _day(year, one, two), _day(year, two, one)
        if found := american or european:
            return TypedDate(found, is_ambiguous=bool(american and european and american != european))
        return None
    month = _NUMBER_OF.get((parts["word"] or "").casefold(), 0) if "word" in parts else int(parts["month"] or 0)
    found = _day(year, month, int(parts["day"] or 0))
    return TypedDate(found) if found else None


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if 1900 <= year <= 2200 else None
    except ValueError:
        return None
