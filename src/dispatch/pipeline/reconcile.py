"""Reconcile: what is known of calls whose outcome is unknown, and who may be asked about them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from dispatch.compose import merge
from dispatch.model.campaign import Campaign
from dispatch.model.delivery import CampaignId, Delivery, DeliveryId, DeliveryState
from dispatch.model.edition import Edition
from dispatch.model.message import Accepted, Message
from dispatch.pipeline.ingest import pull
from dispatch.pipeline.message import headers_of, list_id_of
from dispatch.pipeline.ports import Mailer, Notifications
from dispatch.store import campaigns, ledger, uncertain
from dispatch.store.database import Database, clock
from dispatch.store.notifications import last_unreadable
from dispatch.store.queues import read_through
from dispatch.tokens import TokenKind, sign, unsubscribe_url

#: accepts messages and reports Send and Delivery for them; counts in no rate (SES developer guide, "mailbox simulator")
SIMULATOR = "success@simulator.amazonses.com"

#: how much longer than anything stays hidden a queue is read before it counts as never quiet
READ_SECONDS = 15


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """The uncertain Deliveries of a Campaign, by what can be done about them."""

    #: the grace is not over, or the queue was not read to its end since: an event may still come
    too_early: list[Delivery] = field(default_factory=list)
    #: those for whom only the queue must be read to its end
    unread: list[Delivery] = field(default_factory=list)
    #: the grace is over and events are proven to flow: nothing was accepted; a person may send again
    may_be_sent_again: list[Delivery] = field(default_factory=list)
    #: the grace is over, but events are not proven to flow: only a person can settle it
    for_a_person: list[Delivery] = field(default_factory=list)
    #: those around whose calls nothing else was accepted, so that a probe can prove it
    can_be_probed: list[Delivery] = field(default_factory=list)

    @property
    def all(self) -> list[Delivery]:
        """All, whatever can be done about them."""
        return [*self.too_early, *self.may_be_sent_again, *self.for_a_person]


def open_questions(
    database: Database, campaign_id: CampaignId, grace_seconds: int, queue: Notifications | None
) -> OpenQuestions:
    """The uncertain Deliveries of a Campaign, sorted by what is known.

    Events are proven to flow around a call when every Delivery accepted within five minutes of it has its Send event,
    and there is at least one; or, where there is none, when a probe that was sent later has come back. A call's own
    silence counts when all that was in the queue at the end of its grace is stored and understood.
    """
    found = OpenQuestions()
    with database.reading() as connection:
        now = clock(connection)
        read = read_through(connection, queue.name) if queue is not None else None
        last_unreadable_at = last_unreadable(connection)
        waiting = ledger.in_state(connection, campaign_id, DeliveryState.UNCERTAIN)
        flow = ledger.flow_around(connection, {each.claimed_at for each in waiting if each.claimed_at is not None})
        for delivery in waiting:
            moment = delivery.claimed_at
            assert moment is not None
            over = moment + timedelta(seconds=grace_seconds)
            is_read = read is not None and read >= over
            if now < over or (queue is not None and not is_read):
                found.too_early.append(delivery)
                if now >= over:
                    found.unread.append(delivery)
                continue
            accepted, silent = flow.around(moment)
            is_proven = bool(accepted) and not silent
            is_proven = is_proven or (not accepted and uncertain.has_seen_probe(connection, moment))
            # What cannot be understood may have been about this very mail.
            if is_proven and is_read and (last_unreadable_at is None or last_unreadable_at < moment):
                found.may_be_sent_again.append(delivery)
                continue
            found.for_a_person.append(delivery)
            if not accepted:
                found.can_be_probed.append(delivery)
    return found


def read_to_the_end(database: Database, queue: Notifications, is_enough: Callable[[], bool]) -> None:
    """Fetch Notifications until `is_enough`, at most for as long as it takes to know that a quiet queue is empty.

    Raises ProviderError where the queue cannot be read.
    """
    until = time.monotonic() + 2 * queue.hidden_seconds + READ_SECONDS
    while not is_enough() and time.monotonic() < until:
        pull(database, queue, wait_seconds=1)


def probe(
    database: Database,
    campaign: Campaign,
    mailer: Mailer,
    notifications: Notifications,
    public_url: str,
    wait_seconds: float,
    is_interrupted: Callable[[], bool] = lambda: False,
) -> bool:
    """Mail Amazon's simulator and wait for the event; return whether it came, so that events are proven to flow.

    Raises ProviderError where the queue cannot be read.
    """
    with database.writing() as connection:
        probe_id = uncertain.add_probe(connection, campaign.id)
        sender = campaigns.frozen_editions(connection, campaign.id)[0].sender
    message = _probe_message(probe_id, campaign, sender, database.key("token"), public_url)
    outcome = mailer.submit([message], lambda: False, in_bulk=False)[0]
    words = "accepted" if isinstance(outcome, Accepted) else outcome.reason
    with database.writing() as connection:
        uncertain.note_probe(connection, probe_id, words)
    until = time.monotonic() + wait_seconds
    while isinstance(outcome, Accepted) and time.monotonic() < until and not is_interrupted():
        pull(database, notifications, wait_seconds=1)
        with database.reading() as connection:
            if uncertain.is_probe_seen(connection, probe_id):
                return True
    return False


def _probe_message(probe_id: str, campaign: Campaign, sender: str, key: bytes, public_url: str) -> Message:
    text = "dispatch asks Amazon's simulator whether events flow."
    letter = merge.letter(Edition("probe", "Do events flow?", "", f"<p>{text}</p>", text, ""))
    url = unsubscribe_url(public_url, sign(key, TokenKind.PROOF, probe_id))
    return Message(
        delivery_id=DeliveryId(probe_id),
        campaign_id=campaign.id,
        to=SIMULATOR,
        sender=sender,
        reply_to="",
        letter=letter,
        values=merge.values(letter, {"email": SIMULATOR}, {"unsubscribe_url": url}),
        headers=headers_of(url, list_id_of("probe", sender)),
    )
