"""A Campaign in words, the same on every screen: its counts, its time, why it is paused; and its document."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from dispatch.model.campaign import Campaign, Counts
    from dispatch.store.claims import Retries

#: the six counts as people read them
COUNT_NAMES = {
    "submitted": "sent",
    "queued": "queued",
    "submitting": "sending",
    "uncertain": "unknown",
    "failed": "refused",
    "skipped": "skipped",
}


def count_text(counts: "Counts") -> str:
    """Return the counts: "88 recipients: 80 sent, 8 queued"."""
    from dispatch.model.words import plural

    parts = [f"{number:,} {name}" for field, name in COUNT_NAMES.items() if (number := getattr(counts, field))]
    return f"{plural(counts.audience, 'recipient')}: " + (", ".join(parts) or "none")


def heading(campaign: "Campaign") -> str:
    """Return the first line about a Campaign: its title, its date, its state."""
    return f"{campaign.title} ({campaign.date}): {campaign.state.value}"


def state_lines(context: Context, campaign: "Campaign", now: datetime) -> list[str]:
    """Return what a person should know of its state: why it is paused, and every time that matters."""
    from dispatch.model.words import appointment, plural

    lines = [f"{campaign.reason} {campaign.todo}"] if campaign.reason else []
    if when := schedule_text(context, campaign, now):
        lines.append(when)
    if campaign.goes_on_at is not None:
        lines.append(f"A worker continues it: {appointment(campaign.goes_on_at, context.zone, now)}.")
    if campaign.canary and campaign.state.value in ("scheduled", "sending", "paused"):
        first = plural(len(campaign.canary), "recipient goes", "recipients go")
        lines.append(f"{first} first; the others wait for their delivery events.")
    return lines


def schedule_text(context: Context, campaign: "Campaign", now: datetime) -> str:
    """Return when a Campaign may leave, "" where it waits for no time."""
    from dispatch.model.words import appointment

    if campaign.not_before is None:
        return ""
    when = appointment(campaign.not_before, context.zone, now)
    if campaign.waits_at(now):
        is_paused = campaign.state.value == "paused"
        return f"Scheduled for {when}" + ("; paused, so it does not start then." if is_paused else ".")
    return f"Due since {when}; nothing sends it." if campaign.state.value == "scheduled" else ""


def retries_sentence(retries: "Retries", zone: tzinfo) -> str:
    """Say who waits because their server asked for a later try, and until when; "" for nobody."""
    from dispatch.model.words import plural

    if retries.next_at is None:
        return ""
    whose = "the" if retries.people == 1 else "their"
    when = f"{retries.next_at.astimezone(zone):%H:%M %Z}"
    return f"{plural(retries.people, 'recipient')}: {whose} server asked to try again at {when}"


def summary(campaign: "Campaign", counts: "Counts", added: int | None = None) -> dict[str, Any]:
    """Return the document of `send --json`: the whole Campaign, and how many recipients this call added."""
    from dispatch.model.delivery import COUNTED

    return {
        "campaign": campaign.id,
        "brief": campaign.slug,
        "title": campaign.title,
        "date": campaign.date,
        "transport": campaign.transport,
        "state": campaign.state.value,
        "audience": counts.audience,
        **{name: getattr(counts, name) for name in COUNTED},
        **({"new": added} if added is not None else {}),
        **({"reason": campaign.reason, "todo": campaign.todo} if campaign.reason else {}),
        **({"not_before": campaign.not_before.isoformat()} if campaign.not_before else {}),
        **({"goes_on_at": campaign.goes_on_at.isoformat()} if campaign.goes_on_at else {}),
    }
