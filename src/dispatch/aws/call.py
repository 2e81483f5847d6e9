"""Call: one request to SES, made once, given up after a deadline, and held back when it would leave too late.

botocore's read_timeout is per socket read, so an answer that drips could hold a lane for ever. Each call runs in a
thread of its own; a lane waits for it no longer than the deadline. Whether the request was handed to the network by
then says whether its outcome is unknown or nothing has left.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dispatch.model.message import Outcome

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


class HeldBack(Exception):
    """Raised inside botocore's `before-send` to keep a signed request from leaving."""


class TooSlow(Exception):
    """No whole answer came within the deadline."""


class Call:
    """One call; `has_left` says whether its request was handed to the network."""

    def __init__(self, is_too_late: Callable[[], bool]) -> None:
        #: the request's body where it is written by the caller, b"" where botocore writes it
        self.body = b""
        self._is_too_late = is_too_late
        self._lock = threading.Lock()
        self._is_given_up = False
        self.has_left = False

    def leave(self) -> None:
        """Let the request leave, the last thing before it does. Raises HeldBack."""
        with self._lock:
            if self._is_given_up or self._is_too_late():
                raise HeldBack
            self.has_left = True

    def give_up(self) -> None:
        """Wait no longer; a request that has not left by now never will."""
        with self._lock:
            self._is_given_up = True


class Calls:
    """Makes the calls of one client; any number of threads may use it."""

    def __init__(self, client: "SESV2Client", deadline_seconds: float) -> None:
        self._deadline_seconds = deadline_seconds
        self._current = threading.local()
        for operation in ("SendEmail", "SendBulkEmail"):
            client.meta.events.register(f"before-send.sesv2.{operation}", self._leave)
        client.meta.events.register("before-call.sesv2.SendBulkEmail", self._put_body)

    def _leave(self, **_: object) -> None:
        call: Call = self._current.call
        call.leave()

    def _put_body(self, params: dict[str, Any], **_: object) -> None:
        call: Call = self._current.call
        if call.body:
            params["body"] = call.body

    def make(self, request: Callable[[], list[Outcome]], call: Call) -> list[Outcome]:
        """What the request gives. Raises what it raises, and TooSlow after the deadline."""
        done: list[list[Outcome]] = []
        failed: list[Exception] = []

        def run() -> None:
            self._current.call = call
            try:
                done.append(request())
            except Exception as err:
                failed.append(err)

        # A daemon, so that an answer that never ends does not keep the process from ending.
        thread = threading.Thread(target=run, name=f"{threading.current_thread().name}: call", daemon=True)
        thread.start()
        thread.join(self._deadline_seconds)
        if thread.is_alive():
            call.give_up()
            raise TooSlow
        if failed:
            raise failed[0]
        return done[0]
