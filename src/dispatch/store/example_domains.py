"""Recipients whose domain is reserved for examples, so that nobody reads what is sent there."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, or_, select

from dispatch.model.brand import Audience
from dispatch.store.plans import candidates

#: domains that nobody reads, and all below them (RFC 2606 sections 2 and 3, RFC 6761 section 6)
EXAMPLE_DOMAINS = ("example.com", "example.org", "example.net", "example", "test", "invalid", "localhost")


def example_recipients(
    connection: Connection, audiences: Sequence[Audience], campaign_id: str | None, only: str | None = None
) -> tuple[int, str]:
    """Return how many people of a plan would be mailed at an example domain, and one of their addresses ("" for none).

    The arguments are those of the plan (`plans.candidates`).
    """
    people = candidates(audiences, campaign_id, only).subquery("people")
    # A key ends with its domain in lower case, so the ends of keys are the domains and those above.
    is_example = or_(*(people.c.key.like(f"%{mark}{domain}") for domain in EXAMPLE_DOMAINS for mark in "@."))
    query = select(func.count(), func.min(people.c.address)).where(people.c.reason == "", is_example)
    count, address = connection.execute(query).one()
    return int(count), str(address or "")
