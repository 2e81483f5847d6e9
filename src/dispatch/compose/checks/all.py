"""Everything that is wrong with a Brief and its Editions, each with its place and what to do about it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from dispatch.compose.checks.contrast import about_colours
from dispatch.compose.checks.links import about_links
from dispatch.compose.checks.material import Material
from dispatch.compose.checks.pages import about_pages
from dispatch.compose.checks.passages import about_passages
from dispatch.compose.checks.pictures import about_pictures
from dispatch.compose.checks.text import about_text
from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief
from dispatch.model.edition import Edition
from dispatch.model.finding import Finding, Level, Place


def check(
    brief: Brief,
    editions: Mapping[str, Edition],
    *,
    audiences: Sequence[Audience],
    pictures: Mapping[str, Picture],
    public_url: str,
    known_names: Collection[str] | None = None,
    longest: Mapping[str, str] | None = None,
    source: str = "",
) -> list[Finding]:
    """The Findings about a Brief and its Editions, in no particular order.

    What reading the text has found (compose.parse) is not among them. Raises nothing, whatever the Brief.
    """
    material = Material(brief, editions, audiences, pictures, public_url, known_names, longest or {}, source)
    return [
        *about_text(material),
        *about_links(material),
        *about_pictures(material),
        *about_passages(material),
        *about_pages(material),
        *about_colours(audiences),
        *_about_settings(material),
    ]


def _about_settings(material: Material) -> Iterator[Finding]:
    settings = Place("dispatch.toml")
    if not material.public_url:
        yield Finding(
            Level.WARNING,
            "public-url-missing",
            "The address of the web pages is not set, so pictures and links in the mail lead nowhere.",
            settings,
            "Set public_url under [web].",
        )
    for brand in {audience.brand.slug: audience.brand for audience in material.audiences}.values():
        if not brand.postal_address:
            yield Finding(
                Level.WARNING,
                "postal-address-missing",
                f"{brand.name} has no postal address; real mail does not leave without one.",
                settings,
                f"Set postal_address under [brands.{brand.slug}].",
            )
