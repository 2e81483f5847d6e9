"""A Brief -> the Edition of one Audience."""

import re
from collections.abc import Mapping

from dispatch.compose import mjml
from dispatch.compose.escape import BRACKET
from dispatch.compose.html import Inliner
from dispatch.compose.page import PageWriter
from dispatch.compose.templates import compiled
from dispatch.compose.text import TextWriter
from dispatch.compose.view import View, view
from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief, Code, Inlines, Paragraph, plain
from dispatch.model.edition import TOKEN, Edition
from dispatch.tokens import web_copy_url

#: stands in where the workspace has no address of its own yet; `.invalid` leads nowhere (RFC 2606, section 2)
NO_PUBLIC_URL = "https://public-url-not-set.invalid"
_SENTENCE = re.compile(r".{20,}?[.!?…](?=\s|$)|.+", re.DOTALL)


def render(
    brief: Brief,
    audience: Audience,
    *,
    pictures: Mapping[str, Picture],
    templates: Mapping[str, str],
    public_url: str,
) -> Edition:
    """The Edition of an Audience.

    `pictures` holds the mail-ready pictures by the file that the Brief or the Brand names; `templates` the
    sources by their path below templates/. Raises TemplateError.
    """
    seen = view(brief, audience)
    base = public_url or NO_PUBLIC_URL
    web_url = web_copy_url(base, brief.slug, audience.slug)
    preheader = preheader_of(seen)
    mail = _page(seen, pictures, templates, base, web_url, is_web=False).whole(preheader)
    web = _page(seen, pictures, templates, base, web_url, is_web=True).whole(preheader)
    return Edition(
        audience=audience.slug,
        subject=brief.subject_for(audience.slug),
        preheader=preheader.replace(BRACKET, "["),
        html=_untracked(mjml.to_html(mail, inline=True)),
        text=TextWriter(seen, web_url).whole(),
        web_html=mjml.to_html(web, inline=False),
        mjml=mail,
        pictures=_shown(seen, pictures),
    )


def preheader_of(seen: View) -> str:
    """Return the author's preheader, else the standfirst, else the first sentence, its code marked by BRACKET."""
    brief = seen.brief
    if written := brief.preheader_for(seen.audience.slug) or brief.standfirst:
        return written
    first = next((plain(_literal_code(block.inlines)) for block in seen.blocks if isinstance(block, Paragraph)), "")
    found = _SENTENCE.match(first.strip())
    return found[0].strip() if found else brief.title


def _literal_code(inlines: Inlines) -> Inlines:
    """Return the inlines with brackets in code marked, so that they open no merge token."""
    return tuple(
        Code(TOKEN.sub(lambda match: BRACKET + match[0][1:], inline.text)) if isinstance(inline, Code) else inline
        for inline in inlines
    )


def _page(
    seen: View,
    pictures: Mapping[str, Picture],
    templates: Mapping[str, str],
    base: str,
    web_url: str,
    *,
    is_web: bool,
) -> PageWriter:
    inliner = Inliner(seen, web_url, is_web)
    return PageWriter(seen, inliner, pictures, compiled(templates), f"{base}/i")


def _untracked(page: str) -> str:
    """The page with its unsubscribe links marked, so that SES leaves them alone (ses:no-track)."""
    return page.replace('href="[[unsubscribe_url]]"', 'ses:no-track="" href="[[unsubscribe_url]]"')


def _shown(seen: View, pictures: Mapping[str, Picture]) -> tuple[str, ...]:
    """Names of the pictures of an Edition, each once."""
    brand = seen.audience.brand
    files = (brand.wordmark, brand.wordmark_dark, *(figure.file for figure in seen.figures))
    return tuple(dict.fromkeys(pictures[file].name for file in files if file in pictures))
