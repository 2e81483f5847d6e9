"""Whatever an author types, or pastes, or is made to paste: nothing of it runs, and nothing raises."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.compose.checks.all import check
from dispatch.compose.merge import letter, template, values
from dispatch.compose.parse import parse
from dispatch.compose.render import render
from dispatch.model.edition import Edition, Letter
from tests.compose.samples import FRONT, URL, audiences, edition, pictures, templates, tree

#: elements and attributes that the templates themselves use; nothing else may appear
ELEMENTS = frozenset(
    {
        "html", "head", "title", "meta", "style", "body", "div", "table", "tbody", "thead", "tr", "td", "th", "a",
        "img", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "b", "em", "strong", "code", "pre", "br", "span",
    }
)  # fmt: skip
SCHEMES = ("https://", "http://", "mailto:", "[[unsubscribe_url]]", "#fn")
PIECES = st.sampled_from(
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
        "[x](javascript:alert(1))", "[x](java\tscript:alert(1))", "<javascript:alert(1)>",
        "[x](data:text/html;base64,PHN2Zz4=)", "[x](//evil.example.org)",
        '[x](https://example.org/"onmouseover="alert(1))', "[x](https://example.org/'><script>)",
        "{onclick=alert(1)}", '{href="javascript:alert(1)"}', '{style="position:fixed" class="x"}',
        "![x](images/a.jpg)", '"onload="x',
        '![" onerror="alert(1)](images/a.jpg "\\" onload=\\"x"){credit="<b>"}\n\n', "</mj-text><mj-raw><b>",
        "</td></table>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;script&gt;", "&#60;script&#62;",
        "&#x3c;svg/onload=alert(1)&#x3e;", "\\<b\\>", "[[name]]", "[[unsubscribe_url]]", "[[email|<b>]]",
        "[[name|]]", "[[[name]]]", "`[[email]]`", "{{name}}", "{{{x}}}", "{% include 'x' %}", "{{ 7*7 }}",
        "\\{{x}}", "}}", "{", '\\', "[^1]", "\n\n[^1]: <https://example.org>\n\n", "\n\n::: key-points\n",
        "\n:::\n", "\n\n::: audience center\n", "\n\n::: button\n[x](https://example.org)\n:::\n\n", "\n\n- ",
        "\n\n> ", "\n\n| a | b |\n|---|---|\n| ", " | ", "\n\n```\n", "\n\n## ", "**", "*", "`", "\n", " ",
        "\u202e", "\xa0", "\ufdd0", "\ue000", "é", "中", "😀", "\x00", "\x85", "\ud800", "@import url(x);",
        "expression(alert(1))", "%EF%B7%90", "</style>", "</title>", "</pre>", "https://example.org/?a=1&b=2",
        "www.example.org", "a@example.org", "literal_brackets", "[[literal_brackets]]",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=25).map("".join)


def assert_harmless(page: str) -> None:
    """Only elements, attributes and addresses that the templates write themselves."""
    document: Any = tree(page)
    for element in document.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag in ELEMENTS, element.tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), name
            if name in ("href", "src"):
                assert value.startswith(SCHEMES), value
            if name == "style":
                assert not re.search(r"expression|javascript|position:\s*fixed|url\(", value, re.IGNORECASE)


def rendered(text: str, front: str = FRONT) -> dict[str, Edition]:
    made = parse(front + text, slug="x", file="brief.md").brief
    assert made is not None
    shown = {
        slug: render(made, audience, pictures=pictures(), templates=templates(), public_url=URL)
        for slug, audience in audiences().items()
    }
    check(made, shown, audiences=list(audiences().values()), pictures=pictures(), public_url=URL, source=front + text)
    return shown


@given(TEXTS)
def test_nothing_typed_into_the_text_becomes_markup(text: str) -> None:
    for made in rendered(text).values():
        assert_harmless(made.html)
        assert_harmless(made.web_html)


@given(TEXTS)
def test_nothing_typed_into_the_front_matter_becomes_markup(text: str) -> None:
    safe = text.encode("unicode_escape", "surrogatepass").decode().replace('"', '\\"').replace("\\x", "\\u00")
    safe = re.sub(r"\\(?![nutU\"])", " ", safe)
    front = (
        f'---\ntitle: "A {safe}"\ndate: 2023-09-19\nsubject: "S {safe}"\npreheader: "P {safe}"\n'
        f'standfirst: "F {safe}"\n'
        f'programme: "G {safe}"\nauthors:\n  - name: "N {safe}"\n    role: "R {safe}"\n    biography: "B {safe}"\n'
        f'organisations:\n  - name: "O {safe}"\n---\n'
    )
    made = parse(front, slug="x", file="brief.md").brief
    if made is None:
        return
    for shown in rendered("x", front).values():
        assert_harmless(shown.html)
        assert_harmless(shown.web_html)
        assert "\n" not in shown.subject


@given(TEXTS, st.dictionaries(st.sampled_from(["name", "email", "city"]), TEXTS))
def test_both_roads_give_the_same_and_only_this_members_values(text: str, person: dict[str, str]) -> None:
    made = edition(text)
    prepared = letter(made)
    given_values = values(prepared, person, {"unsubscribe_url": f"{URL}/u/T"})
    assert_harmless(Letter.fill(prepared.html, given_values).replace(f"{URL}/u/T", "[[unsubscribe_url]]"))
    for parts, part in zip((prepared.subject, prepared.html, prepared.text), template(prepared), strict=True):
        filled = re.sub(r"(?<!\\)\{\{([a-z0-9_]+)\}\}", lambda match: given_values[match[1]], part)
        assert filled == Letter.fill(parts, given_values)
        assert not re.search(r"\\\{\{|\{\{\{|\{\{(?![a-z0-9_]+\}\})", part)


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", '" onclick="x', "[[email]]", "{{email}}", "&lt;b&gt;", "\u0000\ud800"]
)
def test_no_value_of_a_member_becomes_markup(value: str) -> None:
    prepared = letter(edition('Dear [[name]]\n\n![[[name]]](images/a.jpg "[[name]]"){credit="[[name]]"}'))
    filled = Letter.fill(prepared.html, values(prepared, {"name": value, "email": "x@example.org"}, {}))
    assert_harmless(
        filled.replace('href="#"', 'href="[[unsubscribe_url]]"').replace('href=""', 'href="[[unsubscribe_url]]"')
    )
    assert "x@example.org" not in filled
