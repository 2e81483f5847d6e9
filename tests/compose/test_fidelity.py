"""A right brief is never said to lose words, however its lines break; a wrong one is."""

from dataclasses import replace

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.compose.checks.fidelity import lost_words
from dispatch.compose.view import view
from dispatch.model.edition import Edition
from tests.compose.samples import FRONT, audiences, brief, edition

#: words that stand at the start of a line as a list's or a note's mark would
WORDS = st.sampled_from(
    ["2024.", "1.", "-", ">", "|", "[1]", "grain", "It will", "the treaty of", "rail", "a corridor", "capacity,"]
)
SENTENCES = st.lists(WORDS, min_size=5, max_size=60).map(lambda words: "So " + " ".join(words) + " ends.")
#: how the sentence stands in the brief
AROUND = st.sampled_from(["{}", "- {}", "7. {}", "> {}", "> - {}", "x[^1]\n\n[^1]: {}", "::: key-points\n- {}\n:::"])


def lost(body: str, made: Edition) -> list[str]:
    seen = view(brief(body), audiences()["center"])
    return [words for words, _, part in lost_words(seen, made, lxml.html.fromstring(made.html)) if part == "text"]


@given(SENTENCES, AROUND)
def test_a_line_that_begins_as_a_mark_does_is_no_lost_word(sentence: str, around: str) -> None:
    body = around.format(sentence.replace("[", "\\[").replace("|", "\\|")) + "\n"
    assert lost(body, edition(body)) == []


@pytest.mark.parametrize("around", ["{}", "- {}", "> {}", "x[^1]\n\n[^1]: {}"])
def test_a_word_that_the_text_part_lacks_is_found(around: str) -> None:
    body = around.format("Ports grew in 2024. Rail grew in 2025.") + "\n"
    made = edition(body)
    assert lost(body, replace(made, text=made.text.replace("Rail", ""))) != []


def test_the_organisation_of_an_author_stands_in_html_and_text() -> None:
    front = FRONT.replace(
        "---\n", '---\nauthors:\n  - {name: "Ann Lee", role: "Fellow", organisation: "Port Forum"}\n', 1
    )
    made = edition("Text.\n", front=front)
    assert "Ann Lee, Fellow, Port Forum" in made.text
    assert "Fellow, Port Forum" in made.html
