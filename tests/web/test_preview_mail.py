"""The preview's mails in Chromium: both Editions, in every width, light and state, and for every person."""

import csv
import re

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.fixtures_browser import Preview
from tests.fixtures_workspace import SLUG

FIRST_WORDS = "North Korean leader Kim Jong Un made a surprise state visit"


def mail(page: Page, audience: str = "center") -> Frame:
    """The frame in which an Audience's mail is shown, loaded."""
    shown = page.locator(f"iframe[name={audience}]").element_handle()
    # Asked of the element and not of the page: the page learns a frame's name later than the element stands.
    frame = shown.content_frame()
    assert frame is not None
    frame.wait_for_load_state("load")
    return frame


def colour(frame: Frame, selector: str) -> str:
    found: str = frame.locator(selector).first.evaluate("node => getComputedStyle(node).backgroundColor")
    return found


def test_the_first_page_shows_both_editions_with_subject_preheader_and_size(seen: Preview, page: Page) -> None:
    page.goto(seen.url)

    for audience, name in (("center", "Center"), ("coalition", "Business Coalition")):
        section = page.locator(f"section[aria-labelledby={audience}]")
        expect(section.get_by_role("heading")).to_have_text(name)
        expect(section).to_contain_text("Potential arms deals? The Russia-North Korea summit")
        expect(section).to_contain_text("What Kim Jong Un and Vladimir Putin discussed")
        expect(section).to_contain_text(re.compile(r"\d\d,\d{3} bytes"))
        expect(mail(page, audience).get_by_text(FIRST_WORDS)).to_be_visible()
    expect(page).to_have_title(re.compile("^Email · Potential Arms Deals"))


def test_a_frame_is_as_tall_as_its_mail(seen: Preview, page: Page) -> None:
    page.goto(seen.url)
    mail(page)
    page.wait_for_function(
        "() => { const f = document.querySelector('iframe[name=center]');"
        " return Math.abs(f.clientHeight - f.contentDocument.documentElement.scrollHeight) < 3 }"
    )


@pytest.mark.parametrize(("words", "width"), [("Desktop 640", 640), ("Phone 375", 375), ("Narrow 320", 320)])
def test_the_mail_is_shown_in_each_width(seen: Preview, page: Page, words: str, width: int) -> None:
    page.goto(seen.url)
    page.get_by_role("link", name=words).click()

    assert mail(page).evaluate("innerWidth") == width
    assert mail(page).evaluate("document.documentElement.scrollWidth") == width
    expect(page.get_by_role("link", name=words)).to_have_attribute("aria-current", "true")


def test_one_edition_alone(seen: Preview, page: Page) -> None:
    page.goto(seen.url)
    page.get_by_role("navigation", name="Edition").get_by_role("link", name="Center", exact=True).click()

    expect(page.locator("iframe")).to_have_count(1)
    expect(mail(page).get_by_text(FIRST_WORDS)).to_be_visible()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_light_and_dark_are_shown_whatever_the_system_says(seen: Preview, page: Page, system: str) -> None:
    page.emulate_media(color_scheme="dark" if system == "dark" else "light")
    page.goto(seen.url)
    assert colour(mail(page), ".card") == "rgb(255, 255, 255)"

    page.get_by_role("link", name="Dark").click()
    page.wait_for_url("**light=dark**")
    assert colour(mail(page), ".card") == "rgb(27, 30, 34)"


def test_images_blocked_leave_their_words(seen: Preview, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(seen.url + "?show=blocked")

    widths = mail(page).eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert widths
    assert set(widths) == {0}
    expect(mail(page).get_by_alt_text("The America-Eurasia Center").first).to_be_attached()


def test_pictures_come_from_the_preview_itself(seen: Preview, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(seen.url)
    page.wait_for_load_state("load")

    mail(page).wait_for_function("() => [...document.images].filter(i => i.offsetWidth).every(i => i.naturalWidth)")
    assert any("/i/" in url for url in asked)
    assert {url.split("/")[2] for url in asked} == {seen.url.split("/")[2]}


def test_styles_stripped_leave_a_mail_with_its_inline_styles(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "?show=stripped")

    styles = mail(page).locator("style").all_inner_texts()
    assert len(styles) == 1  # the preview's own, for places
    assert "dispatch-place" in styles[0]
    expect(mail(page).get_by_text(FIRST_WORDS)).to_be_visible()


def test_the_plain_text_and_the_source_as_they_are_sent(seen: Preview, page: Page) -> None:
    page.goto(seen.url)
    page.get_by_role("link", name="Plain text").click()
    text = page.get_by_role("region", name="Plain text, Center").inner_text()
    assert FIRST_WORDS.split()[0] in text
    assert "<p" not in text

    page.get_by_role("link", name="Source").click()
    source = page.get_by_role("region", name="Source, Center").inner_text()
    assert source.lstrip().lower().startswith("<!doctype html")
    # the address that the mail will carry, not the preview's own
    assert re.search(r"http://127\.0\.0\.1:8425/i/[0-9a-f]{32}\.jpg", source)


def test_addresses_of_the_mail_are_those_of_the_settings(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "?show=source&audience=center")

    source = page.get_by_role("region", name="Source, Center").inner_text()
    assert f"/b/{SLUG}/center" in source
    assert seen.url.rstrip("/") + "/i/" not in source


def test_an_inbox_cuts_subject_and_preheader(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "inbox")

    phone = page.get_by_role("region", name="Gmail, phone")
    row = phone.get_by_role("listitem").filter(has_text="America-Eurasia Center")
    expect(row.locator(".subject")).to_have_text("Potential arms deals? The Russia-No…")
    expect(row).to_contain_text("rth Korea summit")
    desk = page.get_by_role("region", name="Outlook, desktop")
    expect(desk.locator(".subject").first).to_have_text("Potential arms deals? The Russia-North Korea summit")


# --- as a member --------------------------------------------------------------------------------------


@pytest.fixture
def greeting(preview: Preview) -> Preview:
    """A preview whose mail greets its reader by name."""
    preview.workspace.edit(FIRST_WORDS, f"Dear [[name|reader]] of [[organisation|your office]], {FIRST_WORDS}")
    return preview


def test_the_mail_as_a_member_found_by_a_part_of_the_name(greeting: Preview, page: Page) -> None:
    page.goto(greeting.url)
    expect(mail(page).get_by_text("Dear reader of your office")).to_be_visible()

    page.get_by_label("Preview as a recipient").fill("haddad")
    page.get_by_label("Preview as a recipient").press("Enter")
    page.get_by_role("list", name="Recipients found").get_by_role("link").first.click()

    expect(mail(page).get_by_text("Dear Ahmad Haddad of")).to_be_visible()
    page.get_by_text("Merge values").click()
    expect(page.locator(".values")).to_contain_text("ahmad.haddad@example.com")


def test_the_mail_with_the_longest_and_the_emptiest_values(greeting: Preview, page: Page) -> None:
    page.goto(greeting.url)
    mail(page)
    page.get_by_role("link", name="Longest values").click()
    page.wait_for_url("**person=longest**")
    longest = mail(page).get_by_text("Dear ").inner_text()
    page.get_by_role("link", name="Shortest values").click()
    page.wait_for_url("**person=emptiest**")

    # one of the sample members has no name
    expect(mail(page).get_by_text("Dear reader of")).to_be_visible()
    names = [row["name"] for row in sample_members(greeting)]
    assert f"Dear {max(names, key=len)} of" in longest


def sample_members(preview: Preview) -> list[dict[str, str]]:
    files = sorted((preview.workspace.folder / "subscribers").glob("*.csv"))
    return [row for file in files for row in csv.DictReader(file.read_text("utf-8").splitlines())]


def test_somebody_who_is_no_member_is_said_to_be_none(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "?person=nobody%40example.org")
    expect(page.get_by_role("alert")).to_have_text("nobody@example.org is not a member.")

    page.goto(seen.url + "?search=zzzz")
    expect(page.get_by_text("No recipient matches.")).to_be_visible()


def test_the_unsubscribe_link_of_the_preview_changes_nothing(seen: Preview, page: Page) -> None:
    page.goto(seen.url)
    href = mail(page).get_by_role("link", name=re.compile("unsubscribe", re.IGNORECASE)).first.get_attribute("href")
    assert href is not None

    page.goto(href)
    expect(page.get_by_role("heading")).to_have_text("This is a preview")
