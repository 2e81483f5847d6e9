"""Briefs made of a few lines, rendered with the repository's own templates and Brands."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lxml.html

from dispatch.compose.parse import Parsed, parse
from dispatch.compose.render import render
from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief
from dispatch.model.edition import Edition
from dispatch.pipeline.prepare import templates_of
from dispatch.settings import load

ROOT = Path(__file__).parents[2]
URL = "https://briefs.example.org"
FRONT = '---\ntitle: "A brief"\ndate: 2023-09-19\nsubject: "About it"\npreheader: "What it says."\n---\n'


@functools.cache
def audiences() -> dict[str, Audience]:
    """The repository's own Audiences, by slug."""
    return {audience.slug: audience for audience in load(ROOT, {}).all_audiences()}


@functools.cache
def templates() -> dict[str, str]:
    """The repository's own templates."""
    return templates_of(ROOT)


def parsed(body: str, front: str = FRONT) -> Parsed:
    """A text read."""
    return parse(front + body, slug="a-brief", file="brief.md")


def brief(body: str, front: str = FRONT) -> Brief:
    """A text as a Brief."""
    made = parsed(body, front).brief
    assert made is not None
    return made


def edition(
    body: str, audience: str = "center", front: str = FRONT, changes: Mapping[str, str] | None = None
) -> Edition:
    """A text rendered; `changes` put other templates in the place of the repository's."""
    sources = {**templates(), **(changes or {})}
    return render(brief(body, front), audiences()[audience], pictures=pictures(), templates=sources, public_url=URL)


def picture(name: str = "f0.jpg", width: int = 1184, height: int = 700) -> Picture:
    """A picture of some size, without bytes."""
    return Picture(name, "0" * 64, width, height, 50_000, "image/jpeg")


def pictures() -> dict[str, Picture]:
    """Pictures for the files `images/a.jpg` and `images/b.jpg`."""
    return {"images/a.jpg": picture("a0.jpg"), "images/b.jpg": picture("b0.jpg", 640, 427)}


def tree(html: str) -> Any:
    """A page as lxml reads it; Any, since xpath gives whatever was asked for."""
    return lxml.html.fromstring(html)
