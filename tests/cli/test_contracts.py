"""What scripts and other programs rely on: workspaces, settings, exit statuses, one document with --json."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dispatch.cli import main
from tests.fixtures_journey import Journey


def dispatch(*arguments: str, cwd: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dispatch", *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_workspace_is_the_nearest_folder_upward(journey: Journey) -> None:
    deep = journey.folder / "briefs" / "2023-09-19-potential-arms-deals" / "images"
    said = dispatch(cwd=deep)
    assert f"Workspace  {journey.folder}" in said.stdout


def test_the_option_and_the_variable_name_another_workspace(journey: Journey, tmp_path: Path) -> None:
    by_option = dispatch("--workspace", str(journey.folder), "members", "list", "--json", cwd=tmp_path)
    by_variable = dispatch("members", "list", "--json", cwd=tmp_path, DISPATCH_WORKSPACE=str(journey.folder))
    assert by_option.returncode == by_variable.returncode == 0
    assert by_option.stdout == by_variable.stdout


def test_outside_a_workspace_the_error_says_what_to_do(tmp_path: Path) -> None:
    said = dispatch("send", "--dry-run", cwd=tmp_path)
    assert said.returncode == 1
    assert said.stdout == ""
    assert "This folder is not a dispatch workspace." in said.stderr
    assert "dispatch init DIR" in said.stderr
    assert "dispatch init DIR" in dispatch(cwd=tmp_path).stdout


def test_bare_dispatch_says_where_one_stands_and_the_next_command(journey: Journey) -> None:
    said = journey.run()
    assert said.splitlines()[0] == "PRACTICE: NOTHING LEAVES THIS COMPUTER"
    assert "Next       dispatch members import subscribers/center.csv --list center" in said
    journey.write_members("center", {"reader@example.org": "Reader"})
    assert "Next       dispatch preview, then dispatch send" in journey.run()
    journey.run("send", "--yes")
    said = journey.run()
    assert "Campaign   finished; 1 recipient: 1 sent" in said
    assert "Next       dispatch report" in said


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("DISPATCH_SEND__HOLD_SECOND", "DISPATCH_SEND__HOLD_SECONDS"),
        ("DISPATCH_MAIL_VIA", "DISPATCH_MAIL__TRANSPORT"),
    ],
)
def test_an_unknown_variable_names_the_near_one(journey: Journey, variable: str, near: str) -> None:
    journey.run("report", status=1, environ={variable: "1"})
    assert f"There is no setting {variable}." in journey.errors
    assert f"Did you mean {near}?" in journey.errors


def test_an_unknown_key_of_the_file_names_the_near_one_and_its_line(journey: Journey) -> None:
    file = journey.folder / "dispatch.toml"
    file.write_text(file.read_text() + "\n[send]\nhold_secs = 3\n")
    journey.run("report", status=1)
    line = len(file.read_text().splitlines())
    assert "There is no setting 'send.hold_secs'." in journey.errors
    assert f"dispatch.toml:{line}" in journey.errors
    assert "Did you mean 'hold_seconds'?" in journey.errors


def test_a_setting_of_the_wrong_kind_is_named(journey: Journey) -> None:
    journey.run("report", status=1, environ={"DISPATCH_SEND__HOLD_SECONDS": "soon"})
    assert "The setting 'send.hold_seconds' is not usable" in journey.errors
    assert "the variable DISPATCH_SEND__HOLD_SECONDS" in journey.errors


def test_send_without_yes_and_without_a_terminal_is_wrong_usage(journey: Journey) -> None:
    journey.run("send", status=2)
    assert "add --yes" in journey.errors


def test_wrong_usage_has_status_2_and_names_the_nearest_command(journey: Journey) -> None:
    journey.run("snd", status=2)
    assert "Did you mean 'send'?" in journey.errors
    journey.run("send", "--limit", "0", status=2)


def test_nobody_to_mail_is_refused(journey: Journey) -> None:
    journey.run("send", "--yes", status=1)
    assert "There are no recipients." in journey.errors


def test_a_brief_that_nobody_knows_is_refused_with_the_known_names(journey: Journey) -> None:
    journey.run("send", "nowhere", "--yes", status=1)
    assert "There is no brief 'nowhere'." in journey.errors
    assert "2023-09-19-potential-arms-deals" in journey.errors


def test_errors_of_the_brief_stop_a_send_unless_forced_by_code(journey: Journey) -> None:
    journey.write_members("center", {"reader@example.org": "Reader"})
    journey.write_brief("2026-03-01-marks", "Marks left", "Something TK here.")
    journey.run("send", "marks", "--yes", status=1)
    codes = {
        each["code"] for each in journey.run_json("check", "marks", status=1)["findings"] if each["level"] == "error"
    }
    assert len(codes) == 1
    sent = journey.run_json("send", "marks", "--yes", "--force", codes.pop())
    assert sent["submitted"] == 1


def test_in_a_terminal_the_number_of_mails_must_be_typed(journey: Journey) -> None:
    journey.write_members("center", {"one@example.org": "One", "two@example.org": "Two"})
    journey.write_brief("2026-03-02-typed", "Typed")
    wrong, said = in_terminal(journey, "send", "typed", answer="3\n")
    assert wrong == 1
    assert "type the number of recipients (2)" in said
    assert "Nothing was sent." in said
    right, said = in_terminal(journey, "send", "typed", answer="2\n")
    assert right == 0, said
    assert "Done. 2 recipients: 2 sent." in said


def in_terminal(journey: Journey, *arguments: str, answer: str) -> tuple[int, str]:
    """Run a command in a terminal of its own and type an answer; its status and what it showed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        journey.command(*arguments), env=journey.variables(), stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    said = b""
    typed = False
    while True:
        try:
            said += os.read(leader, 4096)
        except OSError:
            break
        if not typed and b"anything else stops" in said:
            os.write(leader, answer.encode())
            typed = True
    os.close(leader)
    return process.wait(timeout=60), said.decode()


def test_json_is_one_document_and_nothing_else(journey: Journey) -> None:
    journey.write_members("center", {"reader@example.org": "Reader"})
    for arguments in (
        ["check", "--json"],
        ["send", "--dry-run", "--json"],
        ["send", "--yes", "--json"],
        ["report", "--json"],
        ["events", "pull", "--json"],
        ["members", "list", "--json"],
        ["practice", "status", "--json"],
        ["proof", "--to", "director@example.org", "--json"],
    ):
        assert isinstance(json.loads(journey.run(*arguments)), dict | list), arguments


def test_render_writes_every_edition(journey: Journey, tmp_path: Path) -> None:
    journey.run("render", "potential", "--out", str(tmp_path / "out"))
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"{a}.{k}" for a in ("center", "coalition") for k in ("html", "txt", "mjml", "eml")}


def test_init_touches_nothing_that_is_there(journey: Journey, tmp_path: Path) -> None:
    journey.run("init", str(journey.folder), status=1)
    assert "There is a workspace already." in journey.errors
    taken = tmp_path / "taken"
    (taken / "briefs").mkdir(parents=True)
    journey.run("init", str(taken), status=1)
    assert "These are there already: briefs." in journey.errors
    assert [path.name for path in taken.iterdir()] == ["briefs"]


def test_help_imports_none_of_the_heavy_packages() -> None:
    heavy = {"pydantic", "sqlalchemy", "boto3", "botocore", "premailer", "alembic", "rich", "starlette"}
    code = (
        "import sys\nsys.argv = ['dispatch', '--help']\nfrom dispatch.cli.main import main\n"
        "try:\n    main()\nfinally:\n    print(sorted(set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(eval(done.stderr))
    assert "click" in loaded
    assert heavy & loaded == set()


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(main.dispatch)
    for name, (_, words) in main.COMMANDS.items():
        command = main.dispatch.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(100) == words
