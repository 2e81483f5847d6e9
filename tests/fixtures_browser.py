"""Fixtures: Debian's Chromium, driven by Playwright, and a running `dispatch preview`."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.fixtures_workspace import Workspace, environment

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: longest wait for what a page should show, on a machine that is busy
PATIENCE_MS = 20_000
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"


def open_chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium; the run fails where there is none."""
    if not CHROMIUM.exists():
        pytest.exit("Chromium is missing; install it: apt-get install chromium", returncode=1)
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for the whole run."""
    with sync_playwright() as playwright:
        opened = open_chromium(playwright)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of 1280 x 900 pixels; errors of its scripts fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, a line each."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, {iframes: false, resultTypes: ['violations']})).violations"
    )
    return [f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes']]}" for each in found]


@dataclass(frozen=True, slots=True)
class Preview:
    """A running `dispatch preview`."""

    url: str
    workspace: Workspace
    process: "subprocess.Popen[str]"

    def stop(self) -> int:
        """Ctrl-C; gives the status that it ends with."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


def start_preview(workspace: Workspace, *arguments: str, **variables: str) -> Preview:
    """Start `dispatch preview` and read its address, the first line that it prints."""
    process = subprocess.Popen(
        workspace.command("preview", "--no-open", *arguments),
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A test run in the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line.startswith("http://127.0.0.1:"):
        process.kill()
        raise AssertionError(f"{line!r}: {process.communicate()[1]}")
    return Preview(line, workspace, process)


@pytest.fixture
def preview(workspace: Workspace) -> Iterator[Preview]:
    """A running preview of the seed brief; it must say nothing on standard error and end well."""
    started = start_preview(workspace)
    yield started
    status = started.stop() if started.process.poll() is None else started.process.returncode
    errors = started.process.communicate()[1]
    assert (status, errors) == (0, "")


@pytest.fixture(scope="session")
def seen(filled_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A running preview that is only looked at: tests that share it change nothing in its workspace."""
    folder = tmp_path_factory.mktemp("seen") / "workspace"
    shutil.copytree(filled_workspace.folder, folder)
    started = start_preview(Workspace(folder))
    yield started
    assert started.stop() == 0
    assert started.process.communicate()[1] == ""
