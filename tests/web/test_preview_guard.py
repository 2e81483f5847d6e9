"""The preview answers only this computer's own pages, and no brief can script it."""

import http.client
import re

import pytest
from playwright.sync_api import Dialog, Page

from tests.fixtures_browser import Preview
from tests.web.site import Site
from tests.web.test_preview_mail import mail

HOSTS = ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}", ""]


@pytest.fixture
def site(seen: Preview) -> Site:
    return Site(int(seen.url.rstrip("/").rpartition(":")[2]))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}", ""]
)
def test_another_name_for_this_computer_is_refused(site: Site, host: str) -> None:
    for path in ("/", "/people.csv", "/versions"):
        answer = site.get(path, {"Host": host.format(port=site.port)})
        assert (answer.status, "Kim Jong Un" in answer.text, "@example" in answer.text) == (403, False, False)


def test_both_names_of_this_computer_are_taken(site: Site) -> None:
    for host in (f"127.0.0.1:{site.port}", f"localhost:{site.port}", f"LOCALHOST:{site.port}"):
        assert site.get("/", {"Host": host}).status == 200


def test_two_hosts_in_one_request_are_refused(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Host", f"127.0.0.1:{site.port}")
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status in (400, 403)
    connection.close()


@pytest.mark.parametrize("path", ["/proof", "/words", "/links"])
@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://localhost"])
def test_a_form_of_another_page_is_refused(site: Site, path: str, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    assert site.post(path, {"addresses": "ann@example.org"}, headers).status == 403


def test_a_page_of_another_site_cannot_read_it(site: Site) -> None:
    answer = site.get("/people.csv", {"Origin": "https://evil.example"})
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


def test_pages_and_mails_carry_strict_policies(site: Site) -> None:
    for path in ("/", "/inbox", "/differences", "/findings", "/links", "/people", "/words", "/proof", "/account"):
        answer = site.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    frame = site.get("/mail/center").headers["content-security-policy"]
    assert "script-src" not in frame
    assert "default-src 'none'" in frame
    assert re.search(r"sandbox (?!.*allow-scripts)(?!.*allow-forms)(?!.*allow-top-navigation)", frame)
    assert "img-src 'none'" in site.get("/mail/center?show=blocked").headers["content-security-policy"]


def test_only_pictures_of_the_brief_are_given(site: Site) -> None:
    for name in ("x", "../dispatch.toml", "%2e%2e/dispatch.toml", "0" * 32 + ".png"):
        assert site.get("/i/" + name).status == 404


def test_no_page_takes_a_form_that_is_too_long(site: Site) -> None:
    own = {"Origin": f"http://127.0.0.1:{site.port}"}
    assert site.post("/proof", {"addresses": "x" * 300_000}, own).status == 413


PATHS = ("", "?show=text", "?show=source", "inbox", "differences", "findings", "links", "people", "words", "proof")
HOSTILE = """
<script>top.document.title = 'taken'</script>

<img src=x onerror="top.document.title='taken'">

[click](javascript:top.document.title='taken') [data](data:text/html,<script>1</script>)

"><svg onload=top.document.title='taken'> **bold** `</pre><script>top.document.title='taken'</script>`

![<script>alert(1)</script>](images/summit-handshake.png "\\"><script>top.document.title='taken'</script>")
"""


def test_a_hostile_brief_cannot_script_any_page(preview: Preview, page: Page) -> None:
    text = preview.workspace.brief.read_text("utf-8")
    text = text.replace('title: "Potential', "title: \"<script>document.title='taken'</script> Potential")
    text = text.replace('subject: "Potential', "subject: \"</title><script>document.title='taken'</script>Potential")
    preview.workspace.brief.write_text(text + HOSTILE, "utf-8")
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)

    for path in (
        "",
        "?show=text",
        "?show=source",
        "inbox",
        "differences",
        "findings",
        "links",
        "people",
        "words",
        "proof",
    ):
        page.goto(preview.url + path)
        page.wait_for_load_state("load")
        assert page.title() != "taken"
        assert page.locator("script:not([src])").count() == 0
    page.goto(preview.url)
    assert mail(page).evaluate("document.scripts.length") == 0
    assert dialogs == []


def test_scripts_do_not_run_in_a_frame_even_if_a_template_puts_them_there(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    mail(page).evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'top.document.title = \"taken\"';"
        " document.body.append(s) }"
    )
    assert page.title() != "taken"
