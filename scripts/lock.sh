#!/usr/bin/env bash
# Pins the newest dependencies that requirements/*.in allow, with hashes and without the name of any package index.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=.cache/lock
[ -x "$tools/bin/uv" ] || { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet uv; }
uv=$(realpath "$tools/bin/uv")
cd requirements
pin() {
    "$uv" pip compile "$1.in" "${@:2}" --upgrade --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --quiet --output-file "$1.txt" >/dev/null
}
pin dev
# The other two hold the versions that the tests ran with.
pin run -c dev.txt
pin build -c dev.txt
