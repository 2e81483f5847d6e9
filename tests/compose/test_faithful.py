"""What the author typed reaches the reader as typed: tokens, dashes of case, pages of an Ibid, names in any script."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.compose.parse import parse
from dispatch.compose.render import render
from dispatch.model.edition import Edition
from tests.compose.samples import FRONT, audiences, brief, edition, parsed, pictures, templates, tree


def front(more: str) -> str:
    """The usual front matter with more lines."""
    return FRONT.replace("\n---\n", f"\n{more}\n---\n")


def rendered_under(slug: str) -> Edition:
    """A small brief with a note that has no source, under some slug."""
    made = replace(brief("Words.[^1]\n\n[^1]: Words alone."), slug=slug)
    return render(made, audiences()["center"], pictures=pictures(), templates=templates(), public_url="https://b.test")


@pytest.mark.parametrize(
    ("programme", "lang", "shown"),
    [
        ("Office in [[city|Berlin]]", "en", "OFFICE IN [[city|Berlin]]"),
        ("Straße", "de", "STRAẞE"),
        ("Girişim", "tr", "GİRİŞİM"),
        ("Программа", "ru", "ПРОГРАММА"),
    ],
)
def test_the_kicker_is_in_capitals_of_its_language_and_its_tokens_stay_tokens(
    programme: str, lang: str, shown: str
) -> None:
    made = edition("Words.", front=front(f'programme: "{programme}"\nlang: {lang}'))
    kicker = tree(made.html).xpath("//p[contains(concat(' ', @class, ' '), ' kicker ')]")[0]
    assert kicker.text_content().startswith(shown)


def test_an_ibid_whose_source_is_not_seen_keeps_its_page() -> None:
    body = "::: audience coalition\nTwo.[^b]\n:::\n\nThree.[^c]\n\n[^b]: The Report, 2020.\n[^c]: Ibid., p. 3\n"
    assert "The Report, 2020. p. 3" in edition(body).text
    assert "The Report, 2020. p. 3" in tree(edition(body).html).text_content()


def test_what_looks_like_a_token_in_an_address_stays_as_typed() -> None:
    read_next = 'read_next:\n  - title: "Next"\n    url: "https://example.org/?to=[[name]]"'
    made = edition("Words.", front=front(read_next))
    assert all(field.name != "name" for field in made.fields())


def test_a_token_in_code_stays_as_typed_in_the_preheader_too() -> None:
    made = edition("Write `[[name]]` where the name goes.", front=FRONT.replace('preheader: "What it says."\n', ""))
    assert made.preheader == "Write [[name]] where the name goes."
    assert all(field.name != "name" for field in made.fields())


@pytest.mark.parametrize("slug", ["a-brief", "санкции-2026", "a.b_c-d"])
def test_links_to_the_web_copy_are_ascii_and_name_the_slug(slug: str) -> None:
    from urllib.parse import unquote

    made = rendered_under(slug)
    links = [href for href in tree(made.html).xpath("//a/@href") if "/b/" in href]
    assert len(links) >= 2
    for link in links:
        assert link.isascii()
        assert unquote(link).split("#")[0] == f"https://b.test/b/{slug}/center"


def test_a_site_in_another_script_is_shown_in_it_and_linked_in_ascii() -> None:
    made = edition(
        "See <https://президент.рф/news>.", front=front('organisations:\n  - name: "A"\n    site: "пример.рф"')
    )
    page = tree(made.html)
    shown = [(a.text_content(), a.get("href")) for a in page.xpath("//a[starts-with(@href, 'https://xn--')]")]
    assert ("президент.рф", "https://xn--d1abbgf6aiiy.xn--p1ai/news") in shown
    assert ("пример.рф", "https://xn--e1afmkfd.xn--p1ai") in shown
    assert "https://президент.рф/news" in made.text


_ODD = st.one_of(
    st.sampled_from(
        ["https://[abc", "https://exam℀ple.com", "https://[::1", "[", "http://a]", "https://a:99999", "//"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
)


@given(site=_ODD, url=_ODD, role=_ODD)
def test_no_text_in_the_front_matter_breaks_the_reading_or_the_rendering(site: str, url: str, role: str) -> None:
    quoted = [each.replace("\\", "\\\\").replace('"', '\\"') for each in (site, url, role)]
    more = (
        f'authors:\n  - name: "A"\n    role: "{quoted[2]}"\n    organisation: "{quoted[2]}"\n'
        f'organisations:\n  - name: "B"\n    site: "{quoted[0]}"\nread_next:\n  - title: "C"\n    url: "{quoted[1]}"'
    )
    read = parse(front(more) + "Words.", slug="a-brief", file="brief.md")
    if read.brief is not None:
        render(
            read.brief, audiences()["center"], pictures=pictures(), templates=templates(), public_url="https://b.test"
        )
    else:
        assert read.findings


@pytest.mark.parametrize("site", ["https://[abc", "https://exam℀ple.com"])
def test_an_address_that_cannot_be_read_is_a_finding(site: str) -> None:
    found = parsed("Words.", front(f'organisations:\n  - name: "B"\n    site: "{site}"'))
    assert [finding.code for finding in found.findings if "site" in finding.message] == ["front-matter-type"]
