"""Runs every property test again and again with new examples, for so many minutes, and exits 1 when one found a fault.

Run it as `python -m scripts.fuzz --minutes 10`. What it prints at a fault becomes an `@example` of that test, so that
every later run tries it first.
"""

import argparse
import random
import subprocess
import sys
import time


def run_once(seed: int, paths: list[str]) -> int:
    """Run all property tests with the examples of one seed; return pytest's exit status."""
    words = ["-m", "hypothesis", "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}", "-n", "2", "-q"]
    words += ["--no-header", "--disable-warnings", "--timeout=0", "-p", "no:cacheprovider"]
    return subprocess.run([sys.executable, "-m", "pytest", *words, *paths], check=False).returncode


def main() -> int:
    """Return the exit status: 1 when a property does not hold."""
    options = argparse.ArgumentParser(description="Explore every property test with new examples.")
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("paths", nargs="*", help="only the property tests in these files or folders")
    chosen = options.parse_args()
    until = time.monotonic() + 60 * chosen.minutes
    rounds = 0
    while time.monotonic() < until:
        seed = random.SystemRandom().randrange(2**32)
        if status := run_once(seed, chosen.paths):
            print(f"A property does not hold (seed {seed}). Write what is shown above as an @example.")
            return status
        rounds += 1
    print(f"{rounds} rounds of new examples in {chosen.minutes:g} minutes: every property holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
