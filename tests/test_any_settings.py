"""Whatever stands in dispatch.toml or in the environment: the settings, or errors of three lines; never a traceback."""

import copy
import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatch.errors import DispatchError, ProblemsFound
from dispatch.sections import Settings
from dispatch.settings import PREFIX, SETTINGS_FILE, keys, load

STARTER = (Path(__file__).parents[1] / SETTINGS_FILE).read_text("utf-8")
NAMES = {"brands": "center", "audiences": "center"}
#: the path of every setting, in the starter's brand and audience
KEYS = [[NAMES[path[0]] if step == "*" else step for step in path] for path in (key.split(".") for key in keys())]

#: what people type that is nearly right, and what breaks readers of addresses, hosts and paths
NEARLY = [
    "",
    " ",
    "America",
    "..",
    "/etc/passwd",
    "a\0b",
    "\x1b[2J",
    "https://[abc",
    "https://exam℀ple.com",
    "https://a:99999/",
    "http://",
    "postgresql://[::",
    "sqlite://",
    "mysql://x",
    "x" * 70_000,
    "a..b",
    "١٢",
    "a@x.org, b@y.org",
    "X <a b@c>",
    "Center, Inc. <a@x.org>",
    "<>",
    "1e999",
    "-0",
    "nan",
    "\ud800",
    "٣.٥",
]
texts = st.sampled_from(NEARLY) | st.text(max_size=30)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(2**63), 2**64])
    | st.floats()
    | texts
    | st.datetimes()
    | st.dates()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def put(document: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        document = document.setdefault(step, {})
    document[steps[-1]] = value


def written(document: Any) -> str:
    """A value as TOML."""
    if isinstance(document, bool):
        return "true" if document else "false"
    if isinstance(document, str):
        return '"' + "".join(_escaped(char) for char in document) + '"'
    if isinstance(document, list):
        return "[" + ", ".join(written(each) for each in document) + "]"
    if isinstance(document, dict):
        return "{" + ", ".join(f"{written(key)} = {written(value)}" for key, value in document.items()) + "}"
    if isinstance(document, dt.datetime | dt.date | dt.time):
        return document.isoformat()
    return "nan" if document is None else repr(document)


def _escaped(char: str) -> str:
    if char.isprintable() and char not in '"\\':
        return char
    return f"\\U{ord(char):08X}" if not 0xD800 <= ord(char) < 0xE000 else "?"


def outcome(folder: Path, text: str, environ: dict[str, str]) -> "Settings | list[DispatchError]":
    """The settings, or all problems; anything else is a traceback."""
    (folder / SETTINGS_FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = load(folder, environ)
    except ProblemsFound as err:
        return list(err.problems)
    except DispatchError as err:
        return [err]
    found.all_audiences()
    return found


def hold_to_three_lines(found: "Settings | list[DispatchError]") -> None:
    for problem in found if isinstance(found, list) else ():
        assert len(problem.lines()) == 3
        assert all("\n" not in line for line in problem.lines()), problem.lines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@settings(deadline=None)
@given(steps=st.sampled_from(KEYS), value=values)
@example(steps=["timezone"], value="America")
@example(steps=["audiences", "center", "from"], value=[])
@example(steps=["smtp", "max_per_second"], value=float("nan"))
@example(steps=["smtp", "max_per_second"], value=float("inf"))
def test_any_value_of_any_setting_in_the_file(folder: Path, steps: list[str], value: Any) -> None:
    document = copy.deepcopy(tomllib.loads(STARTER))
    put(document, steps, value)
    text = "\n".join(f"{written(key)} = {written(each)}" for key, each in document.items())
    hold_to_three_lines(outcome(folder, text, {}))


@settings(deadline=None)
@given(steps=st.sampled_from(KEYS), value=texts)
@example(steps=["timezone"], value="America")
def test_any_value_of_any_setting_in_the_environment(folder: Path, steps: list[str], value: str) -> None:
    variable = PREFIX + "__".join(steps).upper()
    hold_to_three_lines(outcome(folder, STARTER, {variable: value}))


@settings(deadline=None)
@given(name=texts, value=texts)
@example(name="[x]", value="")
@example(name="MAIL", value="x")
@example(name="MAIL__TRANSPORT__X", value="x")
def test_any_name_in_the_environment_and_in_the_file(folder: Path, name: str, value: str) -> None:
    hold_to_three_lines(outcome(folder, STARTER, {PREFIX + name.upper(): value}))
    hold_to_three_lines(outcome(folder, f"{written(name)} = {written(value)}\n", {}))
    hold_to_three_lines(outcome(folder, f"[brands.{written(name)}]\nname = 1\n", {}))


@settings(deadline=None)
@given(data=st.binary(max_size=60))
@example(data=b"a = " + b"[" * 5000)
@example(data=b"a = " + b"9" * 5000)
@example(data=b"[" * 100)
def test_any_bytes_as_the_file(folder: Path, data: bytes) -> None:
    (folder / SETTINGS_FILE).write_bytes(data)
    try:
        load(folder, {})
    except DispatchError as err:
        hold_to_three_lines(list(err.problems) if isinstance(err, ProblemsFound) else [err])


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        ("a@x.org, b@y.org", "write it as: Name <address@domain>"),
        ("X <a b@c>", "write it as: Name <address@domain>"),
        ("X <a@b@c.org>", "write it as: Name <address@domain>"),
        ("Center, Inc. <a@x.org>", "put the name in quotes: '\"Center, Inc.\" <a@x.org>'"),
        ("Anna (Office) <a@x.org>", "put the name in quotes"),
        ("", "it must not be empty"),
    ],
)
def test_a_sender_that_no_header_can_hold_is_refused(folder: Path, sender: str, words: str) -> None:
    found = outcome(folder, STARTER, {"DISPATCH_AUDIENCES__CENTER__FROM": sender})
    assert isinstance(found, list)
    assert words in found[0].what
    assert "audiences.center.from" in found[0].what


@pytest.mark.parametrize("sender", ['"Center, Inc." <a@x.org>', "Центр <a@x.org>", "a@x.org", "X <a@münchen.de>"])
def test_a_sender_with_a_name_of_any_kind_is_taken(folder: Path, sender: str) -> None:
    found = outcome(folder, STARTER, {"DISPATCH_AUDIENCES__CENTER__FROM": sender})
    assert isinstance(found, Settings)


def test_two_audiences_on_one_list_and_a_brand_that_is_missing_are_all_said(folder: Path) -> None:
    environ = {"DISPATCH_AUDIENCES__CENTER__LIST": "coalition", "DISPATCH_AUDIENCES__COALITION__BRAND": "none"}
    found = outcome(folder, STARTER, environ)
    assert isinstance(found, list)
    assert sorted(each.what.partition(" names ")[0] for each in found) == [
        "audiences.coalition.brand",
        "audiences.coalition.list",
    ]
    assert all(f"{SETTINGS_FILE}:" in each.where for each in found)
