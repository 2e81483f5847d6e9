"""What a text gives, and what is said about what is wrong in it."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.compose.parse import MAX_CHARACTERS, parse
from dispatch.model.brief import Box, Button, CodeBlock, Figure, Group, Heading, Listing, Passage, Rule, Table, plain
from dispatch.model.finding import Finding
from tests.compose.samples import FRONT, ROOT, brief, parsed

SEED = ROOT / "briefs/2023-09-19-potential-arms-deals/brief.md"


def codes(body: str, front: str = FRONT) -> list[tuple[str, int]]:
    """Code and line of each Finding; lines of the body count from 1."""
    first = front.count("\n")
    return [(finding.code, finding.place.line - first) for finding in parsed(body, front).findings]


def told(front: str) -> list[Finding]:
    return list(parsed("", f"---\n{front}\n---\n").findings)


def test_the_seed_is_read_without_a_complaint() -> None:
    made = parse(SEED.read_text("utf-8"), slug="seed", file="brief.md")
    assert made.findings == ()
    assert made.brief is not None
    assert made.brief.date == dt.date(2023, 9, 19)
    assert [author.name for author in made.brief.authors] == ["Kevin Zhang"]
    assert [figure.credit for figure in made.brief.figures] == [
        "Vladimir Smirnov / Sputnik",
        "Artyom Geodakyan/ Sputnik",
    ]
    assert made.brief.stand_ins == made.brief.figures
    assert [(note.label, note.ibid_of) for note in made.brief.footnotes] == [
        ("1", ""), ("2", ""), ("3", "2"), ("4", ""), ("5", ""), ("6", ""), ("7", "6"),
    ]  # fmt: skip


def test_every_kind_of_block_is_read() -> None:
    made = brief(
        "## Head\n\n- a\n- b\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n> q\n\n---\n\n```\nx\n```\n\n"
        "::: key-points\n- k\n:::\n\n::: pull-quote\np\n:::\n\n::: button\n[Go](https://example.org)\n:::\n\n"
        ":::: audience coalition\n::: key-points\nx\n:::\n::::\n\n{lang=ar dir=rtl}\nنص\n\n"
        '![alt](images/a.jpg "cap"){.half credit="C"}\n'
    )
    assert [type(block) for block in made.blocks] == [
        Heading, Listing, Table, Box, Rule, CodeBlock, Box, Box, Button, Passage, Group, Figure,
    ]  # fmt: skip
    assert made.figures == (Figure("images/a.jpg", "alt", "cap", "C", is_half=True, line=made.figures[0].line),)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a[^1]", [("footnote-undefined", 1)]),
        ("a[^1]\n\n[^1]: x\n[^2]: y", [("footnote-unused", 4)]),
        ("a[^1]\n\n[^1]: x\n\n[^1]: y", [("footnote-doubled", 5)]),
        ("a[^2] b[^1]\n\n[^1]: x\n[^2]: y", [("footnote-order", 3)]),
        ("a[^1]\n\n[^1]: Ibid.", [("ibid-without-source", 3)]),
        ("# a", [("heading-level", 1)]),
        ("##### a", [("heading-level", 1)]),
        ("[a](javascript:x)", [("link-scheme", 1)]),
        ("[a](data:text/html,x)", [("link-scheme", 1)]),
        ("x\ny [a](b.html)", [("link-relative", 2)]),
        ("[a](https://u:p@example.org)", [("link-unreadable", 1)]),
        ("[a](https://)", [("link-unreadable", 1)]),
        ("text ![a](images/a.jpg) text", [("picture-in-line", 1)]),
        ("![a](images/a.jpg){.haf}", [("attribute-unknown", 1)]),
        ("[x]{lang=!!}", []),
        ('[x]{lang="no language"}', [("attribute-value", 1)]),
        ("[x]{onclick=alert}", [("attribute-unknown", 1)]),
        ("::: key-pionts\nx\n:::", [("container-unknown", 1)]),
        ("::: key-points\nx", [("container-open", 1)]),
        ("::: audience\nx\n:::", [("audience-missing", 1)]),
        ("::: button\nx\n:::", [("button-without-link", 1)]),
        ("> " * 60 + "x", [("nested-too-deep", 1)]),
        ("a\x07b", [("control-character", 1)]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(body: str, expected: list[tuple[str, int]]) -> None:
    assert codes(body) == expected


def test_a_passage_of_a_mistyped_audience_block_is_shown_to_nobody() -> None:
    [hidden] = brief("::: audiense coalition\nx\n:::").blocks
    assert isinstance(hidden, Passage)
    assert hidden.audiences == ()


@pytest.mark.parametrize("words", ["Ibid", "Ibid.", "ibid.", "Id.", "Id", "Ibid., p. 5", "Ibid, 12", "Id. at 5"])
def test_an_ibid_points_at_the_note_before(words: str) -> None:
    made = brief(f"a[^1] b[^2]\n\n[^1]: <https://example.org>\n[^2]: {words}")
    assert [note.ibid_of for note in made.footnotes] == ["", "1"]


@pytest.mark.parametrize(
    "words", ["Idaho Statesman", "Id card offices", "Ibidem Press, 2020, <https://example.org>", "x Ibid"]
)
def test_other_words_are_no_ibid(words: str) -> None:
    made = brief(f"a[^1] b[^2]\n\n[^1]: <https://example.org>\n[^2]: {words}")
    assert [note.ibid_of for note in made.footnotes] == ["", ""]


def test_an_ibid_after_an_ibid_points_at_the_source_of_both() -> None:
    made = brief("a[^1] b[^2] c[^3]\n\n[^1]: x\n[^2]: Ibid\n[^3]: Ibid")
    assert [note.ibid_of for note in made.footnotes] == ["", "1", "1"]


def test_a_note_in_the_line_itself_is_a_footnote() -> None:
    [note] = brief("a^[Said <https://example.org>]").footnotes
    assert plain(note.blocks[0].inlines) == "Said https://example.org"  # type: ignore[union-attr]  # a Paragraph


@pytest.mark.parametrize(
    ("front", "code", "line", "advice"),
    [
        ('title: "a"', "front-matter-missing-key", 1, "date:"),
        ('title: "a"\ndate: 2023-09-19\nsubjcet: "x"', "front-matter-unknown-key", 4, "'subject'"),
        ('title: "a"\ndate: 2023-09-19\nauthors:\n  - nmae: "x"', "front-matter-unknown-key", 5, "'name'"),
        ("title: a: b\ndate: 2023-09-19", "front-matter-unreadable", 2, "double quotes"),
        ("title: 1984\ndate: 2023-09-19", "front-matter-type", 2, "double quotes"),
        ('title: "a"\ndate: "last week"', "front-matter-type", 3, "docs/brief-format.md"),
        ('title: &x "a"\ndate: 2023-09-19', "front-matter-unreadable", 2, "double quotes"),
        ('title: "a"\ndate: 2023-09-19\nlang: "no language"', "front-matter-type", 4, "docs/brief-format.md"),
        ('title: "a"\ntitle: "b"\ndate: 2023-09-19', "front-matter-unreadable", 3, "double quotes"),
        ("title: !!python/object:os.system x\ndate: 2023-09-19", "front-matter-unreadable", 2, "double quotes"),
        ("- a", "front-matter-unreadable", 2, "title:"),
        (
            'title: "a"\ndate: 2023-09-19\nread_next:\n  - {title: "x", url: "javascript:x"}',
            "front-matter-type",
            5,
            "docs",
        ),
    ],
)
def test_the_front_matter_is_strict(front: str, code: str, line: int, advice: str) -> None:
    found = [finding for finding in told(front) if finding.code == code]
    assert found, told(front)
    assert found[0].place.line == line
    assert advice in found[0].advice


def test_all_problems_of_the_front_matter_come_at_once() -> None:
    assert len(told('titel: "a"\ndate: "x"\nlang: 5\nfoo: 1')) == 5


def test_a_wrong_key_does_not_hide_the_brief() -> None:
    made = parsed("x", '---\ntitle: "a"\ndate: 2023-09-19\nfoo: 1\n---\n')
    assert made.brief is not None
    assert [finding.code for finding in made.findings] == ["front-matter-unknown-key"]


def test_a_text_without_front_matter_is_told_how_to_begin() -> None:
    made = parse("Just words", slug="x", file="brief.md")
    assert made.brief is None
    assert [finding.code for finding in made.findings] == ["front-matter-missing"]


def test_a_far_too_long_text_is_not_read() -> None:
    made = parse("x" * (MAX_CHARACTERS + 1), slug="x", file="brief.md")
    assert [finding.code for finding in made.findings] == ["brief-too-long"]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    text = SEED.read_text("utf-8")
    same = parse("\ufeff" + text.replace("\n", "\r\n"), slug="seed", file="brief.md")
    assert same == parse(text, slug="seed", file="brief.md")


SYNTAX = st.sampled_from(
    ["---\n", "::: ", ":::\n", "[^1]", "[^1]: ", "![a](b)", "{.x}", "{", "}", "[[name]]", "[[", "]]", "|",
     "\n\n", "> ", "- ", "1. ", "    ", "\t", "`", "```\n", "**", "*", "<https://x.y>", "www.x.y", "<b>",
     "\\", "&#0;", "&amp;", "\r", "\x00", "\ud800", "title: ", "date: 2023-09-19\n", "&a ", "*a", "? ",
     "!!str ", "^[", "# ", "audience center", "::: button\n", "{{", "}}"]
)  # fmt: skip


@given(st.lists(st.one_of(SYNTAX, st.text(max_size=8)), max_size=40).map("".join), st.booleans())
def test_no_text_makes_reading_raise(text: str, with_front: bool) -> None:
    made = parse(FRONT + text if with_front else text, slug="x", file="brief.md")
    assert made.brief is not None or made.findings
