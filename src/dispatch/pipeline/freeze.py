"""Freeze: the transaction that locks the recipients and the text, and makes a Campaign sending or scheduled.

What was confirmed is what is sent: it compares recipients, texts and time with what the person saw, and changes nothing
where there is more or something else.
"""

from dataclasses import dataclass
from datetime import datetime

from dispatch.errors import CampaignError
from dispatch.model.campaign import Campaign, CampaignState, Copies, Limit
from dispatch.model.words import plural
from dispatch.pipeline.one_person import freeze_one
from dispatch.pipeline.pause_resume_cancel import take_out
from dispatch.pipeline.plan import Proposal, may_be_replaced, refuse_mix_ups
from dispatch.pipeline.ports import Publisher
from dispatch.pipeline.prepare import Prepared
from dispatch.store import campaigns, jobs, one_person, plans
from dispatch.store.audit import LOCKED, record
from dispatch.store.canary import choose
from dispatch.store.database import Database, clock
from dispatch.store.example_domains import queued_example
from dispatch.store.members import Transaction

_LOOK_AGAIN = "Nothing was locked or sent. Look at the plan again: dispatch send"


def refuse_edits(confirmed: Prepared, now: Prepared) -> None:
    """Raise CampaignError where the files say something else than the text that a person confirmed."""
    changed = [slug for slug, each in now.editions.items() if each.fingerprint != confirmed.editions[slug].fingerprint]
    if changed:
        raise CampaignError(
            "The brief was edited after you saw the plan.",
            where=f"{now.brief.file}: {', '.join(changed)}",
            todo=_LOOK_AGAIN,
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a lock made."""

    campaign: Campaign
    #: Deliveries that were added
    added: int
    #: recipients who are queued now
    queued: int
    #: recipients fewer than were confirmed: they left the lists, or another process has sent to them
    fewer: int = 0
    #: `seq` of the one Delivery that a person named; None for everybody
    only: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms the recipients are locked."""

    #: Findings that a person overruled
    forced: tuple[str, ...] = ()
    #: nothing leaves before; None for at once
    not_before: datetime | None = None
    #: people who go first and are waited for; 0 for none
    canary: int = 0
    #: how many messages may leave, through all processes together; None for all
    limit: Limit | None = None
    #: whether recipients may be at example domains, which nobody reads
    allows_examples: bool = True


def freeze(database: Database, proposal: Proposal, publisher: Publisher, terms: Terms) -> Frozen:
    """Make the proposal so: pictures published, text and recipients locked, in one transaction.

    Return the Campaign, sending or scheduled. Raise CampaignError where there are more recipients than were confirmed,
    or another text or time, PictureError where a picture cannot be published; then nothing is locked.
    """
    for picture in proposal.prepared.pictures.values():
        publisher.publish(picture)
    with database.writing() as connection:
        campaigns.hold_freezes(connection)
        now = clock(connection)
        campaign = _as_confirmed(connection, proposal, terms, now)
        about = _about(campaign, proposal, terms)
        is_new = campaign is None or proposal.is_replacement
        if campaign is None or is_new:
            campaign = _create(connection, proposal, campaign, now)
        added = _freeze_people(connection, campaign, proposal, now)
        only = None if proposal.only is None else frozenset({freeze_one(connection, campaign, proposal.only)})
        copies = _copies(connection, campaign, proposal)
        queued = sum(copies.values())
        _refuse_nobody(is_new, queued)
        _refuse_more(proposal, copies)
        _refuse_examples(connection, campaign, terms)
        record(connection, LOCKED, now=now, campaign_id=campaign.id, detail={"added": added, **about})
        if only is None:
            _open(connection, campaign, terms, added, queued)
        found = campaigns.find_by_id(connection, campaign.id)
    assert found is not None  # locked above
    return Frozen(found, added, queued, sum(proposal.copies.values()) - queued, only)


def _about(campaign: Campaign | None, proposal: Proposal, terms: Terms) -> dict[str, object]:
    """Return what the audit trail says of a lock."""
    about: dict[str, object] = {"to": [each.slug for each in proposal.audiences], "forced": list(terms.forced)}
    if terms.not_before is not None:
        about["not_before"] = terms.not_before.isoformat()
    if campaign is not None and campaign.not_before not in (None, terms.not_before) and proposal.only is None:
        about["scheduled_before_for"] = campaign.not_before.isoformat()
    return about


def _as_confirmed(connection: Transaction, proposal: Proposal, terms: Terms, now: datetime) -> Campaign | None:
    """Return the Campaign as it is now, held. Raise CampaignError where it, or the time, is not what was confirmed."""
    slug = proposal.prepared.brief.slug
    found = campaigns.find(connection, slug)
    if found is not None:
        campaigns.hold(connection, found.id)
        found = campaigns.find(connection, slug)
    seen = proposal.campaign
    if seen is not None and (found is None or found.id != seen.id):
        raise CampaignError(
            "The campaign was taken back or replaced after you saw the plan.", where=slug, todo=_LOOK_AGAIN
        )
    if proposal.is_replacement and found is not None and not may_be_replaced(connection, found):
        raise CampaignError("The campaign has started after you saw the plan.", where=slug, todo=_LOOK_AGAIN)
    refuse_mix_ups(connection, proposal.prepared, found, proposal.transport, is_replacement=proposal.is_replacement)
    if proposal.only is None:
        _refuse_other_time(seen, found, terms.not_before, now)
    return found


def _refuse_other_time(seen: Campaign | None, found: Campaign | None, chosen: datetime | None, now: datetime) -> None:
    """Raise CampaignError where the time has passed, or another process has set one that the person did not see."""
    if chosen is not None and chosen <= now:
        raise CampaignError(
            "The time that you confirmed has passed.",
            where="--at",
            todo="Nothing was locked or sent. Give a later time.",
        )
    if found is None:
        return
    set_now = found.not_before if found.waits_at(now) else None
    shown = chosen if seen is None else seen.not_before if seen.waits_at(now) else None
    if set_now not in (shown, chosen):
        raise CampaignError(
            "Another process has scheduled this campaign after you saw the plan.", where=found.slug, todo=_LOOK_AGAIN
        )
    if chosen is not None and found.state is CampaignState.SENDING:
        raise CampaignError(
            "This campaign is being sent.",
            where=found.slug,
            todo=f"To send the rest later: dispatch pause {found.slug}, then dispatch send --at again.",
        )


def _create(connection: Transaction, proposal: Proposal, before: Campaign | None, now: datetime) -> Campaign:
    """Return a new Campaign, in the place of the one that waited for its time."""
    brief = proposal.prepared.brief
    if before is not None:
        # Under an identifier of its own, so that no process that knew the other one can claim from this one.
        take_out(connection, before, "campaign replaced", now)
    return campaigns.create(
        connection,
        slug=brief.slug,
        title=brief.title,
        date=brief.date.isoformat(),
        transport=proposal.transport,
        now=now,
    )


def _freeze_people(connection: Transaction, campaign: Campaign, proposal: Proposal, now: datetime) -> int:
    """Give everybody on the lists who has no Delivery theirs; the text is kept only where someone gets it."""
    audiences, only = proposal.audiences, proposal.only
    if not plans.has_candidates(connection, audiences, campaign.id, only):
        return 0
    rows = campaigns.freeze_editions(connection, campaign.id, proposal.prepared.editions, audiences, now)
    return plans.freeze_audience(connection, campaign.id, audiences, rows, only)


def _copies(connection: Transaction, campaign: Campaign, proposal: Proposal) -> Copies:
    """Return how many people are queued for which text, as in `Proposal.copies`."""
    if proposal.only is None:
        return campaigns.queued_copies(connection, campaign.id)
    return {one_person.copy_of(connection, campaign.id, proposal.only): 1}


def _refuse_more(proposal: Proposal, copies: Copies) -> None:
    """Raise CampaignError where someone would get a text, or more people one, than was confirmed."""
    names = {audience.slug: audience.name for audience in proposal.audiences}
    problems = []
    for (audience, fingerprint), people in copies.items():
        confirmed = proposal.copies.get((audience, fingerprint), 0)
        name = names.get(audience, audience)
        if not confirmed and any(audience == other for other, _ in proposal.copies):
            problems.append(f"{name}: {plural(people, 'recipient')} would get another text")
        elif people > confirmed:
            problems.append(f"{name}: {plural(people, 'recipient')} instead of {confirmed:,}")
    if problems:
        raise CampaignError(
            "The lists or the text changed after you saw the plan.", where="; ".join(problems), todo=_LOOK_AGAIN
        )


def _refuse_nobody(is_new: bool, queued: int) -> None:
    """Raise CampaignError where a Campaign would be made for nobody."""
    if is_new and not queued:
        raise CampaignError("Nobody is left to send to: the lists changed after you saw the plan.", todo=_LOOK_AGAIN)


def _refuse_examples(connection: Transaction, campaign: Campaign, terms: Terms) -> None:
    """Raise CampaignError where a recipient who came since the plan has an example address."""
    if not terms.allows_examples and (found := queued_example(connection, campaign.id)):
        raise CampaignError(
            f"The lists changed after you saw the plan: {found} is an example address that nobody reads.",
            where=campaign.slug,
            todo=_LOOK_AGAIN,
        )


def _open(connection: Transaction, campaign: Campaign, terms: Terms, added: int, queued: int) -> None:
    """Make the Campaign sending or scheduled; one that nobody is queued for keeps its state and time."""
    if not queued and campaign.state is CampaignState.FINISHED:
        return
    not_before = terms.not_before if queued else None
    campaigns.begin(connection, campaign.id, not_before)
    campaigns.set_limit(connection, campaign.id, terms.limit)
    # A few more than the canary itself would be no rest to wait with.
    if 0 < terms.canary < added:
        campaigns.set_canary(connection, campaign.id, choose(connection, campaign.id, terms.canary))
    jobs.enqueue_lanes(connection, campaign.id, not_before)
