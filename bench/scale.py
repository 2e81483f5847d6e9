"""Everything around the sending with a million members: whole commands, their seconds, CPU and memory.

`python -m bench.scale [MEMBERS]` (1,000,000). It makes a workspace of its own in .cache, with real lists of so many
members, of whom a tenth are on both lists and one in fifty is suppressed, and one finished Campaign in practice.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dispatch.files import FolderPublisher
from dispatch.pipeline.freeze import Terms, freeze
from dispatch.pipeline.plan import propose
from dispatch.pipeline.prepare import prepare
from dispatch.settings import load
from dispatch.store.column_types import instant_text
from dispatch.store.database import Database
from dispatch.store.practice_copy import copy_lists

REPOSITORY = Path(__file__).parents[1]
BRIEF = Path("briefs") / "2023-09-19-potential-arms-deals" / "brief.md"
MOMENT = "2026-01-01T00:00:00.000Z"
#: people who opened and clicked, of those who were sent to; and bounces and complaints
OPENED, CLICKED, BOUNCED = 5, 50, 100
#: rows of the file that is imported: one in so many cannot be used, one in so many is doubled
INVALID, DOUBLED = 20, 33


@dataclass(frozen=True)
class Goal:
    """What a command may take at 1,000,000 members; None for no goal."""

    seconds: float | None = None
    megabytes: float | None = None


# --- what there is ------------------------------------------------------------------------------------------------


@contextmanager
def workspace() -> Iterator[Path]:
    """A workspace of the sample brief, without members."""
    (REPOSITORY / ".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".cache") as name:
        folder = Path(name)
        for part in ("briefs", "templates"):
            shutil.copytree(REPOSITORY / part, folder / part)
        shutil.copy(REPOSITORY / "dispatch.toml", folder)
        (folder / ".dispatch").mkdir()
        yield folder


def fill(database: Database, people: int) -> None:
    """Members, a tenth of them on both lists, every fiftieth suppressed."""
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA cache_size=-262144")
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        # A hash that is spread as real ones are, from two rounds of a multiplicative one.
        spread = "printf('%016x%016x%032x', (i * 2654435761 + 97) % 4294967296 * 4294967296 + i, i * 40503, i)"
        address = "'reader' || i || '@mail' || (i % 500) || '.example.org'"
        connection.exec_driver_sql(
            numbers + "INSERT INTO members (id, key, address, address_hash, name, attributes, created_at, updated_at,"
            f" folded) SELECT i, {address}, {address}, {spread}, 'Reader ' || i,"
            """ '{"country": "' || CASE i % 3 WHEN 0 THEN 'US' WHEN 1 THEN 'CA' ELSE 'KZ' END || '"}',"""
            f" ?, ?, 'reader ' || i || char(10) || {address} FROM n",
            (people, MOMENT, MOMENT),
        )
        ties = "INSERT INTO subscriptions SELECT id, ?, 'subscribed', ?, 'bench' FROM members WHERE "
        connection.exec_driver_sql(ties + "id % 2 = 0 OR id % 10 = 1", ("center", MOMENT))
        connection.exec_driver_sql(ties + "id % 2 = 1", ("coalition", MOMENT))
        connection.exec_driver_sql(
            "INSERT INTO suppressions SELECT address_hash, 'bounced', ?, '' FROM members WHERE id % 50 = 0", (MOMENT,)
        )
        connection.exec_driver_sql(
            "INSERT INTO audit (at, act, address, campaign_id, detail) VALUES (?, 'members imported', '', '', '{}')",
            (MOMENT,),
        )


def finish_a_campaign(database: Database, folder: Path) -> tuple[float, float, int]:
    """Lock the recipients of the sample brief, and let everything be sent and told.

    Gives the seconds and CPU seconds of the lock, and the people.
    """
    audiences = load(folder, {}).all_audiences()
    prepared = prepare(folder, folder / BRIEF, audiences, public_url="http://127.0.0.1:8425")
    proposal = propose(database, prepared, audiences, "practice")
    began, cpu = time.perf_counter(), time.process_time()
    frozen = freeze(database, proposal, FolderPublisher(folder / ".dispatch" / "public"), Terms())
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA cache_size=-262144")
        connection.exec_driver_sql(
            "UPDATE deliveries SET state = CASE WHEN seq % ? = 0 THEN 'bounced' ELSE 'delivered' END,"
            " submitted_at = ?, message_id = id WHERE state = 'queued'",
            (BOUNCED, MOMENT),
        )
        add = (
            "INSERT INTO events (delivery_id, kind, at, reader, rule, detail, fingerprint, suppresses)"
            " SELECT id, ?, ?, ?, '', ?, ? || id, '' FROM deliveries WHERE seq % ? = 0 AND state <> 'skipped'"
        )
        for kind, reader, every, at in (
            ("sent", "", 1, MOMENT),
            ("delivered", "", 1, MOMENT),
            ("opened", "human", OPENED, instant_text(_later(90))),
            ("clicked", "human", CLICKED, instant_text(_later(120))),
        ):
            detail = json.dumps({"link": "https://www.eurasiacenter.org/"}) if kind == "clicked" else "{}"
            connection.exec_driver_sql(add, (kind, at, reader, detail, kind, every))
        connection.exec_driver_sql("UPDATE campaigns SET state = 'finished'")
    return seconds, cpu, frozen.added


def _later(seconds: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def dirty_file(file: Path, rows: int) -> None:
    """A list as people keep them: some rows cannot be used, some stand twice."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write("email,name,country,city\n")
        for number in range(rows):
            if number % INVALID == 0:
                stream.write(f"no address {number},Reader {number},US,\n")
            else:
                who = number - 7 if number % DOUBLED == 0 else number
                stream.write(f"Person.{who}@domain{who % 400}.example.net,Zoë Reader {who},US,Łódź\n")


# --- measuring ----------------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str, **environ: str) -> tuple[float, float, float, str]:
    """A whole command: its seconds, its CPU seconds, its peak in MB, and what it printed (at most 2,000 characters)."""
    command = [str(Path(sys.executable).parent / "dispatch"), *arguments]
    with tempfile.TemporaryFile() as printed:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=printed, stderr=printed, env={**os.environ, **environ})
        _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        printed.seek(0)
        said = printed.read(2_000).decode(errors="replace")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def show(what: str, seconds: float, cpu: float, peak: float, goal: Goal) -> None:
    """A row of the table."""
    goals = [f"{goal.seconds:g} s" if goal.seconds else "", f"{goal.megabytes:g} MB" if goal.megabytes else ""]
    aim = ", ".join(each for each in goals if each)
    print(f"  {what:<46}{seconds:>8.2f} s{cpu:>8.2f} CPU-s{peak:>7.0f} MB   {f'goal {aim}' if aim else ''}", flush=True)


def commands(folder: Path, people: int) -> None:
    """The commands of the day, one after the other."""
    table: list[tuple[str, list[str], dict[str, str], Goal]] = [
        ("dispatch", [], {}, Goal(1)),
        ("campaigns", ["campaigns"], {}, Goal(1)),
        ("report", ["report"], {}, Goal(1.5)),
        ("send --dry-run --json (practice)", ["send", "--dry-run", "--json"], {}, Goal(3)),
        ("members list", ["members", "list"], {}, Goal(None, 150)),
        ("members list --search 'READER 777'", ["members", "list", "--search", "READER 777"], {}, Goal(None, 150)),
        ("members list --json", ["members", "list", "--json"], {}, Goal(None, 150)),
        ("members export", ["members", "export"], {}, Goal(None, 150)),
    ]
    for what, arguments, environ, goal in table:
        seconds, cpu, peak, said = run(folder, *arguments, **environ)
        show(what, seconds, cpu, peak, goal)
        if "Error" in said:
            print(said)
    file = folder / "dirty.csv"
    dirty_file(file, people)
    for what, more in (("import, dry run", ["--dry-run"]), ("import", ["--yes"])):
        arguments = ["members", "import", str(file), "--list", "center", *more]
        seconds, cpu, peak, _ = run(folder, *arguments)
        show(f"members {what} of {people:,} dirty rows", seconds, cpu, peak, Goal(45, 150))
    seconds, cpu, peak, _ = run(folder, "send", "--dry-run", "--json")
    show("the next plan in practice, lists copied", seconds, cpu, peak, Goal())


def build(folder: Path, people: int) -> None:
    """Fill a workspace; in a process of its own, whose memory would count for every process that it starts."""
    with Database.in_file(folder / ".dispatch" / "dispatch.db") as lists:
        fill(lists, people)
        with Database.in_file(folder / ".dispatch" / "practice.db") as practice:
            began, cpu = time.perf_counter(), time.process_time()
            copy_lists(lists, practice)
            own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            show("the first copy for practice", time.perf_counter() - began, time.process_time() - cpu, own, Goal())
            seconds, cpu, added = finish_a_campaign(practice, folder)
            own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            show(f"lock of {added:,} recipients", seconds, cpu, own, Goal(12))


def main(people: int) -> None:
    """Make it and measure it."""
    print(f"{people:,} members, whole commands on SQLite (goals are for 1,000,000)", flush=True)
    with workspace() as folder:
        subprocess.run([sys.executable, "-m", "bench.scale", str(people), str(folder)], cwd=REPOSITORY, check=True)
        commands(folder, people)


if __name__ == "__main__":
    numbers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        build(Path(sys.argv[2]), numbers)
    else:
        main(numbers)
