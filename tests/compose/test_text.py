"""The plain-text part: a letter of 72 columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.compose.text_table import table_lines
from dispatch.compose.wrapping import COLUMNS, width, wrap
from tests.compose.samples import FRONT, audiences, edition


def text(body: str, audience: str = "center") -> str:
    """The part between the head and the foot."""
    whole = edition(body, audience).text
    return (
        whole.split("https://briefs.example.org/b/a-brief/" + audience + "\n\n", 1)[1]
        .split("\n" + "-" * 72, 1)[0]
        .rstrip("\n")
    )


def test_paragraphs_are_wrapped_at_72_columns() -> None:
    lines = text("word " * 100).split("\n")
    assert max(map(len, lines)) <= COLUMNS
    assert min(map(len, lines[:-1])) > 60


def test_a_list_hangs_from_its_marks() -> None:
    body = "- one " + "word " * 20 + "\n- two\n    1. three\n    2. four"
    assert text(body).split("\n") == [
        "- one word word word word word word word word word word word word word",
        "  word word word word word word word",
        "- two",
        "  1. three",
        "  2. four",
    ]


def test_quotes_and_key_points_have_a_margin() -> None:
    assert text("> said\n>\n> again") == "> said\n>\n> again"
    assert text("::: key-points\n- one\n:::") == "| Key points\n|\n| - one"


def test_a_picture_is_told_in_words() -> None:
    body = '![A quay.](images/a.jpg "The quay at dawn"){credit="A. Alder / Agency"}'
    assert text(body) == "[Picture: A quay. The quay at dawn. Photo: A. Alder / Agency.]"


def test_a_table_has_aligned_columns() -> None:
    assert text("| Route | Premium |\n|---|--:|\n| North | 1.2 % |\n| South | 13.9 % |").split("\n") == [
        "Route  Premium",
        "-----  -------",
        "North    1.2 %",
        "South   13.9 %",
    ]


def test_a_table_that_is_too_wide_is_told_cell_by_cell() -> None:
    long = "word " * 12
    lines = table_lines([["Port", "What was decided"], ["Aktau", long.strip()], ["Baku", "None"]], ["", ""], 40)
    assert lines[0] == "Port: Aktau"
    assert lines[1].startswith("What was decided: word")
    assert lines[-2:] == ["Port: Baku", "What was decided: None"]


def test_notes_are_numbered_as_in_the_html_and_stand_at_the_end() -> None:
    shown = text("One.[^b] Two.[^a]\n\n[^a]: Ibid.\n[^b]: Title, <https://www.example.org/x>.")
    assert shown == (
        "One.[1] Two.[2]\n\nNotes\n-----\n\n[1] Title, https://www.example.org/x.\n[2] Ibid. (note 1: example.org)"
    )


def test_an_address_is_never_broken() -> None:
    url = "https://www.example.org/" + "long-part-" * 20
    assert url in text(f"See <{url}> there.").split("\n")


def test_a_link_shows_its_address_once() -> None:
    assert text("[the act](https://example.org/a) and <https://example.org/b> and <a@example.org>") == (
        "the act (https://example.org/a) and https://example.org/b and\na@example.org"
    )


def test_a_merge_token_is_never_broken() -> None:
    token = "[[name|our dear and faithful reader of many years]]"
    assert token in text("word " * 11 + token + " word").replace("\n", "§")


def test_the_foot_has_what_the_law_wants() -> None:
    whole = edition("x").text
    assert whole.rstrip().endswith("Postal address: not set yet")
    assert "\nUnsubscribe or change what you receive:\n[[unsubscribe_url]]\n" in whole
    assert audiences()["center"].why.split()[-1] in whole


def test_the_head_names_title_authors_and_web_copy() -> None:
    front = FRONT.replace("---\n", '---\nauthors:\n  - name: "Ann"\n    role: "Fellow"\nprogramme: "Trade"\n', 1)
    assert edition("x", front=front).text.startswith(
        "THE AMERICA-EURASIA CENTER\nTrade · 19 September 2023\n\nA brief\n=======\n\nAnn, Fellow\n\n"
        "Read this brief on the web:\nhttps://briefs.example.org/b/a-brief/center\n\n"
    )


def test_wide_characters_count_twice_and_combining_ones_not() -> None:
    assert width("中文") == 4
    assert width("e\u0301") == 1
    assert all(
        width(line) <= 20 for line in wrap("随着国际局势的变化，两国之间的贸易关系正在发生深刻的变化。", columns=20)
    )


def test_no_line_begins_with_a_closing_mark() -> None:
    lines = wrap("变化" * 9 + "变，两国之间的贸易关系", columns=38)
    assert not any(line.startswith(("，", "。")) for line in lines)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200), st.integers(10, 80))
def test_wrapping_loses_nothing_and_breaks_only_at_blanks(words: str, columns: int) -> None:
    lines = wrap(words, "- ", "  ", columns=columns)
    assert lines[0].startswith("-")
    assert "".join("".join(lines)[1:].split()) == "".join(words.split())


@pytest.mark.parametrize("audience", ["center", "coalition"])
def test_the_text_is_for_one_audience(audience: str) -> None:
    body = "All.\n\n::: audience center\nScholars.\n:::\n\n::: audience coalition\nFirms.\n:::"
    assert text(body, audience) == {"center": "All.\n\nScholars.", "coalition": "All.\n\nFirms."}[audience]
