"""What the provider grants, and how long the sending will take."""

from typing import Any

from dispatch.errors import DispatchError
from dispatch.web.preview.live import Shown
from dispatch.web.preview.outside import Outside
from dispatch.web.preview.people import People


def sheet(shown: Shown, outside: Outside, people: People) -> dict[str, Any]:
    """The account of the moment and the duration of this send; or why they are not known."""
    try:
        granted = outside.account()
    except DispatchError as err:
        return {"account": None, "problem": err.lines()}
    mails = 0
    try:
        if shown.prepared is not None:
            mails = people.proposal(shown).plan.to_send
    except DispatchError:
        mails = 0
    pace = granted.max_per_second * shown.bearings.rate_share
    left = granted.left_today
    return {
        "account": granted,
        "problem": [],
        "mails": mails,
        "pace": pace,
        "duration": duration(mails / pace) if pace else "",
        "too_many": left is not None and left < mails,
    }


def duration(seconds: float) -> str:
    """A time as people say it: 7 seconds, 12 minutes, 3 hours 20 minutes."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} {'second' if whole == 1 else 'seconds'}"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes} minutes"
    hours, rest = divmod(minutes, 60)
    words = f"{hours} {'hour' if hours == 1 else 'hours'}"
    return f"{words} {rest} minutes" if rest else words
