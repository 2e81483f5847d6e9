"""Pictures of Editions in a real browser: `python scripts/screenshots.py [--out DIR] [BRIEF.md…]`.

Renders each brief (the seed where none is named) for both Audiences and photographs the mail inside a frame of 640
and of 375 pixels, light and dark, with Debian's Chromium; and in Firefox where it is installed (light only: it takes
no colour scheme from the command line). Writes below screenshots/, which git ignores.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

from dispatch.model.edition import Letter
from dispatch.pipeline.prepare import Prepared, prepare
from dispatch.settings import load

ROOT = Path(__file__).parents[1]
SEED = ROOT / "briefs/2023-09-19-potential-arms-deals/brief.md"
URL = "https://briefs.example.org"
WIDTHS = (640, 375)
FRAME = '<body style="margin:0"><iframe src="{source}" style="border:0;width:{width}px;height:{height}px"></iframe>'
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def filled(prepared: Prepared, audience: str) -> str:
    """The html of an Edition as a sample member gets it."""
    from dispatch.compose.merge import letter, values

    made = letter(prepared.editions[audience])
    return Letter.fill(made.html, values(made, {"name": "Sample Member"}, {"unsubscribe_url": f"{URL}/u/sample"}))


def photograph(browser: Browser, prepared: Prepared, audience: str, out: Path) -> None:
    """All widths and both lights of one Edition."""
    data = {picture.name: picture for picture in prepared.pictures.values()}

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        if name in data:
            route.fulfill(body=data[name].data, content_type=data[name].media_type)
        elif route.request.url == f"{URL}/mail":
            route.fulfill(body=filled(prepared, audience), content_type="text/html; charset=utf-8")
        else:
            route.abort()

    for scheme in ("light", "dark"):
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": 700, "height": 900}, color_scheme=scheme)
            page.route("**/*", answer)
            frame = FRAME.format(source=f"{URL}/mail", width=width, height=900)
            page.set_content(frame, wait_until="networkidle")
            inner = page.frames[1]
            height = inner.evaluate("document.documentElement.scrollHeight")
            wide = inner.evaluate("document.documentElement.scrollWidth")
            page.set_viewport_size({"width": 700, "height": height})
            page.eval_on_selector("iframe", f"frame => frame.style.height = '{height}px'")
            file = out / f"{prepared.brief.slug}-{audience}-{width}-{scheme}.png"
            page.locator("iframe").screenshot(path=file)
            print(f"{file}  {'TOO WIDE: ' + str(wide) if wide > width else ''}")
            page.close()


def photograph_in_firefox(prepared: Prepared, audience: str, out: Path) -> None:
    """The same in Firefox, whose headless mode takes pictures by itself."""
    with tempfile.TemporaryDirectory() as folder:
        page = filled(prepared, audience)
        for picture in prepared.pictures.values():
            (Path(folder) / picture.name).write_bytes(picture.data)
            page = page.replace(f"{URL}/i/{picture.name}", picture.name)
        (Path(folder) / "mail.html").write_text(page, "utf-8")
        for width in WIDTHS:
            frame = FRAME.format(source="mail.html", width=width, height=3400)
            (Path(folder) / "frame.html").write_text(frame, "utf-8")
            file = out / f"{prepared.brief.slug}-{audience}-{width}-firefox.png"
            asked = ["firefox-esr", "--headless", "--no-remote", "--profile", f"{folder}/profile{width}"]
            (Path(folder) / f"profile{width}").mkdir()
            asked += [f"--screenshot={file}", f"--window-size={max(width, 500)},3400", f"file://{folder}/frame.html"]
            subprocess.run(asked, check=True, capture_output=True, timeout=120)
            print(file)


def main() -> None:
    """Photograph every brief that is named."""
    import shutil

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    parser.add_argument("briefs", nargs="*", type=Path, default=[SEED])
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    audiences = load(ROOT, {}).all_audiences()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for file in asked.briefs:
            prepared = prepare(ROOT, file, audiences, public_url=URL)
            for audience in audiences:
                photograph(browser, prepared, audience.slug, asked.out)
                if shutil.which("firefox-esr"):
                    photograph_in_firefox(prepared, audience.slug, asked.out)
        browser.close()


if __name__ == "__main__":
    main()
