"""The canary: a few people who are mailed first, spread over the mail providers, and what became of them."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from dispatch.model.delivery import ACCEPTED, CampaignId, DeliveryState
from dispatch.model.report import Rates
from dispatch.store.claims import is_queued
from dispatch.store.schema import deliveries

#: an event may still tell more
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
    """Whether no event can tell more of these Deliveries."""
    waiting = select(deliveries.c.seq).where(
        deliveries.c.seq.in_(seqs), deliveries.c.state.in_([state.value for state in _OPEN])
    )
    return connection.execute(waiting.limit(1)).first() is None


def rates(connection: Connection, seqs: Collection[int]) -> Rates:
    """What became of these Deliveries."""
    rows = connection.execute(
        select(deliveries.c.state, func.count()).where(deliveries.c.seq.in_(seqs)).group_by(deliveries.c.state)
    )
    found = {DeliveryState(state): count for state, count in rows}
    return Rates(
        submitted=sum(count for state, count in found.items() if state in ACCEPTED),
        bounced=found.get(DeliveryState.BOUNCED, 0),
        complained=found.get(DeliveryState.COMPLAINED, 0),
    )
