"""One brief typed in many manners comes out the same: title, authors, date, headings, figures, notes, text."""

import re
from pathlib import Path

import pytest

from dispatch.authoring.import_document import import_document
from dispatch.compose.parse import parse
from dispatch.model import brief as model
from tests.authoring.briefs import Written, briefs
from tests.authoring.manners import DOCX, TEXT, items

BRIEFS = briefs()
#: manners that type no standfirst
WITHOUT_STANDFIRST = {"head_together", "hard_wrapped", "from_windows", "date_first"}


def wrong_points(brief: Written, manner: str, source: Path, folder: Path) -> list[str]:
    """What is not as its author meant it, one word or two each."""
    result = import_document(source, [], folder)
    text = result.brief.read_text("utf-8")
    read = parse(text, slug=result.slug, file="brief.md").brief
    if read is None:
        return ["no brief (no date?)"]
    known = {"The Harbour Policy Center"}
    wanted = {
        "title": brief.title,
        "date": brief.date,
        "standfirst": "" if manner in WITHOUT_STANDFIRST else brief.standfirst,
        "authors": list(brief.authors),
        "biography": brief.biography,
        "text": list(texts_meant(brief, manner)),
        "notes": list(brief.notes),
        "organisations": [],
    }
    found = {
        "title": read.title,
        "date": read.date,
        "standfirst": read.standfirst,
        "authors": [(author.name, author.role, author.organisation) for author in read.authors],
        "biography": read.authors[0].biography if read.authors else "",
        "text": list(texts_read(read.blocks)),
        "notes": [plain(note.blocks) for note in read.footnotes],
        "organisations": [body.name for body in read.organisations if body.name not in known],
    }
    wrong = [f"{what}: {shown(found[what], wanted[what])}" for what in wanted if found[what] != wanted[what]]
    # every address and picture is there too
    wrong += ["address"] if "https://audit.example.org/reports/17" not in text else []
    return wrong


def shown(found: object, wanted: object) -> str:
    if isinstance(found, list) and isinstance(wanted, list):
        extra, short = [x for x in found if x not in wanted], [x for x in wanted if x not in found]
        return f"got {str(extra)[:160]}, not {str(short)[:160]}"
    return f"got {found!r}, not {wanted!r}"


def texts_meant(brief: Written, manner: str) -> list[tuple[str, str]]:
    meant = []
    for kind, text, number in items(brief):
        if kind == "figure":
            caption, credit = brief.figures[number - 1]
            caption = f"Figure {number}: {caption}" if manner == "endnotes" else caption
            meant.append((kind, f"{caption} / {'© ' if manner == 'endnotes' else ''}{credit}"))
        else:
            text = text.upper() if kind == "heading" and manner == "two_columns" else text
            meant.append((kind, text))
    return meant


def texts_read(blocks: model.Blocks) -> list[tuple[str, str]]:
    read: list[tuple[str, str]] = []
    for block in blocks:
        if isinstance(block, model.Heading):
            read.append(("heading", model.plain(block.inlines)))
        elif isinstance(block, model.Figure):
            read.append(("figure", f"{block.caption} / {block.credit}"))
        elif isinstance(block, model.Box):
            read.append(("quote", plain(block.blocks)))
        elif isinstance(block, model.Listing):
            read.extend(("point", plain(item)) for item in block.items)
        else:
            read.append(("paragraph", plain((block,))))
    return read


def plain(blocks: model.Blocks) -> str:
    words = " ".join(model.plain(run) for block in model.walk(blocks) for run in model.inlines_of(block))
    return " ".join(words.split())


def results(kind: str, folder: Path) -> dict[str, list[str]]:
    """manner and brief -> what is wrong with it."""
    found = {}
    for number, brief in enumerate(BRIEFS):
        for at, manner in enumerate(DOCX if kind == "docx" else TEXT):
            source = folder / f"{manner}-{number}.{kind}"
            form = number + at
            made = DOCX[manner](brief, form).packed() if kind == "docx" else TEXT[manner](brief, form)
            source.write_bytes(made)
            found[f"{manner} {number}"] = wrong_points(brief, manner, source, folder / f"{manner}-{number}")
    return found


def report(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{name}: {'; '.join(wrong)}" for name, wrong in found.items() if wrong)


@pytest.mark.parametrize(("kind", "enough"), [("docx", 90 / 96), ("txt", 0.8)])
def test_one_brief_typed_in_many_manners_comes_out_as_it_was_meant(kind: str, enough: float, tmp_path: Path) -> None:
    found = results(kind, tmp_path)
    right = sum(not wrong for wrong in found.values())
    assert right >= enough * len(found), f"{right} of {len(found)} right\n{report(found)}"


def test_the_briefs_are_as_long_as_policy_briefs_are() -> None:
    assert all(700 <= brief.words <= 830 for brief in BRIEFS)
    assert len({re.sub(r"\W", "", brief.title) for brief in BRIEFS}) == 8
