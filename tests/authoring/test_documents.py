"""Every document of tests/fixtures/documents becomes the brief that a person found right, and loses no word."""

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from dispatch.authoring import word_check
from dispatch.authoring.import_document import ImportResult, import_document
from dispatch.compose.parse import parse
from dispatch.model.finding import Level

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
SOURCES = sorted([*DOCUMENTS.glob("*.docx"), *DOCUMENTS.glob("*.txt")])
NOW = dt.datetime(2024, 1, 2, 12, tzinfo=dt.UTC)
#: what `check` finds because a document has no pictures, alt texts, subject or preheader
EXPECTED = {
    "alt-missing",
    "picture-missing",
    "subject-missing",
    "preheader-missing",
    "credit-missing",
    "caption-missing",
}


def take(source: Path, folder: Path) -> ImportResult:
    return import_document(source, [], folder)


def shown(taken: ImportResult) -> str:
    """What the import prints, in one text for the golden file."""
    rows = [f"slug: {taken.slug}"]
    rows += [f"understood {remark.place}: {remark.text}" for remark in taken.understood]
    rows += [f"left out {left.place}: {' '.join(left.words.split())} ({left.reason})" for left in taken.left_out]
    rows += [f"look at {remark.place}: {remark.text}" for remark in taken.look_at]
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_document_becomes_the_brief_that_was_found_right(
    source: Path, tmp_path: Path, same_as_golden: Callable[[Path, str], None]
) -> None:
    taken = take(source, tmp_path)
    same_as_golden(DOCUMENTS / "golden" / f"{source.name}.brief.md", taken.brief.read_text("utf-8"))
    same_as_golden(DOCUMENTS / "golden" / f"{source.name}.said.txt", shown(taken))


def words_in(source: Path) -> str:
    """All the text of a document, taken without any code of dispatch: the texts of every part, runs joined."""
    if source.suffix == ".txt":
        return source.read_bytes().decode("utf-8", errors="replace")
    texts = []
    with zipfile.ZipFile(source) as archive:
        for name in archive.namelist():
            if re.match(r"word/(document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml$", name):
                root = etree.fromstring(archive.read(name))
                for paragraph in root.iter("{*}p"):
                    inside = paragraph.iter(
                        "{*}t", "{*}delText", "{*}tab", "{*}br", "{*}footnoteReference", "{*}endnoteReference"
                    )
                    texts.append("".join(element.text or " " for element in inside))
    return "\n".join(texts)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_word_of_a_document_is_in_the_brief_or_in_what_was_printed(source: Path, tmp_path: Path) -> None:
    taken = take(source, tmp_path)
    kept = word_check.words_of_brief(taken.brief.read_text("utf-8")) + word_check.words_of(shown(taken))
    # runs that touch (a mark on its word, a change next to its neighbour) are one word here and two in the brief
    found = "".join(kept)
    lost = [word for word in word_check.words_of(words_in(source)) if word not in kept and word not in found]
    split = [word for word in lost if not any(word.startswith(one) and word[len(one) :] in kept for one in kept)]
    assert split == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_the_reader_of_briefs_finds_nothing_unreadable_in_it(source: Path, tmp_path: Path) -> None:
    taken = take(source, tmp_path)
    parsed = parse(taken.brief.read_text("utf-8"), slug=taken.slug, file="brief.md")
    wrong = [f for f in parsed.findings if f.code not in EXPECTED and f.level is not Level.NOTE]
    assert parsed.brief is not None
    assert wrong == []
    assert f"{len(parsed.brief.footnotes)} note" in shown(taken) or not parsed.brief.footnotes


def without_what_a_text_has_not(brief: str) -> str:
    """A brief without its pictures' file names, alt texts, `.stand-in`, subject and preheader, and nothing else."""
    brief = re.sub(r"^(subject|preheader): .*\n", "", brief, flags=re.MULTILINE)
    brief = re.sub(r"^!\[[^\]]*\]\(images/[\w.-]+ ", "![](images/… ", brief, flags=re.MULTILINE)
    return brief.replace("{.stand-in ", "{")


@pytest.mark.parametrize("name", ["seed.txt", "seed.docx"])
def test_the_seed_gives_the_brief_of_this_repository(name: str, tmp_path: Path) -> None:
    shipped = DOCUMENTS.parents[2] / "briefs" / "2023-09-19-potential-arms-deals" / "brief.md"
    taken = take(DOCUMENTS / name, tmp_path)
    assert taken.slug == shipped.parent.name
    brief = taken.brief.read_text("utf-8")
    assert without_what_a_text_has_not(brief) == without_what_a_text_has_not(shipped.read_text("utf-8"))


def test_the_seed_lies_here_byte_for_byte() -> None:
    import hashlib

    digest = hashlib.sha256((DOCUMENTS / "seed.txt").read_bytes()).hexdigest()
    assert digest == "7785f8453fdca05f9b1ae4f75cc93c911efd6a19f9a49c5137161e87ae131cd0"
