"""`make demo`: the whole line on the sample brief, and numbers that add up."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.server
ROOT = Path(__file__).parent.parent
DISPATCH = [sys.executable, "-m", "dispatch", "--workspace"]


def dispatch(workspace: Path, *words: str) -> Any:
    """What a command of the demo's workspace prints as JSON."""
    ran = subprocess.run([*DISPATCH, str(workspace), *words, "--json"], capture_output=True, timeout=60, check=True)
    return json.loads(ran.stdout)


def run_demo(workspace: Path) -> str:
    ran = subprocess.run(
        ["bash", "scripts/demo.sh", str(workspace)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The demo's workspace and what it printed, the second time: what the first left behind must not matter."""
    workspace = tmp_path_factory.mktemp("demo") / "workspace"
    try:
        run_demo(workspace)
        yield workspace, run_demo(workspace)
    finally:
        dispatch(workspace, "practice", "stop")
        shutil.rmtree(workspace)


def test_88_people_get_one_mail_each(demo: tuple[Path, str]) -> None:
    workspace, _ = demo
    inbox = dispatch(workspace, "practice", "status")["url"]
    with urllib.request.urlopen(f"{inbox}/api/messages", timeout=30) as answer:
        mails = json.load(answer)

    got = Counter(
        address for mail in mails for address in ([mail["to"]] if isinstance(mail["to"], str) else mail["to"])
    )

    assert len(got) == 88
    assert set(got.values()) == {1}


def test_the_report_adds_up(demo: tuple[Path, str]) -> None:
    report = dispatch(demo[0], "report")

    center, coalition, totals = report["audiences"]["center"], report["audiences"]["coalition"], report["totals"]
    assert (center["submitted"], coalition["submitted"], totals["submitted"]) == (48, 40, 88)
    assert [totals[name] for name in ("queued", "submitting", "failed", "uncertain", "skipped")] == [0] * 5
    assert totals["audience"] == 88


def test_it_shows_every_command_and_where_the_mails_lie(demo: tuple[Path, str]) -> None:
    _, printed = demo

    shown = re.findall(r"^\$ dispatch (\w+)", printed, re.MULTILINE)

    assert shown == ["init", "members", "members", "check", "send", "events", "report", "practice"]
    assert re.search(r"http://127\.0\.0\.1:\d+/inbox", printed)
    assert "PRACTICE: NOTHING LEAVES THIS COMPUTER" in printed
