#!/usr/bin/env bash
# Stops the practice server that the demo left running, then removes everything that make made.
set -euo pipefail
cd "$(dirname "$0")/.."

for workspace in .cache/demo .; do
    if [ -e "$workspace/.dispatch/practice.json" ] && [ -x .venv/bin/dispatch ]; then
        .venv/bin/dispatch --workspace "$workspace" practice stop || true
    fi
done
rm -rf .venv .cache dist build screenshots .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
find . -name __pycache__ -type d -prune -exec rm -rf {} +
