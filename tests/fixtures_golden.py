"""Golden files: what a rendering gave when a person last looked at it. `pytest --update-golden` writes them anew."""

from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew; look at the diff")


@pytest.fixture
def same_as_golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Asserts that a text is what its golden file holds."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(file: Path, text: str) -> None:
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="\n")
        assert file.is_file(), f"{file} is not there; make it with --update-golden and look at it"
        assert text == file.read_text("utf-8"), f"{file} differs; look at it, then use --update-golden"

    return compare
