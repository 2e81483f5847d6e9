"""Kills a send 200 times on each database in the full storm, counts every mail, and exits 1 when a promise was broken.

Run it as `python -m scripts.storm`; `--kills` says how many on each database. On both roads, with everything going
wrong that `tests/journey/test_storm.py` lists.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.journey.scene import Scene, scene
from tests.journey.test_storm import BURST, SEED, STORM
from tests.postgres import PostgresServer, postgres

#: so many people that they are not all mailed before the last kill
PEOPLE = {"SendEmail": 5_000, "SendBulkEmail": 8_000}
#: what the provider grants; above 100/s the road is SendBulkEmail
PER_SECOND = {"SendEmail": 90, "SendBulkEmail": 120}
#: kills between two bursts of refusals
ROUND = 10
SETTINGS = {
    "DISPATCH_SEND__CALLS_IN_FLIGHT": "16",
    # Long enough that the server has read what a killed process left in the network.
    "DISPATCH_SEND__GRACE_SECONDS": "12",
    "DISPATCH_SEND__SETTLE_SECONDS": "20",
}
COLUMNS = ("database", "road", "kills", "accepted", "twice", "lost", "uncertain, named", "seconds")
WIDTHS = (10, 13, 5, 8, 5, 4, 16, 7)


@dataclass
class Part:
    """One campaign of the storm: where it is, and what became of it."""

    database: str
    database_url: str
    road: str
    #: kills wanted
    wanted: int
    kills: int = 0
    accepted: int = 0
    twice: int = 0
    lost: int = 0
    #: people of whom dispatch says by name that it does not know
    named: int = 0
    seconds: float = 0.0
    #: every broken promise, a sentence each
    violations: list[str] = field(default_factory=list)

    def run(self, folder: Path) -> None:
        """Send, kill, and count."""
        folder.mkdir()
        began = time.monotonic()
        people, per_second = PEOPLE[self.road], PER_SECOND[self.road]
        with scene(folder, self.database_url, people, per_second=per_second, **SETTINGS) as at:
            at.fault(*STORM, seed=SEED)
            while self.kills < self.wanted:
                more = min(ROUND, self.wanted - self.kills)
                done = at.kill_often(more, f"{self.database} {self.road} {self.kills}")
                self.kills += done
                if done < more:
                    break
                at.fault(BURST, seed=SEED)
            # The first may take long: whoever is left, at a pace that the refusals lowered.
            at.start().communicate(timeout=900)
            at.send_until_finished()
            at.calm()
            self._count(at)
        self.seconds = time.monotonic() - began

    def _count(self, at: Scene) -> None:
        self.violations = at.violations()
        copies, named = at.copies(), at.named_as_unknown()
        self.accepted, self.named = copies.total(), len(named)
        self.twice = sum(number > 1 for number in copies.values())
        self.lost = len(set(at.people) - copies.keys() - named)
        if self.kills < self.wanted:
            self.violations.append(f"only {self.kills} of {self.wanted} kills: everybody was mailed before")
        if roads := {message["operation"] for message in at.provider.messages()} - {self.road, "SendEmail"}:
            self.violations.append(f"mailed by {roads}")

    @property
    def cells(self) -> tuple[str, ...]:
        """Its line in the table."""
        numbers = (self.kills, self.accepted, self.twice, self.lost, self.named, round(self.seconds))
        return (self.database, self.road, *(str(number) for number in numbers))


def say(*lines: str) -> None:
    """Print at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def line(cells: Iterable[str]) -> str:
    """A line of the table: words to the left, numbers to the right."""
    return "  ".join(
        cell.ljust(width) if place < 2 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ).rstrip()


def parts_of(kills: int, folder: Path, server: PostgresServer) -> list[Part]:
    """The four campaigns, with their shares of the kills."""
    found: list[Part] = []
    for place, road in enumerate(PEOPLE):
        share = kills // 2 + (place < kills % 2)
        found.append(Part("SQLite", f"sqlite:///{folder / road}.db", road, share))
        found.append(Part("PostgreSQL", server.new_database(road.lower()), road, share))
    return found


def run_all(folder: Path, kills: int) -> list[Part]:
    """Two campaigns at a time, one on each database."""
    with postgres() as server, ThreadPoolExecutor(2) as pool:
        parts = parts_of(kills, folder, server)
        running = [pool.submit(part.run, folder / f"{part.database}-{part.road}") for part in parts]
        for part, done in zip(parts, running, strict=True):
            try:
                done.result()
            except (AssertionError, subprocess.TimeoutExpired) as err:
                part.violations.append(f"{type(err).__name__}: {err}")
            say(line(part.cells))
    return parts


def main() -> int:
    """The exit status: 1 when a promise was broken."""
    options = argparse.ArgumentParser(description="Kill a send in the storm and count every mail.")
    options.add_argument("--kills", type=int, default=200, help="how many on each database")
    kills = options.parse_args().kills
    say(line(COLUMNS), line("-" * width for width in WIDTHS))
    folder = Path(tempfile.mkdtemp(prefix="dispatch-storm-"))
    try:
        parts = run_all(folder, kills)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    broken = [f"{part.database}, {part.road}: {each}" for part in parts for each in part.violations]
    total = sum(part.kills for part in parts)
    say("", *broken, f"{total} kills: " + ("a promise was broken" if broken else "nobody twice, nobody lost"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
