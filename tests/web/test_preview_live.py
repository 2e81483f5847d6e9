"""The preview follows every save: brief, pictures, templates, settings, broken and fixed."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from dispatch.web.preview.live import Bearings, Live
from tests.fixtures_browser import Preview
from tests.web.test_preview_mail import FIRST_WORDS


def test_a_fault_of_dispatch_is_shown_and_no_page_waits_for_ever(tmp_path: Path) -> None:
    def look() -> Bearings:
        raise RuntimeError("out of order")

    live = Live(tmp_path, tmp_path / "brief.md", look, "PRACTICE")
    live.refresh()
    shown = live.first()
    assert shown.problem is not None
    assert "out of order" in shown.problem.what


def shows(page: Page, words: str, audience: str = "center") -> None:
    """Wait until the mail on the page holds the words."""
    page.wait_for_function(
        "([name, words]) => [...document.querySelectorAll('#main:not(.coming) iframe')].some("
        "frame => frame.name === name && (frame.contentDocument?.body?.innerText ?? '').includes(words))",
        arg=[audience, words],
    )


def test_a_saved_brief_appears_and_the_page_stays_where_it_was_read(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    shows(page, FIRST_WORDS)
    page.evaluate("scrollTo(0, 1200)")
    top = page.evaluate("scrollY")
    assert top > 800

    preview.workspace.edit("The two leaders toured", "The two presidents toured")
    shows(page, "The two presidents toured")

    assert page.evaluate("scrollY") == top
    expect(page.locator("#main")).to_have_count(1)


def test_every_one_of_many_quick_saves_arrives(preview: Preview, page: Page) -> None:
    page.goto(preview.url + "?audience=center")
    shows(page, FIRST_WORDS)

    before = FIRST_WORDS
    for number in range(8):
        preview.workspace.edit(before, f"Reading {number}. {FIRST_WORDS}")
        before = f"Reading {number}. {FIRST_WORDS}"
        if number % 3 == 0:
            shows(page, f"Reading {number}.")

    shows(page, "Reading 7.")


def test_a_file_replaced_by_an_editor_is_followed_too(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    shows(page, FIRST_WORDS)
    for words in ("First replaced.", "Second replaced."):
        draft = preview.workspace.brief.with_name("brief.md~")
        text = preview.workspace.brief.read_text("utf-8")
        draft.write_text(re.sub(r"\w+ replaced\. |(?=North Korean leader)", f"{words} ", text, count=1), "utf-8")
        draft.replace(preview.workspace.brief)
        shows(page, words)


def test_a_changed_picture_appears(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    shows(page, FIRST_WORDS)
    sources = "frame => [...frame.contentDocument.images].map(image => image.getAttribute('src')).join()"
    before = page.locator("iframe[name=center]").evaluate(sources)

    images = preview.workspace.brief.parent / "images"
    shutil.copyfile(images / "rocket-inspection.jpg", images / "summit-handshake.png")

    page.wait_for_function(
        "before => [...document.querySelectorAll('#main:not(.coming) iframe[name=center]')].some(frame =>"
        " frame.contentDocument?.images.length &&"
        " [...frame.contentDocument.images].map(image => image.getAttribute('src')).join() !== before)",
        arg=before,
    )


def test_a_changed_template_appears(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    shows(page, FIRST_WORDS)

    preview.workspace.edit(
        "{{ words.pictures_missing }}", "No pictures?", preview.workspace.folder / "templates/masthead.mjml.j2"
    )

    shows(page, "No pictures?")


def test_changed_settings_appear(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    settings = preview.workspace.folder / "dispatch.toml"

    preview.workspace.edit('name = "Center"', 'name = "The Center"', settings)
    expect(page.get_by_role("heading", name="The Center")).to_be_visible()

    preview.workspace.edit('transport = "practice"', 'transport = "ses"', settings)
    expect(page.locator(".banner")).to_have_text("REAL MAIL")


def test_a_broken_brief_shows_its_errors_above_the_last_good_version(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    shows(page, FIRST_WORDS)

    preview.workspace.edit('title: "Potential', "title: Potential: ")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The front matter cannot be read")
    expect(alert).to_contain_text("brief.md:2")
    expect(page.locator(".stale iframe")).to_have_count(2)
    shows(page, FIRST_WORDS)

    preview.workspace.edit("title: Potential: ", 'title: "Potential')
    expect(alert).to_have_count(0)
    expect(page.locator(".stale")).to_have_count(0)


def test_broken_templates_and_settings_say_where(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    shows(page, FIRST_WORDS)

    preview.workspace.edit("{% if not web %}", "{% if not web", preview.workspace.folder / "templates/masthead.mjml.j2")
    expect(page.get_by_role("alert")).to_contain_text("masthead.mjml.j2")
    preview.workspace.edit("{% if not web", "{% if not web %}", preview.workspace.folder / "templates/masthead.mjml.j2")
    expect(page.get_by_role("alert")).to_have_count(0)

    preview.workspace.edit("[mail]", "[mial]", preview.workspace.folder / "dispatch.toml")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean 'mail'?")


def test_a_brief_that_is_deleted_and_comes_back_does_not_stop_the_preview(preview: Preview, page: Page) -> None:
    whole = preview.workspace.brief.read_text("utf-8")
    page.goto(preview.url)
    shows(page, FIRST_WORDS)

    preview.workspace.brief.unlink()
    expect(page.get_by_role("alert")).to_contain_text("The brief cannot be read")

    preview.workspace.brief.write_text(whole.replace(FIRST_WORDS, "It is back."), "utf-8")
    shows(page, "It is back.")


def test_a_page_that_is_opened_again_after_a_save_is_not_behind(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    for number in range(4):
        preview.workspace.edit("North Korean leader", f"Edit {number}. North Korean leader")
        page.reload(wait_until="commit")
        shows(page, f"Edit {number}.")
