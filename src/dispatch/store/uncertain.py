"""What is known of calls whose outcome is not, and what a person decides about them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from dispatch.model.campaign import CampaignState
from dispatch.model.delivery import CampaignId, Delivery, DeliveryId, DeliveryState, SkipReason
from dispatch.model.mailbox import without_addresses
from dispatch.store import ledger
from dispatch.store.audit import SENT_AGAIN, record
from dispatch.store.campaigns import hold, new_id, set_state
from dispatch.store.database import clock
from dispatch.store.schema import deliveries, probes

# --- probes -------------------------------------------------------------------------------------------------------


def add_probe(connection: Connection, campaign_id: CampaignId) -> str:
    """Keep a probe before it leaves; return its identifier, which is its `delivery` tag."""
    probe_id = new_id()
    connection.execute(probes.insert().values(id=probe_id, campaign_id=campaign_id, created_at=clock(connection)))
    return probe_id


def note_probe(connection: Connection, probe_id: str, outcome: str) -> None:
    """Write down the outcome of a probe's call."""
    connection.execute(update(probes).where(probes.c.id == probe_id).values(outcome=without_addresses(outcome)))


def see_probes(connection: Connection, delivery_ids: Iterable[DeliveryId], now: datetime) -> set[DeliveryId]:
    """Those of the identifiers that are probes; their events have been seen now."""
    found = set(connection.execute(select(probes.c.id).where(probes.c.id.in_(set(delivery_ids)))).scalars())
    if found:
        unseen = update(probes).where(probes.c.id.in_(found), probes.c.seen_at.is_(None))
        connection.execute(unseen.values(seen_at=now))
    return {DeliveryId(each) for each in found}


def has_seen_probe(connection: Connection, since: datetime) -> bool:
    """Whether a probe sent after a moment has come back as an event."""
    seen = select(probes.c.id).where(probes.c.created_at >= since, probes.c.seen_at.is_not(None))
    return connection.execute(seen.limit(1)).first() is not None


def is_probe_seen(connection: Connection, probe_id: str) -> bool:
    """Whether a probe has come back as an event."""
    return connection.execute(select(probes.c.seen_at).where(probes.c.id == probe_id)).scalar() is not None


# --- decisions ----------------------------------------------------------------------------------------------------


def assume_sent(connection: Connection, people: Sequence[Delivery], by: str) -> None:
    """Count uncertain Deliveries as sent, because `by` (a person, or a setting) said so."""
    ids = [each.id for each in people]
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.state == DeliveryState.UNCERTAIN.value)
        .values(state=DeliveryState.SUBMITTED.value, reason="", submitted_at=deliveries.c.claimed_at)
    )
    _record(connection, people, "assumed sent", by)


def send_again(connection: Connection, people: Sequence[Delivery], by: str, *, at_once: bool) -> int:
    """Put uncertain Deliveries back into the queue, because `by` said so; return how many.

    In a Campaign that was given up they are skipped. One that had ended waits for `resume`, or goes on `at_once`. One
    that is paused stays paused, whatever paused it while the question was open.
    """
    if not people:
        return 0
    campaign_id = people[0].campaign_id
    _record(connection, people, SENT_AGAIN, by)
    ids = [each.id for each in people]
    # Held, so that nobody pauses the Campaign or gives it up at this moment.
    state = hold(connection, campaign_id)
    if state is CampaignState.CANCELLED:
        return _skip_cancelled(connection, ids)
    count = ledger.requeue(connection, ids)
    if state is not CampaignState.FINISHED:
        return count
    if at_once:
        set_state(connection, campaign_id, CampaignState.SENDING)
    else:
        reason = f"{count} people whose mail may not have left are to be mailed again."
        set_state(connection, campaign_id, CampaignState.PAUSED, reason, "To mail them: dispatch resume")
    return count


def _skip_cancelled(connection: Connection, ids: Sequence[DeliveryId]) -> int:
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.state == DeliveryState.UNCERTAIN.value)
        .values(state=DeliveryState.SKIPPED.value, reason=SkipReason.CANCELLED.value)
    ).rowcount


def _record(connection: Connection, people: Sequence[Delivery], act: str, by: str) -> None:
    now = clock(connection)
    for each in people:
        about = {"by": by, "known": each.reason, "attempt": each.attempt}
        record(connection, act, now=now, address=each.address, campaign_id=each.campaign_id, detail=about)
