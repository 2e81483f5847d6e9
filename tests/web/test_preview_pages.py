"""Findings, differences, links, people and words in the preview, in Chromium."""

import csv
import hashlib
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures_browser import Preview
from tests.web.test_preview_live import shows
from tests.web.test_preview_mail import FIRST_WORDS, mail

# --- findings -------------------------------------------------------------------------------------------


def test_a_finding_names_its_line_and_leads_to_its_place_in_the_mail(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "findings")
    item = page.get_by_role("listitem").filter(has_text="rocket-inspection.jpg").filter(has_text="stand-in")
    lines = seen.workspace.brief.read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(lines, start=1) if "rocket-inspection.jpg" in line)
    expect(item).to_contain_text(f"brief.md:{number}")

    item.get_by_role("link", name="Show it in Center").click()

    place = mail(page).locator(f"#line-{number}")
    expect(place).to_be_attached()
    assert place.evaluate("node => node.nextElementSibling.tagName") == "IMG"
    page.wait_for_function("() => scrollY > 300")
    top = page.locator("iframe[name=center]").evaluate(
        "(frame, id) => frame.getBoundingClientRect().top + frame.contentDocument.getElementById(id)"
        ".getBoundingClientRect().top",
        f"line-{number}",
    )
    assert 0 <= top <= 900


def test_a_finding_in_the_text_leads_to_its_words(preview: Preview, page: Page) -> None:
    preview.workspace.edit("Furthermore, the two leaders", "Furthermore, <b>two</b> leaders")
    page.goto(preview.url + "findings")
    link = page.get_by_role("link", name="Show it in Center").first
    lines = preview.workspace.brief.read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(lines, start=1) if line.startswith("Furthermore"))
    page.get_by_role("listitem").filter(has_text=f"brief.md:{number}").first.get_by_role(
        "link", name="Show it in Center"
    ).click()

    expect(link).to_have_count(0)
    expect(mail(page).locator(f"p:has(#line-{number})")).to_contain_text("Furthermore")


def test_bytes_are_a_bar_against_the_limit_of_gmail_and_pictures_have_their_weights(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "findings")

    bar = page.get_by_label("Center", exact=True)
    assert bar.evaluate("node => [node.tagName, node.max, node.value > 10000]") == ["METER", 102000, True]
    expect(page.get_by_role("row").filter(has_text="images/rocket-inspection.jpg")).to_contain_text(
        re.compile(r"\d+ × \d+\s*\d+,\d{3}")
    )


# --- differences ----------------------------------------------------------------------------------------


def test_what_only_one_audience_gets_is_marked_in_its_text(preview: Preview, page: Page) -> None:
    preview.workspace.edit(FIRST_WORDS, f"::: audience coalition\nMembers meet on Monday.\n:::\n\n{FIRST_WORDS}")
    page.goto(preview.url + "differences")

    row = page.get_by_role("row").filter(has_text="Members meet on Monday.")
    expect(row.locator("mark")).to_have_text("Members meet on Monday.")
    expect(page.get_by_role("row").filter(has_text="From").locator("mark").first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Subject")).to_contain_text("Same:")
    assert page.locator("mark").filter(has_text=FIRST_WORDS).count() == 0


# --- links ----------------------------------------------------------------------------------------------


def test_every_link_stands_in_one_table_with_its_notes_and_section(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "links")

    row = page.get_by_role("row").filter(has_text="theguardian.com/world/2023/sep/15")
    expect(row.get_by_role("cell").nth(1)).to_have_text("2, 3")
    expect(row.get_by_role("cell").nth(3)).to_have_text("Business Coalition, Center")
    row = page.get_by_role("row").filter(has_text="themoscowtimes.com")
    expect(row.get_by_role("cell").nth(1)).to_have_text("6, 7")
    expect(row.get_by_role("cell").nth(2)).to_contain_text("Aftermath and Future Considerations")
    in_mail = mail_links(seen, page)
    page.goto(seen.url + "links")
    shown = set(page.locator("td:first-child .quiet").all_inner_texts())
    assert in_mail <= shown | {"[[unsubscribe_url]]"}


def mail_links(preview: Preview, page: Page) -> set[str]:
    page.goto(preview.url + "?audience=center")
    found = mail(page).eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    return {href for href in found if "/u/preview" not in href}


def test_links_are_asked_only_on_request_and_never_in_a_private_network(preview: Preview, page: Page) -> None:
    text = preview.workspace.brief.read_text("utf-8")
    text = re.sub(r"<https?://[^>]*>", "<http://127.0.0.1:9/inside>", text).replace("www.", "http://192.168.0.1/")
    preview.workspace.brief.write_text(text, "utf-8")
    page.goto(preview.url + "links")
    row = page.get_by_role("row").filter(has_text="127.0.0.1:9/inside")
    expect(row).to_contain_text("not checked yet")

    settings = preview.workspace.folder / "dispatch.toml"
    settings.write_text(settings.read_text("utf-8").replace("https://www.", "http://10.0.0.1/"), "utf-8")
    page.goto(preview.url + "links")
    expect(page.get_by_role("row").filter(has_text="10.0.0.1").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Check ")).click()

    expect(row).to_contain_text("Not asked: it leads into a private network")


# --- people ---------------------------------------------------------------------------------------------


def test_the_plan_adds_up_and_says_who_gets_which_edition(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "people")

    expect(page.get_by_role("heading", level=1)).to_have_text("88 recipients")
    table = [row.split() for row in page.locator(".plan tbody tr").all_inner_texts()]
    numbers = {" ".join(row[:-3]): [int(cell) for cell in row[-3:]] for row in table}
    assert numbers["Get this edition"] == [40, 48, 88]
    parts = [counts for what, counts in numbers.items() if what.startswith(("Get this", "Skipped"))]
    assert [sum(column) for column in zip(*parts, strict=True)] == numbers["Total"]
    assert numbers["Also on this list, get the other edition"] == [0, 12, 12]
    expect(
        page.get_by_text("12 recipients are on several lists and get one copy: the Business Coalition edition.")
    ).to_be_visible()


def test_people_left_out_are_listed_with_the_reason(preview: Preview, page: Page) -> None:
    done = preview.workspace.run("members", "unsubscribe", "ahmad.haddad@example.com", "--yes")
    assert done.returncode == 0, done.stderr
    page.goto(preview.url + "people")

    expect(page.get_by_role("heading", level=1)).to_have_text("87 recipients")
    page.get_by_role("link", name="Skipped").click()

    expect(page.locator(".people tbody tr")).to_have_count(1)
    expect(page.locator(".people")).to_contain_text("Skipped: unsubscribed")
    expect(page.get_by_role("row").filter(has_text="Skipped: unsubscribed").first).to_contain_text("1")


def test_the_list_is_searched_and_split_into_parts(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "people")
    page.get_by_label("Name or address").fill("HADDAD")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".people tbody tr")).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="1 recipient")).to_contain_text("“HADDAD”")

    page.goto(seen.url + "people?part=several")
    expect(page.locator(".people tbody tr")).to_have_count(12)
    assert set(page.locator(".people td:nth-child(3)").all_inner_texts()) == {"Business Coalition"}


def test_the_list_is_downloaded_as_csv(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "people")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()

    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(rows) == 88
    assert rows[0].keys() == {"email", "name", "edition", "included", "skipped because", "on several lists"}
    assert sum(row["edition"] == "coalition" for row in rows) == 40
    assert download.value.suggested_filename.endswith("-people.csv")


def test_a_name_that_a_spreadsheet_would_calculate_is_disarmed_in_the_csv(preview: Preview, page: Page) -> None:
    done = preview.workspace.run("members", "add", "eve@example.com", "--name", "=1+1", "--list", "center")
    assert done.returncode == 0, done.stderr
    page.goto(preview.url + "people?search=eve@")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()

    assert "eve@example.com,'=1+1," in download.value.path().read_text("utf-8-sig")


def test_an_address_of_the_list_leads_to_the_mail_as_its_member(seen: Preview, page: Page) -> None:
    page.goto(seen.url + "people?search=haddad")
    page.locator(".people a").first.click()

    expect(page.get_by_role("navigation", name="Recipient").locator("[aria-current]")).to_have_text("Ahmad Haddad")


def test_quota_and_duration_are_told_or_why_they_are_not_known(preview: Preview, page: Page) -> None:
    page.goto(preview.url + "people")
    expect(page.get_by_text("The practice server does not run yet")).to_be_visible()

    started = preview.workspace.run("practice", "start")
    assert started.returncode == 0, started.stderr
    try:
        page.goto(preview.url + "people")
        expect(page.get_by_text("88 messages at 12.6 a second take about 7 seconds")).to_be_visible()
        expect(page.get_by_text("of 50,000 messages are left in this 24-hour period")).to_be_visible()
    finally:
        preview.workspace.run("practice", "stop")


# --- words ----------------------------------------------------------------------------------------------


def test_words_are_written_into_the_brief_and_nothing_else_changes(preview: Preview, page: Page) -> None:
    before = preview.workspace.brief.read_bytes()
    page.goto(preview.url + "words")
    page.get_by_label("Subject").fill('What "the summit" means')
    page.get_by_label("Credit").first.fill("Ann Example / AP")
    page.get_by_role("button", name="Save to brief.md").click()

    expect(page.get_by_role("status").filter(has_text="texts were saved")).to_contain_text("2 texts")
    expected = before.replace(
        b'subject: "Potential arms deals? The Russia-North Korea summit"', b'subject: "What \\"the summit\\" means"'
    ).replace(b'credit="Vladimir Smirnov / Sputnik"', b'credit="Ann Example / AP"')
    assert preview.workspace.brief.read_bytes() == expected
    page.goto(preview.url)
    expect(page.locator("section[aria-labelledby=center]")).to_contain_text('What "the summit" means')
    shows(page, "Ann Example / AP")


def test_a_file_that_changed_meanwhile_wins_and_what_was_typed_is_kept(preview: Preview, page: Page) -> None:
    page.goto(preview.url + "words")
    page.get_by_label("Subject").fill("Typed in the page")
    preview.workspace.edit('subject: "Potential arms deals?', 'subject: "Saved by the author:')
    expect(page.locator("body.behind")).to_have_count(1)
    saved = hashlib.sha256(preview.workspace.brief.read_bytes()).hexdigest()
    page.get_by_role("button", name="Save to brief.md").click()

    expect(page.get_by_role("alert")).to_contain_text("brief.md changed on disk")
    expect(page.get_by_label("Subject")).to_have_value("Typed in the page")
    expect(page.get_by_text("The file says: Saved by the author:")).to_be_visible()
    assert hashlib.sha256(preview.workspace.brief.read_bytes()).hexdigest() == saved

    page.get_by_role("button", name="Save to brief.md").click()
    expect(page.get_by_role("status").filter(has_text="1 text was saved")).to_be_visible()
    assert 'subject: "Typed in the page"' in preview.workspace.brief.read_text("utf-8")


def test_saving_what_did_not_change_leaves_the_file_alone(preview: Preview, page: Page) -> None:
    before = preview.workspace.brief.stat().st_mtime_ns
    page.goto(preview.url + "words")
    page.get_by_role("button", name="Save to brief.md").click()

    expect(page.get_by_text("Nothing changed")).to_be_visible()
    assert preview.workspace.brief.stat().st_mtime_ns == before


@pytest.mark.parametrize("label", ["Alt text, read aloud to readers who cannot see the picture", "Caption"])
def test_the_texts_of_a_picture_reach_the_mail(preview: Preview, page: Page, label: str) -> None:
    page.goto(preview.url + "words")
    words = "A rocket [new] *plain*"
    page.get_by_label(label).nth(1).fill(words)
    page.get_by_role("button", name="Save to brief.md").click()
    expect(page.get_by_text("1 text was saved")).to_be_visible()

    page.goto(preview.url)
    frame = mail(page)
    found = (
        frame.get_by_alt_text("A rocket [new] *plain*")
        if "Alt" in label
        else frame.get_by_text("A rocket [new] *plain*")
    )
    expect(found.first).to_be_attached()
