"""Letters and what fills them: every value escaped for its place."""

import html
import time

import pytest

from dispatch.compose.merge import letter, template, values
from dispatch.model.edition import Edition, Field, Letter
from tests.compose.samples import FRONT, edition, tree

LINKS = {"unsubscribe_url": "https://briefs.example.org/u/T0?a=1&b=2"}


def made_of(html: str = "", text: str = "", subject: str = "") -> Letter:
    return letter(Edition("center", subject, "", html, text, ""))


def filled(prepared: Letter, person: dict[str, str]) -> tuple[str, str, str]:
    given = values(prepared, person, LINKS)
    return tuple(Letter.fill(part, given) for part in (prepared.subject, prepared.html, prepared.text))  # type: ignore[return-value]  # three parts


def test_a_name_is_escaped_for_the_place_where_it_stands() -> None:
    prepared = made_of('<p title="[[name]]">[[name]]</p>', "[[name]]", "To [[name]]")
    subject, page, text = filled(prepared, {"name": '"Ann" & <Bob>'})
    assert subject == 'To "Ann" & <Bob>'
    assert text == '"Ann" & <Bob>'
    assert page == '<p title="&quot;Ann&quot; &amp; &lt;Bob&gt;">&quot;Ann&quot; &amp; &lt;Bob&gt;</p>'


def test_a_missing_or_empty_value_becomes_the_words_in_the_token() -> None:
    prepared = made_of("[[name|dear <reader>]]", "[[name|dear <reader>]]")
    for person in ({}, {"name": ""}):
        assert filled(prepared, person)[1:] == ("dear &lt;reader&gt;", "dear <reader>")


def test_two_defaults_of_one_token_stay_apart() -> None:
    prepared = made_of(text="[[name|friend]], [[name|colleague]], [[name|friend]]")
    assert filled(prepared, {})[2] == "friend, colleague, friend"
    assert filled(prepared, {"name": "Ann"})[2] == "Ann, Ann, Ann"


def test_each_place_has_a_key_of_its_own() -> None:
    prepared = made_of('<a href="[[unsubscribe_url]]">[[name]]</a>', "[[name]]", "[[name]]")
    fields = [part.name for part in (*prepared.subject, *prepared.html, *prepared.text) if isinstance(part, Field)]
    assert fields == ["subject_name", "href_unsubscribe_url", "html_name", "text_name"]


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.org", "a\nb", "a\x00\x0bb", "a\u2028b", "a\ud800b"])
def test_no_value_brings_a_line_end_or_a_control_character_into_a_header(value: str) -> None:
    subject, page, text = filled(made_of("[[name]]", "[[name]]", "[[name]]"), {"name": value})
    for part in (subject, page, text):
        assert part.isprintable()
        part.encode()


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "data:text/html,x", '" onclick="x', "//example.org", "JaVaScRiPt:x"]
)
def test_no_value_becomes_a_dangerous_address(value: str) -> None:
    _, page, _ = filled(made_of('<a href="[[site]]">x</a>'), {"site": value})
    assert page == '<a href="#">x</a>'


def test_a_value_inside_an_address_cannot_leave_its_part() -> None:
    prepared = made_of('<a href="https://example.org/?m=[[email]]&amp;n=[[name]]">x</a>')
    _, page, _ = filled(prepared, {"email": "a&b=c@example.org", "name": '"><script>'})
    [link] = tree(f"<div>{page}</div>").xpath("//a/@href")
    assert link == "https://example.org/?m=a%26b%3Dc%40example.org&n=%22%3E%3Cscript%3E"


def test_the_unsubscribe_address_comes_from_dispatch_alone() -> None:
    prepared = made_of('<a href="[[unsubscribe_url]]">x</a>', "[[unsubscribe_url]]")
    _, page, text = filled(prepared, {"unsubscribe_url": "https://evil.example.org"})
    assert text == LINKS["unsubscribe_url"]
    assert page == f'<a href="{html.escape(LINKS["unsubscribe_url"])}">x</a>'


def test_a_value_that_looks_like_a_token_is_not_filled_again() -> None:
    assert filled(made_of("[[name]]", "[[name]]"), {"name": "[[email]] {{email}}", "email": "x@example.org"})[1:] == (
        "[[email]] {{email}}",
        "[[email]] {{email}}",
    )


def test_tokens_in_code_and_in_addresses_stay_as_typed() -> None:
    made = edition("`[[email]]` and [x](https://example.org/[[email]])")
    _, page, text = filled(letter(made), {"email": "ann@example.org"})
    assert "ann@example.org" not in page
    assert "ann@example.org" not in text
    assert "[[email]]" in tree(page).text_content()
    assert "[[email]]" in text


def test_a_template_holds_only_keys_that_values_gives() -> None:
    made = edition("Dear [[name|reader]] {{x}} [[city]]", front=FRONT.replace("About it", "[[name]]: it"))
    prepared = letter(made)
    given = values(prepared, {}, LINKS)
    for part in template(prepared):
        for piece in part.split("{{")[1:]:
            assert piece.split("}}")[0] in given


def test_the_web_copy_has_no_tokens_and_no_unsubscribe_link() -> None:
    made = edition("Dear [[name|reader]] of [[city]]")
    assert "[[" not in made.web_html
    assert "nsubscribe" not in made.web_html
    assert "Dear reader of" in made.web_html


def test_filling_a_seed_sized_letter_takes_less_than_ten_microseconds_a_person() -> None:
    prepared = letter(edition("Dear [[name|reader]],\n\n[[city]]"))
    person = {"name": "Zoë O'Neil", "city": "Kraków"}
    times = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(2000):
            values(prepared, person, LINKS)
        times.append((time.process_time() - start) / 2000)
    assert min(times) < 10e-6
