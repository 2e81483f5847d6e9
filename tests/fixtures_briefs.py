"""A workspace for tests of briefs: the repository's settings, templates and seed brief in a folder of its own."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def copy_workspace(folder: Path) -> Path:
    """The repository's settings, templates and briefs, copied into a folder."""
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "dispatch.toml", folder)
    for name in ("templates", "briefs"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace for tests that only read it; prepared pictures are kept in it."""
    return copy_workspace(tmp_path_factory.mktemp("briefs") / "shared")


@pytest.fixture
def own_workspace(tmp_path: Path) -> Path:
    """A workspace that a test may change."""
    return copy_workspace(tmp_path / "own")
