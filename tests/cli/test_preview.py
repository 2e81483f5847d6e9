"""`dispatch preview` and `dispatch serve` as commands: address, port, end, files."""

import http.client
import re
import signal
import socket
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.fixtures_browser import Preview, start_preview
from tests.fixtures_workspace import SLUG, Workspace, environment


def test_the_address_is_the_first_line_and_only_this_computer_is_listened_to(preview: Preview) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", preview.url)
    port = int(preview.url.rstrip("/").rpartition(":")[2])
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening


def test_the_port_that_was_asked_for_is_taken_or_refused_in_words(workspace: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = workspace.run("preview", "--no-open", "--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Nothing can listen at 127.0.0.1:{port}: Address already in use." in done.stderr
    assert "Name another port with --port" in done.stderr

    started = start_preview(workspace, "--port", str(port))
    assert started.url == f"http://127.0.0.1:{port}/"
    assert started.stop() == 0
    assert started.process.communicate() == ("", "")


def test_a_brief_that_is_not_there_is_refused(workspace: Workspace) -> None:
    done = workspace.run("preview", "nothing-like-it", "--no-open")
    assert done.returncode == 1
    assert "There is no brief 'nothing-like-it'" in done.stderr


def test_ctrl_c_ends_it_at_once_though_a_page_is_open(preview: Preview, page: Page) -> None:
    page.goto(preview.url)
    expect(page.locator("iframe")).to_have_count(2)
    assert preview.stop() == 0


def test_a_brief_that_is_broken_from_the_start_shows_why_and_then_itself(workspace: Workspace, page: Page) -> None:
    workspace.edit("title:", "titel:")
    started = start_preview(workspace)
    page.goto(started.url)
    expect(page.get_by_role("alert")).to_contain_text("brief.md")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fix the brief and it appears here")

    workspace.edit("titel:", "title:")
    expect(page.locator("iframe")).to_have_count(2)
    assert started.stop() == 0
    assert started.process.communicate()[1] == ""


def test_the_export_opens_without_a_server_and_names_nobody(workspace: Workspace, page: Page, tmp_path: Path) -> None:
    out = tmp_path / "for a colleague"
    done = workspace.run("preview", "--export", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PRACTICE: NOTHING LEAVES THIS COMPUTER\n")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto((out / "index.html").as_uri())
    mail = page.frame_locator("iframe[name=center]")
    expect(mail.get_by_text("North Korean leader Kim Jong Un made")).to_be_visible()
    assert mail.locator("img").last.evaluate("image => image.naturalWidth") > 0
    page.get_by_role("link", name="Phone 375").click()
    page.get_by_role("link", name="Dark").click()
    page.get_by_role("link", name="Images blocked").click()
    assert page.url.endswith("mail-blocked-375-dark.html")
    page.get_by_role("link", name="Plain text").click()
    expect(page.get_by_role("region", name="Plain text, Center")).to_contain_text("Aftermath and Future")
    page.get_by_role("link", name=re.compile("^Findings")).click()
    page.get_by_role("link", name="Show it in Center").first.click()
    expect(page.locator(".dispatch-place:target")).to_be_attached()
    page.goto((out / "people.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("88 recipients")

    assert {url.partition(":")[0] for url in asked} == {"file"}
    for file in out.rglob("*"):
        assert not file.is_file() or b"haddad" not in file.read_bytes().lower()
    for target in set(re.findall(r'href="([^"#:?]+\.html)', (out / "index.html").read_text("utf-8"))):
        assert (out / target).is_file(), target


def test_an_export_writes_over_an_earlier_one_and_over_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    assert workspace.run("preview", "--export", str(tmp_path / "out")).returncode == 0
    assert workspace.run("preview", "--export", str(tmp_path / "out")).returncode == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")

    done = workspace.run("preview", "--export", str(tmp_path / "mine"))

    assert done.returncode == 1
    assert "The folder holds something else." in done.stderr
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_an_export_of_a_broken_brief_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    workspace.edit("title:", "titel:")
    done = workspace.run("preview", "--export", str(tmp_path / "out"))
    assert (done.returncode, "titel" in done.stderr, (tmp_path / "out").exists()) == (1, True, False)


def test_serve_gives_the_readers_pages_and_ends_with_ctrl_c(workspace: Workspace) -> None:
    process = subprocess.Popen(
        workspace.command("serve", "--port", "0"),
        env=environment({"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "PRACTICE: NOTHING LEAVES THIS COMPUTER\n"
    found = re.search(r":(\d+)/", process.stdout.readline())
    assert found is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=20)
    connection.request("GET", f"/b/{SLUG}/center")
    answer = connection.getresponse()
    assert (answer.status, "This brief was not found" in answer.read().decode()) == (404, True)
    connection.close()

    process.send_signal(signal.SIGINT)
    printed = process.stdout.read()
    assert process.wait(timeout=20) == 0
    assert "/u/…" in printed
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stdout.close()
    process.stderr.close()
