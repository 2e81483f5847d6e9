"""People, lists and Campaigns that the tests of the store begin with."""

from collections.abc import Iterable
from datetime import UTC, datetime

from dispatch.audience.changes import plan_changes
from dispatch.audience.rows import read_rows
from dispatch.model.brand import Audience, Brand, Palette
from dispatch.model.campaign import Campaign
from dispatch.model.delivery import Delivery, DeliveryId, DeliveryState, EventKind
from dispatch.model.edition import Edition
from dispatch.model.event import Event
from dispatch.model.member import MemberKey
from dispatch.store import campaigns, claims, ledger, members, plans
from dispatch.store.audit import LOCKED, record
from dispatch.store.claims import Claim, Permission
from dispatch.store.database import Database
from dispatch.store.member_import import apply

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_COLOURS = Palette(*["#000000"] * 8)


def audience(slug: str, priority: int) -> Audience:
    brand = Brand(slug, slug.title(), "https://www.example.org", "1 Example Street", _COLOURS, _COLOURS)
    return Audience(slug, slug.title(), slug, brand, f"{slug.title()} <{slug}@example.org>", priority=priority)


CENTER, COALITION = audience("center", 1), audience("coalition", 2)
BOTH = (CENTER, COALITION)


def edition(of: str, text: str = "The text.") -> Edition:
    return Edition(of, "A brief", "", f"<p>{text}</p>", text, f"<p>{text}</p>")


def join(database: Database, member_list: str, *people: str) -> None:
    """Put people on a list, each as `ann`, `ann,Ann Example` (address before the @, name) or `ann@real.org`."""
    rows = [
        f"{name if '@' in name else f'{name}@example.com'},{rest}"
        for name, _, rest in (person.partition(",") for person in people)
    ]
    sheet = read_rows(("email,name\n" + "\n".join(rows) + "\n").encode(), "list.csv")
    with database.writing() as connection:
        known = members.known(connection, [entry.address.key for entry in sheet.entries])
        changes = plan_changes(sheet, member_list, known, 0)
        apply(connection, changes, source="list.csv", now=NOW)


def key(name: str) -> MemberKey:
    return MemberKey(f"{name}@example.com")


def leave(database: Database, name: str, *lists: str) -> None:
    with database.writing() as connection:
        members.unsubscribe(connection, key(name), lists or None, "by hand", NOW)


def start(
    database: Database, audiences: Iterable[Audience] = BOTH, text: str = "The text.", slug: str = "2026-a-brief"
) -> Campaign:
    """The Campaign of a Brief, with everybody frozen who is on the lists now."""
    audiences = tuple(audiences)
    with database.writing() as connection:
        campaigns.hold_freezes(connection)
        campaign = campaigns.find(connection, slug) or campaigns.create(
            connection, slug=slug, title=slug, date="2026-11-24", transport="practice", now=NOW
        )
        rendered = {each.slug: edition(each.slug, text) for each in audiences}
        rows = campaigns.freeze_editions(connection, campaign.id, rendered, audiences, NOW)
        added = plans.freeze_audience(connection, campaign.id, audiences, rows)
        record(connection, LOCKED, now=NOW, campaign_id=campaign.id, detail={"added": added})
    return campaign


def claim(database: Database, campaign: Campaign, limit: int = 100) -> list[Claim]:
    with database.writing() as connection:
        return claims.claim(connection, Permission(campaign.id), limit)


def all_deliveries(database: Database, campaign: Campaign) -> list[Delivery]:
    with database.reading() as connection:
        return ledger.in_state(connection, campaign.id, *DeliveryState)


def states(database: Database, campaign: Campaign) -> dict[str, DeliveryState]:
    """Name before the @ -> state."""
    return {each.address.partition("@")[0]: each.state for each in all_deliveries(database, campaign)}


def reasons(database: Database, campaign: Campaign) -> dict[str, str]:
    """Name before the @ -> reason."""
    return {each.address.partition("@")[0]: each.reason for each in all_deliveries(database, campaign)}


def event(of: DeliveryId, kind: EventKind, *, at: datetime = NOW, mark: str = "", **more: object) -> Event:
    return Event(of, kind, at, fingerprint=f"{of}-{kind.value}-{mark}"[:64], **more)  # type: ignore[arg-type]  # passed on as written
