"""Whatever has become of `.dispatch` or of a file that a command is given: an error of three lines, at once."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatch.cli.main import main
from dispatch.settings import PREFIX
from tests.fixtures_workspace import Workspace

#: what no program wrote
GARBAGE = b"\x00\xff garbage \n" * 3000


@dataclass
class Ran:
    """What a command left behind."""

    status: int
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in a workspace of its own, in this process."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(workspace.folder)

    def ran(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["dispatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ran(int(ended.value.code or 0), capsys.readouterr().err)

    return ran


def a_file(path: Path) -> None:
    path.write_bytes(GARBAGE)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "gone" / "away")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def not_writable(path: Path) -> None:
    """A folder in which not even the superuser makes a file."""
    path.symlink_to("/proc")


def deep(path: Path) -> None:
    path.write_text("[" * 100_000)


def make(workspace: Workspace, name: str, state: Callable[[Path], None]) -> None:
    path = workspace.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    state(path)


def hold_to_three_lines(ran: Ran) -> None:
    assert ran.status in (1, 2)
    what, *rest = ran.err.splitlines()
    assert what.startswith("Error: "), ran.err
    assert len(rest) >= 2, ran.err


@pytest.mark.parametrize("command", [(), ("members", "list"), ("home",), ("report",)])
@pytest.mark.parametrize("state", [a_file, a_dangling_link, a_link_to_itself, not_writable])
def test_a_state_folder_that_is_none_is_an_error(
    run: Run, workspace: Workspace, state: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    make(workspace, ".dispatch", state)
    hold_to_three_lines(run(*command))


EVERY_STATE = (a_file, a_folder, a_pipe, a_dangling_link, a_link_to_itself, a_device)
#: what stands in whose place, and the command that needs it; a log or a lock may be any file
IN_THE_PLACE = [
    *((".dispatch/dispatch.db", state, ("members", "list")) for state in EVERY_STATE),
    *((".dispatch/practice.db", state, ("report",)) for state in EVERY_STATE),
    *((".dispatch/practice", state, ("practice", "start")) for state in EVERY_STATE if state is not a_folder),
    (".dispatch/practice/server.log", a_folder, ("practice", "start")),
    (".dispatch/practice/server.log", a_dangling_link, ("practice", "start")),
    (".dispatch/practice/starting.lock", a_folder, ("practice", "start")),
    (".dispatch/practice/starting.lock", a_link_to_itself, ("practice", "start")),
]


@pytest.mark.parametrize(("name", "state", "command"), IN_THE_PLACE)
def test_something_else_in_the_place_of_a_file_is_an_error(
    run: Run, workspace: Workspace, name: str, state: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    make(workspace, name, state)
    hold_to_three_lines(run(*command))


@pytest.mark.parametrize("state", [a_file, a_folder, a_pipe, a_dangling_link, a_device, deep])
def test_a_note_of_the_practice_server_that_cannot_be_read_is_none(
    run: Run, workspace: Workspace, state: Callable[[Path], None]
) -> None:
    make(workspace, ".dispatch/practice.json", state)
    assert run("practice", "status").err == ""
    assert run("check", "potential-arms").status in (0, 1)


@pytest.mark.parametrize("state", [a_file, a_dangling_link])
def test_a_place_for_prepared_pictures_that_cannot_be_used_only_costs_time(
    run: Run, workspace: Workspace, state: Callable[[Path], None]
) -> None:
    make(workspace, ".dispatch/pictures", state)
    ran = run("check", "potential-arms")
    assert (ran.status, ran.err) in ((0, ""), (1, ""))


# --- files that a command is given --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("import", "{}.docx"),
        ("import", "{}.txt"),
        ("import", "subscribers/center.csv", "{}"),
        ("members", "import", "{}", "--list", "center"),
        ("check", "{}"),
        ("render", "{}", "--out", "rendered"),
        ("preview", "{}", "--export", "exported"),
        ("send", "{}", "--dry-run"),
        ("proof", "{}", "--to", "director@example.org"),
    ],
)
@pytest.mark.parametrize("state", [a_pipe, a_device, a_link_to_itself])
def test_what_is_no_file_is_refused_at_once(
    run: Run,
    workspace: Workspace,
    command: tuple[str, ...],
    state: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISPATCH_MAIL__TRANSPORT", "smtp")
    given = [part for part in command if part.startswith("{}")]
    make(workspace, given[0].format("given"), state)
    hold_to_three_lines(run(*(part.format("given") for part in command)))


@pytest.mark.parametrize("state", [a_pipe, a_device, a_folder])
def test_a_picture_a_wordmark_and_a_template_that_are_no_files(
    run: Run, workspace: Workspace, state: Callable[[Path], None]
) -> None:
    picture = next((workspace.brief.parent / "images").iterdir())
    picture.unlink()
    make(workspace, str(picture.relative_to(workspace.folder)), state)
    ran = run("check", "potential-arms")
    assert (ran.status, ran.err) == (1, "")
    if state is not a_folder:
        make(workspace, "templates/more.j2", state)
        hold_to_three_lines(run("check", "potential-arms"))


@pytest.mark.parametrize("state", [a_pipe, a_device, a_folder])
def test_settings_that_are_no_file_make_no_workspace(
    run: Run, workspace: Workspace, state: Callable[[Path], None]
) -> None:
    (workspace.folder / "dispatch.toml").unlink()
    make(workspace, "dispatch.toml", state)
    hold_to_three_lines(run("check"))
    hold_to_three_lines(run("--workspace", str(workspace.folder), "check"))
