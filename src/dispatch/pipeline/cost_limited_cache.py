"""Cost-limited cache: a costly look at the database, taken no more often than its cost allows."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: a look that takes a second is taken at most every twenty
COST_SHARE = 20
#: a look that waited long for a lock of the database was not costly: the next one comes after this many seconds
MOST_SECONDS = 10.0


class CostLimitedCache(Generic[T]):
    """What a look gave, old at most by twenty times what looking costs, and by MOST_SECONDS."""

    def __init__(self, look: Callable[[], T]) -> None:
        self._look = look
        self._seen: T | None = None
        self._again_at = float("-inf")

    def is_due(self) -> bool:
        """Whether the next call looks."""
        return time.monotonic() >= self._again_at

    def __call__(self) -> T:
        """What is seen now, or was a short while ago."""
        started = time.monotonic()
        if self._seen is None or started >= self._again_at:
            self._seen = self._look()
            ended = time.monotonic()
            self._again_at = ended + min(COST_SHARE * (ended - started), MOST_SECONDS)
        return self._seen
