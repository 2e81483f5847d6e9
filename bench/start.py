"""The start of a command, as whole processes: CPU beside an empty Python in the same run, and seconds.

`python -m bench.start [RUNS]`: medians in a workspace of the sample brief and lists, in practice, with one Campaign.
The machine may be shared: CPU in empty Pythons is the figure to trust, the seconds are those of an idle machine only.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.scale import REPOSITORY, workspace

RUNS = 7
#: command -> seconds of an idle machine
GOALS = {"": 0.3, "check": 0.5, "report": 0.5, "send --dry-run --json": 0.9, "campaigns": 0.3, "members list": 0.5}
#: `--help` in empty Pythons
GOAL_HELP = 5.0


def measured(folder: Path, runs: int, *command: str) -> tuple[float, float]:
    """The median CPU and wall seconds of whole runs, the first one, which fills the caches, left out."""
    taken = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        taken.append((usage.ru_utime + usage.ru_stime, time.perf_counter() - began))
    return statistics.median(cpu for cpu, _ in taken[1:]), statistics.median(wall for _, wall in taken[1:])


def main(runs: int) -> None:
    """Measure and print."""
    dispatch = str(Path(sys.executable).parent / "dispatch")
    with workspace() as folder:
        for name in ("center", "coalition"):
            file = str(REPOSITORY / "subscribers" / f"{name}.csv")
            subprocess.run([dispatch, "members", "import", file, "--list", name, "--yes"], cwd=folder, check=False)
        subprocess.run([dispatch, "send", "--yes", "--json"], cwd=folder, check=True, capture_output=True)
        subprocess.run([dispatch, "practice", "stop"], cwd=folder, check=True, capture_output=True)
        empty, wall = measured(folder, runs * 3, sys.executable, "-c", "pass")
        print(f"  {'empty Python':<34}{empty * 1000:>7.0f} CPU-ms{wall * 1000:>7.0f} ms")
        cpu, wall = measured(folder, runs, dispatch, "--help")
        times = f"{cpu / empty:>6.1f} empty Pythons (goal {GOAL_HELP:.0f})"
        print(f"  {'dispatch --help':<34}{cpu * 1000:>7.0f} CPU-ms{wall * 1000:>7.0f} ms{times}")
        for words, goal in GOALS.items():
            cpu, wall = measured(folder, runs, dispatch, *words.split())
            times = f"{cpu / empty:>6.1f} empty Pythons (goal {goal:g} s)"
            print(f"  {f'dispatch {words}':<34}{cpu * 1000:>7.0f} CPU-ms{wall * 1000:>7.0f} ms{times}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
