"""Every page and state of the preview and of the readers' pages, looked at by axe-core; and used by keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from dispatch.model.delivery import DeliveryState
from dispatch.model.proof import Proof
from dispatch.store import ledger, proofs
from dispatch.store.database import Database
from dispatch.tokens import TokenKind, sign
from dispatch.web.readers import routes
from tests.fixtures_browser import Preview, violations
from tests.store.samples import join, leave, start
from tests.web.site import served

PAGES = [
    "",
    "?show=text",
    "?show=source",
    "?show=blocked&width=320",
    "?light=dark&audience=center&width=375",
    "?person=ahmad.haddad%40example.com",
    "?person=nobody%40example.org",
    "?search=a",
    "?search=zzzz",
    "?person=longest",
    "inbox",
    "differences",
    "findings",
    "links",
    "people",
    "people?part=left-out",
    "people?search=haddad",
    "words",
    "proof",
    "u/preview",
]


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("light", ["light", "dark"])
def test_no_page_of_the_preview_has_a_violation(seen: Preview, browser: Browser, light: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if light == "dark" else "light"
    )
    page = context.new_page()
    found = {}
    for path in PAGES:
        page.goto(seen.url + path, wait_until="load")
        if wrong := violations(page):
            found[path] = wrong
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than {width}"
    context.close()
    assert found == {}


def test_no_state_of_a_broken_brief_has_a_violation(preview: Preview, page: Page) -> None:
    page.goto(preview.url + "findings")
    preview.workspace.edit("[^7]: Ibid", "")
    expect(page.locator(".findings .error").first).to_be_visible()
    assert violations(page) == []

    preview.workspace.edit("title:", "titel:")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


def test_no_refusal_has_a_violation(preview: Preview, page: Page) -> None:
    page.goto(preview.url + "words")
    page.get_by_label("Subject").fill("Typed")
    preview.workspace.edit('subject: "Potential arms deals?', 'subject: "Saved:')
    expect(page.locator("body.behind")).to_have_count(1)
    assert violations(page) == []
    page.get_by_role("button", name="Save to brief.md").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []

    page.goto(preview.url + "proof")
    page.get_by_label("Addresses, one per line").fill("no address")
    page.get_by_role("button", name="Send the proof").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


def test_the_exported_preview_has_no_violation(seen: Preview, page: Page, tmp_path: Path) -> None:
    done = seen.workspace.run("preview", "--export", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    for name in ("index.html", "inbox.html", "differences.html", "findings.html", "links.html", "people.html"):
        page.goto((tmp_path / "out" / name).as_uri())
        assert violations(page) == [], name


@pytest.mark.parametrize("light", ["light", "dark"])
def test_no_page_of_the_readers_has_a_violation(browser: Browser, tmp_path: Path, light: str) -> None:
    with Database.in_file(tmp_path / "dispatch.db") as database:
        join(database, "center", "ann", "cy", "dan")
        join(database, "coalition", "ann")
        leave(database, "dan")
        campaign = start(database)
        token = database.key("token")
        with database.writing() as connection:
            ids = {each.address[:3]: each.id for each in ledger.in_state(connection, campaign.id, *DeliveryState)}
            proof = Proof("f" * 32, "a-brief", "ABC234", campaign.created_at, {}, {}, ("boss@example.org",))
            proofs.add(connection, proof, {"center": 1}, [("e" * 32, "center", "boss@example.org")])
        paths = [f"/u/{sign(token, TokenKind.READER, ids[name])}" for name in ("ann", "dan")]
        paths += [f"/approve/{sign(token, TokenKind.APPROVAL, proof.id)}", "/u/x", "/b/x/y"]
        paths += [f"/u/{sign(token, TokenKind.PROOF, proof.id)}"]
        page = browser.new_page(color_scheme="dark" if light == "dark" else "light")
        with served(Starlette(routes=routes(database, public_folder=tmp_path, banner="PRACTICE"))) as site:
            for path in paths:
                page.goto(f"http://127.0.0.1:{site.port}{path}")
                assert violations(page) == [], path
            page.goto(f"http://127.0.0.1:{site.port}{paths[0]}")
            page.get_by_role("button").click()
            expect(page.get_by_role("heading")).to_have_text("You are unsubscribed")
            assert violations(page) == []
            page.get_by_role("button").first.click()
            expect(page.get_by_role("heading")).to_have_text("You are subscribed again")
            assert violations(page) == []
            page.goto(f"http://127.0.0.1:{site.port}{paths[2]}")
            page.get_by_role("textbox").fill(" ")
            page.get_by_role("button").click()
            expect(page.get_by_role("alert")).to_be_visible()
            assert violations(page) == []
            page.get_by_role("textbox").fill("Ann")
            page.get_by_role("button").click()
            expect(page.get_by_role("heading")).to_have_text("Approved")
            assert violations(page) == []
        page.close()


def test_the_preview_is_used_by_keyboard_alone(seen: Preview, page: Page) -> None:
    page.goto(seen.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"

    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
    wanted = ["Email", "Inbox", "Both", "Email", "Images blocked", "Phone 375", "Dark", "Longest values", "search"]
    assert [each for each in reached if each in wanted] == wanted

    page.goto(seen.url)
    page.get_by_role("link", name="Phone 375").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**width=375**")


def test_nothing_moves_for_who_wants_no_motion(seen: Preview, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(seen.url)
    moving = page.evaluate("document.getAnimations().length")
    style = (Path(__file__).parents[2] / "src/dispatch/web/pages/style.css").read_text("utf-8")
    assert moving == 0
    assert "animation" not in style
    assert "transition" not in style
