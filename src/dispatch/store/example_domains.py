"""Recipients whose domain is reserved for examples, so that nobody reads what is sent there."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, or_, select

from dispatch.model.brand import Audience
from dispatch.model.delivery import CampaignId, DeliveryState
from dispatch.store.plans import candidates
from dispatch.store.schema import deliveries

#: domains that nobody reads, and all below them (RFC 2606 sections 2 and 3, RFC 6761 section 6)
EXAMPLE_DOMAINS = ("example.com", "example.org", "example.net", "example", "test", "invalid", "localhost")


def example_recipients(
    connection: Connection, audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None
) -> tuple[int, str]:
    """Return how many people of a plan would be mailed at an example domain, and one of their addresses ("" for none).

    The arguments are those of the plan (`plans.candidates`).
    """
    people = candidates(audiences, campaign_id, only).subquery("people")
    query = select(func.count(), func.min(people.c.address)).where(people.c.reason == "", _is_example(people.c.key))
    count, address = connection.execute(query).one()
    return int(count), str(address or "")


def queued_example(connection: Connection, campaign_id: CampaignId) -> str:
    """Return the address of a queued recipient at an example domain, "" where there is none."""
    queued = deliveries.c.campaign_id == campaign_id, deliveries.c.state == DeliveryState.QUEUED.value
    query = select(deliveries.c.address).where(*queued, _is_example(deliveries.c.key)).limit(1)
    return str(connection.execute(query).scalar() or "")


def _is_example(key: ColumnElement[str]) -> ColumnElement[bool]:
    # A key ends with its domain in lower case, so the ends of keys are the domains and those above.
    return or_(*(key.like(f"%{mark}{domain}") for domain in EXAMPLE_DOMAINS for mark in "@."))
