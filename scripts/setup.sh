#!/usr/bin/env bash
# Makes .venv with what is pinned: `setup.sh run` to use dispatch, `setup.sh dev` to work on it too.
# Called by make, which runs it again only when one of the files that it depends on changed.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:?run or dev}
venv=.venv

say() { printf '%s\n' "$*" >&2; }

# Install Debian packages, or say which ones are missing.
install_packages() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            as_root=(sudo)
        else
            as_root=(none)
        fi
    fi
    if [ "${as_root[*]}" = none ] || ! command -v apt-get >/dev/null; then
        say "Some programs are missing, and only an administrator can install them."
        say "  Missing Debian packages: $*"
        say "  Ask for:  apt-get install $*"
        exit 1
    fi
    say "Installing Debian packages: $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The first Python that is new enough; the variable PYTHON names another.
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "There is no Python 3.11 or newer on this machine."
    say "  Looked for python3, python3.13, python3.12 and python3.11."
    say "  Install one (on Debian 12 or newer: apt-get install python3), or name it: make PYTHON=/path/to/python …"
    exit 1
}

make_venv() {
    local python
    python=$(find_python)
    # Debian ships venv without ensurepip, in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "Making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
}

install_python_packages() {
    local pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet)
    say "Installing what requirements/ pins"
    if [ "$what" = dev ]; then
        "${pip[@]}" install --require-hashes -r requirements/dev.txt
    else
        "${pip[@]}" install --require-hashes -r requirements/run.txt -r requirements/build.txt
    fi
    "${pip[@]}" install --no-deps --no-build-isolation --editable .
}

# The programs that tests start: a browser and its fonts, and a database server.
install_test_programs() {
    local missing=()
    command -v chromium >/dev/null || missing+=(chromium)
    [ -d /usr/share/fonts/truetype/liberation ] || [ -d /usr/share/fonts/truetype/liberation2 ] || missing+=(fonts-liberation)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

"$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || make_venv
[ "$what" != dev ] || install_test_programs
install_python_packages
touch "$venv/.ready-run"
[ "$what" != dev ] || touch "$venv/.ready-dev"
