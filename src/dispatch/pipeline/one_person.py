"""Only: one person who missed it gets their copy; nobody who has had one gets a second."""

from collections.abc import Sequence

from dispatch.errors import CampaignError
from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan, Campaign, CampaignState, Plan
from dispatch.model.delivery import ACCEPTED, DeliveryState
from dispatch.store import campaigns, one_person, plans
from dispatch.store.members import Transaction


def plan_for_one(connection: Transaction, audiences: Sequence[Audience], campaign: Campaign | None, key: str) -> Plan:
    """What sending to the Member of a key would do. Raises CampaignError where they must not, or cannot, get it."""
    standing = one_person.standing(connection, campaign.id, key) if campaign else None
    if standing is None or campaign is None:
        return _plan_for_new(connection, audiences, campaign, key)
    state, reason = standing
    if state in ACCEPTED:
        raise CampaignError(f"{key} has had this brief.", where=f"state: {state.value}", todo="Nobody gets it twice.")
    if state in (DeliveryState.UNCERTAIN, DeliveryState.SUBMITTING):
        raise CampaignError(
            f"It is not known yet whether {key} has had this brief.",
            where=reason or "being mailed at this moment",
            todo=f"Look again: dispatch reconcile {campaign.slug}",
        )
    if not one_person.wants_it(connection, campaign.id, key):
        raise CampaignError(
            f"{key} does not take this mail: left the list, or must not be mailed.",
            where=f"left out: {reason}" if reason else "on the list of the edition that is frozen for them",
            todo=f"See why: dispatch members show {key}",
        )
    return Plan(tuple(AudiencePlan(audience.slug, 0) for audience in audiences), waiting=1)


def _plan_for_new(connection: Transaction, audiences: Sequence[Audience], campaign: Campaign | None, key: str) -> Plan:
    found = plans.plan(connection, audiences, campaign.id if campaign else None, key)
    if found.new:
        # The plan counts what waits for others; here only the one person counts.
        return Plan(found.audiences)
    lists = ", ".join(audience.member_list for audience in audiences)
    if found.left_out:
        reasons = {reason for each in found.audiences for reason in each.left_out}
        raise CampaignError(
            f"{key} does not take this mail: {', '.join(sorted(reasons))}.",
            where=f"Lists: {lists}",
            todo=f"See why: dispatch members show {key}",
        )
    raise CampaignError(
        f"{key} is on none of the lists.",
        where=f"Lists: {lists}",
        todo=f"Check the spelling, or put them on one: dispatch members add {key} --list LIST",
    )


def freeze_one(connection: Transaction, campaign: Campaign, key: str) -> int:
    """Put the Member's Delivery into the queue; gives its `seq`. Others who wait go on waiting."""
    one_person.put_back(connection, campaign.id, key)
    if campaign.state is CampaignState.FINISHED:
        campaigns.set_state(connection, campaign.id, CampaignState.SENDING)
    seq = one_person.seq_of(connection, campaign.id, key)
    if seq is None:
        raise CampaignError(f"{key} was taken off the list meanwhile.", todo="Look again, then send again.")
    return seq
