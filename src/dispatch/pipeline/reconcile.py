"""Reconcile: what is known of calls whose outcome is unknown, and who may be asked about them."""

from dataclasses import dataclass, field
from datetime import timedelta

from dispatch.model.delivery import CampaignId, Delivery, DeliveryState
from dispatch.store import ledger
from dispatch.store.database import Database, clock


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """The uncertain Deliveries of a Campaign, by what can be done about them."""

    #: the grace is not over: an event may still come
    too_early: list[Delivery] = field(default_factory=list)
    #: the grace is over and events are proven to flow: surely nothing was accepted; a person may say send again
    may_be_sent_again: list[Delivery] = field(default_factory=list)
    #: the grace is over, but events are not proven to flow: only a person can settle it
    for_a_person: list[Delivery] = field(default_factory=list)


def open_questions(database: Database, campaign_id: CampaignId, grace_seconds: int) -> OpenQuestions:
    """The uncertain Deliveries of a Campaign, sorted by what is known.

    Events are proven to flow around a call when every Delivery accepted within five minutes of it has its Send event,
    and there is at least one.
    """
    questions = OpenQuestions()
    with database.reading() as connection:
        now = clock(connection)
        for delivery in ledger.in_state(connection, campaign_id, DeliveryState.UNCERTAIN):
            assert delivery.claimed_at is not None
            if now - delivery.claimed_at < timedelta(seconds=grace_seconds):
                questions.too_early.append(delivery)
                continue
            accepted, silent = ledger.flow_around(connection, delivery.claimed_at)
            is_proven = accepted > 0 and silent == 0
            (questions.may_be_sent_again if is_proven else questions.for_a_person).append(delivery)
    return questions
