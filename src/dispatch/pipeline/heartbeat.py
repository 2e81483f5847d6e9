"""Heartbeat: a process that sends writes every few seconds that it is alive, so that `dispatch show` names it."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from dispatch.errors import StoreError
from dispatch.store import workers
from dispatch.store.database import Database

#: how often it writes that it is still there
BEAT_SECONDS = 2.0


class Heartbeat:
    """While it is entered, this process is in the list of workers. A database that is gone does not disturb it."""

    def __init__(
        self, database: Database, kind: str, campaign_id: str = "", accepted: Callable[[], int] = lambda: 0
    ) -> None:
        self._database = database
        self._kind = kind
        self._campaign_id = campaign_id
        #: how many messages were accepted through this process
        self._accepted = accepted
        self._worker_id = ""
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        with self._database.writing() as connection:
            self._worker_id = workers.join(connection, self._kind, self._campaign_id)
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        try:
            with self._database.writing() as connection:
                workers.leave(connection, self._worker_id)
        except StoreError:
            return  # a day later it is forgotten

    def _beat(self) -> None:
        while not self._is_over.wait(BEAT_SECONDS):
            try:
                with self._database.writing() as connection:
                    workers.note(connection, self._worker_id, self._campaign_id, self._accepted())
            except StoreError:
                continue
