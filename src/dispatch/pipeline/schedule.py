"""Schedule: when a Campaign may leave, read from what a person typed, without guessing over clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.errors import CampaignError

#: a moment further away than this is a slip of the pen
FURTHEST = timedelta(days=366)
_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def moment_of(typed: str, zone: str, now: datetime) -> datetime:
    """The moment, in UTC, that a local time such as `2026-11-25 09:00` means in a zone such as `Europe/Berlin`.

    Raises CampaignError for what is no time, is past or far away, and for a local time that a change of the clocks
    skips or has twice.
    """
    local = _parsed(typed)
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise CampaignError(
            f"There is no time zone {zone!r}.", where="--tz", todo="Write it as Europe/Berlin."
        ) from err
    first, second = (local.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(there).replace(tzinfo=None) != local:
        raise _unclear(typed, zone, "does not exist there: the clocks are put forward over it")
    if first != second:
        raise _unclear(typed, zone, "comes twice there: the clocks are put back over it")
    if first <= now:
        raise CampaignError(
            f"{typed} in {zone} is past.",
            where="--at",
            todo="Name a moment to come; to send at once, leave --at out.",
        )
    if first - now > FURTHEST:
        raise CampaignError(f"{typed} is more than a year away.", where="--at", todo="Check the year.")
    return first


def _parsed(typed: str) -> datetime:
    for form in _FORMATS:
        try:
            # The caller has to look at both folds of the zone.
            return datetime.strptime(typed.strip(), form)  # noqa: DTZ007  # the caller adds the zone
        except ValueError:
            continue
    raise CampaignError(f"{typed!r} is no moment.", where="--at", todo='Write it as "2026-11-25 09:00".')


def _unclear(typed: str, zone: str, why: str) -> CampaignError:
    return CampaignError(f"{typed} {why}.", where=f"--at, time zone {zone}", todo="Name a time an hour off.")
