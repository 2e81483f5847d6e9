"""Presence: a process that sends lets itself be seen, so that `dispatch show` names it."""

import time
from types import TracebackType
from typing import Self

from dispatch.errors import StoreError
from dispatch.store import workers
from dispatch.store.database import Database

#: how often it writes that it is still there
NOTE_SECONDS = 2.0


class Heartbeat:
    """While it is entered, this process is in the list of workers. A database that is gone does not disturb it."""

    def __init__(self, database: Database, kind: str, campaign_id: str = "") -> None:
        self._database = database
        self._kind = kind
        self._campaign_id = campaign_id
        self._worker_id = ""
        self._noted_at = time.monotonic()

    def __enter__(self) -> Self:
        with self._database.writing() as connection:
            self._worker_id = workers.join(connection, self._kind, self._campaign_id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._database.writing() as connection:
                workers.leave(connection, self._worker_id)
        except StoreError:
            return  # it is forgotten by itself

    def note(self, accepted: int) -> None:
        """Tell how many mails were accepted through this process; written down now and then."""
        if time.monotonic() - self._noted_at < NOTE_SECONDS:
            return
        self._noted_at = time.monotonic()
        try:
            with self._database.writing() as connection:
                workers.note(connection, self._worker_id, self._campaign_id, accepted)
        except StoreError:
            return
