"""Golden files: what a rendering gave when a person last looked at it. `pytest --update-golden` writes them again."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

#: lines of a difference that a failed test prints
SHOWN_LINES = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files again; look at the diff")


def in_lines(page: str) -> str:
    """A page with one element a line, so that a changed word is a changed line."""
    return page.replace("><", ">\n<").rstrip("\n") + "\n"


@pytest.fixture
def same_as_golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Asserts that a text is what its golden file holds; shows where it is not."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(file: Path, text: str) -> None:
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="\n")
        if not file.is_file():
            pytest.fail(f"{file} is not there; make it with --update-golden and look at it")
        golden = file.read_text("utf-8")
        if text != golden:
            found = difflib.unified_diff(golden.splitlines(), text.splitlines(), "golden", "now", lineterm="")
            shown = "\n".join(line for line, _ in zip(found, range(SHOWN_LINES), strict=False))
            pytest.fail(f"{file} differs; look at it, then use --update-golden\n{shown}")

    return compare
