"""The storm: everything that can go wrong with a call or an event goes wrong, for 2,000 people, on both databases."""

from pathlib import Path
from typing import Any

import pytest

from tests.journey.scene import Scene, scene

PEOPLE = 2_000
SEED = 20_261_124
#: refusals for speed, several at once, as SES makes them
BURST: dict[str, Any] = {"fault": "throttle", "times": 3}
#: shares of the calls and of the events
STORM: tuple[dict[str, Any], ...] = (
    BURST,
    {"fault": "hang-before", "rate": 0.005, "seconds": 5},
    {"fault": "error-before", "rate": 0.01},
    {"fault": "reset-before", "rate": 0.01},
    {"fault": "hang-after", "rate": 0.03, "seconds": 5},
    {"fault": "reset-after", "rate": 0.01},
    {"fault": "close-after", "rate": 0.005},
    {"fault": "error-after", "rate": 0.01, "status": 503},
    {"fault": "truncate", "rate": 0.01},
    {"fault": "cut", "rate": 0.005},
    {"fault": "partial", "rate": 0.002},
    {"fault": "partial-after", "rate": 0.002},
    {"fault": "shuffle", "rate": 0.1},
    {"fault": "lose-event", "rate": 0.005},
    {"fault": "double-event", "rate": 0.02},
    {"fault": "late-event", "rate": 0.02, "seconds": 2},
    {"fault": "event-first", "rate": 0.005},
)
#: faults of a whole bulk call or of its entries strike there only
IN_BULK_ONLY = {"partial", "partial-after", "shuffle"}


def struck(at: Scene) -> dict[str, int]:
    """Fault -> how often it happened."""
    found: dict[str, int] = {}
    for rule in at.provider.ask("/api/faults")["rules"]:
        found[rule["fault"]] = found.get(rule["fault"], 0) + rule["applied"]
    return found


def send_through_the_storm(at: Scene) -> dict[str, int]:
    """Send to everybody while it storms, a second burst of refusals amid it; gives what happened how often."""
    at.fault(*STORM, seed=SEED)
    process = at.start()
    at.wait_for_mails(PEOPLE // 2, process, seconds=120)
    at.fault(BURST, seed=SEED)
    said, _ = process.communicate(timeout=180)
    assert "Traceback" not in said, said
    at.send_until_finished()
    return struck(at)


@pytest.mark.parametrize(("road", "per_second"), [("SendEmail", 100), ("SendBulkEmail", 200)])
def test_after_the_storm_nobody_has_two_copies_and_everybody_has_one_or_is_named(
    tmp_path: Path, database_url: str, road: str, per_second: int
) -> None:
    quick = {"DISPATCH_SEND__CALLS_IN_FLIGHT": "16", "DISPATCH_SEND__SETTLE_SECONDS": "5"}
    with scene(tmp_path, database_url, PEOPLE, per_second=per_second, **quick) as at:
        happened = send_through_the_storm(at)
        assert at.violations() == []
        assert {message["operation"] for message in at.provider.messages()} == {road}
        # The storm was one: whatever can strike on this road did.
        expected = {rule["fault"] for rule in STORM} - (set() if road == "SendBulkEmail" else IN_BULK_ONLY)
        calls = PEOPLE if road == "SendEmail" else PEOPLE // 18
        likely = {rule["fault"] for rule in STORM if rule.get("rate", 1.0) * calls > 8 or "event" in rule["fault"]}
        assert {fault for fault, number in happened.items() if not number} & expected & likely == set()

        at.calm()
        unknown = at.named_as_unknown()
        assert len(unknown) + len(at.copies()) == PEOPLE
        if unknown:
            at.journey.run("reconcile", "--assume", "unsent", *sorted(unknown), status=None)
            assert at.send_until_finished()["uncertain"] == 0
        assert at.violations() == []
        assert set(at.copies().values()) == {1}
        assert set(at.copies()) == set(at.people)
