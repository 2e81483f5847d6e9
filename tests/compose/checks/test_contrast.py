"""Contrast of every text, computed from what a real browser shows."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dispatch.compose.checks.contrast import LEAST, PAIRS, contrast
from dispatch.pipeline.prepare import prepare
from tests.compose.samples import ROOT, URL, audiences

#: every visible text with the colours of itself and of the nearest ground below it
LOOK = """() => {
  const byte = number => (+number).toString(16).padStart(2, '0');
  const hex = colour => '#' + colour.match(/[\\d.]+/g).slice(0, 3).map(byte).join('');
  const clear = colour => /^rgba\\(.*, 0\\)$/.test(colour);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, words = node.data.replace(/[\\s\\u2007\\ufeff\\u034f]+/g, ' ').trim();
    let element = node.parentElement;
    if (!words || !element.getClientRects().length || getComputedStyle(element).visibility === 'hidden') continue;
    if (element.closest('div[style*="display:none"]')) continue;
    const text = hex(getComputedStyle(element).color);
    let ground = element;
    while (ground && clear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    found.push([words.slice(0, 40), text, ground ? hex(getComputedStyle(ground).backgroundColor) : '#ffffff']);
  }
  return found;
}"""


@pytest.mark.parametrize("case", ["everything", "rtl"])
@pytest.mark.parametrize("audience", ["center", "coalition"])
def test_every_text_can_be_read_on_its_ground(
    browser: Browser, shared_workspace: Path, case: str, audience: str
) -> None:
    file = ROOT / "tests/fixtures/briefs" / case / "brief.md"
    made = prepare(shared_workspace, file, list(audiences().values()), public_url=URL).editions[audience]
    brand = audiences()[audience].brand
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    for html in (made.html, made.web_html):
        page.set_content(html)
        for scheme, palette in (("light", brand.light), ("dark", brand.dark)):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            seen = page.evaluate(LOOK)
            assert len(seen) >= 15
            pale = [(words, text, ground) for words, text, ground in seen if contrast(text, ground) < LEAST]
            assert pale == [], scheme
            assert {palette.card, palette.paper} <= {ground for _, _, ground in seen}
    page.close()


def test_black_on_white_has_the_highest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("audience", ["center", "coalition"])
def test_all_pairs_of_both_palettes_can_be_read(audience: str) -> None:
    brand = audiences()[audience].brand
    for palette in (brand.light, brand.dark):
        for text, ground in PAIRS:
            assert contrast(getattr(palette, text), getattr(palette, ground)) >= LEAST, (text, ground)


@pytest.mark.parametrize("case", ["everything", "rtl"])
def test_nothing_is_wider_than_the_screen(browser: Browser, shared_workspace: Path, case: str) -> None:
    file = ROOT / "tests/fixtures/briefs" / case / "brief.md"
    made = prepare(shared_workspace, file, list(audiences().values()), public_url=URL).editions["coalition"]
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    for width in (320, 375, 640):
        page.set_viewport_size({"width": width, "height": 800})
        page.set_content(made.html)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_text_at_twice_its_size_still_fits(browser: Browser, shared_workspace: Path) -> None:
    file = ROOT / "tests/fixtures/briefs/everything/brief.md"
    made = prepare(shared_workspace, file, list(audiences().values()), public_url=URL).editions["center"]
    page = browser.new_page(viewport={"width": 640, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.set_content(made.html)
    page.evaluate("document.body.style.zoom = 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.close()


def test_without_style_sheets_the_layout_stands(browser: Browser, shared_workspace: Path) -> None:
    import re

    file = ROOT / "tests/fixtures/briefs/everything/brief.md"
    made = prepare(shared_workspace, file, list(audiences().values()), public_url=URL).editions["center"]
    bare = re.sub(r"<style.*?</style>", "", made.html, flags=re.DOTALL)
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.set_content(bare)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "36px"
    page.close()
