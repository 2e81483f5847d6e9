"""Proofs mailed from the preview, through the practice server, to their approval."""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures_browser import Preview


@pytest.fixture
def practised(preview: Preview) -> Iterator[Preview]:
    """A preview whose practice server, if it starts one, is stopped in the end."""
    yield preview
    preview.workspace.run("practice", "stop")


def practice(preview: Preview) -> str:
    running = json.loads((preview.workspace.folder / ".dispatch/practice.json").read_text("utf-8"))
    return str(running["url"])


def messages(preview: Preview) -> list[dict[str, Any]]:
    def fetch(path: str) -> Any:
        with urllib.request.urlopen(practice(preview) + path, timeout=10) as answer:
            return json.load(answer)

    return [fetch(f"/api/messages/{each['message_id']}") for each in fetch("/api/messages")]


def mail_proof(preview: Preview, page: Page, addresses: str) -> None:
    page.goto(preview.url + "proof")
    page.get_by_label("Addresses, one per line").fill(addresses)
    page.get_by_role("button", name="Send the proof").click()


def test_a_proof_goes_out_by_the_road_of_the_campaign_and_is_recorded(practised: Preview, page: Page) -> None:
    page.goto(practised.url + "proof")
    expect(page.get_by_text("No proof of this brief has been sent yet.")).to_be_visible()

    mail_proof(practised, page, "director@example.org, Chair <chair@example.org>")

    done = page.get_by_role("status").filter(has_text="was sent")
    expect(done.get_by_role("listitem")).to_have_count(4)
    code = done.locator("strong").inner_text()
    assert re.fullmatch(r"[A-Z2-9]{6}", code)
    mails = messages(practised)
    assert sorted(each["to"] for each in mails) == ["chair@example.org"] * 2 + ["director@example.org"] * 2
    for each in mails:
        assert each["subject"] == "[PROOF] Potential arms deals? The Russia-North Korea summit"
        assert code in each["text"]
        assert "It would go to 88 people: Business Coalition 40, Center 48." in each["text"]
        assert set(each["tags"]) >= {"campaign", "delivery"}

    page.goto(practised.url + "proof")
    expect(page.get_by_text(f"The proof {code} was sent to")).to_contain_text("is up to date")


def test_the_links_of_a_proof_approve_it_and_unsubscribe_nobody(practised: Preview, page: Page) -> None:
    mail_proof(practised, page, "director@example.org")
    expect(page.get_by_role("status").filter(has_text="was sent")).to_be_visible()
    text = messages(practised)[0]["text"]

    page.goto(re.findall(r"http://\S+/u/\S+", text)[0])
    expect(page.get_by_role("heading")).to_have_text("This was a proof")
    expect(page.locator(".banner")).to_have_text("PRACTICE: NOTHING LEAVES THIS COMPUTER")

    page.goto(re.findall(r"http://\S+/approve/\S+", text)[0])
    page.get_by_label("Your name").fill("Dora Director")
    page.get_by_role("button", name="Approve for sending").click()
    expect(page.get_by_role("heading")).to_have_text("Approved")

    page.goto(practised.url + "proof")
    expect(page.locator("main")).to_contain_text("Dora Director approved the proof")
    expect(page.locator("main")).to_contain_text("You can send it.")

    practised.workspace.edit("The two leaders toured", "The two presidents toured")
    expect(page.locator("main")).to_contain_text("is out of date. Changed since: the content for")


def test_addresses_that_cannot_be_mailed_are_named_all_at_once_and_nothing_is_mailed(seen: Preview, page: Page) -> None:
    mail_proof(seen, page, "director@example.org\nno address\nx@@example.org")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("no address is not an address")
    expect(alert).to_contain_text("x@@example.org is not an address")
    expect(page.get_by_label("Addresses, one per line")).to_have_value(
        "director@example.org\nno address\nx@@example.org"
    )
    assert not (seen.workspace.folder / ".dispatch/practice.json").exists()


def test_a_proof_is_for_a_few_people_only(seen: Preview, page: Page) -> None:
    mail_proof(seen, page, "\n".join(f"p{number}@example.org" for number in range(11)))

    expect(page.get_by_role("alert")).to_contain_text("A proof goes to at most 10 addresses.")


def test_real_mail_without_a_public_address_says_what_is_missing(preview: Preview, page: Page) -> None:
    preview.workspace.edit('transport = "practice"', 'transport = "ses"', preview.workspace.folder / "dispatch.toml")
    mail_proof(preview, page, "director@example.org")

    expect(page.get_by_role("alert")).to_contain_text("public_url")
    expect(page.locator(".banner")).to_have_text("REAL MAIL")
