"""Interrupt: Ctrl-C and a polite kill become a wish that the send looks at between batches."""

import signal
import sys
from types import FrameType, TracebackType
from typing import Any, Self

import click


class Interrupt:
    """While it is entered, the first Ctrl-C asks to stop and a second one stops at once."""

    def __init__(self) -> None:
        #: whether someone asked to stop
        self.is_asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, context: FrameType | None) -> None:
        if self.is_asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.is_asked = True
        if sys.stderr.isatty():
            click.echo(
                "\nStopping: the mails in flight are finished and noted. Ctrl-C again stops at once.",
                err=True,
            )
