"""`dispatch check` and `dispatch render` as a person runs them."""

import email
import email.policy
import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dispatch.cli.main import dispatch
from tests.fixtures_journey import Journey

SEED = "2023-09-19-potential-arms-deals"


def run(workspace: Path, *arguments: str) -> Result:
    return CliRunner().invoke(dispatch, ["--workspace", str(workspace), *arguments], catch_exceptions=False)


def write(workspace: Path, body: str, front: str = 'title: "A brief"\ndate: 2024-01-02') -> str:
    folder = workspace / "briefs/2024-01-02-a-brief"
    folder.mkdir(exist_ok=True)
    (folder / "brief.md").write_text(f"---\n{front}\n---\n\n{body}\n", "utf-8")
    return "a-brief"


def checked(workspace: Path, *arguments: str) -> tuple[int, Any]:
    result = run(workspace, "check", *arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_the_seed_passes_and_says_what_is_left_to_do(own_workspace: Path) -> None:
    result = run(own_workspace, "check", SEED)
    assert result.exit_code == 0
    assert "0 errors, 2 warnings, 2 notes. Nothing stops a send." in result.stdout
    assert f"briefs/{SEED}/brief.md:18:" in result.stdout


def test_no_line_is_wider_than_a_terminal(own_workspace: Path) -> None:
    write(own_workspace, "TK <b>x</b> [here](http://intranet/a) {{x}} [^9]\n\n![](images/none.jpg)\n\n::: foo\nx\n:::")
    result = run(own_workspace, "check")
    assert result.exit_code == 1
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_errors_end_with_status_1_and_all_stand_there_at_once(own_workspace: Path) -> None:
    name = write(own_workspace, "TK\n\n[x](javascript:y)\n\nnote[^1]")
    status, document = checked(own_workspace, name)
    assert status == 1
    assert document["errors"] == 3
    assert [(found["code"], found["line"]) for found in document["findings"] if found["level"] == "error"] == [
        ("leftover-mark", 6),
        ("link-scheme", 8),
        ("footnote-undefined", 10),
    ]


def test_the_newest_brief_is_checked_where_none_is_named(own_workspace: Path) -> None:
    write(own_workspace, "Words.")
    assert checked(own_workspace)[1]["brief"] == "2024-01-02-a-brief"


def test_a_brief_that_cannot_be_read_is_told_in_three_lines(
    own_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dispatch.cli.main import main

    write(own_workspace, "x", front='title: "A"')
    monkeypatch.setattr("sys.argv", ["dispatch", "--workspace", str(own_workspace), "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines() == [
        "Error: The front matter has no 'date'.",
        "  briefs/2024-01-02-a-brief/brief.md:1",
        "  Add a line date: 2023-09-19, the day of publication",
    ]


def test_tokens_are_compared_with_the_members_columns(own_workspace: Path) -> None:
    (own_workspace / "more.csv").write_text("email,name,city\nann@example.org,Ann,Kraków\n", "utf-8")
    assert (
        run(own_workspace, "members", "import", str(own_workspace / "more.csv"), "--list", "center", "--yes").exit_code
        == 0
    )
    write(own_workspace, "Dear [[name|reader]] of [[city|your city]] in [[country|your country]]")
    _, document = checked(own_workspace)
    told = [found["message"] for found in document["findings"] if found["code"] == "token-unknown"]
    assert told == ["No member list has a column 'country', so every reader gets 'your country'."]


def test_a_check_of_a_brief_without_tokens_makes_no_database(own_workspace: Path) -> None:
    assert checked(own_workspace, SEED)[0] == 0
    assert not list((own_workspace / ".dispatch").glob("*.db"))


# --- render -----------------------------------------------------------------------------------------------------------


def mail(file: Path) -> EmailMessage:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_render_writes_four_files_for_each_audience(own_workspace: Path, tmp_path: Path) -> None:
    result = run(own_workspace, "render", SEED, "--out", str(tmp_path / "out"))
    assert result.exit_code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(
        f"{audience}.{suffix}" for audience in ("center", "coalition") for suffix in ("html", "txt", "mjml", "eml")
    )
    assert "[[unsubscribe_url]]" in (tmp_path / "out/center.html").read_text("utf-8")
    assert (tmp_path / "out/center.mjml").read_text("utf-8").startswith("<mjml")


def test_the_sample_mail_is_whole_and_filled(own_workspace: Path, tmp_path: Path) -> None:
    name = write(
        own_workspace,
        "Dear [[name|reader]], {{x}} — Łódź",
        front='title: "A brief"\ndate: 2024-01-02\nsubject: "For [[name]]: Łódź"',
    )
    run(own_workspace, "render", name, "--out", str(tmp_path))
    message = mail(tmp_path / "center.eml")
    assert message["To"] == "sample.member@example.org"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Id"]).startswith("<center.")
    assert message["Subject"] == "For Sample Member: Łódź"
    parts = {part.get_content_type(): part for part in message.walk() if not part.is_multipart()}
    assert list(parts) == ["text/plain", "text/html"]
    for part in parts.values():
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        assert "[[" not in part.get_content()
    assert "Dear Sample Member, {{x}} — Łódź" in parts["text/plain"].get_content()
    assert max(map(len, (tmp_path / "center.eml").read_bytes().split(b"\r\n"))) <= 998


def test_pictures_lead_to_practice_where_no_address_is_set(own_workspace: Path, tmp_path: Path) -> None:
    (own_workspace / ".dispatch").mkdir(exist_ok=True)
    (own_workspace / ".dispatch/practice.json").write_text('{"port": 9123}')
    run(own_workspace, "render", SEED, "--out", str(tmp_path))
    assert 'src="http://127.0.0.1:9123/i/' in (tmp_path / "center.html").read_text("utf-8")


def test_render_of_a_brief_with_errors_still_writes_and_says_so(own_workspace: Path, tmp_path: Path) -> None:
    result = run(own_workspace, "render", write(own_workspace, "TK"), "--out", str(tmp_path))
    assert result.exit_code == 0
    assert "The check found 1 error" in result.stderr


def test_what_both_editions_share_is_told_once(own_workspace: Path) -> None:
    write(own_workspace, "Words of the first sentence.")
    result = run(own_workspace, "check")
    assert result.stdout.count("[preheader-missing]") == 1
    assert "(center" not in result.stdout


THIRD = """
[audiences.press]
name = "Press"
list = "press"
brand = "center"
from = "Center <press@news.example.org>"
priority = 3
why = "You are on the press list."
"""


def break_footer(journey: Journey, condition: str) -> None:
    """Leave the link to unsubscribe out of the footer of the editions for which the condition holds."""
    footer = journey.folder / "templates" / "footer.mjml.j2"
    text = footer.read_text("utf-8")
    broken = text.replace("[[unsubscribe_url]]", "{% if " + condition + " %}https://x.example{% else %}")
    footer.write_text(broken.replace("{% else %}", "{% else %}[[unsubscribe_url]]{% endif %}"), "utf-8")


def lines_about(code: str, printed: str) -> list[str]:
    return [line.strip() for line in printed.splitlines() if code in line]


def test_what_both_editions_share_is_one_line_with_both_names_on_the_plan(journey: Journey) -> None:
    journey.write_brief("2026-03-01-shared", "A shared finding")
    journey.write_members("center", {"ann@example.org": "Ann"})
    break_footer(journey, "true")

    (on_plan,) = lines_about("unsubscribe-missing", journey.run("send", "shared", "--dry-run", status=1))
    (checked,) = lines_about("unsubscribe-missing", journey.run("check", "shared", status=1))

    assert on_plan == (
        "error: Business Coalition, Center: The mail has no link to unsubscribe. "
        "(templates/footer.mjml.j2, unsubscribe-missing)"
    )
    # Where it is the same for every edition, check needs no names.
    assert checked == "error  templates/footer.mjml.j2  [unsubscribe-missing]"


def test_what_two_of_three_editions_share_is_one_line_with_their_names(journey: Journey) -> None:
    settings = journey.folder / "dispatch.toml"
    settings.write_text(settings.read_text("utf-8") + THIRD, "utf-8")
    journey.write_brief("2026-03-01-shared", "A shared finding")
    break_footer(journey, 'words.why != "You are on the press list."')

    (checked,) = lines_about("unsubscribe-missing", journey.run("check", "shared", status=1))

    assert checked == "error  templates/footer.mjml.j2 (coalition, center)  [unsubscribe-missing]"
