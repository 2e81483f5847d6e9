"""Plain English: words that no screen, page, document or string of the program uses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: archaisms and translated idioms, with their endings
BANNED = re.compile(
    r"\b(whoever|somebody|anew|amid|mend(?:s|ed|ing)?|surely|thither|thereof|(?:said|say|says) yes|"
    r"for good|bec(?:ome|ame|omes) of|to be had)\b",
    re.IGNORECASE,
)
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "templates/**/*.j2", "src/dispatch/web/pages/*.html", "dispatch.toml")
    for path in ROOT.glob(pattern)
)
SOURCES = sorted((ROOT / "src" / "dispatch").rglob("*.py"))


def texts(source: str) -> Iterator[tuple[int, str]]:
    """The line and the words of every string in a module, docstrings too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_or_document_uses_plain_words(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert [f"{number}: {line}" for number, line in enumerate(lines, 1) if BANNED.search(line)] == []


def test_no_string_of_the_program_uses_them() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {found[0]}"
        for path in SOURCES
        for line, words in texts(path.read_text("utf-8"))
        if (found := BANNED.search(words))
    ]
    assert found == []
