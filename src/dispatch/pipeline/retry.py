"""Patience: a database that is gone for a while is waited for, so that no acceptance is forgotten."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dispatch.errors import StoreError

#: how long a database that is gone is waited for
DATABASE_PATIENCE_SECONDS = 60.0
_AGAIN_SECONDS = 0.2

P = ParamSpec("P")
T = TypeVar("T")


def while_database_is_down(act: Callable[P, T]) -> Callable[P, T]:
    """A whole transaction that is tried again while the database is gone. Raises StoreError in the end.

    One whose commit was not confirmed may run twice, so that only such may be marked as bear it.
    """

    @functools.wraps(act)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        until = time.monotonic() + DATABASE_PATIENCE_SECONDS
        while True:
            try:
                return act(*args, **kwargs)
            except StoreError:
                if time.monotonic() > until:
                    raise
                time.sleep(_AGAIN_SECONDS)

    return tried
