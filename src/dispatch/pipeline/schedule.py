"""Schedule: when a Campaign may leave, read from what a person typed, without guessing when the clocks change."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.errors import CampaignError

#: a moment further away than this is a mistake
FURTHEST = timedelta(days=366)
FORMS = '"2026-12-01 09:00", "1 December 2026 9am", "tomorrow 09:00", "today 5:30 pm", "monday 9am" or "9am"'
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_CLOCK = re.compile(
    r"(?P<day>.*?)[ t]?(?:(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))? ?(?P<half>[ap]m)?"
    r"|(?P<only>\d{1,2}) ?(?P<only_half>[ap]m)|(?P<noon>noon))"
)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_LONG = re.compile(r"(?:(?P<weekday>[a-z]+) )?(?P<day>\d{1,2}) (?P<month>[a-z]+)(?: (?P<year>\d{4}))?")


def moment_of(typed: str, zone: str, now: datetime) -> datetime:
    """Return the moment, in UTC, that a local time such as `tomorrow 09:00` means in a zone such as `Europe/Berlin`.

    A weekday, or a time alone, means the next one after `now`. Raise CampaignError for what is not a time, is past or
    far away, and for a local time that a change of the clocks skips or has twice.
    """
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise CampaignError(
            f"There is no time zone {zone!r}.", where="--tz", todo="Write it as Europe/Berlin."
        ) from err
    local = _local(typed, now.astimezone(there).replace(tzinfo=None))
    first, second = (local.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(there).replace(tzinfo=None) != local:
        raise _unclear(typed, zone, "does not exist there: the clocks are put forward over it")
    if first != second:
        raise _unclear(typed, zone, "comes twice there: the clocks are put back over it")
    if first <= now:
        raise CampaignError(
            f"{typed} in {zone} is past.",
            where="--at",
            todo="Give a time to come; to send at once, leave --at out.",
        )
    if first - now > FURTHEST:
        raise CampaignError(f"{typed} is more than a year away.", where="--at", todo="Check the year.")
    return first


def _local(typed: str, now: datetime) -> datetime:
    """Return the local time that was typed; `now` is the local time there."""
    words = " ".join(typed.casefold().replace(",", " ").split())
    found = _CLOCK.fullmatch(words)
    if found is None:
        raise _unreadable(typed)
    try:
        clock = _clock(found)
        day = f" {found['day']}".removesuffix(" at").strip()
        if day not in ("", *_WEEKDAYS):
            return datetime.combine(_date(day, now.date()), clock)
        # The next one: today where it is still to come.
        ahead = (_WEEKDAYS.index(day) - now.weekday()) % 7 if day else 0
        local = datetime.combine(now.date() + timedelta(days=ahead), clock)
        return local if local > now else local + timedelta(days=7 if day else 1)
    except (ValueError, OverflowError) as err:
        raise _unreadable(typed) from err


def _clock(found: re.Match[str]) -> time:
    """Return the time of day. Raise ValueError where there is none such."""
    if found["noon"]:
        return time(12)
    hour, half = int(found["hour"] or found["only"]), found["half"] or found["only_half"]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, int(found["minute"] or 0), int(found["second"] or 0))


def _date(day: str, today: date) -> date:
    """Return the date of `today`, `tomorrow`, `2026-12-01` or `Tuesday 1 December 2026`. Raise ValueError."""
    if day in ("today", "tomorrow"):
        return today + timedelta(days=day == "tomorrow")
    if found := _ISO.fullmatch(day):
        return date(*(int(part) for part in found.groups()))
    found = _LONG.fullmatch(day)
    if found is None:
        raise ValueError("no such form")
    year = int(found["year"] or today.year)
    made = date(year, _MONTHS.index(found["month"]) + 1, int(found["day"]))
    if not found["year"] and made < today:
        made = made.replace(year=year + 1)
    if found["weekday"] and _WEEKDAYS.index(found["weekday"]) != made.weekday():
        raise ValueError("another weekday")
    return made


def _unreadable(typed: str) -> CampaignError:
    return CampaignError(f"{typed!r} is not a time.", where="--at", todo=f"Write it as {FORMS}.")


def _unclear(typed: str, zone: str, why: str) -> CampaignError:
    return CampaignError(f"{typed} {why}.", where=f"--at, time zone {zone}", todo="Give a time an hour off.")
