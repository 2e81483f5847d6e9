"""Live: the newest rendering of a Brief, kept up with the files that it is made of."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from dispatch.errors import BriefError, DispatchError
from dispatch.model.brand import Audience
from dispatch.pipeline.plan import ScheduledText
from dispatch.pipeline.prepare import Prepared, in_order, prepare, read_brief


@dataclass(frozen=True, slots=True)
class Bearings:
    """What the settings say, read again for every rendering."""

    audiences: tuple[Audience, ...]
    #: the address at which readers reach our pages, "" where there is none
    public_url: str
    #: `practice`, `ses` or `smtp`
    transport: str
    #: the first line of every page
    banner: str
    #: share of the granted rate that a send takes
    rate_share: float = 0.9
    #: the text of this Brief that waits for its time; None where none does
    scheduled: ScheduledText | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One rendering, as the pages show it."""

    #: rises by one with every visible change
    version: int
    bearings: Bearings
    #: the newest that could be rendered; None until there is one
    prepared: Prepared | None
    #: why what is on the disk now cannot be rendered, None where it can
    problem: DispatchError | None
    #: the bytes of brief.md that were read
    source: bytes = field(repr=False, default=b"")

    @property
    def mark(self) -> str:
        """SHA-256 (hex) of brief.md as it was read: says whether a form was filled in over this very text."""
        return hashlib.sha256(self.source).hexdigest()


class Live:
    """The newest rendering, and the streams that wait for the next.

    `look` gives the Bearings of the moment; it raises DispatchError where the settings are broken.
    """

    def __init__(self, workspace: Path, brief_file: Path, look: Callable[[], Bearings], banner: str) -> None:
        self.workspace = workspace
        self.brief_file = brief_file
        self._look = look
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._is_closed = False
        self._has_rendered = threading.Event()
        self._known_names: Collection[str] | None = None
        self.shown = Shown(0, Bearings((), "", "practice", banner), None, None)

    def refresh(self) -> Shown:
        """Render what is on the disk now; waiters are told if anything visible changed. Never raises."""
        with self._lock:
            try:
                newest = self._read()
                if _visible(newest) != _visible(self.shown):
                    self.shown = replace(newest, version=self.shown.version + 1)
                    self._tell()
            finally:
                # Whatever happened, no page waits for ever.
                self._has_rendered.set()
            return self.shown

    def first(self) -> Shown:
        """The newest rendering; waits for the first."""
        self._has_rendered.wait()
        return self.shown

    def know_names(self, names: Collection[str]) -> None:
        """The names that merge tokens can use, once they are known."""
        if self._known_names is None or set(names) != set(self._known_names):
            self._known_names = frozenset(names)
            self.refresh()

    def _read(self) -> Shown:
        before = self.shown
        try:
            source = read_brief(self.brief_file)
        except DispatchError:
            source = b""
        bearings = before.bearings
        try:
            bearings = self._look()
            prepared = prepare(
                self.workspace,
                self.brief_file,
                bearings.audiences,
                public_url=bearings.public_url,
                known_names=self._known_names,
            )
        except DispatchError as err:
            return Shown(before.version, bearings, before.prepared, err, source)
        except Exception as err:
            # A fault of dispatch itself is shown too, and the next save is read again.
            problem = BriefError(
                f"dispatch cannot render this brief: {type(err).__name__}: {err}"[:300],
                where=str(self.brief_file),
                todo="This is a fault of dispatch. Take back the last change, and report it with the brief.",
            )
            return Shown(before.version, bearings, before.prepared, problem, source)
        if bearings.scheduled is not None:
            findings = in_order([*prepared.findings, *bearings.scheduled.findings(prepared)])
            prepared = replace(prepared, findings=findings)
        return Shown(before.version, bearings, prepared, None, source)

    # --- waiting --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every stream."""
        self._is_closed = True
        self._tell()

    def _tell(self) -> None:
        for loop, event in list(self._waiting):
            loop.call_soon_threadsafe(event.set)

    async def versions(self) -> AsyncIterator[int]:
        """The version of now, at once, and every later one, until closed.

        Saying the present version first is what makes it safe: a change between a page's rendering and its listening is
        seen by the page, which knows its own version.
        """
        entry = (asyncio.get_running_loop(), asyncio.Event())
        self._waiting.add(entry)
        try:
            while not self._is_closed:
                entry[1].clear()
                yield self.shown.version
                await entry[1].wait()
        finally:
            self._waiting.discard(entry)


def _visible(shown: Shown) -> object:
    prepared = shown.prepared
    marks = prepared and (
        {name: edition.fingerprint for name, edition in prepared.editions.items()},
        prepared.findings,
        prepared.brief,
        {file: picture.name for file, picture in prepared.pictures.items()},
    )
    return shown.bearings, marks, shown.problem and shown.problem.lines(), shown.source
