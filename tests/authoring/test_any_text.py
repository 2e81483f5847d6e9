"""Whatever an author types: import raises nothing but its own errors, loses no word, and what it wrote reads back."""

import datetime as dt
import re

from hypothesis import example, given
from hypothesis import strategies as st

from dispatch.authoring import word_check
from dispatch.authoring.brief_writer import write
from dispatch.authoring.document import (
    Document,
    Draft,
    SourceBlock,
    SourceParagraph,
    SourceSpan,
    SourceTable,
    clean,
    is_number,
)
from dispatch.authoring.plain import read_text
from dispatch.authoring.understand import understand
from dispatch.compose.parse import parse
from dispatch.errors import DocumentError
from dispatch.model import brief as model

TODAY = dt.date(2024, 1, 2)
#: pieces that mean something to Markdown, to the front matter, to merge tokens, or to the import itself
TELLING = st.sampled_from(
    [
        *("*", "**", "_", "__", "`", "```", "~~", "~~~", "#", "## ", "- ", "+ ", "1. ", "2) ", "> ", "|", "---", "==="),
        *(
            "[",
            "]",
            "(",
            ")",
            "[^1]",
            "[^1]: ",
            "^[",
            "[[name]]",
            "[[name|friend]]",
            "{.x}",
            "{",
            "}",
            "<b>",
            "</",
            "<!--",
        ),
        *("&amp;", "&#65;", "\\", "\\\\", "!", "![", "](", "https://example.org/a_(b)", "www.example.org", ":::"),
        *("a@example.org", "¹", "²", "¹² ", "[1]", "[2] ", "\t", "\n", "\n\n", "    ", "\r\n", "\f", "\u2028"),
        *("\u00a0", "\u00ad", '"', "'", "Photo: ", "Figure 1: ", " / Reuters", "By ", "9/19/2023", "The Center"),
        *("www.usebc.org", "Ibid", "Notes", "Page 3", "Kevin Zhang", ", Director", "title: ", "...", "中文", "العربية"),
        *("\u200f", "e\u0301", "👍🏽", "\ufeff", "\x00", "\ud7ff"),
    ]
)
WORDS = st.sampled_from(
    ["word", "another", "One", "sentence ends.", "Long enough to be a paragraph of prose, says who?"]
)
TEXTS = st.lists(st.one_of(TELLING, WORDS, st.just(" "), st.text(max_size=4)), max_size=40).map("".join)


def taken(text: str) -> tuple[Draft, str] | None:
    """The Draft of a text and its brief.md, None where the import refuses the text."""
    try:
        document = read_text(text.encode("utf-8", "surrogatepass"), "a.txt")
    except DocumentError:
        return None
    draft = understand(document)
    return draft, write(draft).text


@given(TEXTS)
@example("¹ a\n\nb¹ c¹\n\n¹ d")
@example("Title\n\n[1] x [1] y\n\n[1] z")
def test_no_text_loses_a_word(text: str) -> None:
    if found := taken(text):
        draft, brief = found
        source = read_text(text.encode("utf-8", "surrogatepass"), "a.txt").source
        assert word_check.lost_words(source, brief, [left.words for left in draft.left_out]) == {}


@given(st.binary(max_size=300))
def test_no_bytes_make_the_import_of_a_text_raise_anything_but_its_own_error(data: bytes) -> None:
    try:
        document = read_text(data, "a.txt")
    except DocumentError:
        return
    write(understand(document))


@given(TEXTS)
def test_whatever_is_imported_can_be_read_as_a_brief(text: str) -> None:
    if found := taken(text):
        draft, text = found
        dated = text if draft.date else text.replace("---\n", "---\ndate: 2024-01-02\n", 1)
        parsed = parse(dated, slug="a", file="brief.md")
        assert parsed.brief is not None
        assert {finding.code for finding in parsed.findings} <= EXPECTED_CODES


#: what a person must add, and is none of the import's syntax
EXPECTED_CODES = {"alt-missing", "caption-missing", "credit-missing", "preheader-missing"}

#: single-line texts whose characters a mail can carry
LINES = st.lists(st.one_of(TELLING, WORDS, st.just(" ")), min_size=1, max_size=25).map(
    lambda p: " ".join("".join(p).split())
)
LOOKS = st.tuples(LINES, st.booleans(), st.booleans())


@given(st.lists(LOOKS, min_size=1, max_size=4), st.booleans())
def test_a_paragraph_reads_back_as_it_was_typed(pieces: list[tuple[str, bool, bool]], is_heading: bool) -> None:
    spans = tuple(SourceSpan(text, strong=strong, emphasis=emphasis) for text, strong, emphasis in pieces)
    typed = re.sub(r"[\x00\ufeff\u2028\f]", "", "".join(text for text, _, _ in pieces))
    spans = tuple(SourceSpan(re.sub(r"[\x00\ufeff\u2028\f]", "", s.text), s.strong, s.emphasis) for s in spans)
    draft = Draft(title="A", date=TODAY, blocks=[SourceParagraph(spans, heading=2 if is_heading else 0)])
    parsed = parse(write(draft).text, slug="a", file="brief.md")
    assert parsed.brief is not None
    read = " ".join(model.plain(run) for block in parsed.brief.blocks for run in model.inlines_of(block))
    assert " ".join(read.split()) == " ".join(typed.split())


SPANS = st.builds(
    SourceSpan,
    text=st.lists(st.one_of(TELLING, WORDS, st.just(" ")), min_size=1, max_size=6).map("".join).map(clean),
    strong=st.booleans(),
    emphasis=st.booleans(),
    raised=st.sampled_from(["", "", "", "above", "below"]),
    link=st.sampled_from(["", "", "", "https://example.org/a?b=c&d=(e)", "mailto:a@example.org"]),
)
MARKS = st.sampled_from(
    [SourceSpan("", note="footnote:1"), SourceSpan("", note="footnote:2"), SourceSpan("", note="endnote:9")]
)
PARAGRAPHS = st.builds(
    SourceParagraph,
    spans=st.lists(st.one_of(SPANS, SPANS, MARKS), min_size=1, max_size=4).map(tuple),
    place=st.integers(1, 40),
    style=st.sampled_from(["", "", "", "title", "subtitle", "caption", "quote"]),
    heading=st.sampled_from([0, 0, 0, 0, 1, 2, 5]),
    is_quote=st.booleans(),
    is_boxed=st.booleans(),
)
ITEMS = st.builds(
    SourceParagraph,
    spans=st.tuples(SPANS),
    list_level=st.integers(0, 4),
    number=st.one_of(st.none(), st.integers(1, 12)),
)
TABLES = st.builds(
    SourceTable,
    rows=st.lists(
        st.lists(st.lists(PARAGRAPHS, max_size=2).map(tuple), min_size=1, max_size=3).map(tuple), min_size=1, max_size=3
    ).map(tuple),
)
BLOCKS = st.lists(st.one_of(PARAGRAPHS, PARAGRAPHS, ITEMS, TABLES), min_size=1, max_size=12)
NOTES = st.fixed_dictionaries(
    {
        "footnote:1": st.lists(PARAGRAPHS, min_size=1, max_size=2),
        "footnote:2": st.lists(PARAGRAPHS, min_size=1, max_size=1),
    }
)


@given(BLOCKS, NOTES)
@example(
    [
        SourceParagraph((SourceSpan("", note="footnote:1"),)),
        SourceParagraph((SourceSpan("¹² "),)),
        SourceParagraph((SourceSpan("[1]"),)),
    ],
    {"footnote:1": [SourceParagraph((SourceSpan("*"),))], "footnote:2": [SourceParagraph((SourceSpan("x"),))]},
)
def test_no_document_loses_a_word(blocks: list[SourceBlock], notes: dict[str, list[SourceParagraph]]) -> None:
    document = Document(list(blocks), "paragraph", notes=dict(notes))
    # a raised number is a word of its own, as in the reader of Word documents
    texts = [
        "".join(f" {s.text} " if s.raised and is_number(s.text) else s.text or " " for s in p.spans)
        for p in document.paragraphs()
    ]
    draft = understand(document)
    assert word_check.lost_words("\n".join(texts), write(draft).text, [left.words for left in draft.left_out]) == {}


#: lines of heads, from a few names, so that many stand twice, in several scripts
HEADS = st.lists(
    st.sampled_from(
        [
            *(
                "Ann Lee",
                "Ann Lee, Senior Fellow",
                "Senior Fellow",
                "By Ann Lee and Bo Lind",
                "Port Forum",
                "Visiting Scholar",
            ),
            *(
                "Ann Lee (Port Forum) and Bo Lind (Port Forum)",
                "Bo Lind, Senior Fellow, Port Forum",
                "www.port.example.org",
            ),
            *(
                "19 September 2023",
                "Policy Brief | September 19, 2023",
                "Washington, DC",
                "Energy Program",
                "ann@example.org",
            ),
            *(
                "Rails Across the Steppe",
                "EMBARGOED UNTIL MAY",
                "Photo: Ann Lee",
                "Ann Lee / Reuters",
                "By Ann Lee | 1 May 2023",
            ),
            *(
                "Нурлан Бекенов, аналитик",
                "Центр портов",
                "王伟，研究员",
                "مركز الدراسات",
                "By Land and by Sea",
                "Background",
            ),
        ]
    ),
    max_size=10,
)
BETWEEN = st.sampled_from(["\n", "\n\n"])


@given(HEADS, BETWEEN, HEADS, st.booleans())
def test_no_head_is_refused_however_often_its_lines_stand(
    head: list[str], between: str, end: list[str], has_title: bool
) -> None:
    prose = "The agreement was signed on Friday after eleven months of talks, and it took most observers by surprise."
    lines = [*(["Rails Across the Steppe"] if has_title else []), *head]
    text = "\n\n".join([between.join(lines), prose, prose, between.join(end)])
    if found := taken(text):
        draft, brief = found
        assert word_check.lost_words(text, brief, [left.words for left in draft.left_out]) == {}
