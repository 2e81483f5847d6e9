"""The readers' pages, asked over the wire: RFC 8058, pictures, web copies, approvals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from dispatch.audience.addresses import BadAddress, read_address
from dispatch.model.campaign import Campaign
from dispatch.model.proof import Proof
from dispatch.store import members, proofs, reports
from dispatch.store.database import Database
from dispatch.store.erasure import erase
from dispatch.store.schema import audit, events
from dispatch.store.schema import campaigns as campaigns_table
from dispatch.tokens import TokenKind, sign, web_copy_url
from dispatch.web.page import attachment
from dispatch.web.readers import list_names, masked, routes
from tests.store.samples import BOTH, CENTER, NOW, all_deliveries, join, key, leave, start
from tests.web.site import FORM, Answer, Site, served

ONE_CLICK = b"List-Unsubscribe=One-Click"
TYPED = {"Content-Type": FORM}
BANNER = "PRACTICE: NOTHING LEAVES THIS COMPUTER"


@dataclass(frozen=True)
class Readers:
    """A Campaign that was sent, and the pages that its readers reach."""

    database: Database
    campaign: Campaign
    site: Site
    folder: Path

    def path(self, name: str) -> str:
        """The page of a reader's own link."""
        found = {each.address.partition("@")[0]: each.id for each in all_deliveries(self.database, self.campaign)}
        return "/u/" + sign(self.database.key("token"), TokenKind.READER, found[name])

    def lists(self, name: str) -> dict[str, str]:
        with self.database.reading() as connection:
            member = members.find(connection, key(name))
        return {one.member_list: one.state.value for one in member.subscriptions} if member else {}

    def events(self) -> list[str]:
        with self.database.reading() as connection:
            return [row.kind for row in connection.execute(events.select().order_by(events.c.id))]

    def acts(self) -> list[str]:
        with self.database.reading() as connection:
            return [row.act for row in connection.execute(audit.select().order_by(audit.c.id))]


@pytest.fixture
def readers(database: Database, tmp_path: Path) -> Iterator[Readers]:
    """ann is on both lists, cy on center only, fay on coalition only; dan left center before."""
    join(database, "center", "ann,Ann Example", "cy", "dan")
    join(database, "coalition", "ann", "fay")
    leave(database, "dan")
    campaign = start(database)
    pages = routes(database, public_folder=tmp_path, banner=BANNER, list_names=list_names(BOTH))
    with served(Starlette(routes=pages)) as site:
        yield Readers(database, campaign, site, tmp_path)


def one_click(readers: Readers, name: str, body: bytes = ONE_CLICK, kind: str = FORM) -> Answer:
    """What a mail program posts: nothing but the body, no cookie, no origin."""
    return readers.site.ask("POST", readers.path(name), body, {"Content-Type": kind})


# --- RFC 8058 --------------------------------------------------------------------------------------------


def test_one_click_unsubscribes_from_every_list_of_the_brief_at_once(readers: Readers) -> None:
    answer = one_click(readers, "ann")

    assert (answer.status, answer.text) == (200, "You are unsubscribed.\n")
    assert answer.headers["content-type"].startswith("text/plain")
    assert not {"location", "set-cookie"} & answer.headers.keys()
    assert readers.lists("ann") == {"center": "unsubscribed", "coalition": "unsubscribed"}
    assert readers.lists("cy") == {"center": "subscribed"}


def test_one_click_also_comes_as_multipart(readers: Readers) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    answer = one_click(readers, "ann", body, "multipart/form-data; boundary=x")

    assert (answer.status, answer.text) == (200, "You are unsubscribed.\n")
    assert readers.lists("ann") == {"center": "unsubscribed", "coalition": "unsubscribed"}


def test_a_repeated_one_click_is_answered_alike_and_adds_nothing(readers: Readers) -> None:
    assert one_click(readers, "ann").text == one_click(readers, "ann").text

    assert readers.events() == ["unsubscribed"]
    assert readers.acts().count("unsubscribed") == 2  # dan by hand, ann by the link


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_never_unsubscribes(readers: Readers, method: str) -> None:
    path = readers.path("ann")
    for query in ("", "?List-Unsubscribe=One-Click", "?act=unsubscribe&back=center"):
        answer = readers.site.ask(method, path + query)
        assert answer.status == 200
        assert (answer.body == b"") is (method == "HEAD")

    assert readers.lists("ann") == {"center": "subscribed", "coalition": "subscribed"}
    assert readers.events() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_is_taken(readers: Readers, method: str) -> None:
    assert readers.site.ask(method, readers.path("ann")).status == 405
    assert readers.lists("ann") == {"center": "subscribed", "coalition": "subscribed"}


def test_an_unsubscribe_counts_in_the_report_and_in_the_trail(readers: Readers) -> None:
    one_click(readers, "ann")

    with readers.database.reading() as connection:
        report = reports.report(connection, readers.campaign)
    assert report.audiences["coalition"].unsubscribed == 1
    assert report.audiences["center"].unsubscribed == 0
    assert "unsubscribed" in readers.acts()


# --- the page --------------------------------------------------------------------------------------------


def test_the_page_names_the_lists_and_masks_the_address(readers: Readers) -> None:
    page = readers.site.get(readers.path("ann")).text

    assert "a…@example.com" in page
    assert "ann@example.com" not in page
    assert page.count("Subscribed") == 2
    assert page.count("<button") == 1


def test_the_form_of_the_page_says_what_was_done_and_offers_each_list_back(readers: Readers) -> None:
    page = readers.site.post(readers.path("ann"), {"act": "unsubscribe"}).text

    assert "<h1>You are unsubscribed</h1>" in page
    assert set(re.findall(r'name="back" value="(\w+)"', page)) == {"center", "coalition"}

    page = readers.site.post(readers.path("ann"), {"back": "center"}).text

    assert "You are subscribed again" in page
    assert readers.lists("ann") == {"center": "subscribed", "coalition": "unsubscribed"}
    assert readers.events() == ["unsubscribed", "resubscribed"]


def test_only_an_unsubscribe_can_be_taken_back(readers: Readers) -> None:
    for wanted in ("coalition", "nothing", "center"):
        readers.site.post(readers.path("cy"), {"back": wanted})

    assert readers.lists("cy") == {"center": "subscribed"}
    assert readers.events() == []


def test_unsubscribing_again_after_coming_back_is_a_new_act(readers: Readers) -> None:
    for fields in ({"act": "unsubscribe"}, {"back": "center"}, {"act": "unsubscribe"}):
        readers.site.post(readers.path("ann"), fields)

    assert readers.lists("ann") == {"center": "unsubscribed", "coalition": "unsubscribed"}
    assert readers.events() == ["unsubscribed", "resubscribed", "unsubscribed"]


def test_who_had_left_before_is_told_so(readers: Readers) -> None:
    assert "<h1>You are unsubscribed</h1>" in readers.site.get(readers.path("dan")).text


def test_an_erased_reader_is_told_that_they_are_gone(readers: Readers) -> None:
    path = readers.path("ann")
    address = read_address("ann@example.com")
    assert not isinstance(address, BadAddress)
    with readers.database.writing() as connection:
        erase(connection, address, NOW)

    for answer in (readers.site.get(path), readers.site.post(path, {"act": "unsubscribe"})):
        assert (answer.status, "Your address has been deleted" in answer.text) == (200, True)


def test_links_that_are_not_ours_get_a_page_that_says_what_to_do(readers: Readers) -> None:
    good = readers.path("ann").removeprefix("/u/")
    wrong_key = sign(b"another key", TokenKind.READER, "0" * 32)
    nobody = sign(readers.database.key("token"), TokenKind.READER, "0" * 32)
    approval = sign(readers.database.key("token"), TokenKind.APPROVAL, "0" * 32)
    for token in (good[:-1], good + "A", "x", "%00", wrong_key, nobody, approval):
        for answer in (
            readers.site.get(f"/u/{token}"),
            readers.site.ask("POST", f"/u/{token}", ONE_CLICK, TYPED),
        ):
            assert answer.status == 404
            assert "This link does not work" in answer.text
            assert "Open the email again" in answer.text
    assert readers.lists("ann") == {"center": "subscribed", "coalition": "subscribed"}


def test_the_link_of_a_proof_changes_nothing_and_says_so(readers: Readers) -> None:
    path = "/u/" + sign(readers.database.key("token"), TokenKind.PROOF, "0" * 32)
    before = readers.acts()

    for answer in (readers.site.get(path), readers.site.ask("POST", path, ONE_CLICK, TYPED)):
        assert "This was a proof" in answer.text
    assert readers.acts() == before


def test_a_body_that_is_too_long_or_no_form_is_refused(readers: Readers) -> None:
    long = one_click(readers, "ann", b"a=" + b"x" * 5000)
    other = one_click(readers, "ann", b'{"a": 1}', "application/json")
    broken = one_click(readers, "ann", b"--y\r\n", "multipart/form-data")

    assert (long.status, other.status, broken.status) == (413, 415, 400)
    assert "Nothing was changed." in long.text
    assert readers.lists("ann") == {"center": "subscribed", "coalition": "subscribed"}


def test_every_page_begins_with_the_banner_and_forbids_scripts_frames_and_referrers(readers: Readers) -> None:
    for path in (readers.path("ann"), "/u/x", "/approve/x", "/b/x/y"):
        answer = readers.site.get(path)
        assert re.search(r"<body[^>]*>\s*<header>\s*<p[^>]*>" + BANNER, answer.text)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"


def test_the_mask_keeps_the_first_letter_and_the_domain() -> None:
    assert masked("ann@example.org") == "a…@example.org"


# --- pictures and web copies -----------------------------------------------------------------------------


def test_a_published_picture_is_given_for_ever_by_its_name(readers: Readers) -> None:
    (readers.folder / ("a" * 32 + ".png")).write_bytes(b"\x89PNG")

    answer = readers.site.get("/i/" + "a" * 32 + ".png")

    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"\x89PNG", "image/png")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["b" * 32 + ".png", "x.png", "..%2f..%2fetc%2fpasswd", "%2e%2e/secret.png", "a" * 32 + ".svg", ".png"]
)
def test_no_other_file_is_given(readers: Readers, name: str) -> None:
    (readers.folder / "x.png").write_bytes(b"not a picture's name")
    (readers.folder.parent / "secret.png").write_bytes(b"outside")

    assert readers.site.get("/i/" + name).status == 404


def test_the_web_copy_is_the_newest_frozen_edition(readers: Readers) -> None:
    start(readers.database, text="The fixed text.")

    answer = readers.site.get("/b/2026-a-brief/center")

    assert (answer.status, answer.text) == (200, "<p>The fixed text.</p>")
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize("slug", ["My brief #2 (final)", "санкции-2026", "50% more? yes", "a+b&c=d", "e\u0301tude"])
def test_the_link_of_a_web_copy_leads_to_it_whatever_the_brief_is_called(readers: Readers, slug: str) -> None:
    with readers.database.writing() as connection:
        connection.execute(campaigns_table.update().values(slug=slug))
    answer = readers.site.get(web_copy_url("", slug, "center"))
    assert (answer.status, answer.text) == (200, "<p>The text.</p>")


def test_a_download_is_named_in_any_script() -> None:
    response = Response(headers=attachment("санкции “2026”.csv"))
    named = response.headers["content-disposition"]
    assert unquote(named.removeprefix("attachment; filename*=UTF-8''")) == "санкции “2026”.csv"


def test_there_is_no_web_copy_of_what_was_never_sent(readers: Readers) -> None:
    for path in ("/b/2026-a-brief/nobody", "/b/other/center", "/b/%3Cscript%3E/center"):
        answer = readers.site.get(path)
        assert (answer.status, "<script>" in answer.text) == (404, False)


# --- approving a Proof -----------------------------------------------------------------------------------


def approval(readers: Readers) -> str:
    proof = Proof("f" * 32, "2026-a-brief", "ABC234", NOW, {CENTER.slug: "1"}, {}, ("boss@example.org",))
    with readers.database.writing() as connection:
        proofs.add(connection, proof, {"center": 48, "coalition": 40}, [("e" * 32, "center", "boss@example.org")])
    return "/approve/" + sign(readers.database.key("token"), TokenKind.APPROVAL, proof.id)


def approved_by(readers: Readers) -> str:
    with readers.database.reading() as connection:
        found = proofs.find(connection, "f" * 32)
    assert found is not None
    return found.approved_by


def test_looking_at_a_proof_shows_its_counts_and_approves_nothing(readers: Readers) -> None:
    path = approval(readers)

    page = readers.site.get(path + "?by=Mallory").text

    assert "ABC234" in page
    assert "88 recipients" in page
    assert approved_by(readers) == ""


def test_a_proof_is_approved_by_a_post_with_a_name_and_the_first_one_counts(readers: Readers) -> None:
    path = approval(readers)

    assert "Ann &lt;b&gt; approved" in readers.site.post(path, {"by": "Ann <b>"}).text
    assert "Ann &lt;b&gt; approved" in readers.site.post(path, {"by": "Bob"}).text

    assert approved_by(readers) == "Ann <b>"
    assert "proof approved" in readers.acts()


@pytest.mark.parametrize("name", ["", "  \t", "x" * 81])
def test_nobody_approves_without_a_name(readers: Readers, name: str) -> None:
    path = approval(readers)

    answer = readers.site.post(path, {"by": name})

    assert (answer.status, "Write your name" in answer.text) == (422, True)
    assert approved_by(readers) == ""


def test_a_readers_token_approves_nothing(readers: Readers) -> None:
    approval(readers)
    token = readers.path("ann").removeprefix("/u/")

    assert readers.site.post(f"/approve/{token}", {"by": "Ann"}).status == 404
    assert approved_by(readers) == ""
