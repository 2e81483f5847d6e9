"""Runs `make test` ten times while another process burns one processor, and exits 1 at the first run that is red.

Run it as `python -m scripts.steady --times 10`. Each run's output is in `.cache/steady/`; the seconds of each are
printed, so that one sees whether a run is quick enough as well.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOGS = Path(".cache") / "steady"


@contextmanager
def burner() -> Iterator[None]:
    """Keep one processor busy until the end of the block."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def run_once(number: int) -> bool:
    """Run `make test`, print how it went, and return whether it was green."""
    log = LOGS / f"{number}.txt"
    began = time.monotonic()
    with log.open("wb") as output:
        status = subprocess.run(
            ["make", "test"], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
        ).returncode
    print(f"run {number}: {'green' if not status else 'RED'}, {time.monotonic() - began:.0f} s, {log}", flush=True)
    return status == 0


def main() -> int:
    """Return the exit status: 1 when a run was red."""
    options = argparse.ArgumentParser(description="Run make test many times beside a busy process.")
    options.add_argument("--times", type=int, default=10)
    times = options.parse_args().times
    LOGS.mkdir(parents=True, exist_ok=True)
    with burner():
        return 0 if all(run_once(number + 1) for number in range(times)) else 1


if __name__ == "__main__":
    sys.exit(main())
