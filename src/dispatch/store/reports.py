"""The numbers of a Campaign, counted from Deliveries and Events."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, case, func, literal_column, select, type_coerce

from dispatch.model.bot_detection import Act, together
from dispatch.model.campaign import Campaign
from dispatch.model.delivery import ACCEPTED, CampaignId, DeliveryState, EventKind
from dispatch.model.event import NotificationState, Reader
from dispatch.model.member import SuppressionReason
from dispatch.model.report import Numbers, Rates, Report
from dispatch.store.audit import LOCKED, LOCKED_BEFORE
from dispatch.store.campaigns import counts_of, states_by_audience
from dispatch.store.notifications import counts as notification_counts
from dispatch.store.schema import READS, audit, deliveries, events

_READ = {kind.value: kind for kind in (EventKind.OPENED, EventKind.CLICKED)}
_READERS = {reader.value: reader for reader in Reader}


def report(connection: Connection, campaign: Campaign) -> Report:
    """The Report of a Campaign."""
    by_state = states_by_audience(connection, campaign.id)
    left_out: dict[str, dict[str, int]] = defaultdict(dict)
    for audience, reason, count in connection.execute(
        select(deliveries.c.audience, deliveries.c.reason, func.count())
        .where(deliveries.c.campaign_id == campaign.id, deliveries.c.state == DeliveryState.SKIPPED.value)
        .group_by(deliveries.c.audience, deliveries.c.reason)
    ):
        left_out[audience][reason] = count
    reads = _reads(connection, campaign.id)
    kept = notification_counts(connection)
    return Report(
        campaign=campaign,
        audiences={
            audience: _numbers(states, left_out[audience], reads.get(audience, {}))
            for audience, states in sorted(by_state.items())
        },
        frozen=_frozen(connection, campaign.id),
        foreign_notifications=kept.get(NotificationState.FOREIGN.value, 0),
        unreadable_notifications=kept.get(NotificationState.UNREADABLE.value, 0),
    )


def _frozen(connection: Connection, campaign_id: CampaignId) -> int:
    """How many Deliveries the freezes made, as each of them wrote into the audit trail."""
    acts = select(audit.c.detail).where(audit.c.campaign_id == campaign_id, audit.c.act.in_([LOCKED, LOCKED_BEFORE]))
    return sum(int(detail["added"]) for detail in connection.execute(acts).scalars())


def _numbers(states: Mapping[str, int], left_out: Mapping[str, int], reads: Mapping[str, int]) -> Numbers:
    def in_state(*wanted: DeliveryState) -> int:
        return sum(states.get(state.value, 0) for state in wanted)

    def by_reader(kind: EventKind) -> dict[str, int]:
        return {reader.value: reads.get(f"{kind.value} {reader.value}", 0) for reader in Reader}

    clicks = by_reader(EventKind.CLICKED)
    return Numbers(
        counts=counts_of(states),
        # Who complained had it delivered.
        delivered=in_state(DeliveryState.DELIVERED, DeliveryState.COMPLAINED),
        bounced=in_state(DeliveryState.BOUNCED),
        soft_bounced=in_state(DeliveryState.SOFT_BOUNCED),
        complained=in_state(DeliveryState.COMPLAINED),
        rejected=in_state(DeliveryState.REJECTED),
        opened=reads.get("opened", 0),
        clicked=clicks[Reader.HUMAN.value],
        unsubscribed=reads.get(EventKind.UNSUBSCRIBED.value, 0),
        left_out=dict(left_out),
        opens=by_reader(EventKind.OPENED),
        clicks=clicks,
    )


def _reads(connection: Connection, campaign_id: CampaignId) -> dict[str, dict[str, int]]:
    """Audience -> (`opened human`, `clicked machine` …, `unsubscribed`, and `opened` by a person -> people)."""
    said = events.alias("said")
    delivered_at = (
        select(func.min(said.c.at))
        .where(said.c.delivery_id == deliveries.c.id, said.c.kind == EventKind.DELIVERED.value)
        .scalar_subquery()
    )
    query = (
        select(
            deliveries.c.audience,
            events.c.delivery_id,
            # As the texts that they are: half of the time would go into types.
            type_coerce(delivered_at, String),
            events.c.kind,
            type_coerce(events.c.at, String),
            events.c.reader,
            case((events.c.kind == EventKind.CLICKED.value, events.c.detail)),
        )
        .select_from(deliveries)
        .join(events, deliveries.c.id == events.c.delivery_id)
        .where(deliveries.c.campaign_id == campaign_id, literal_column(f"events.{READS}"))
        # One look for each Delivery; SQLite would take three, in the greater index.
        .with_hint(events, "INDEXED BY ix_events_reads", "sqlite")
        .order_by(events.c.delivery_id)
        # A big Campaign's are not all held in memory.
        .execution_options(yield_per=1_000)
    )
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (audience, _), rows in groupby(connection.execute(query), key=itemgetter(0, 1)):
        for name in _of_one_person([tuple(row) for row in rows]):
            found[audience][name] += 1
    return found


def _of_one_person(rows: Sequence[Sequence[Any]]) -> set[str]:
    """What is counted of what one person did with their mail."""
    found = set()
    acts = []
    for _, _, _, kind, at, reader, detail in rows:
        if kind in _READ:
            link = str(detail.get("link") or "") if detail else ""
            acts.append(Act(_READ[kind], datetime.fromisoformat(at), _READERS[reader], link))
        else:
            found.add(kind)
    delivered_at = rows[0][2]
    readers = together(acts, datetime.fromisoformat(delivered_at) if delivered_at else None)
    for act, reader in zip(acts, readers, strict=True):
        found.add(f"{act.kind} {reader}")
        # A click by hand is an open, whether or not the pictures were loaded.
        if reader is Reader.HUMAN or (reader is Reader.PROXY and act.kind is EventKind.OPENED):
            found.add(EventKind.OPENED.value)
    return found


def rates(connection: Connection, campaign_id: CampaignId, seqs: Collection[int] | None = None) -> Rates:
    """What decides whether a Campaign may go on; addresses that the provider never tried are in no rate.

    `seqs` are the Deliveries that count; None for all.
    """
    accepted = [state.value for state in ACCEPTED]
    counted = [deliveries.c.campaign_id == campaign_id]
    if seqs is not None:
        counted.append(deliveries.c.seq.in_(seqs))
    rows = connection.execute(
        select(deliveries.c.state, func.count())
        .where(*counted, deliveries.c.state.in_(accepted))
        .group_by(deliveries.c.state)
    )
    found = {DeliveryState(state): count for state, count in rows}
    never_tried = connection.execute(
        select(func.count())
        .select_from(deliveries)
        .where(
            *counted,
            deliveries.c.state == DeliveryState.BOUNCED.value,
            _bounced_by(SuppressionReason.PROVIDER),
            # One that came back from its server was tried, whatever a second event says.
            ~_bounced_by(SuppressionReason.BOUNCED),
        )
    ).scalar_one()
    return Rates(
        submitted=sum(found.values()) - never_tried,
        bounced=found.get(DeliveryState.BOUNCED, 0) - never_tried,
        complained=found.get(DeliveryState.COMPLAINED, 0),
    )


def _bounced_by(reason: SuppressionReason) -> ColumnElement[bool]:
    """Whether a Delivery has a bounce that suppressed its address for this reason."""
    bounce = select(events.c.id).where(
        events.c.delivery_id == deliveries.c.id,
        events.c.kind == EventKind.BOUNCED.value,
        events.c.suppresses == reason.value,
    )
    return bounce.exists()
