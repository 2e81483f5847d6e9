"""Bar: how far a send is, on a terminal; a line now and then where there is none."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    from datetime import tzinfo

    from dispatch.pipeline.send import Progress

#: without a terminal a line is printed this often
LINE_SECONDS = 10.0


class Bar:
    """Shows Progress: a bar on a terminal, plain lines elsewhere, nothing when silent."""

    def __init__(self, zone: "tzinfo", *, is_silent: bool) -> None:
        self._zone = zone
        self._is_silent = is_silent
        self._live: Any = None
        self._task: Any = None
        self._shown_at = time.monotonic()

    def __enter__(self) -> Self:
        if not self._is_silent and sys.stdout.isatty():
            from rich.progress import BarColumn, Progress, TextColumn

            self._live = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[said]}"),
                transient=True,
            )
            self._task = self._live.add_task("Sending", total=None, said="")
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: "Progress") -> None:
        """Show how far it is now."""
        from dispatch.cli.campaign_words import retries_sentence

        if self._is_silent:
            return
        counts = progress.counts
        total = counts.audience - counts.skipped
        done = total - counts.queued - counts.submitting
        said = self._waiting(progress) or _sentence(progress, done, total)
        if waiting := retries_sentence(progress.retries, self._zone):
            said += f"; {waiting}"
        if self._live is not None:
            phase = progress.phase.capitalize()
            self._live.update(self._task, description=phase, total=total, completed=done, said=said)
        elif time.monotonic() - self._shown_at >= LINE_SECONDS:
            self._shown_at = time.monotonic()
            click.echo(f"{progress.phase}: {said}")

    def _waiting(self, progress: "Progress") -> str:
        """Return what to say while it waits for its time, "" at any other moment."""
        if progress.not_before is None or progress.phase != "waiting for its time":
            return ""
        from datetime import UTC, datetime

        from dispatch.model.words import appointment, plural

        when = appointment(progress.not_before, self._zone, datetime.now(UTC))
        return f"{when}: {plural(progress.counts.queued, 'recipient')}. Ctrl-C leaves it scheduled"


def _sentence(progress: "Progress", done: int, total: int) -> str:
    said = f"{done} of {total}, {progress.per_second:.0f}/s of {progress.granted_per_second:.0f}/s granted"
    if progress.seconds_left is not None and progress.counts.queued:
        said += f", {_duration(progress.seconds_left)} left"
    if progress.counts.failed:
        said += f", {progress.counts.failed} refused"
    return said


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds) + 1, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
