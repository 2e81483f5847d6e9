"""Outside the repository: the wheel, installed alone in an empty folder, sends the brief there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `dispatch` of a wheel in an environment of its own; it borrows this one's other packages."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPOSITORY))
    wheel = next(folder.glob("*.whl"))
    run(sys.executable, "-m", "venv", "--without-pip", str(folder / "environment"))
    python = folder / "environment" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    # The dependencies as they are installed here, but not the checkout, which lies in an editable install.
    packages = next((folder / "environment" / "lib").glob("python3*/site-packages"))
    here = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for entry in here.iterdir():
        if "dispatch" not in entry.name and not (packages / entry.name).exists():
            (packages / entry.name).symlink_to(entry)
    return python.parent / "dispatch"


def run(*command: str, cwd: Path | None = None) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_the_wheel_alone_sends_the_brief_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    dispatch = str(installed)
    place = run(str(installed.parent / "python"), "-c", "import dispatch; print(dispatch.__file__)", cwd=tmp_path)
    assert str(REPOSITORY / "src") not in place
    run(dispatch, "init", "desk", cwd=tmp_path)
    desk = tmp_path / "desk"
    for member_list in ("center", "coalition"):
        run(dispatch, "members", "import", f"subscribers/{member_list}.csv", "--list", member_list, "--yes", cwd=desk)
    try:
        run(dispatch, "check", cwd=desk)
        environ = ["env", "DISPATCH_SEND__HOLD_SECONDS=0"]
        said = run(*environ, dispatch, "send", "--yes", cwd=desk)
        assert "Done. 88 recipients: 88 sent." in said
        assert "Total" in run(dispatch, "report", cwd=desk)
    finally:
        run(dispatch, "practice", "stop", cwd=desk)
