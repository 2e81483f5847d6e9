"""The sending engine, with the ledger on, against a sink; and the bare loops beside it in the same run.

    python -m bench.engine [PEOPLE …]

Recipients a second, CPU-ms a recipient and peak memory for each number of people, on SQLite on disk and on PostgreSQL
with durable commits; then how well a granted rate is held when an answer takes 100 ms, and what a second worker brings.
Every measurement runs in a process of its own. CPU-ms is the figure to trust where other work runs beside it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import postgres

REPOSITORY = Path(__file__).parents[1]
SLOW_ANSWER = 0.1
#: goals
GOAL_PER_SECOND, GOAL_MEMORY, GOAL_HELD, GOAL_WORKERS = 7_000, 200, 0.97, 1.7
#: CPU a recipient with the ledger on, as a multiple of the bare loop's in the same run
GOAL_CPU = 1.4
#: granted rates, and the people that take about 20 s at each
#: calls in flight of each of two processes: few, so that the answers and not the processor are the limit
CALLS = 4
RATES = {14: 280, 200: 4_000, 1_000: 20_000}


@contextmanager
def sink(delay: float = 0.0, rate: float = 1_000_000.0) -> Iterator[str]:
    """The address of a running sink."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "bench.sink", str(port_file), str(delay), str(rate)]
        process = subprocess.Popen(command, cwd=REPOSITORY)
        try:
            while not port_file.exists():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port_file.read_text()}"
        finally:
            process.kill()
            process.wait()


def seen(url: str) -> dict[str, float]:
    """What a sink has taken and refused."""
    with urllib.request.urlopen(f"{url}/seen") as answer:
        found: dict[str, float] = json.load(answer)
        return found


def start(url: str, *arguments: object) -> "subprocess.Popen[str]":
    """One measurement, or a part of it, in a process of its own."""
    environ = {
        **os.environ,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "bench.sending", *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environ, stdout=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> dict[str, float]:
    """What a measurement found."""
    said, _ = process.communicate()
    assert process.returncode == 0, said
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def apart(*arguments: object) -> dict[str, float]:
    """One whole measurement against a sink that answers at once."""
    with sink() as url:
        return finish(start(url, *arguments))


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "SQLite":
        (REPOSITORY / ".cache").mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=REPOSITORY / ".cache") as folder:
            yield f"sqlite:///{folder}/bench.db"
    else:
        with postgres() as server:
            yield server.new_database("bench")


def show(title: str, found: dict[str, float]) -> None:
    """One row of figures."""
    print(
        f"  {title:<40}{found['people']:>10,.0f}{found['per_second']:>10,.0f}/s"
        f"{found['cpu_ms']:>9.3f} CPU-ms{found['peak_mb']:>7.0f} MB",
        flush=True,
    )


def throughput(numbers: list[int]) -> None:
    """The engine beside the bare loops."""
    print(f"An answer at once (goals: {GOAL_PER_SECOND:,}/s on SQLite, {GOAL_MEMORY} MB at 1,000,000)")
    naive = apart("naive", 2_000)
    show("naive: boto3 send_email, one by one", naive)
    bare = apart("bulk", 20_000)
    show("bare: boto3 send_bulk_email, no ledger", bare)
    show("bare, without botocore's validation", apart("bulk-unchecked", 20_000))
    for kind in ("SQLite", "PostgreSQL"):
        for people in numbers:
            with database(kind) as url:
                found = apart("send", url, people, 2, 1.0)
            show(f"dispatch send, {kind}", found)
            times = found["per_second"] / naive["per_second"]
            cpu = found["cpu_ms"] / bare["cpu_ms"]
            said = f"{cpu:.2f} times the CPU of the bare loop (goal at 20,000: {GOAL_CPU}); {times:.1f} times naive"
            print(f"{'':42}{said}; frozen in {found['freeze_seconds']:.2f} s", flush=True)


def holding() -> None:
    """How well a granted rate is held at slow answers, as the sink sees it."""
    print(
        f"An answer after {SLOW_ANSWER * 1000:.0f} ms, SQLite (goal: {GOAL_HELD:.0%} of the granted rate, none refused)"
    )
    for rate, people in RATES.items():
        with sink(SLOW_ANSWER, rate) as address, database("SQLite") as url:
            # The whole rate, because nobody else sends here; the default leaves a tenth to others.
            finish(start(address, "send", url, people, 0, 1.0))
            found = seen(address)
        held = found["per_second"] / rate
        print(f"  granted {rate:>6,}/s   held {found['per_second']:>8,.1f}/s = {held:.1%}   refused {found['refused']}")


def workers(people: int = 20_000) -> None:
    """What a second process brings, where the answers and not the processor are the limit."""
    print(
        f"An answer after {SLOW_ANSWER * 1000:.0f} ms, PostgreSQL, {CALLS} calls a process (goal: {GOAL_WORKERS} times)"
    )
    rates = []
    for number in (1, 2):
        with sink(SLOW_ANSWER) as address, database("PostgreSQL") as url:
            finish(start(address, "freeze", url, people))
            for process in [start(address, "join", url, people, CALLS, 1.0) for _ in range(number)]:
                finish(process)
            rates.append(seen(address)["per_second"])
        print(
            f"  {number} process{'es' if number > 1 else ''}   {rates[-1]:>8,.0f}/s   {rates[-1] / rates[0]:.2f} times"
        )


if __name__ == "__main__":
    throughput([int(each) for each in sys.argv[1:]] or [20_000, 100_000, 1_000_000])
    holding()
    workers()
