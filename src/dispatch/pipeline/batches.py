"""Batches: a process's part in the sending of a Campaign, the same for a worker and for a command in the foreground."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta

from dispatch.errors import CampaignError, DispatchError, StoreError
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.model.delivery import CampaignId, DeliveryState
from dispatch.model.message import Account
from dispatch.model.report import Rates
from dispatch.pipeline.canary import judge
from dispatch.pipeline.circuit_breaker import why_stop
from dispatch.pipeline.cost_limited_cache import CostLimitedCache
from dispatch.pipeline.lanes import Lanes
from dispatch.pipeline.options import SendContext
from dispatch.pipeline.retry import while_database_is_down
from dispatch.store import campaigns, ledger, reports
from dispatch.store.claims import WhyNot, why_not
from dispatch.store.database import Database, clock

#: how often the limits are looked at while the lanes run
TICK_SECONDS = 0.25
#: is given the lanes, to show how far they are
AtTick = Callable[[Lanes], None]


class Batches:
    """Runs the lanes whenever anybody may be claimed, judges the first people, and pauses above the limits."""

    def __init__(
        self,
        context: SendContext,
        campaign: Campaign,
        account: Account,
        is_asked_to_stop: Callable[[], bool],
        named: Collection[int] | None = None,
    ) -> None:
        self._context = context
        self._campaign = campaign
        self._account = account
        self._is_asked_to_stop = is_asked_to_stop
        #: the `seq` of the Deliveries that a person named; None for all who wait
        self._named = named
        self._rates = CostLimitedCache(self._look_at_rates)
        self._lanes: Lanes | None = None
        self._accepted_before = 0

    @property
    def accepted(self) -> int:
        """Messages accepted by the provider through this process."""
        return self._accepted_before + (self._lanes.accepted if self._lanes else 0)

    def run(self, at_tick: AtTick = lambda lanes: None) -> WhyNot | None:
        """Send until nobody may be claimed any more; return why, None when asked to stop.

        `at_tick` is called several times a second while the lanes run. Raise StoreError where the database stays gone,
        ProviderError and other DispatchErrors as the Mailer does, RuntimeError where a lane failed by a fault of ours.
        """
        try:
            while not self._is_asked_to_stop():
                why = self._why_not()
                if why is WhyNot.FIRST_PEOPLE and self._judge_first_people():
                    continue
                if why is not None:
                    return why
                self._run_lanes(at_tick)
            return None
        finally:
            self._context.mailer.close()

    @while_database_is_down
    def _why_not(self) -> WhyNot | None:
        with self._context.database.reading() as connection:
            return why_not(connection, self._campaign.id, self._named)

    @while_database_is_down
    def _judge_first_people(self) -> bool:
        return judge(self._context, self._campaign.id)

    def _run_lanes(self, at_tick: AtTick) -> None:
        # Before the first message: an earlier send's events may have come since.
        self._mind_the_rates()
        lanes = self._lanes = Lanes(self._context, self._campaign, self._account, self._named)
        lanes.start()
        while lanes.is_running:
            lanes.join(TICK_SECONDS)
            if self._is_asked_to_stop():
                lanes.stop()
            # The lanes wait for a database that is gone, and end with its fault when it does not come back.
            with suppress(StoreError):
                self._mind_the_rates()
                at_tick(lanes)
        accepted = self.accepted
        self._lanes = None
        self._accepted_before = accepted
        if isinstance(lanes.fault, DispatchError):
            raise lanes.fault
        if lanes.fault is not None:
            raise RuntimeError("a lane failed") from lanes.fault

    def _mind_the_rates(self) -> None:
        if not self._rates.is_due():
            return
        if reason := why_stop(self._rates(), self._context.options):
            todo = "Look at the report and at where these addresses came from before you send again."
            with self._context.database.writing() as connection:
                campaigns.pause_if_sending(connection, self._campaign.id, reason, todo)

    def _look_at_rates(self) -> Rates:
        with self._context.database.reading() as connection:
            return reports.rates(connection, self._campaign.id)


@while_database_is_down
def close(database: Database, campaign_id: CampaignId, why_stopped: tuple[str, str] | None = None) -> Campaign:
    """Write down how a process's part ends, and return the Campaign: finished, or paused at its limit.

    `why_stopped` is a (reason, what to do) for which a Campaign that is not finished pauses. Raise CampaignError where
    it was taken back meanwhile, StoreError where the database stays gone.
    """
    with database.writing() as connection:
        # Held first, so that nobody comes back to the queue between the look and the verdict.
        state = campaigns.hold(connection, campaign_id)
        is_submitting = ledger.has(connection, campaign_id, DeliveryState.SUBMITTING)
        found = campaigns.find_by_id(connection, campaign_id)
        if found is None:
            raise CampaignError(
                "This campaign was taken back or replaced; this process sends nothing.",
                todo="All campaigns: dispatch campaigns",
            )
        if not is_submitting and not ledger.has(connection, campaign_id, DeliveryState.QUEUED):
            if state is not CampaignState.CANCELLED:
                campaigns.set_state(connection, campaign_id, CampaignState.FINISHED)
        elif found.may_send == 0 and not is_submitting:
            # What is left of a day comes back when the messages of this one are a day old.
            goes_on_at = None if found.limited_to is not None else clock(connection) + timedelta(days=1)
            campaigns.pause_if_sending(connection, campaign_id, *_limit_reached(found), goes_on_at)
        elif why_stopped is not None:
            campaigns.pause_if_sending(connection, campaign_id, *why_stopped)
        ended = campaigns.find_by_id(connection, campaign_id)
    assert ended is not None
    return ended


def _limit_reached(campaign: Campaign) -> tuple[str, str]:
    if campaign.limited_to is not None:
        return f"The limit of {campaign.limited_to} was reached.", "To go on: dispatch resume"
    todo = "To go on tomorrow: dispatch resume; a running dispatch worker does it without being asked."
    return "What Amazon lets out in 24 hours is used up.", todo
