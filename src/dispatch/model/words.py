"""How numbers and times are written for people, the same on every screen and page."""

from datetime import datetime, timedelta, tzinfo


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 recipient", "1,200 recipients"; `many` where the plural is not `one` + s."""
    return f"{count:,} {noun(count, one, many)}"


def noun(count: int, one: str, many: str = "") -> str:
    """Return the noun alone, as `plural` chooses it."""
    return one if count == 1 else many or one + "s"


def time_text(moment: datetime, zone: tzinfo) -> str:
    """Return a moment for a table: "2026-12-01 09:00 EST"."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def appointment(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """Return a moment for a sentence: "Tuesday 1 December 2026, 09:00 EST, in 6 days 14 hours"."""
    local = moment.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{local:%A} {local.day} {local:%B %Y}, {clock} {local:%Z}, {distance(moment - now)}"


def distance(difference: timedelta) -> str:
    """Return how far away a moment is: "in 6 days 14 hours", "5 minutes ago"; two units, the smaller left out if 0."""
    seconds = abs(int(difference.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        parts = [(days, "day"), (hours, "hour")]
    elif hours or minutes:
        parts = [(hours, "hour"), (minutes, "minute")]
    else:
        parts = [(seconds, "second")]
    said = " ".join(plural(count, unit) for count, unit in parts if count) or "0 seconds"
    return f"in {said}" if difference >= timedelta(0) else f"{said} ago"
