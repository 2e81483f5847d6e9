"""Plan: who would get which Edition, who is left out and why; and the freeze that makes it so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dispatch.errors import CampaignError
from dispatch.model.brand import Audience
from dispatch.model.campaign import Campaign, CampaignState, Limit, Plan
from dispatch.pipeline.one_person import freeze_one, plan_for_one
from dispatch.pipeline.ports import Publisher
from dispatch.pipeline.prepare import Prepared
from dispatch.store import campaigns, plans
from dispatch.store.audit import record
from dispatch.store.canary import choose
from dispatch.store.database import Database, clock
from dispatch.store.jobs import enqueue_lanes
from dispatch.store.members import Transaction


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a `send` would do, before anything is done."""

    prepared: Prepared
    audiences: tuple[Audience, ...]
    #: how it would leave: `ses`, `smtp` or `practice`
    transport: str
    plan: Plan
    #: the Campaign that exists already; None for a Brief that was never sent
    campaign: Campaign | None
    #: whether the content differs from what was frozen last
    is_edited: bool = False
    #: key of the one Member whom it is for; None for everybody
    only: str | None = None

    def remarks(self) -> list[str]:
        """What a person should know before saying yes, a sentence each."""
        if self.only is not None:
            return [f"Only {self.only}; nobody else is mailed."]
        if self.campaign is None:
            return []
        said = [f"This brief was sent before: {self.plan.already} of these people have their copy or were left out."]
        if self.plan.waiting:
            said.append(
                f"{self.plan.waiting} people still wait for the text that was approved for them; they get that."
            )
        if self.plan.new:
            text = "the edited text" if self.is_edited else "the same text"
            said.append(f"{self.plan.new} people have had none and get {text}.")
        elif not self.plan.waiting:
            said.append("There is nobody left to mail.")
        if self.is_edited and not self.plan.new:
            said.append("The brief was edited since; nobody gets the new text.")
        return said


def propose(
    database: Database, prepared: Prepared, audiences: Sequence[Audience], transport: str, only: str | None = None
) -> Proposal:
    """What a `send` of this Brief to these Audiences, or to `only` the Member of a key, would do now; changes nothing.

    Raises CampaignError where the Brief is not what its name says it was, or is another one's twin.
    """
    brief = prepared.brief
    title, date = brief.title, brief.date.isoformat()
    with database.reading() as connection:
        campaign = campaigns.find(connection, brief.slug)
        twin = campaigns.find_twin(connection, brief.slug, title, date)
        _refuse_mix_ups(brief.slug, title, date, campaign, twin, transport)
        if only is None:
            plan = plans.plan(connection, audiences, campaign.id if campaign else None)
        else:
            plan = plan_for_one(connection, audiences, campaign, only)
        frozen = campaigns.latest_fingerprints(connection, campaign.id) if campaign else {}
    is_edited = any(
        audience.slug in frozen and frozen[audience.slug] != prepared.editions[audience.slug].fingerprint
        for audience in audiences
    )
    return Proposal(prepared, tuple(audiences), transport, plan, campaign, is_edited, only)


def _refuse_mix_ups(
    slug: str, title: str, date: str, campaign: Campaign | None, twin: Campaign | None, transport: str
) -> None:
    if twin is not None:
        raise CampaignError(
            f"A brief with this title and date was sent already, under the name {twin.slug!r}.",
            where=f"{slug}: {title} ({date})",
            todo=f"To mail people who have not had it, send {twin.slug!r}; another brief needs another title or date.",
        )
    if campaign is None:
        return
    if (campaign.title, campaign.date) != (title, date):
        raise CampaignError(
            f"Another brief was sent under the name {slug!r}: {campaign.title} ({campaign.date}).",
            where=f"Now it reads: {title} ({date})",
            todo="A new brief needs a folder of its own; a mended title of the same brief must be put back to be sent.",
        )
    if campaign.state is CampaignState.CANCELLED:
        raise CampaignError(
            "This campaign was cancelled.",
            where=slug,
            todo="It stays so. To mail the brief after all, give it a folder and a date of its own.",
        )
    if campaign.transport != transport:
        raise CampaignError(
            f"This campaign left by {campaign.transport!r}, and the setting mail.transport now says {transport!r}.",
            where=slug,
            todo=f"Put mail.transport back to {campaign.transport!r} to go on with it.",
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a freeze made."""

    campaign: Campaign
    #: Deliveries that were added
    added: int
    #: `seq` of the one Delivery that a person named; None for everybody
    only: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms a Campaign is frozen."""

    #: Findings that a person overruled
    forced: tuple[str, ...] = ()
    #: nothing leaves before; None for at once
    not_before: datetime | None = None
    #: people who go first and are waited for; 0 for none
    canary: int = 0
    #: how many messages may leave, through all processes together; None for all
    limit: Limit | None = None


def freeze(database: Database, proposal: Proposal, publisher: Publisher, terms: Terms) -> Frozen:
    """Make the proposal so: pictures published, content and audience frozen, in one transaction.

    Gives the Campaign, sending. Raises CampaignError where it changed meanwhile, PictureError where a picture cannot
    be published; then nothing is frozen.
    """
    prepared = proposal.prepared
    for picture in prepared.pictures.values():
        publisher.publish(picture)
    with database.writing() as connection:
        campaigns.hold_freezes(connection)
        now = clock(connection)
        brief = prepared.brief
        title, date = brief.title, brief.date.isoformat()
        campaign = campaigns.find(connection, brief.slug)
        twin = campaigns.find_twin(connection, brief.slug, title, date)
        _refuse_mix_ups(brief.slug, title, date, campaign, twin, proposal.transport)
        if campaign is None:
            campaign = campaigns.create(
                connection, slug=brief.slug, title=title, date=date, transport=proposal.transport, now=now
            )
        added = _freeze_people(connection, campaign, proposal, now)
        about: dict[str, object] = {
            "added": added,
            "to": [each.slug for each in proposal.audiences],
            "forced": list(terms.forced),
        }
        if terms.not_before is not None:
            about["not_before"] = terms.not_before.isoformat()
        record(connection, "campaign frozen", now=now, campaign_id=campaign.id, detail=about)
        if proposal.only is not None:
            seq = freeze_one(connection, campaign, proposal.only)
            found = campaigns.find_by_id(connection, campaign.id)
            assert found is not None
            return Frozen(found, added, frozenset({seq}))
        _open(connection, campaign, terms, added)
        enqueue_lanes(connection, campaign.id, terms.not_before)
    opened = replace(campaign, state=CampaignState.SENDING, reason="", todo="", not_before=terms.not_before)
    return Frozen(opened, added)


def _freeze_people(connection: Transaction, campaign: Campaign, proposal: Proposal, now: datetime) -> int:
    plan, audiences = proposal.plan, proposal.audiences
    if not plan.new and not plan.left_out:
        return 0
    rows = campaigns.freeze_editions(connection, campaign.id, proposal.prepared.editions, audiences, now)
    return plans.freeze_audience(connection, campaign.id, audiences, rows, proposal.only)


def _open(connection: Transaction, campaign: Campaign, terms: Terms, added: int) -> None:
    campaigns.set_state(connection, campaign.id, CampaignState.SENDING)
    campaigns.schedule(connection, campaign.id, terms.not_before)
    campaigns.set_limit(connection, campaign.id, terms.limit)
    # A few more than the canary itself would be no rest to wait with.
    if 0 < terms.canary < added:
        campaigns.set_canary(connection, campaign.id, choose(connection, campaign.id, terms.canary))
