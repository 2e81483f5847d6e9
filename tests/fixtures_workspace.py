"""Fixtures: a workspace copied from the repository's, with its members imported."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.in_process import run_in_process

REPOSITORY = Path(__file__).parents[1]
STARTER = ("dispatch.toml", "templates", "briefs", "subscribers")
SLUG = "2023-09-19-potential-arms-deals"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace of a test's own."""

    folder: Path

    @property
    def brief(self) -> Path:
        """The seed brief."""
        return self.folder / "briefs" / SLUG / "brief.md"

    def edit(self, old: str, new: str, file: Path | None = None) -> None:
        """Change a text in a file, the brief where none is named; it must be there."""
        target = file or self.brief
        text = target.read_text("utf-8")
        assert old in text, f"{old!r} is not in {target}"
        target.write_text(text.replace(old, new, 1), "utf-8")

    def command(self, *arguments: str) -> list[str]:
        """The words of a dispatch command in this workspace."""
        return [sys.executable, "-m", "dispatch", "--workspace", str(self.folder), *arguments]

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a dispatch command to its end, in this process."""
        return run_in_process(["--workspace", str(self.folder), *arguments], environment(variables))


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process that a test starts: the tests' own, and no screen to open a browser on."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return kept | dict(variables or {})


def make_workspace(folder: Path) -> Workspace:
    """A workspace in a new folder, with the seed brief and its 88 members."""
    made = Workspace(folder)
    folder.mkdir()
    for name in STARTER:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copyfile(source, folder / name)
    for member_list in ("center", "coalition"):
        file = folder / "subscribers" / f"{member_list}.csv"
        done = made.run("members", "import", str(file), "--list", member_list, "--yes")
        assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="session")
def filled_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace that others are copies of; nobody changes it."""
    return make_workspace(tmp_path_factory.mktemp("filled") / "workspace")


@pytest.fixture
def workspace(filled_workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with the seed brief and its 88 members, for one test."""
    shutil.copytree(filled_workspace.folder, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")
