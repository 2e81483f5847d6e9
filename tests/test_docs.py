"""The documentation names everything there is, leads nowhere that is not there, and says nothing of this machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dispatch.cli.main import dispatch
from dispatch.settings import PREFIX, keys

ROOT = Path(__file__).parent.parent
PAGES = {path: path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")))}
#: folders and files that are the project; everything else at the top was made by a program
PROJECT = ("src", "docs", "tests", "scripts", "requirements", "templates", "subscribers", "briefs", "bench", ".ci")
TEXTS = {".py", ".md", ".toml", ".txt", ".in", ".sh", ".j2", ".html", ".css", ".js", ".json", ".csv", ".yml", ""}


def commands(command: click.Command, words: tuple[str, ...] = ("dispatch",)) -> Iterator[tuple[str, click.Command]]:
    """Every command that is shown, with its words as typed."""
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            if not found.hidden:
                yield from commands(found, (*words, name))


COMMANDS = dict(commands(dispatch))


def mentions(page: str, words: str) -> bool:
    return re.search(rf"{re.escape(words)}(?![\w-])", page) is not None


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_documented(words: str) -> None:
    assert any(mentions(page, words) for page in PAGES.values())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_is_documented_on_a_page_that_names_its_command(words: str) -> None:
    options = [max(each.opts, key=len) for each in COMMANDS[words].params if isinstance(each, click.Option)]
    pages = [page for page in PAGES.values() if mentions(page, words)]

    missing = [
        option
        for option in options
        if option not in ("--help", "--version") and not any(mentions(page, option) for page in pages)
    ]

    assert missing == []


def test_every_setting_is_documented_with_its_variable() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")

    missing = []
    for key in keys():
        variable = PREFIX + key.upper().replace(".", "__")
        # The colours of both lights share a row, which shortens the second variable.
        short = "…__DARK__" + variable.rpartition("__")[2] if ".dark." in key else variable
        if f"`{key}`" not in page or (f"`{variable}`" not in page and f"`{short}`" not in page):
            missing.append(key)

    assert missing == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = re.findall(r"^\| (`[^|]+?`) \|", page, re.MULTILINE)

    assert named
    assert {name.strip("` ") for cell in named for name in cell.split(",")} - set(keys()) == set()


def test_every_finding_is_documented() -> None:
    page = (ROOT / "docs" / "findings.md").read_text("utf-8")

    assert [code for code in sorted(finding_codes()) if f"`{code}`" not in page] == []


def finding_codes() -> set[str]:
    """The codes of all Findings: what stands after a Level, or as `code=`, in any call."""
    found = set()
    for file in (ROOT / "src" / "dispatch").glob("**/*.py"):
        for call in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)):
            for one, following in zip(call.args, call.args[1:], strict=False):
                if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "Level":
                    found |= _texts(following)
            if isinstance(call.func, ast.Name) and call.func.id == "Finding":
                found |= {text for each in call.keywords if each.arg == "code" for text in _texts(each.value)}
    return found


def _texts(node: ast.expr) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_the_codes_of_findings_are_found() -> None:
    assert {"stand-in-picture", "link-empty", "picture-unusable"} <= finding_codes()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_within_the_documentation_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", PAGES[page])
    local = [link.partition("#")[0] for link in links if "://" not in link and not link.startswith(("#", "mailto:"))]

    assert [link for link in local if not (page.parent / link).exists()] == []


def project_files() -> Iterator[Path]:
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and path.suffix in TEXTS:
            yield path
    for name in PROJECT:
        for path in sorted((ROOT / name).glob("**/*")):
            if path.is_file() and path.suffix in TEXTS and not {"__pycache__", "vendor"} & set(path.parts):
                yield path


#: each in pieces, so that this file does not find itself
FORBIDDEN = {
    "package index": r"pyp[i]\.org|pythonhoste[d]|npmj[s]|regist[r]y\.",
    "path of one machine": r"/wor[k]/|/roo[t]/|/tmp/[a-z]+-clon[e]",
    "how the work is organised": r"\bissue [A-I]\b|(?<!markdown_it\.)\bhelpe[r]s?\b|\bsub-?agen[t]s?\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_in_the_project_tells_of(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.IGNORECASE)
    found = []
    for path in project_files():
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")

    assert found == []
