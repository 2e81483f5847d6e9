"""A brief in another language: its date, and the words around it, in that language and direction."""

import datetime as dt
import re

import pytest

from dispatch.compose.dates import long_date
from dispatch.compose.frame_words import frame_words, languages
from tests.compose.samples import FRONT, edition, tree

DATE = dt.date(2023, 9, 19)
NAMED = {"en", "ru", "uk", "tr", "de", "fr", "ar", "zh", "ko"}
BODY = (
    'Words.[^1]\n\n::: key-points\n- One.\n:::\n\n![A quay.](images/a.jpg "The quay."){credit="B"}\n\n[^1]: A note.\n'
)


def front(lang: str) -> str:
    return FRONT.replace("\n---\n", f'\nlang: {lang}\nauthors:\n  - name: "A"\n    biography: "A writes."\n---\n')


@pytest.mark.parametrize(
    ("lang", "written"),
    [
        ("en", "19 September 2023"),
        ("en-US", "19 September 2023"),
        ("ru", "19 сентября 2023\u00a0г."),
        ("uk", "19 вересня 2023\u00a0р."),
        ("tr", "19 Eylül 2023"),
        ("de", "19. September 2023"),
        ("fr", "19 septembre 2023"),
        ("ar", "19 سبتمبر 2023"),
        ("zh-Hans", "2023年9月19日"),
        ("ko", "2023년 9월 19일"),
        ("fa", "19 سپتامبر 2023"),
        ("xx", "2023-09-19"),
        ("a-tag-of-nothing", "2023-09-19"),
    ],
)
def test_a_date_is_written_as_its_language_writes_it(lang: str, written: str) -> None:
    assert long_date(DATE, lang) == written


def test_the_languages_that_the_documentation_names_are_there() -> None:
    assert languages() == NAMED


@pytest.mark.parametrize("lang", sorted(NAMED - {"en"}))
def test_no_english_word_stands_around_a_brief_of_another_language(lang: str) -> None:
    english, own = frame_words("en"), frame_words(lang)
    made = edition(BODY, front=front(lang))
    shown = " ".join(tree(made.html).itertext()) + made.text + "".join(tree(made.html).xpath("//@aria-label"))
    for name in ("notes", "key_points", "about_author", "pictures_missing", "read_on_web", "unsubscribe", "change"):
        words = getattr(own, name)
        assert words in shown or words.upper() in shown or name == "key_points", name
        if words != getattr(english, name):
            assert not re.search(rf"\b{re.escape(getattr(english, name))}\b", shown), name
    assert own.photo.format(credit="B") in shown
    assert own.why.format(organisation="The America-Eurasia Center") in " ".join(shown.split())


def test_a_language_without_words_has_english_ones_and_its_own_date() -> None:
    made = edition(BODY, front=front("fa"))
    assert "Unsubscribe or change what you receive" in made.text
    assert "19 سپتامبر 2023" in made.text


def test_the_frame_of_an_arabic_brief_runs_from_right_to_left() -> None:
    page = tree(edition(BODY, front=front("ar")).html)
    foot = page.xpath("//td[@class='foot']")
    assert {each.get("align") for each in foot} == {"right"}
    english = tree(edition(BODY, front=front("fa")).html)
    assert {each.get("align") for each in english.xpath("//td[@class='foot']")} == {"left"}
