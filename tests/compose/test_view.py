"""What each Audience sees: its passages, its numbers, its Ibids; and how the html tells them."""

import pytest

from dispatch.compose.view import View, host, view
from dispatch.model.brief import plain
from tests.compose.samples import audiences, brief, edition, tree


def seen(body: str, audience: str = "center") -> View:
    return view(brief(body), audiences()[audience])


NOTES = "\n\n[^a]: <https://example.org/a>\n[^b]: <https://example.com/b>\n[^c]: Ibid.\n"
BODY = "One.[^a]\n\n::: audience coalition\nTwo.[^b]\n:::\n\nThree.[^c]" + NOTES


def test_each_audience_has_numbers_of_its_own() -> None:
    assert seen(BODY, "coalition").numbers == {"a": 1, "b": 2, "c": 3}
    assert seen(BODY, "center").numbers == {"a": 1, "c": 2}


def test_an_ibid_tells_what_it_points_to() -> None:
    note = seen(BODY, "coalition").notes[2]
    assert (note.points_to, note.url) == ("note 2: example.com", "https://example.com/b")


def test_an_ibid_of_a_note_that_is_not_seen_becomes_the_source_itself() -> None:
    note = seen(BODY, "center").notes[1]
    assert note.points_to == ""
    assert note.url == "https://example.com/b"
    assert plain(note.blocks[0].inlines) == "https://example.com/b"  # type: ignore[union-attr]  # a Paragraph


def test_an_ibid_is_shown_with_the_authors_own_words() -> None:
    page = tree(edition(BODY, "coalition").html)
    assert [cell.text_content() for cell in page.xpath("//td[@class='note']")] == [
        "example.org",
        "example.com",
        "Ibid. (note 2: example.com)",
    ]


def test_a_mark_leads_straight_to_the_one_source_of_its_note() -> None:
    marks = tree(edition(BODY, "coalition").html).xpath("//a[@class='mark']")
    assert [mark.get("href") for mark in marks] == [
        "https://example.org/a",
        "https://example.com/b",
        "https://example.com/b",
    ]
    assert [mark.get("aria-label") for mark in marks] == ["Note 1", "Note 2", "Note 3"]


@pytest.mark.parametrize("note", ["Words alone.", "See <https://example.org/a> and <https://example.org/b>."])
def test_a_mark_of_a_note_without_one_source_leads_to_the_web_copy(note: str) -> None:
    made = edition(f"One.[^1]\n\n[^1]: {note}")
    assert tree(made.html).xpath("//a[@class='mark']/@href") == ["https://briefs.example.org/b/a-brief/center#fn1"]
    assert len(tree(made.web_html).xpath("//*[@id='fn1']")) == 1


def test_no_mark_of_the_mail_jumps_within_the_mail() -> None:
    assert not tree(edition(BODY).html).xpath("//a[starts-with(@href, '#')]")


def test_every_mark_of_the_web_copy_has_its_note() -> None:
    page = tree(edition(BODY, "coalition").web_html)
    assert [href.lstrip("#") for href in page.xpath("//a[@class='mark']/@href")] == page.xpath("//tr/@id")


def test_a_note_called_twice_has_one_number() -> None:
    page = tree(edition("One.[^a] Two.[^a]" + NOTES.split("[^b]")[0]).html)
    assert [mark.text for mark in page.xpath("//a[@class='mark']")] == ["1", "1"]


def test_the_numbers_are_the_same_in_html_text_and_web_copy() -> None:
    made = edition(BODY, "coalition")
    for page in (made.html, made.web_html):
        assert [mark.text for mark in tree(page).xpath("//a[@class='mark']")] == ["1", "2", "3"]
    assert "One.[1]" in made.text
    assert "Three.[3]" in made.text


def test_an_empty_list_item_of_others_leaves_no_bullet() -> None:
    body = "- all\n- ::: audience coalition\n  firms\n  :::"
    assert len(tree(edition(body, "center").html).xpath("//li")) == 1
    assert len(tree(edition(body, "coalition").html).xpath("//li")) == 2


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.nytimes.com/a", "nytimes.com"),
        ("http://news.example.org:8080/", "news.example.org"),
        ("mailto:a@b.c", ""),
    ],
)
def test_a_host_is_named_as_readers_know_it(url: str, name: str) -> None:
    assert host(url) == name


def test_two_half_figures_stand_side_by_side_and_a_third_below() -> None:
    half = '![Alt](images/a.jpg "c"){.half credit="x"}\n'
    page = tree(edition(half * 3).html)
    assert [len(row.xpath("./td[@class='half']")) for row in page.xpath("//tr[td[@class='half']]")] == [2, 1]
    assert page.xpath("//td[@class='half']//img/@width") == ["284"] * 3


def test_sections_stay_below_what_outlook_splits() -> None:
    body = "\n\n".join("word " * 200 for _ in range(30))
    page = tree(edition(body).html)
    paragraphs = [len(one.xpath(".//p[@class='par']")) for one in page.xpath("//div[contains(@class, 'card')]")]
    # a paragraph of 1,000 characters is about 400 pixels tall
    assert max(paragraphs) * 400 <= 1790
    assert sum(paragraphs) == 30


def test_the_page_tells_language_and_direction_to_screen_readers() -> None:
    page = tree(edition("[слово]{lang=ru} и\n\n{lang=ar dir=rtl}\nنص").html)
    assert page.get("lang") == "en"
    assert page.get("dir") == "ltr"
    assert page.xpath("//span/@lang") == ["ru"]
    assert page.xpath("//div[@lang='ar']/@dir") == ["rtl"]


def test_a_table_tells_its_headings_to_screen_readers() -> None:
    page = tree(edition("| a | b |\n|---|---|\n| 1 | 2 |").html)
    assert page.xpath("//table[contains(@class, 'data')]/@role") == []
    assert page.xpath("//th/@scope") == ["col", "col"]
