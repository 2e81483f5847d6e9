"""Patience: a database that is gone for a while is waited for, so that no acceptance is forgotten."""

import time
from collections.abc import Callable
from typing import TypeVar

from dispatch.errors import StoreError

#: how long a database that is gone is waited for
DATABASE_PATIENCE_SECONDS = 60.0
_AGAIN_SECONDS = 0.2

T = TypeVar("T")


def patiently(act: Callable[[], T]) -> T:
    """What a whole transaction gives, tried again while the database is gone. Raises StoreError in the end.

    A transaction whose commit was not confirmed may run twice, so that only such may be done so as bear it.
    """
    until = time.monotonic() + DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return act()
        except StoreError:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)
