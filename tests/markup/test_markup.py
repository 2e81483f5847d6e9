"""The syntax of brief.md: what is written reads back, and positions are those in the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.markup.characters import clean
from dispatch.markup.escape import quote_attribute, quote_title, quote_yaml, read_attribute
from dispatch.markup.front_matter import split
from dispatch.markup.images import images
from dispatch.markup.parser import only_images, tokens_of

LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=30).map(
    lambda text: " ".join(clean(text).split())
)
SIGNS = st.text('ab \\"{}[]()!*_`&;#é', max_size=12).map(lambda text: " ".join(text.split()))


@given(st.one_of(LINES, SIGNS), st.one_of(LINES, SIGNS))
def test_a_caption_and_a_credit_read_back_as_they_were_written(caption: str, credit: str) -> None:
    tokens, _ = tokens_of(f"![](a.png {quote_title(caption)}){{credit={quote_attribute(credit)}}}\n")
    (picture,) = only_images(tokens[1])
    assert picture.attrs.get("title", "") == caption
    assert read_attribute(str(picture.attrs["credit"])) == credit


@given(st.one_of(LINES, SIGNS))
def test_a_value_of_the_front_matter_reads_back_as_it_was_written(value: str) -> None:
    from ruamel.yaml import YAML

    assert YAML(typ="safe", pure=True).load(f"key: {quote_yaml(value)}\n") == {"key": value}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "> {}",
        "- item\n\n  {}",
        "1. > {}",
        "::: audience center\n{}\n:::",
        "[^1]: note\n\n    {}",
        "\t- x\n\n\t  {}",
        "> > quoted\n> >\n> > {}",
    ],
)
def test_the_parts_of_a_picture_are_found_where_they_stand(around: str, start: str, newline: str) -> None:
    picture = '![an [old] map](<maps/a b.png>  \'The "map"\'){.half credit="Ann"}'
    text = f"{start}---\ntitle: A\n---\n\nwords[^1]\n\n{around.format(picture)}\n\n`![no](x.png)`\n"
    text = text.replace("\n", newline)
    found = list(images(text))
    if around.startswith("\t"):
        assert found == []  # four columns in, it is code
        return
    (image,) = found
    assert text[slice(*image.alt)] == "an [old] map"
    assert image.file == "maps/a b.png"
    assert text[slice(*image.title)] == "  'The \"map\"'"
    assert text[slice(*image.attributes)] == '{.half credit="Ann"}'


def test_two_pictures_in_one_paragraph_are_two() -> None:
    text = '![a](a.png "x"){.half}\n![b](b.png){.half}\n'
    assert [text[slice(*image.alt)] for image in images(text)] == ["a", "b"]
    assert [text[slice(*image.attributes)] for image in images(text)] == ["{.half}", "{.half}"]


@pytest.mark.parametrize("end", ["---", "...", "---  "])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_front_matter_is_found_with_every_line_end(end: str, newline: str) -> None:
    text = f"---\ntitle: A\n{end}\nbody\n".replace("\n", newline)
    parts = split(text)
    assert parts is not None
    assert (parts.front, parts.body, parts.newline) == (f"title: A{newline}", f"body{newline}", newline)
    assert text[parts.begin : parts.end] == parts.front


@pytest.mark.parametrize("text", ["", "---", "---\ntitle: A\n", "title: A\n---\n", " ---\na: b\n---\n"])
def test_what_does_not_begin_with_front_matter_has_none(text: str) -> None:
    assert split(text) is None


def test_a_text_of_nothing_but_colons_is_read_in_a_moment() -> None:
    """The parser's attribute rule copied the rest of the text at every position that it tried."""
    assert tokens_of(":" * 14_000 + "\n" + "{" * 14_000)[0]
