"""The canary: a few people who are mailed first, spread over the mail providers, and whether their outcome is known."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from dispatch.model.delivery import CampaignId, DeliveryState
from dispatch.store.claims import is_queued
from dispatch.store.schema import deliveries

#: an event may still change it
_OPEN = (DeliveryState.QUEUED, DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN, DeliveryState.SUBMITTED)


def choose(connection: Connection, campaign_id: CampaignId, people: int) -> list[int]:
    """The `seq` of up to `people` queued Deliveries: one of every domain first, then a second of each, and so on."""
    if connection.dialect.name == "postgresql":
        domain = func.split_part(deliveries.c.key, "@", 2)
    else:
        domain = func.substr(deliveries.c.key, func.instr(deliveries.c.key, "@") + 1)
    turn = func.row_number().over(partition_by=domain, order_by=deliveries.c.seq).label("turn")
    ranked = select(deliveries.c.seq, turn).where(*is_queued(campaign_id)).subquery("ranked")
    chosen = select(ranked.c.seq).order_by(ranked.c.turn, ranked.c.seq).limit(people)
    return list(connection.execute(chosen).scalars())


def is_told(connection: Connection, seqs: Collection[int]) -> bool:
    """Whether the outcome of all these Deliveries is known."""
    waiting = select(deliveries.c.seq).where(
        deliveries.c.seq.in_(seqs), deliveries.c.state.in_([state.value for state in _OPEN])
    )
    return connection.execute(waiting.limit(1)).first() is None
