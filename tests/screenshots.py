"""Pictures of the pages: `python -m tests.screenshots`, written below screenshots/pages/, which git ignores.

The preview from a running process and the readers' pages from a running practice server, for a computer and for a
phone, light and dark. The Editions themselves: scripts/screenshots.py.
"""

import json
import re
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.fixtures_browser import open_chromium, start_preview
from tests.fixtures_workspace import REPOSITORY, Workspace, make_workspace

OUT = REPOSITORY / "screenshots" / "pages"
SIZES = {"computer": (1280, 900), "phone": (375, 812)}
PAGES = {
    "mail": "",
    "mail-phone-dark": "?width=375&light=dark",
    "mail-blocked": "?show=blocked",
    "mail-text": "?show=text",
    "inbox": "inbox",
    "differences": "differences",
    "findings": "findings",
    "links": "links",
    "people": "people",
    "words": "words",
    "proof": "proof",
}


def main() -> None:
    """Take all pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = make_workspace(Path(folder) / "workspace")
        browser = open_chromium(playwright)
        try:
            of_preview(workspace, browser)
            of_readers(workspace, browser)
        finally:
            workspace.run("practice", "stop")
            browser.close()


def of_preview(workspace: Workspace, browser: Browser) -> None:
    """Every page of the preview, and the page over a broken brief."""
    preview = start_preview(workspace)
    try:
        for size, page in pages(browser):
            for name, path in PAGES.items():
                page.goto(preview.url + path, wait_until="networkidle" if path.startswith("people") else "load")
                page.wait_for_timeout(300)
                take(page, f"preview-{name}-{size}")
        workspace.edit("title:", "titel:")
        for size, page in pages(browser):
            page.goto(preview.url)
            page.get_by_role("alert").wait_for()
            page.wait_for_timeout(300)
            take(page, f"preview-broken-{size}")
        workspace.edit("titel:", "title:")
    finally:
        preview.stop()
        preview.process.communicate()


def of_readers(workspace: Workspace, browser: Browser) -> None:
    """The pages that a reader and a director reach from their mails."""
    workspace.run("proof", "--to", "director@example.org")
    workspace.run("send", "--yes", DISPATCH_SEND__HOLD_SECONDS="0", DISPATCH_SEND__SETTLE_SECONDS="0")
    url = json.loads((workspace.folder / ".dispatch" / "practice.json").read_text("utf-8"))["url"]
    links = {kind: _link(url, kind) for kind in ("/approve/", "/u/", "/b/")}
    for size, page in pages(browser):
        for name, address in (
            ("approve", links["/approve/"]),
            ("unsubscribe", links["/u/"]),
            ("web-copy", links["/b/"]),
            ("unknown", f"{url}/u/cut-short"),
        ):
            page.goto(address)
            take(page, f"reader-{name}-{size}")
    for size, page in pages(browser):
        page.goto(links["/u/"])
        page.get_by_role("button").last.click()
        take(page, f"reader-unsubscribed-{size}")
        page.get_by_role("button").first.click()


def _link(url: str, kind: str) -> str:
    """The newest mail's link of a kind; a Proof's for an approval."""
    for each in reversed(_fetch(url + "/api/messages")):
        text = _fetch(f"{url}/api/messages/{each['message_id']}")["text"]
        found = re.search(rf"http://\S+{kind}\S+", text)
        if found is not None:
            return found[0]
    raise AssertionError(f"no mail has a link {kind}")


def _fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def pages(browser: Browser) -> Iterator[tuple[str, Page]]:
    """A page in every size and light, with its name."""
    for (size, (width, height)), light in product(SIZES.items(), ("light", "dark")):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if light == "dark" else "light"
        )
        yield f"{size}-{light}", context.new_page()
        context.close()


def take(page: Page, name: str) -> None:
    """One picture, of the window as it opens."""
    page.screenshot(path=OUT / f"{name}.png")
    sys.stdout.write(f"screenshots/pages/{name}.png\n")


if __name__ == "__main__":
    main()
