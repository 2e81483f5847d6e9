"""The table of points: each sign speaks for or against a role, and the weightiest sum decides."""

import pytest

from dispatch.authoring.document import SourceParagraph
from dispatch.authoring.evidence import Facts, signs_of
from dispatch.authoring.roles import ENOUGH, POINTS, decide, score

HEAD = ("date", "author", "role", "organisation", "programme", "site", "email", "label", "notice", "standfirst")


def signs(text: str, *more: str) -> set[str]:
    return signs_of(SourceParagraph.of(text), Facts()) | set(more)


@pytest.mark.parametrize(
    ("line", "around", "role"),
    [
        ("19 September 2023", (), "date"),
        ("Washington, DC, September 19, 2023", (), "date"),
        ("By Ann Lee", (), "author"),
        ("Ann Lee, Senior Fellow", (), "author"),
        ("Ann Lee", ("after the title", "no author yet"), "author"),
        ("Ann Lee", ("after the title", "no author yet", "words stand small in the text"), ""),
        ("Senior Fellow", ("after an author",), "role"),
        ("Director, Arctic Futures Project", ("after an author",), "role"),
        ("Senior Fellow", ("no author yet",), ""),
        ("Caspian Policy Forum", (), "organisation"),
        ("Anatolia–Caucasus Dialogue", ("before the title", "first line"), "organisation"),
        ("Energy Security Program", (), "programme"),
        ("www.usebc.org", (), "site"),
        ("ann@example.org", (), "email"),
        ("Policy Brief No. 14", (), "label"),
        ("EMBARGOED UNTIL 20 SEPTEMBER 2023", (), "notice"),
        ("How a line was built in silence", ("directly after the title", "before a byline or date"), "standfirst"),
        ("Astana, Kazakhstan", ("directly after the title", "before a byline or date"), ""),
    ],
)
def test_a_line_of_the_head_is_taken_for_what_it_is(line: str, around: tuple[str, ...], role: str) -> None:
    assert decide(signs(line, *around), HEAD).role == role


@pytest.mark.parametrize(
    ("line", "around", "is_heading"),
    [
        ("Background", ("before prose", "headings have no look"), True),
        ("Background", ("before prose", "bold"), True),
        ("A line in bold", ("before prose", "bold"), True),
        ("A line in bold", ("before prose", "bold", "headings have styles"), False),
        ("It ends as sentences do.", ("before prose", "bold"), False),
        ("Table 1: Freight by port", ("before a table", "bold"), False),
        ("Photo: Ann Lee", ("before prose", "bold"), False),
        ("The last words", ("last of all", "bold"), False),
    ],
)
def test_a_heading_is_told_from_other_short_lines(line: str, around: tuple[str, ...], is_heading: bool) -> None:
    assert (decide(signs(line, *around), ("heading",)).role == "heading") is is_heading


@pytest.mark.parametrize(
    "sign", ["names with roles", "begins with By", "a date", "a role", "a site", "an e-mail", "label"]
)
def test_no_sign_of_a_byline_lets_a_line_be_the_title(sign: str) -> None:
    likely = {"first line", "4 to 16 words", "bold", "larger type"}
    assert score("title", {*likely, sign}) < score("title", {"4 to 16 words"}) + 20
    assert POINTS["title"][sign] < 0


def test_a_decision_says_why_and_what_else_it_could_have_been() -> None:
    decision = decide({"names", "after the title", "no author yet", "an organisation"}, HEAD)
    assert decision.role == "author"
    assert decision.points == sum(points for _, points in decision.why)
    assert decision.others[0][0] == "organisation"


def test_every_role_has_a_row_and_a_threshold() -> None:
    assert POINTS.keys() == ENOUGH.keys()
    assert all(table for table in POINTS.values())
