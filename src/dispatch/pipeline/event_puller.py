"""Event puller: events are fetched in a thread of their own while a process sends."""

import threading
from types import TracebackType
from typing import Self

from dispatch.errors import DispatchError, ProviderError
from dispatch.pipeline.ingest import Ingested, pull
from dispatch.pipeline.options import SendContext


class EventPuller:
    """While it is entered, events are fetched; without a queue it does nothing."""

    def __init__(self, context: SendContext) -> None:
        self._database = context.database
        self._notifications = context.notifications
        #: what was fetched so far
        self.ingested = Ingested()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._pull, name="events", daemon=True)

    def __enter__(self) -> Self:
        if self._notifications is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._notifications is not None:
            self._thread.join()

    def _pull(self) -> None:
        assert self._notifications is not None
        while not self._is_over.is_set():
            try:
                self.ingested += pull(
                    self._database, self._notifications, wait_seconds=1, keep_on=lambda: not self._is_over.is_set()
                )
            except DispatchError as err:
                # Sending goes on without events; the report says what is not known.
                self._is_over.wait(1.0 if isinstance(err, ProviderError) else 2.0)
