"""Small changes to a brief.md: just what was asked for, and every other byte as it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.compose.edit import FigureWish, HeadWish, Wish, edited
from dispatch.compose.parse import parse
from dispatch.errors import BriefError, ProblemsFound
from dispatch.markup.characters import clean, one_line
from dispatch.model.brief import Brief

SEED = Path("briefs/2023-09-19-potential-arms-deals/brief.md").read_text("utf-8")
HEAD = "---\ntitle: A\ndate: 2024-01-02\n---\n\n"


def change(text: str, *wishes: Wish) -> str:
    return edited(text, wishes, slug="a", file="brief.md")


def brief(text: str) -> Brief:
    found = parse(text, slug="a", file="brief.md").brief
    assert found is not None
    return found


def test_only_the_words_of_the_subject_change_in_the_seed() -> None:
    old = 'subject: "Potential arms deals? The Russia-North Korea summit"'
    assert change(SEED, HeadWish("subject", 'Arms: "deals"?')) == SEED.replace(old, 'subject: "Arms: \\"deals\\"?"')


@pytest.mark.parametrize(
    ("written", "then"),
    [
        ("subject: plain words  # why\n", 'subject: "new"  # why\n'),
        ("subject:   'single ''quoted'''\n", 'subject:   "new"\n'),
        ("subject: >\n  folded\n  words\n", 'subject: "new"\n'),
        ('subject: "on two\n  lines"\n', 'subject: "new"\n'),
        ("subject:\n", 'subject: "new"\n'),
        ("subject :  \n", 'subject : "new"  \n'),
        ('"subject": old\n', '"subject": "new"\n'),
    ],
)
def test_a_subject_is_found_however_it_is_written(written: str, then: str) -> None:
    before = f"---\ntitle: A\n{written}date: 2024-01-02\n---\n\nText.\n"
    assert change(before, HeadWish("subject", "new")) == f"---\ntitle: A\n{then}date: 2024-01-02\n---\n\nText.\n"


def test_a_missing_preheader_becomes_a_new_line_of_the_front_matter() -> None:
    after = change(HEAD + "Text.\n", HeadWish("preheader", "What it says"))
    assert after == '---\ntitle: A\ndate: 2024-01-02\npreheader: "What it says"\n---\n\nText.\n'


@pytest.mark.parametrize("value", ["{center: one, coalition: two}", "\n  center: one\n  coalition: two"])
def test_the_subject_of_one_audience_leaves_the_other_alone(value: str) -> None:
    before = f"---\ntitle: A\ndate: 2024-01-02\nsubject: {value}\n---\n\nText.\n"
    after = change(before, HeadWish("subject", "neu", "coalition"))
    assert after == before.replace("two", '"neu"')
    assert brief(after).subjects == {"center": "one", "coalition": "neu"}


def test_line_ends_of_windows_and_a_byte_order_mark_stay() -> None:
    before = ("\ufeff" + HEAD + '![a](p.png "c"){credit="d"}\n\nText.\n').replace("\n", "\r\n")
    after = change(before, HeadWish("subject", "s"), FigureWish("caption", "C"))
    assert after.startswith("\ufeff---\r\n")
    assert after.count("\r\n") == after.count("\n") == before.count("\n") + 1
    assert brief(after).figures[0].caption == "C"


@pytest.mark.parametrize(
    ("field", "words", "then"),
    [
        ("alt", "An [old] map", r'![An \[old\] map](maps/a.png "The map."){.half credit="Ann / AP"}'),
        ("caption", 'A "map"', r'![Map](maps/a.png "A \"map\""){.half credit="Ann / AP"}'),
        ("caption", "", '![Map](maps/a.png){.half credit="Ann / AP"}'),
        ("credit", "Bob", '![Map](maps/a.png "The map."){.half credit="Bob"}'),
        ("credit", "", '![Map](maps/a.png "The map."){.half}'),
    ],
)
def test_each_part_of_a_figure_changes_alone(field: str, words: str, then: str) -> None:
    before = HEAD + 'Text.\n\n![Map](maps/a.png "The map."){.half credit="Ann / AP"}\n\nMore.\n'
    wish = FigureWish(field, words)  # type: ignore[arg-type]  # the table holds the three names
    assert change(before, wish) == HEAD + f"Text.\n\n{then}\n\nMore.\n"


@pytest.mark.parametrize(
    ("written", "field", "then"),
    [
        ("![](a.png)", "alt", "![new](a.png)"),
        ("![x](a.png)", "caption", '![x](a.png "new")'),
        ("![x](a.png 'old')", "caption", "![x](a.png 'new')"),
        ("![x](a.png (old))", "caption", "![x](a.png (new))"),
        ("![x](<a b.png>\n  'old')", "caption", "![x](<a b.png>\n  'new')"),
        ("![x](a.png)", "credit", '![x](a.png){credit="new"}'),
        ("![x](a.png){.half}", "credit", '![x](a.png){.half credit="new"}'),
        ("![x](a.png){credit=old .half}", "credit", '![x](a.png){credit="new" .half}'),
    ],
)
def test_a_figure_is_found_however_it_is_written(written: str, field: str, then: str) -> None:
    wish = FigureWish(field, "new")  # type: ignore[arg-type]  # the table holds the three names
    assert change(HEAD + written + "\n", wish) == HEAD + then + "\n"


def test_of_a_picture_that_stands_twice_only_the_one_asked_for_changes() -> None:
    before = HEAD + "```\n![x](a.png)\n```\n\n![x](a.png)\n\n> ![x](a.png)\n"
    assert (
        change(before, FigureWish("alt", "new", 1))
        == HEAD + "```\n![x](a.png)\n```\n\n![x](a.png)\n\n> ![new](a.png)\n"
    )
    assert (
        change(before, FigureWish("alt", "new", 0))
        == HEAD + "```\n![x](a.png)\n```\n\n![new](a.png)\n\n> ![x](a.png)\n"
    )


def test_what_cannot_be_changed_safely_is_refused_with_what_to_do() -> None:
    by_reference = HEAD + "![x][pic]\n\n[pic]: a.png\n"
    with pytest.raises(BriefError) as caught:
        change(by_reference, FigureWish("alt", "new"))
    assert caught.value.lines() == [
        "The alt of a.png cannot be changed here.",
        "brief.md",
        "Change it in the file itself.",
    ]


def test_all_refusals_come_at_once() -> None:
    with pytest.raises(ProblemsFound) as caught:
        change(HEAD + "![x][p]\n\n[p]: a.png\n", FigureWish("alt", "new"), FigureWish("caption", "new"))
    assert len(caught.value.problems) == 2


ORDINARY = st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60)


@given(ORDINARY)
def test_whatever_a_person_types_is_read_back_as_typed(words: str) -> None:
    text = HEAD + 'Text with [[name]].\n\n![Map](a.png "The map."){.half credit="Ann / AP"}\n'
    assert brief(change(text, HeadWish("subject", words))).subjects.get("", "") == read(words)
    for field in ("alt", "caption"):
        figure = brief(change(text, FigureWish(field, words))).figures[0]
        assert getattr(figure, field) == read(words)


@given(st.text(max_size=60))
def test_a_credit_of_any_signs_is_read_back_as_typed_or_refused(words: str) -> None:
    text = HEAD + '![Map](a.png "The map."){.half credit="Ann / AP"}\n'
    try:
        after = change(text, FigureWish("credit", words))
    except BriefError:
        assert set(words) & set('\\{}"')
    else:
        assert brief(after).figures[0].credit == read(words)


def read(words: str) -> str:
    return one_line(clean(words))
