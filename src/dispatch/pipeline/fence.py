"""Fence: how long a claim is good for.

A process that slept through its claim, stopped, suspended or swapped out, must not send any more: someone else may
have taken the Delivery up. The fence is measured by a clock that goes on during sleep, and by the wall clock too,
because a virtual machine's clocks do not all survive a pause; whichever ran further counts.
"""

import time

#: Linux counts suspended time only in CLOCK_BOOTTIME; elsewhere the monotonic clock does
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def _now() -> float:
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


class Fence:
    """Starts before the claim is made, so that it always ends before the claim does."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = _now()
        self._started_wall = time.time()

    def is_past(self) -> bool:
        """Whether the claim is too old to send."""
        return max(_now() - self._started, time.time() - self._started_wall) >= self._seconds
