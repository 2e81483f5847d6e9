"""The storm: everything that can go wrong with a call or an event, and what must hold after it."""

from typing import Any

from tests.journey.scene import Scene

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
    """Send to everyone in the storm, with a second burst of refusals halfway; return what happened how often."""
    at.fault(*STORM, seed=SEED)
    process = at.start()
    at.wait_for_mails(len(at.people) // 2, process, seconds=120)
    at.fault(BURST, seed=SEED)
    said, _ = process.communicate(timeout=180)
    assert "Traceback" not in said, said
    at.send_until_finished()
    return struck(at)


def never_struck(happened: dict[str, int], transport_call: str, people: int) -> set[str]:
    """The faults that are likely with so many calls, and yet happened to nobody."""
    calls = people if transport_call == "SendEmail" else people // 18
    likely = {rule["fault"] for rule in STORM if rule.get("rate", 1.0) * calls > 8 or "event" in rule["fault"]}
    expected = {rule["fault"] for rule in STORM} - (set() if transport_call == "SendBulkEmail" else IN_BULK_ONLY)
    return {fault for fault, number in happened.items() if not number} & expected & likely


def settle_by_a_persons_word(at: Scene) -> list[str]:
    """Say of everybody who is named as unknown that they got nothing, and send again; gives every broken promise."""
    at.calm()
    unknown = at.named_as_unknown()
    found = [f"neither mailed nor named: {sorted(set(at.people) - unknown - at.copies().keys())}"]
    if len(unknown) + len(at.copies()) == len(at.people):
        found = []
    if unknown:
        at.journey.run("reconcile", "--assume", "unsent", *sorted(unknown), status=None)
        assert at.send_until_finished()["uncertain"] == 0
    found += at.violations()
    if set(at.copies().values()) != {1} or set(at.copies()) != set(at.people):
        found.append("not everybody has exactly one copy")
    return found
