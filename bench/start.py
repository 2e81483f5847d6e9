"""The start of a command, as whole processes: `dispatch --help` beside an empty Python, and `dispatch check`.

`python -m bench.start`: medians; the goals are 6 times an empty `python -c pass`, and 1.5 seconds.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
RUNS = 15
#: `--help` in empty Pythons; `check` of the sample brief in seconds
GOAL_HELP, GOAL_CHECK = 6.0, 1.5


def seconds(*command: str) -> float:
    """The median of whole runs, the first one, which fills the caches, left out."""
    taken = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def main() -> None:
    """Measure and print."""
    empty = seconds(sys.executable, "-c", "pass")
    dispatch = str(Path(sys.executable).parent / "dispatch")
    helped = seconds(dispatch, "--help")
    checked = seconds(dispatch, "check")
    print(f"empty Python         {empty * 1000:6.0f} ms")
    times = f"{helped / empty:.1f} times an empty Python (goal {GOAL_HELP:.0f})"
    print(f"dispatch --help      {helped * 1000:6.0f} ms   {times}")
    print(f"dispatch check       {checked * 1000:6.0f} ms   (goal {GOAL_CHECK * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
