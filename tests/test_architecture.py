"""The house: sizes, names, and what may be imported where. The layers themselves are held by import-linter."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "dispatch"
MODULES = {
    path.relative_to(ROOT): path.read_text("utf-8")
    for path in sorted(SOURCE.glob("**/*.py"))
    if "migrations" not in path.parts
}
TESTS = {path.relative_to(ROOT): path.read_text("utf-8") for path in sorted((ROOT / "tests").glob("**/*.py"))}
OTHER_TESTS = {path: text for path, text in TESTS.items() if path.name != Path(__file__).name}
#: what `dispatch --help` must not wait for
HEAVY = ("pydantic", "sqlalchemy", "boto3", "botocore", "premailer", "rich", "starlette", "lxml", "PIL", "jinja2")


def functions() -> Iterator[tuple[str, int]]:
    """(name with its place, lines) of every function."""
    for path, text in MODULES.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                first = node.body[0]
                has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
                docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
                yield f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1 - docstring


def test_no_file_is_longer_than_350_lines() -> None:
    assert [f"{path}: {len(text.splitlines())}" for path, text in MODULES.items() if len(text.splitlines()) > 350] == []


def test_functions_are_small() -> None:
    sizes = dict(functions())

    assert [f"{name}: {size}" for name, size in sizes.items() if size > 60] == []
    assert statistics.median(sizes.values()) <= 10


def test_no_file_is_named_for_what_is_left_over() -> None:
    leftover = re.compile(r"^_?(utils?|help(er)s?|managers?|common|misc|base)$")

    assert [path for path in MODULES if leftover.match(path.stem)] == []


def test_every_exception_from_a_rule_says_why() -> None:
    bare = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[a-z, -]+\])?)\s*$")
    found = []
    for path, text in {**MODULES, **TESTS}.items():
        before = ""
        for number, line in enumerate(text.splitlines(), start=1):
            # The reason stands beside it, or as a comment of its own just above.
            if bare.search(line) and not before.startswith("#"):
                found.append(f"{path}:{number}")
            before = line.strip()

    assert found == []


def test_commands_import_nothing_but_click_at_their_top() -> None:
    found = []
    for path, text in MODULES.items():
        if path.parent.name != "cli":
            continue
        for node in ast.parse(text).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path}: {name}" for name in names if not _may_stand_at_the_top(name)]

    assert found == []


def _may_stand_at_the_top(name: str) -> bool:
    return (
        name in ("click", "dispatch")
        or name.startswith("dispatch.cli")
        or name.split(".")[0] in sys.stdlib_module_names
    )


def test_help_waits_for_no_heavy_package() -> None:
    program = (
        "import sys\n"
        "from dispatch.cli.main import dispatch\n"
        "dispatch.main(['--help'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert ran.stderr.strip() == "[]"
    assert "Commands:" in ran.stdout


def test_rendering_waits_for_no_package_that_fetches() -> None:
    program = (
        "import sys\n"
        "from dispatch.compose.mjml import to_html\n"
        "text = '<mj-section><mj-column><mj-text>Text</mj-text></mj-column></mj-section>'\n"
        "print(to_html(f'<mjml><mj-body>{text}</mj-body></mjml>', inline=True))\n"
        "fetching = {'requests', 'urllib3', 'chardet', 'charset_normalizer'}\n"
        "print(sorted(fetching & set(sys.modules)), file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert ran.stderr.strip() == "[]"
    assert "Text" in ran.stdout


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    skipping = re.compile(r"pytest\.(?:skip|importorskip|xfail)\(|mark\.(?:skip|skipif|xfail)\b")

    assert [
        str(path) for path, text in TESTS.items() if path.name != "test_architecture.py" and skipping.search(text)
    ] == []


def test_no_part_of_dispatch_is_replaced_by_a_mock() -> None:
    # A constant, such as how long to wait, may be another in a test.
    mocking = re.compile(r"unittest\.mock|\bMagicMock\b|monkeypatch\.setattr\(\s*[\"']?dispatch[\w.]*\.[a-z_]\w*[\"',]")

    assert [
        str(path) for path, text in TESTS.items() if path.name != "test_architecture.py" and mocking.search(text)
    ] == []


def test_no_rule_asks_which_provider_it_is_or_makes_an_exception_for_this_computer() -> None:
    asks = re.compile(r"isinstance\([^)]*\bmailer\b|(?:Ses|Smtp)Mailer\)")
    rules = [path for path in MODULES if "preflight" in path.parts]

    assert [path for path, text in MODULES.items() if path.parts[2] not in ("aws", "smtp") and asks.search(text)] == []
    assert rules
    assert [path for path in rules if "127.0.0.1" in MODULES[path] or "localhost" in MODULES[path]] == []
