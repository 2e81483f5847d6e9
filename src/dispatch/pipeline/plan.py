"""Plan: who would get which Edition, who is left out and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dispatch.errors import CampaignError
from dispatch.model.brand import Audience
from dispatch.model.campaign import Campaign, CampaignState, Copies, Plan
from dispatch.model.finding import Finding, Level, Place
from dispatch.model.words import plural
from dispatch.pipeline.lookup import refuse_cancelled, refuse_other_transport
from dispatch.pipeline.one_person import plan_for_one
from dispatch.pipeline.prepare import Prepared
from dispatch.store import campaigns, one_person, plans
from dispatch.store.database import Database, clock
from dispatch.store.members import Transaction


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a `send` would do, before anything is done; what a person confirms."""

    prepared: Prepared
    audiences: tuple[Audience, ...]
    #: how it would leave: `ses`, `smtp` or `practice`
    transport: str
    plan: Plan
    #: the Campaign that exists already; None for a Brief that was never sent
    campaign: Campaign | None
    #: whether the Campaign waits for its time and nothing of it has left: it would be replaced by this proposal
    is_replacement: bool = False
    #: whether the text differs from what was locked last
    is_edited: bool = False
    #: key of the one Member whom it is for; None for everybody
    only: str | None = None
    #: how many people would get which text, those queued earlier included
    copies: Copies = field(default_factory=dict)

    @property
    def continues(self) -> Campaign | None:
        """The Campaign whose recipients keep what they have; None where one is made or replaced."""
        return None if self.is_replacement else self.campaign

    def remarks(self) -> list[str]:
        """Return what a person should know before confirming, a sentence each."""
        if self.only is not None:
            return [f"Only {self.only}; nobody else gets a message.", *self._about_only()]
        if self.campaign is None:
            return []
        if self.is_replacement:
            text = "the edited text" if self.is_edited else "the same text"
            return [f"This replaces what is scheduled: recipients as they are now, and {text}."]
        return [*self._about_earlier(), *self._about_edits()]

    def _about_only(self) -> list[str]:
        if self.campaign is None or self.campaign.state is not CampaignState.SCHEDULED:
            return []
        return ["The campaign is scheduled: once this message has left, it cannot be taken back any more."]

    def _about_earlier(self) -> list[str]:
        plan = self.plan
        said = []
        if plan.already:
            said.append(f"This brief was sent before: {plural(plan.already, 'person has', 'people have')} had a copy.")
        if plan.waiting:
            said.append(f"{plural(plan.waiting, 'queued recipient')} will get the text that was locked for them.")
        if plan.new:
            text = "the edited text" if self.is_edited else "the same text"
            said.append(f"{plural(plan.new, 'new recipient')} will get {text}.")
        if not plan.to_send:
            said.append("Nobody is left to send to.")
        return said

    def _about_edits(self) -> list[str]:
        if not self.is_edited or self.plan.new:
            return []
        return ["The brief was edited since; nobody gets the new text."]


def propose(
    database: Database, prepared: Prepared, audiences: Sequence[Audience], transport: str, only: str | None = None
) -> Proposal:
    """Return what a `send` of this Brief to these Audiences, or to `only` the Member of a key, would do now.

    Raise CampaignError where the Brief is not what its name says it was, or has the title and date of another.
    """
    brief = prepared.brief
    with database.reading() as connection:
        campaign = campaigns.find(connection, brief.slug)
        is_replacement = only is None and campaign is not None and may_be_replaced(connection, campaign)
        refuse_mix_ups(connection, prepared, campaign, transport, is_replacement=is_replacement)
        kept = None if is_replacement else campaign
        if only is None:
            plan = plans.plan(connection, audiences, kept.id if kept else None)
            copies = _confirmed(connection, prepared, plan, kept)
        else:
            plan = plan_for_one(connection, audiences, campaign, only)
            copies = {one_person.copy_of(connection, campaign.id, only): 1} if campaign and plan.waiting else {}
            copies = copies or _new_copies(prepared, plan)
        locked = campaigns.latest_fingerprints(connection, campaign.id) if campaign else {}
    is_edited = is_other_text(locked, prepared)
    return Proposal(prepared, tuple(audiences), transport, plan, campaign, is_replacement, is_edited, only, copies)


def is_other_text(locked: Mapping[str, str], prepared: Prepared) -> bool:
    """Return whether an Edition differs from the one whose fingerprint was locked for its Audience."""
    return any(locked.get(slug, each.fingerprint) != each.fingerprint for slug, each in prepared.editions.items())


@dataclass(frozen=True, slots=True)
class ScheduledText:
    """The text of a Campaign that waits for its time, beside which a Brief is looked at."""

    #: Audience -> fingerprint
    fingerprints: Mapping[str, str]
    #: when it leaves, in words
    when: str
    #: the command that schedules the text of the file instead
    command: str

    def findings(self, prepared: Prepared) -> list[Finding]:
        """Return the Finding that the scheduled text is older than the file, where it is."""
        if not is_other_text(self.fingerprints, prepared):
            return []
        message = f"The scheduled text is older than this one. {self.when}"
        place = Place(prepared.brief.file)
        return [Finding(Level.WARNING, "scheduled-text-older", message, place, f"To schedule this one: {self.command}")]


def may_be_replaced(connection: Transaction, campaign: Campaign) -> bool:
    """Return whether a Campaign waits for its time and nothing of it has left."""
    return campaign.waits_at(clock(connection)) and not campaigns.has_begun(connection, campaign.id)


def _confirmed(connection: Transaction, prepared: Prepared, plan: Plan, campaign: Campaign | None) -> Copies:
    found = dict(campaigns.queued_copies(connection, campaign.id)) if campaign else {}
    for copy, people in _new_copies(prepared, plan).items():
        found[copy] = found.get(copy, 0) + people
    return found


def _new_copies(prepared: Prepared, plan: Plan) -> dict[tuple[str, str], int]:
    return {
        (each.audience, prepared.editions[each.audience].fingerprint): each.people
        for each in plan.audiences
        if each.people
    }


def refuse_mix_ups(
    connection: Transaction, prepared: Prepared, campaign: Campaign | None, transport: str, *, is_replacement: bool
) -> None:
    """Raise CampaignError where the Campaign of this name is not this Brief's, or cannot be continued."""
    brief = prepared.brief
    slug, title, date = brief.slug, brief.title, brief.date.isoformat()
    if twin := campaigns.find_twin(connection, slug, title, date):
        raise CampaignError(
            f"A brief with this title and date is known already: {twin.slug!r} ({twin.state.value}).",
            where=f"{slug}: {title} ({date})",
            todo=f"To send it to people who have not had it, send {twin.slug!r}; another brief needs another title or "
            "date.",
        )
    if campaign is None or is_replacement:
        return
    if (campaign.title, campaign.date) != (title, date):
        new = "A new brief needs a folder of its own; a corrected title or date must be changed back."
        if not campaigns.has_begun(connection, campaign.id):
            new = f"Nothing of it has left: to send the corrected brief, first run dispatch unschedule {slug}"
        raise CampaignError(
            f"Another brief was sent under the name {slug!r}: {campaign.title} ({campaign.date}).",
            where=f"Now it reads: {title} ({date})",
            todo=new,
        )
    refuse_cancelled(campaign)
    refuse_other_transport(campaign, transport)
