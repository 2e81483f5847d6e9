"""What is wrong with the finished pages: size, validity, structure, what clients lack, words that were lost."""

import re
from collections.abc import Iterator
from typing import Any

from dispatch.compose import merge
from dispatch.compose.checks.caniemail import unsupported_features
from dispatch.compose.checks.fidelity import lost_words
from dispatch.compose.checks.material import Material
from dispatch.model.edition import Edition, Field, Letter
from dispatch.model.finding import Finding, Level, Place

#: Gmail shows about 102 kB of html and cuts the rest, with the unsubscribe link
WARN_BYTES, MAX_BYTES = 80_000, 100_000
#: Gmail drops style sheets beyond this
MAX_STYLE_BYTES = 16_000
#: bytes to count for a value that nobody knows yet
UNKNOWN_VALUE = "x" * 40
#: an unsubscribe address below public_url: /u/ and a token
TOKEN_PATH = "/u/" + "x" * 40

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_TEMPLATE = re.compile(r"\{%|%\}|\{\{")


def about_pages(material: Material) -> Iterator[Finding]:
    """Everything about the finished pages."""
    import lxml.html

    for seen, edition in material.views():
        page = lxml.html.fromstring(edition.html)
        yield from _about_bytes(material, edition)
        yield from _about_validity(material, edition)
        yield from _about_structure(material, edition, page)
        yield from _about_clients(edition, page)
        for words, line, part in lost_words(seen, edition, page):
            yield Finding(
                Level.ERROR,
                "text-lost",
                f"{words[:60]!r} does not reach the {part}.",
                Place(material.brief.file, line),
                "A template leaves it out; look at templates/ for what was changed last.",
                edition.audience,
            )


def final_bytes(material: Material, edition: Edition) -> int:
    """Bytes of an Edition's html with the longest values that members have."""
    prepared = merge.letter(edition)
    names = {part.name.partition("_")[2] for part in prepared.html if isinstance(part, Field)}
    person = {name: material.longest.get(name, UNKNOWN_VALUE) for name in names}
    values = merge.values(prepared, person, {"unsubscribe_url": material.public_url + TOKEN_PATH})
    return len(Letter.fill(prepared.html, values).encode())


def _about_bytes(material: Material, edition: Edition) -> Iterator[Finding]:
    size = final_bytes(material, edition)
    if size > WARN_BYTES:
        yield Finding(
            Level.ERROR if size > MAX_BYTES else Level.WARNING,
            "html-large",
            f"The html has {size:,} bytes; Gmail cuts a mail near 102,000, and then nobody finds the unsubscribe link.",
            Place(material.brief.file),
            f"Shorten the brief to below {MAX_BYTES:,} bytes; about 1,500 words with notes have {WARN_BYTES:,}.",
            edition.audience,
        )
    styles = sum(len(style.encode()) for style in _STYLE.findall(edition.html))
    if styles > MAX_STYLE_BYTES:
        yield Finding(
            Level.ERROR,
            "styles-large",
            f"The style sheets have {styles:,} bytes; Gmail drops what is beyond {MAX_STYLE_BYTES:,}.",
            Place("templates/screen.css.j2"),
            "Take rules out of templates/*.css.j2.",
            edition.audience,
        )


def _about_validity(material: Material, edition: Edition) -> Iterator[Finding]:
    import html5lib

    parser = html5lib.HTMLParser()
    parser.parse(edition.html)
    names = list(dict.fromkeys(str(error[1]) for error in parser.errors))
    if names:
        yield Finding(
            Level.ERROR,
            "html-invalid",
            f"The html is not valid: {', '.join(names[:4])}.",
            Place("templates/base.mjml.j2"),
            "Look at the template that was changed last; each tag must be closed where it was opened.",
            edition.audience,
        )
    # Style rules hold %} and }} of their own.
    if _TEMPLATE.search(_STYLE.sub("", edition.html)) and not _TEMPLATE.search(material.source or edition.text):
        yield Finding(
            Level.ERROR,
            "template-words-left",
            "Words of a template stand in the html unfilled.",
            Place("templates/base.mjml.j2"),
            "Look for {{ or {% in templates/ that are not closed.",
            edition.audience,
        )


def _about_structure(material: Material, edition: Edition, page: Any) -> Iterator[Finding]:
    brand = {audience.slug: audience.brand for audience in material.audiences}[edition.audience]
    for is_wrong, what in (
        (len(page.xpath("//h1")) != 1, "not exactly one heading of level 1"),
        (not page.get("lang"), "no language"),
        (not page.xpath("string(//title)").strip(), "no title"),
        (bool(page.xpath("//img[not(@alt)]")), "a picture without alt"),
        (bool(page.xpath("//table[not(@role) and not(.//th)]")), "a table for layout without a role"),
        (bool(page.xpath("//a[not(normalize-space()) and not(.//img)]")), "a link without words"),
        (
            bool(page.xpath("//*[@style[contains(., 'position:fixed') or contains(., 'expression(')]]")),
            "a dangerous style",
        ),
    ):
        if is_wrong:
            yield _structure(f"The html has {what}.", edition.audience)
    if "[[unsubscribe_url]]" not in edition.html or "[[unsubscribe_url]]" not in edition.text:
        yield Finding(
            Level.ERROR,
            "unsubscribe-missing",
            "The mail has no link to unsubscribe.",
            Place("templates/footer.mjml.j2"),
            "Put [[unsubscribe_url]] back into a link of the footer.",
            edition.audience,
        )
    if brand.postal_address and brand.postal_address not in page.text_content():
        yield _structure("The html does not show the postal address.", edition.audience)


def _structure(message: str, audience: str) -> Finding:
    advice = "Look at the template that was changed last."
    return Finding(Level.ERROR, "page-structure", message, Place("templates/base.mjml.j2"), advice, audience)


def _about_clients(edition: Edition, page: Any) -> Iterator[Finding]:
    for lack in unsupported_features(page):
        clients = ", ".join(lack.clients[:4]) + (f" and {len(lack.clients) - 4} more" if len(lack.clients) > 4 else "")
        yield Finding(
            Level.WARNING,
            "client-lacks",
            f"The templates use {lack.title} ({lack.slug}), which is missing in {clients}.",
            Place("templates/styles.css.j2"),
            "See that the mail holds without it, or leave it out.",
            edition.audience,
        )
