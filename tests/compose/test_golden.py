"""Fixture briefs rendered for both Audiences, compared with what a person last looked at."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.pipeline.prepare import Prepared, prepare
from tests.compose.samples import ROOT, URL, audiences
from tests.fixtures_golden import in_lines

FIXTURES = ROOT / "tests/fixtures/briefs"
SEED = ROOT / "briefs/2023-09-19-potential-arms-deals/brief.md"
CASES = sorted(file.parent.name for file in FIXTURES.glob("*/brief.md"))


def prepared(workspace: Path, file: Path) -> Prepared:
    return prepare(workspace, file, list(audiences().values()), public_url=URL)


@pytest.mark.parametrize("case", ["seed", *CASES])
def test_a_fixture_brief_renders_as_before(
    case: str, shared_workspace: Path, same_as_golden: Callable[[Path, str], None]
) -> None:
    made = prepared(shared_workspace, SEED if case == "seed" else FIXTURES / case / "brief.md")
    folder = FIXTURES / case / "golden"
    for audience, edition in made.editions.items():
        same_as_golden(folder / f"{audience}.html", in_lines(edition.html))
        same_as_golden(folder / f"{audience}.txt", edition.text)
    same_as_golden(folder / "center-web.html", in_lines(made.editions["center"].web_html))
    same_as_golden(folder / "center.mjml", in_lines(made.editions["center"].mjml))
    told = [f"{found.level} {found.code} {found.place.line} {found.audience}".rstrip() for found in made.findings]
    same_as_golden(folder / "findings.json", json.dumps(told, indent=1) + "\n")


def test_rendering_twice_gives_the_same(shared_workspace: Path) -> None:
    first, second = prepared(shared_workspace, SEED), prepared(shared_workspace, SEED)
    assert [edition.fingerprint for edition in first.editions.values()] == [
        edition.fingerprint for edition in second.editions.values()
    ]
