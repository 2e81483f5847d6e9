"""Sends through the full storm, with 200 kills on each database and without, and exits 1 when a promise was broken.

Run it as `python -m scripts.storm`; `--kills` says how many on each database. Both calls of SES, both databases, and
everything going wrong that `tests/journey/storm.py` lists. `make test` has the small storm on SQLite by SendEmail.
Before that, workers on PostgreSQL send under `--limit`, some killed.
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
from tests.journey.storm import BURST, SEED, STORM, never_struck, send_through_the_storm, settle_by_a_persons_word
from tests.postgres import PostgresServer, postgres

#: so many people that they are not all mailed before the last kill
PEOPLE = {"SendEmail": 5_000, "SendBulkEmail": 8_000}
#: in a storm without kills
PEOPLE_UNKILLED = 2_000
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


#: people and limit of the campaign that workers send together with a terminal
LIMITED, LIMIT = 600, 150


def under_limit(folder: Path, database_url: str) -> list[str]:
    """Let workers and a send share a limit, kill the send and a worker, and let the last worker go on to the limit.

    Return every broken promise, a sentence each.
    """
    with scene(folder, database_url, LIMITED, per_second=60, **SETTINGS) as at:
        workers = [at.journey.start("worker") for _ in range(2)]
        try:
            at.fault(*STORM, seed=SEED)
            sending = at.start("--limit", str(LIMIT))
            at.wait_for_mails(LIMIT // 3, sending, seconds=120)
            for process in (sending, workers[0]):
                process.kill()
            until = time.monotonic() + 120
            while at.journey.run_json("show", status=None)["state"] != "paused":
                if time.monotonic() > until:
                    return [f"the limit: not paused after two minutes, {at.accepted_count()} accepted"]
                time.sleep(1)
            accepted = at.accepted_count()
            broken = [f"the limit: {accepted} accepted, {LIMIT} allowed"] if accepted > LIMIT else []
        finally:
            for process in workers:
                process.kill()
        at.send_until_finished()
        at.calm()
        return broken + at.violations()


@dataclass
class Part:
    """One campaign of the storm: where it is, and the outcome of it."""

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
        people = PEOPLE[self.road] if self.wanted else PEOPLE_UNKILLED
        with scene(folder, self.database_url, people, per_second=PER_SECOND[self.road], **SETTINGS) as at:
            if self.wanted:
                self._kill(at)
            elif calm := never_struck(send_through_the_storm(at), self.road, people):
                self.violations.append(f"never happened: {sorted(calm)}")
            at.calm()
            self._count(at)
            self.violations += settle_by_a_persons_word(at)
        self.seconds = time.monotonic() - began

    def _kill(self, at: Scene) -> None:
        # Sends are killed and started again within a second, and each asks for the account.
        at.provider.grant(calls_per_second=0)
        at.fault(*STORM, seed=SEED)
        while self.kills < self.wanted:
            more = min(ROUND, self.wanted - self.kills)
            done = at.kill_often(more, f"{self.database} {self.road} {self.kills}")
            self.kills += done
            if done < more:
                break
            at.fault(BURST, seed=SEED)
        # The first may take long: all who are left, at a pace that the refusals lowered.
        at.start().communicate(timeout=900)
        at.send_until_finished()

    def _count(self, at: Scene) -> None:
        self.violations += at.violations()
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
    """The campaigns: on each database and by each call, one without kills and one with its share of the kills."""
    found: list[Part] = []
    for place, road in enumerate(PEOPLE):
        for share in (0, kills // 2 + (place < kills % 2)):
            name = f"{road}_{share}".lower()
            found.append(Part("SQLite", f"sqlite:///{folder / name}.db", road, share))
            found.append(Part("PostgreSQL", server.new_database(name), road, share))
    return found


def run_all(folder: Path, kills: int) -> list[Part]:
    """Two campaigns at a time, one on each database."""
    with postgres() as server, ThreadPoolExecutor(2) as pool:
        limited = Part("PostgreSQL", server.new_database("limited"), "--limit", 0)
        (folder / "limited").mkdir()
        limited.violations = under_limit(folder / "limited", limited.database_url)
        parts = parts_of(kills, folder, server)
        running = [pool.submit(part.run, folder / f"{part.database}-{part.road}-{part.wanted}") for part in parts]
        for part, done in zip(parts, running, strict=True):
            try:
                done.result()
            except (AssertionError, subprocess.TimeoutExpired) as err:
                part.violations.append(f"{type(err).__name__}: {err}")
            say(line(part.cells))
    return [limited, *parts]


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
