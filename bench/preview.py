"""The preview: first paint after process start, save to visible change, and 10,000 members in the plan.

    python -m bench.preview

Figures are medians of whole runs in Chromium, on whatever else this machine is doing.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.fixtures_browser import Preview, open_chromium, start_preview
from tests.fixtures_workspace import Workspace, make_workspace

STARTS, SAVES, LOADS = 5, 12, 5
MEMBERS = 10_000
#: first paint in seconds, save to visible change in seconds
GOAL_PAINT, GOAL_SAVE = 1.5, 0.3
#: whether a mail on the page holds the words
_SHOWS = """words => [...document.querySelectorAll("#main:not(.coming) iframe")].some(
    frame => (frame.contentDocument?.body?.innerText ?? "").includes(words))"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = make_workspace(Path(folder) / "workspace")
        browser = open_chromium(playwright)
        paints = [first_paint(workspace, browser) for _ in range(STARTS)]
        show("first paint after process start", paints, GOAL_PAINT)
        preview = start_preview(workspace)
        try:
            page = browser.new_page()
            show("save to visible change", saves(preview, page), GOAL_SAVE)
            import_members(workspace)
            page.goto(preview.url + "people")
            for path in ("people", "people?search=member99", "people?part=several", "?search=member99"):
                found = [seconds(page.goto, preview.url + path) for _ in range(LOADS)]
                show(f"{MEMBERS:,} members: /{path}", found)
        finally:
            preview.stop()
            preview.process.communicate()
        browser.close()


def first_paint(workspace: Workspace, browser: Browser) -> float:
    """Seconds from the start of `dispatch preview` to the first content that Chromium paints."""
    page = browser.new_page()
    started = time.time()
    preview = start_preview(workspace)
    page.goto(preview.url, wait_until="load")
    script = "() => performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime"
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    painted: float = page.evaluate(script)
    preview.stop()
    preview.process.communicate()
    page.close()
    return painted / 1000 - started


def saves(preview: Preview, page: Page) -> list[float]:
    """Seconds from each save of brief.md to the change on the page, in the mail itself."""
    page.goto(preview.url)
    words = "North Korean leader Kim Jong Un"
    page.frame_locator("iframe").first.get_by_text(words).first.wait_for()
    found = []
    for number in range(SAVES):
        new = f"Reading number {number}: {words}"
        text = preview.workspace.brief.read_text("utf-8")
        at = text.index(words)
        before = text.rfind("\n", 0, at) + 1
        started = time.monotonic()
        preview.workspace.brief.write_text(text[:before] + new + text[at + len(words) :], "utf-8")
        page.wait_for_function(_SHOWS, arg=f"Reading number {number}:", polling=5)
        found.append(time.monotonic() - started)
    return found


def import_members(workspace: Workspace) -> None:
    """Put 10,000 members on the list of the center."""
    file = workspace.folder / "many.csv"
    rows = (f"member{number}@example.org,Member Number {number}" for number in range(MEMBERS))
    file.write_text("email,name\n" + "\n".join(rows) + "\n", "utf-8")
    done = workspace.run("members", "import", str(file), "--list", "center", "--yes")
    assert done.returncode == 0, done.stderr


def seconds(act: Callable[[str], object], url: str) -> float:
    """How long an act on an address takes."""
    started = time.monotonic()
    act(url)
    return time.monotonic() - started


def show(what: str, found: list[float], goal: float | None = None) -> None:
    """One line: the median and the extremes, in seconds."""
    asked = "" if goal is None else f"  goal {goal:g}"
    sys.stdout.write(f"{what:<52} {statistics.median(found):6.3f} s  ({min(found):.3f} to {max(found):.3f}){asked}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
