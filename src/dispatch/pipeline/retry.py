"""Retry: a database that is gone for a while is waited for, so that no acceptance is forgotten."""

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
    """Try a whole transaction again while the database is gone. Raise StoreError in the end.

    A call blocks for up to 60 seconds, and for as long as the last try takes (30 seconds for a lock, 10 for a
    connection); a Ctrl-C that the program only notes, as a send does, is looked at after that. A transaction whose
    commit was not confirmed may run twice: mark only those that bear it.
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
