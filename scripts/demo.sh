#!/usr/bin/env bash
# The line from a member list to a report, in a fresh workspace: .cache/demo, or the folder named. Nothing leaves this
# computer.
# Every command is shown before it runs: typed by hand, inside a workspace, it does the same.
set -euo pipefail
cd "$(dirname "$0")/.."

dispatch=$PWD/.venv/bin/dispatch
workspace=${1:-.cache/demo}

show() {
    printf '\n$ dispatch %s\n' "$*"
    "$dispatch" "$@"
}

# Stop what an earlier demo left running, and begin with nothing.
if [ -e "$workspace/dispatch.toml" ]; then
    "$dispatch" --workspace "$workspace" practice stop >/dev/null || true
fi
rm -rf "$workspace"
mkdir -p "$(dirname "$workspace")"

show init "$workspace"
printf '$ cd %s\n' "$workspace"
cd "$workspace"
show members import subscribers/center.csv --list center --yes
show members import subscribers/coalition.csv --list coalition --yes
show check
printf '\n(The 30 seconds in which nothing has left are shortened to 2 for this demo.)'
DISPATCH_SEND__HOLD_SECONDS=2 show send --yes
show events pull
show report
show practice status
cat <<END

The mails lie in the inbox at the address above; nothing has left this computer.
The workspace of this demo: $PWD
Stop the practice server:   cd $PWD && $dispatch practice stop
END
