"""Everything that a check sees, each with its place."""

import dataclasses

import pytest

from dispatch.compose.checks.all import check
from dispatch.model.brand import Picture
from dispatch.model.finding import Finding, Level
from tests.compose.samples import FRONT, URL, audiences, brief, edition, picture, pictures, templates

FIGURE = '![A quay at dawn.](images/a.jpg "The quay."){credit="Someone"}\n'


def findings(
    body: str,
    front: str = FRONT,
    *,
    shown: dict[str, Picture] | None = None,
    known_names: list[str] | None = None,
    longest: dict[str, str] | None = None,
    changes: dict[str, str] | None = None,
    url: str = URL,
) -> list[Finding]:
    """What a check says of a text, settings apart."""
    made = check(
        brief(body, front),
        {slug: edition(body, slug, front, changes) for slug in audiences()},
        audiences=list(audiences().values()),
        pictures=pictures() if shown is None else shown,
        public_url=url,
        known_names=known_names,
        longest=longest,
        source=front + body,
    )
    return [finding for finding in made if finding.code != "postal-address-missing"]


def seen(body: str, front: str = FRONT, **more: object) -> list[tuple[str, int, int]]:
    """Code, line (of the body) and column of each Finding, once for both Audiences."""
    found = findings(body, front, **more)  # type: ignore[arg-type]  # passed on as they are
    lines = front.count("\n")
    return list(dict.fromkeys((one.code, max(one.place.line - lines, 0), one.place.column) for one in found))


def codes(body: str, front: str = FRONT, **more: object) -> set[str]:
    return {code for code, _, _ in seen(body, front, **more)}


def test_a_sound_brief_has_no_findings() -> None:
    assert (
        findings(
            f"{FIGURE}\nWords with a [good link](https://www.example.org/a).[^1]\n\n## Head\n\n[^1]: <https://example.com/b>"
        )
        == []
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("One.\n\nTwo TK three.", ("leftover-mark", 3, 5)),
        ("XXX", ("leftover-mark", 1, 1)),
        ("Lorem ipsum dolor", ("leftover-mark", 1, 1)),
        ("See [link] there", ("leftover-mark", 1, 5)),
        ("A\nline, then TODO", ("leftover-mark", 2, 12)),
        ("a <b>c</b>", ("raw-html", 1, 3)),
        ("a <!-- c -->", ("raw-html", 1, 3)),
        ("## \n\nx", ("heading-empty", 1, 0)),
        ("## a\n\n#### b", ("heading-jump", 3, 0)),
        ("### a", ("heading-jump", 1, 0)),
        ("[page](http://www.example.org)", ("link-not-https", 1, 8)),
        ("[intranet page](https://intranet/x)", ("link-private", 1, 17)),
        ("[router page](http://192.168.0.1/)", ("link-private", 1, 15)),
        ("[own page](http://localhost:80/)", ("link-private", 1, 12)),
        ("[v6 page](https://[::1]/)", ("link-private", 1, 11)),
        ("[a page](https://example.org/?utm_source=x&a=1)", ("link-tracking", 1, 10)),
        ("[here](https://example.org/)", ("link-text-vague", 1, 2)),
        ("[https://example.com](https://example.org/)", ("link-text-address", 1, 2)),
        ("[](https://example.org/)", ("link-empty", 1, 0)),
        ("Dear [[Name]]", ("token-malformed", 1, 6)),
        ("Dear [Name]", ("leftover-mark", 1, 6)),
        ("Dear {{name}}", ("braces-literal", 1, 6)),
        ('![](images/a.jpg "c"){credit="x"}', ("alt-missing", 1, 5)),
        ('![Alt](images/a.jpg){credit="x"}', ("caption-missing", 1, 8)),
        ('![Alt](images/a.jpg "c")', ("credit-missing", 1, 8)),
        ('![The same.](images/a.jpg "The same."){credit="x"}', ("alt-repeats-caption", 1, 14)),
        ('![Alt](images/b.jpg "c"){credit="x"}', ("picture-small", 1, 8)),
        ('![Alt](images/b.jpg "c"){credit="x" .stand-in}', ("stand-in-picture", 1, 8)),
        ("::: audience centre\nx\n:::", ("audience-unknown", 1, 0)),
    ],
)
def test_what_is_wrong_is_seen_at_its_place(body: str, expected: tuple[str, int, int]) -> None:
    assert expected in seen(body)


@pytest.mark.parametrize(
    "body",
    [
        "`TK` `<b>` `{{x}}` `[[X]]`",
        "TKO, stock, Roman XX",
        "1 < 2 > 0 and a<b",
        "[The page here](https://example.org/)",
    ],
)
def test_what_only_looks_wrong_is_let_be(body: str) -> None:
    assert seen(body) == []


def test_a_picture_is_told_to_be_heavy() -> None:
    heavy = {"images/a.jpg": dataclasses.replace(picture("a0.jpg"), data_bytes=900_000)}
    found = {one.code: one.level for one in findings(FIGURE, shown=heavy)}
    assert found == {"picture-heavy": Level.WARNING, "pictures-heavy": Level.WARNING}
    far_too_heavy = {"images/a.jpg": dataclasses.replace(picture("a0.jpg"), data_bytes=1_200_000)}
    assert {one.code: one.level for one in findings(FIGURE, shown=far_too_heavy)}["picture-heavy"] is Level.ERROR


def test_subject_and_preheader_are_measured() -> None:
    assert codes("x", FRONT.replace("About it", "w" * 80)) == {"subject-long"}
    assert codes("x", FRONT.replace("What it says.", "w" * 160)) == {"preheader-long"}
    assert codes("x", FRONT.replace("What it says.", "About it.")) == {"preheader-repeats"}
    bare = '---\ntitle: "A brief"\ndate: 2023-09-19\n---\n'
    assert codes("First sentence of it all. Second.", bare) == {"subject-missing", "preheader-missing"}


def test_a_subject_for_an_unknown_audience_is_told() -> None:
    front = '---\ntitle: "A brief"\ndate: 2023-09-19\nsubject:\n  centre: "x"\npreheader: "What it says."\n---\n'
    assert "audience-unknown" in codes("x", front)


def test_tokens_that_no_member_can_fill_are_told() -> None:
    body = "Dear [[name|reader]] of [[town|your town]] and [[street]]"
    levels = {one.message.split("'")[1]: one.level for one in findings(body, known_names=["city"])}
    assert levels == {"town": Level.WARNING, "street": Level.ERROR}
    assert findings(body, known_names=["town", "street"]) == []
    assert findings(body, known_names=None) == []


@pytest.mark.parametrize(("characters", "level"), [(30_000, None), (45_000, Level.WARNING), (60_000, Level.ERROR)])
def test_the_bytes_of_the_html_are_told_before_gmail_cuts_it(characters: int, level: Level | None) -> None:
    body = "\n\n".join("word " * 200 for _ in range(characters // 1000))
    found = [one.level for one in findings(body) if one.code == "html-large"]
    assert found == ([level] * 2 if level else [])


def test_the_longest_values_count() -> None:
    body = "\n\n".join(["word " * 195 + "[[city]]"] * 30)
    assert "html-large" not in codes(body, longest={"city": "x"})
    assert "html-large" in codes(body, longest={"city": "x" * 2000})


# --- passages ---------------------------------------------------------------------------------------------------------

SECRET = "Only firms may read this very sentence about tariffs."


def test_a_sentence_of_a_passage_that_is_repeated_in_the_preheader_leaks() -> None:
    front = FRONT.replace("What it says.", SECRET)
    found = findings(f"Open.\n\n::: audience coalition\n{SECRET}\n:::", front)
    leaks = [(one.code, one.audience, one.place.line) for one in found]
    assert ("audience-leak", "center", 10) in leaks
    assert "coalition" not in {audience for _, audience, _ in leaks}


def test_a_template_that_shows_everything_to_everybody_leaks() -> None:
    template = '<p class="par">{{ text }}</p><p>Only firms may read this very sentence about tariffs.</p>'
    found = findings(f"Open.\n\n::: audience coalition\n{SECRET}\n:::", changes={"blocks/paragraph.html.j2": template})
    where = {one.message.split(" in the ")[1].split(" for ")[0] for one in found if one.code == "audience-leak"}
    assert where == {"html", "web copy"}


def test_an_address_that_the_footer_shows_to_everybody_is_no_leak() -> None:
    front = FRONT.replace("\n---\n", '\norganisations:\n  - name: "The Coalition"\n    site: "www.usebc.org"\n---\n')
    body = "Open.\n\n::: audience coalition\nSee [the site](https://www.usebc.org) and <https://www.usebc.org/>.\n:::"
    assert "audience-leak" not in codes(body, front)


def test_an_address_of_a_passage_leaks_though_another_begins_like_it() -> None:
    hidden = "\n\n::: audience coalition\nSee [it](https://example.org/secret).\n:::"
    assert "audience-leak" not in codes("[More](https://example.org/secret-garden)." + hidden)
    front = FRONT.replace("What it says.", "See it.")
    template = '<p class="par">{{ text }} <a href="https://example.org/secret">more</a></p>'
    assert "audience-leak" in codes("Open." + hidden, front, changes={"blocks/paragraph.html.j2": template})


def test_a_sentence_with_an_apostrophe_leaks_into_the_web_copy_too() -> None:
    secret = "Only the firms' own lawyers may read this very sentence."
    template = '<p class="par">{{ text }}</p><p>Only the firms&#39; own lawyers may read this very sentence.</p>'
    found = findings(f"Open.\n\n::: audience coalition\n{secret}\n:::", changes={"blocks/paragraph.html.j2": template})
    where = {one.message.split(" in the ")[1].split(" for ")[0] for one in found if one.code == "audience-leak"}
    assert where == {"html", "web copy"}


def test_style_rules_of_a_template_are_no_words_of_a_template() -> None:
    style = "@media print{.x{width:100%}}\n"
    source = templates()["screen.css.j2"] + style
    assert "template-words-left" not in codes("Words.", changes={"screen.css.j2": source})


def test_passages_that_stay_where_they_belong_are_no_leak() -> None:
    body = f"Open.[^1]\n\n::: audience coalition\n{SECRET}[^2]\n\n{FIGURE}\n:::\n\nOpen too.[^3]\n\n"
    body += "[^1]: <https://example.org/1>\n[^2]: <https://example.org/2>\n[^3]: Ibid."
    assert findings(body) == []


def test_nothing_of_a_passage_is_in_the_other_edition() -> None:
    body = f"Open.\n\n::: audience coalition\n{SECRET}[^2]\n\n{FIGURE}\n:::\n\n[^2]: <https://example.org/secret>"
    other = edition(body, "center")
    for part in (other.html, other.text, other.web_html, other.mjml):
        assert "tariffs" not in part
        assert "secret" not in part
        assert "a0.jpg" not in part
    assert "a0.jpg" not in other.pictures
    assert "a0.jpg" in edition(body, "coalition").pictures


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "template", "code"),
    [
        ("blocks/paragraph.html.j2", "<p></p>", "text-lost"),
        ("blocks/heading.html.j2", "<h1>{{ text }}</h1>", "page-structure"),
        ("blocks/paragraph.html.j2", "<p>{{ text }}</p><table><tr><td>x</td></tr></table>", "page-structure"),
        ("blocks/paragraph.html.j2", '<p>{{ text }}</p><a href="https://example.org"></a>', "page-structure"),
        ("blocks/paragraph.html.j2", '<p style="display:flex">{{ text }}</p>', "client-lacks"),
        ("blocks/paragraph.html.j2", "<video>{{ text }}</video>", "client-lacks"),
        ("blocks/paragraph.html.j2", "<p>{{ text }}</p><p>{{ '{%' }} x</p>", "template-words-left"),
        ("styles.css.j2", "p { color: #1f2328 }" + " .x { color: #ffffff }" * 900, "styles-large"),
    ],
)
def test_what_a_template_spoils_is_seen(name: str, template: str, code: str) -> None:
    assert code in codes("Some words.\n\n## Head", changes={name: template})


def test_a_footer_without_unsubscribe_link_is_an_error() -> None:
    footer = "<mj-section><mj-column><mj-text>Bye</mj-text></mj-column></mj-section>"
    found = [one for one in findings("x", changes={"footer.mjml.j2": footer}) if one.code == "unsubscribe-missing"]
    assert [one.level for one in found] == [Level.ERROR, Level.ERROR]


def test_an_address_that_is_not_set_is_told() -> None:
    assert "public-url-missing" in codes("x", url="")


def test_links_to_our_own_pages_are_let_be_in_practice() -> None:
    assert codes("[our page](http://127.0.0.1:8425/b/x)", url="http://127.0.0.1:8425") == set()


def test_a_brand_that_cannot_be_read_is_told() -> None:
    center = audiences()["center"]
    pale = dataclasses.replace(center.brand, light=dataclasses.replace(center.brand.light, secondary="#bbbbbb"))
    found = check(
        brief("x"),
        {},
        audiences=[dataclasses.replace(center, brand=pale)],
        pictures={},
        public_url=URL,
    )
    told = [one.message for one in found if one.code == "contrast-low"]
    assert len(told) == 2
    assert told[0].startswith("'secondary' on 'card' has a contrast of 1.9")


def test_every_code_is_documented() -> None:
    import re

    from tests.compose.samples import ROOT

    documented = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs/findings.md").read_text("utf-8"), re.MULTILINE))
    source = "".join(
        file.read_text("utf-8")
        for folder in ("compose", "pipeline")
        for file in (ROOT / "src/dispatch" / folder).rglob("*.py")
    )
    used = set(re.findall(r'Level\.[A-Z]+(?: if [^,]*? else Level\.[A-Z]+)?,\s*"([a-z0-9-]+)"', source))
    used |= set(re.findall(r'(?:complain|telling)\(\s*"([a-z0-9-]+)"', source))
    assert len(used) > 50
    assert used - documented == set()
