"""The numbers of a Campaign, counted from Deliveries and Events."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from dispatch.model.bot_detection import Act, together
from dispatch.model.campaign import Campaign, Counts
from dispatch.model.delivery import ACCEPTED, CampaignId, DeliveryState, EventKind
from dispatch.model.event import NotificationState, Reader
from dispatch.model.member import SuppressionReason
from dispatch.model.report import Numbers, Rates, Report
from dispatch.store.campaigns import counts_by_audience
from dispatch.store.notifications import counts as notification_counts
from dispatch.store.schema import deliveries, events, suppressions

_READ = {EventKind.OPENED.value, EventKind.CLICKED.value}


def report(connection: Connection, campaign: Campaign) -> Report:
    """The Report of a Campaign."""
    of_campaign = deliveries.c.campaign_id == campaign.id
    by_state: dict[str, dict[str, int]] = defaultdict(dict)
    for audience, state, count in connection.execute(
        select(deliveries.c.audience, deliveries.c.state, func.count())
        .where(of_campaign)
        .group_by(deliveries.c.audience, deliveries.c.state)
    ):
        by_state[audience][state] = count
    left_out: dict[str, dict[str, int]] = defaultdict(dict)
    for audience, reason, count in connection.execute(
        select(deliveries.c.audience, deliveries.c.reason, func.count())
        .where(of_campaign, deliveries.c.state == DeliveryState.SKIPPED.value)
        .group_by(deliveries.c.audience, deliveries.c.reason)
    ):
        left_out[audience][reason] = count
    counts = counts_by_audience(connection, campaign.id)
    reads = _reads(connection, campaign.id)
    kept = notification_counts(connection)
    return Report(
        campaign=campaign,
        audiences={
            audience: _numbers(counts[audience], states, left_out[audience], reads.get(audience, {}))
            for audience, states in sorted(by_state.items())
        },
        frozen=connection.execute(select(func.count()).select_from(deliveries).where(of_campaign)).scalar_one(),
        foreign_notifications=kept.get(NotificationState.FOREIGN.value, 0),
        unreadable_notifications=kept.get(NotificationState.UNREADABLE.value, 0),
    )


def _numbers(
    counts: Counts, states: Mapping[str, int], left_out: Mapping[str, int], reads: Mapping[str, int]
) -> Numbers:
    def in_state(*wanted: DeliveryState) -> int:
        return sum(states.get(state.value, 0) for state in wanted)

    def by_reader(kind: EventKind) -> dict[str, int]:
        return {reader.value: reads.get(f"{kind.value} {reader.value}", 0) for reader in Reader}

    clicks = by_reader(EventKind.CLICKED)
    return Numbers(
        counts=counts,
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
    told = deliveries.alias("told")
    said = events.alias("said")
    delivered_at = (
        select(func.min(said.c.at))
        .where(said.c.delivery_id == told.c.id, said.c.kind == EventKind.DELIVERED.value)
        .scalar_subquery()
    )
    query = (
        select(told.c.audience, told.c.id, delivered_at, events.c.kind, events.c.at, events.c.reader, events.c.detail)
        .select_from(events)
        .join(told, told.c.id == events.c.delivery_id)
        .where(told.c.campaign_id == campaign_id, events.c.kind.in_([*_READ, EventKind.UNSUBSCRIBED.value]))
        .order_by(events.c.delivery_id)
        # A big Campaign's are not all held in memory.
        .execution_options(yield_per=1_000)
    )
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (audience, _), rows in groupby(connection.execute(query), key=lambda row: (row[0], row[1])):
        for name in _of_one_person([tuple(row) for row in rows]):
            found[audience][name] += 1
    return found


def _of_one_person(rows: Sequence[Sequence[Any]]) -> set[str]:
    """What is counted of what one person did with their mail."""
    acts = [
        Act(EventKind(kind), at, Reader(reader), str(detail.get("link") or ""))
        for _, _, _, kind, at, reader, detail in rows
        if kind in _READ
    ]
    delivered_at = rows[0][2]
    judged = [(act.kind, reader) for act, reader in zip(acts, together(acts, delivered_at), strict=True)]
    found = {f"{kind.value} {reader.value}" for kind, reader in judged}
    if any(row[3] == EventKind.UNSUBSCRIBED.value for row in rows):
        found.add(EventKind.UNSUBSCRIBED.value)
    # A click by hand is an open, whether or not the pictures were loaded.
    if any(reader is Reader.HUMAN or (kind, reader) == (EventKind.OPENED, Reader.PROXY) for kind, reader in judged):
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
        .join(suppressions, suppressions.c.address_hash == deliveries.c.address_hash)
        .where(
            *counted,
            deliveries.c.state == DeliveryState.BOUNCED.value,
            suppressions.c.reason == SuppressionReason.PROVIDER.value,
        )
    ).scalar_one()
    return Rates(
        submitted=sum(found.values()) - never_tried,
        bounced=found.get(DeliveryState.BOUNCED, 0) - never_tried,
        complained=found.get(DeliveryState.COMPLAINED, 0),
    )
