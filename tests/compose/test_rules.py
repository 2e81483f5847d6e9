"""The thirteen rules of rendering: each is a defect that was seen when it was broken."""

import html
import re
import socket

import html5lib
import pytest

from dispatch.compose import mjml
from dispatch.compose.merge import letter, template, values
from dispatch.errors import TemplateError
from tests.compose.samples import FRONT, edition, templates, tree

FIGURE = '![{alt}](images/a.jpg "{caption}"){{credit="Someone"}}\n'


def page_of(body: str) -> str:
    return "<mjml><mj-body><mj-section><mj-column>" + body + "</mj-column></mj-section></mj-body></mjml>"


def test_rule_1_odd_characters_in_attributes_arrive_as_typed() -> None:
    alt = "A\u00a0b \u200d\ufe0f soft\u00adhy e\u0301 back\\slash"
    made = edition(FIGURE.format(alt=alt.replace("\\", "\\\\"), caption="c"))
    assert "\\u{" not in made.html
    assert tree(made.html).xpath("//img[@class='picture']/@alt") == [alt]


def test_rule_1_a_mjml_attribute_with_odd_characters_arrives_as_typed() -> None:
    title = "No\u00a0break, a\u0301 and C:\\new\ttab"
    page = mjml.to_html(page_of(f'<mj-image src="https://example.org/x.png" alt="{title}" />'), inline=True)
    assert tree(page).xpath("//img/@alt") == [title.replace("\t", " ")]


def test_rule_1_a_double_quote_in_single_quotes_is_refused() -> None:
    with pytest.raises(TemplateError, match="single quotes"):
        mjml.to_html(page_of("<mj-image src='https://example.org/x.png' alt='say \"x\"' />"), inline=True)


def test_rule_2_words_at_a_line_end_between_inline_elements_do_not_join() -> None:
    made = edition("**one**\n*two*\n[three](https://example.org)\n`four`")
    assert "one two three four" in tree(made.html).text_content()


def test_rule_2_newlines_between_inline_elements_of_a_template_do_not_join_words() -> None:
    page = mjml.to_html(page_of("<mj-text><b>one</b>\n  <i>two</i></mj-text>"), inline=True)
    assert "<b>one</b> <i>two</i>" in page


def test_rule_2_lines_of_code_keep_their_ends() -> None:
    made = edition("```\na\n  b\n```")
    [pre] = tree(made.html).xpath("//pre")
    assert pre.text == "a\n  b"


def test_rule_3_a_padding_without_units_is_refused_with_its_words() -> None:
    with pytest.raises(TemplateError) as caught:
        mjml.to_html(page_of('<mj-text padding="0 24px">x</mj-text>'), inline=True)
    assert "lacks units" in caught.value.what


def test_rule_3_the_text_column_is_592_pixels_wide_for_outlook() -> None:
    assert 'style="vertical-align:top;width:592px;"' in edition("Words.").html


def test_rule_4_the_doctype_survives() -> None:
    assert edition("Words.").html.startswith("<!DOCTYPE html>")


def test_rule_5_no_font_or_style_sheet_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *args: asked.append(args))
    made = edition("Words.")
    assert "fonts.googleapis" not in made.html
    assert asked == []


@pytest.mark.parametrize("style", ["@import url(https://example.org/x.css);", "@IMPORT 'https://example.org/x.css';"])
def test_rule_5_an_import_in_a_template_is_refused(style: str) -> None:
    with pytest.raises(TemplateError, match="cannot be used in a mail"):
        edition("Words.", changes={"styles.css.j2": style})


def test_rule_6_pictures_keep_their_width_in_pixels() -> None:
    made = edition(FIGURE.format(alt="x", caption="c"))
    assert tree(made.html).xpath("//img[@class='picture']/@width") == ["592"]


def test_rule_7_important_rules_and_special_selectors_survive() -> None:
    made = edition("Words.").html
    assert made.count("!important") >= edition("Words.").mjml.count("!important")
    for kept in ("[data-ogsc] .prose", "#outlook a", ":root { color-scheme"):
        assert kept in made


def test_rule_8_the_style_sheets_for_screens_survive_to_the_byte() -> None:
    made = edition("Words.")
    sheets = re.findall(r'<style data-premailer="ignore">(.*?)</style>', made.mjml, re.DOTALL)
    assert len(sheets) == 2
    for sheet in sheets:
        assert f"<style>{sheet}</style>" in made.html
    assert "data-premailer" not in made.html


def test_rule_9_the_unsubscribe_token_survives_in_links() -> None:
    made = edition("Words.")
    assert made.html.count('href="[[unsubscribe_url]]"') == 2
    assert "[[unsubscribe_url]]" in made.text


def test_rule_9_the_unsubscribe_links_are_kept_from_tracking() -> None:
    [first, second] = tree(edition("Words.").html).xpath("//a[@href='[[unsubscribe_url]]']")
    assert "ses:no-track" in first.attrib
    assert "ses:no-track" in second.attrib


@pytest.mark.parametrize(
    "wrong", ["<mj-hero></mj-hero>", '<mj-style inline="inline">a{}</mj-style>', "<mj-html-attributes />"]
)
def test_rule_10_what_mrml_takes_silently_is_refused_before(wrong: str) -> None:
    with pytest.raises(TemplateError) as caught:
        mjml.to_html(page_of(wrong), inline=True)
    assert wrong in caught.value.where


def test_rule_10_a_tag_that_is_not_closed_is_told_with_its_line() -> None:
    with pytest.raises(TemplateError) as caught:
        edition("Words.", changes={"footer.mjml.j2": "<mj-section>\n<mj-text><p>x</mj-text></mj-section>"})
    assert "footer.mjml.j2, line 2" in caught.value.where


def test_rule_10_the_page_is_valid_html5_but_for_what_mail_needs() -> None:
    parser = html5lib.HTMLParser()
    parser.parse(edition("Words [^1].\n\n[^1]: <https://example.org>").html)
    assert parser.errors == []


def test_rule_11_dark_rules_reach_a_section_and_its_inner_table() -> None:
    made = edition("Words.").html
    for name in ("card", "paper", "band"):
        assert re.search(rf"\.{name}, \.{name} > table \{{ background-color: #[0-9a-f]{{6}} !important", made)


def test_rule_12_literal_braces_arrive_as_typed_on_both_roads() -> None:
    typed = "{{cite web|url=x}} {{{x}}} \\{{y}} and }} {"
    body = typed.replace("\\", "\\\\") + " `{{code}}` [[name|reader]]{{z}}\\\\"
    made = edition(body, front=FRONT.replace("About it", "{{About}} [[name]]} it"))
    prepared = letter(made)
    person = values(prepared, {"name": "Ann {{x}}"}, {"unsubscribe_url": "https://example.org/u/1"})
    subject, page, text = template(prepared)
    engine = re.compile(r"\\?\{\{\{?(.*?)\}\}")
    for part in (subject, page, text):
        assert {match[1] for match in engine.finditer(part)} <= set(person)
        assert "\\{{" not in part
        assert "{{{" not in part
    filled = {
        key: engine.sub(lambda match: person[match[1]], part)
        for key, part in zip("sht", (subject, page, text), strict=True)
    }
    assert filled["s"] == "{{About}} Ann {{x}}} it"
    assert typed + " {{code}} Ann {{x}}{{z}}\\" in filled["t"].replace("\n", " ")
    shown = tree(filled["h"]).text_content()
    assert typed + " {{code}} Ann {{x}}{{z}}\\" in shown
    assert prepared.fill(prepared.text, person) == filled["t"]
    assert prepared.fill(prepared.html, person) == filled["h"]


@pytest.mark.parametrize(
    "link",
    [
        "<https://www.example.org/a/long/path>",
        "https://www.example.org/a/long/path",
        "[https://www.example.org](https://www.example.org/a/long/path)",
        "[www.example.org/a](https://example.org/b)",
    ],
)
def test_rule_13_no_words_of_a_link_look_like_an_address(link: str) -> None:
    page = tree(edition(f"See {link} there.").html)
    words = [a.text_content() for a in page.xpath("//p[@class='par']//a")]
    assert words == ["example.org"]


def test_notes_in_the_mail_show_the_name_of_the_host() -> None:
    page = tree(edition("A[^1]\n\n[^1]: <https://www.example.org/x>").html)
    assert [a.text_content() for a in page.xpath("//td[@class='note']//a")] == ["example.org"]


def test_every_template_is_plain_ascii_css() -> None:
    for name in ("styles.css.j2", "screen.css.j2", "outlook.css.j2"):
        assert templates()[name].isascii()


def test_text_in_html_is_escaped_once() -> None:
    made = edition("R&D <b>x</b> &amp; \"q\" 'a'")
    assert html.escape("R&D <b>x</b> & \"q\" 'a'", quote=False) in made.html.replace("&#34;", '"').replace("&#39;", "'")
