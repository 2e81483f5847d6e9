"""Everything that is wrong with a Brief and its Editions, each with its place and what to do about it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dispatch.compose.check_links import about_links
from dispatch.compose.check_pages import about_pages
from dispatch.compose.check_passages import about_passages
from dispatch.compose.check_pictures import about_pictures
from dispatch.compose.check_text import about_text
from dispatch.compose.contrast import about_colours
from dispatch.compose.view import View, view
from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief
from dispatch.model.edition import Edition
from dispatch.model.finding import Finding, Level, Place


@dataclass(frozen=True)
class Subject:
    """What a check looks at."""

    brief: Brief
    editions: Mapping[str, Edition]
    audiences: Sequence[Audience]
    pictures: Mapping[str, Picture]
    public_url: str
    #: names that merge tokens can use, None where they are not known
    known_names: Collection[str] | None = None
    #: longest value of each name among the members, for the size of the final html
    longest: Mapping[str, str] = field(default_factory=dict)
    #: the text of brief.md, to tell columns
    source: str = ""

    def place(self, words: str, line: int = 1, *, within: int = 40) -> Place:
        """Where words stand in brief.md, at or below a line; the line itself where they are not found."""
        lines = self.source.split("\n")
        for number in range(max(line, 1), min(line + within, len(lines)) + 1 if words else 0):
            if (column := lines[number - 1].find(words)) >= 0:
                return Place(self.brief.file, number, column + 1)
        return Place(self.brief.file, line)

    def key(self, name: str) -> Place:
        """Where a key of the front matter stands; line 1 where it is not there."""
        return Place(self.brief.file, self.brief.lines.get(name, 1))

    def views(self) -> list[tuple[View, Edition]]:
        """Each Audience's view with its Edition."""
        return [
            (view(self.brief, audience), self.editions[audience.slug])
            for audience in self.audiences
            if audience.slug in self.editions
        ]


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
    subject = Subject(brief, editions, audiences, pictures, public_url, known_names, longest or {}, source)
    return [
        *about_text(subject),
        *about_links(subject),
        *about_pictures(subject),
        *about_passages(subject),
        *about_pages(subject),
        *about_colours(audiences),
        *_about_settings(subject),
    ]


def _about_settings(subject: Subject) -> Iterator[Finding]:
    settings = Place("dispatch.toml")
    if not subject.public_url:
        yield Finding(
            Level.WARNING,
            "public-url-missing",
            "The address of the web pages is not set, so pictures and links in the mail lead nowhere.",
            settings,
            "Set public_url under [web].",
        )
    for brand in {audience.brand.slug: audience.brand for audience in subject.audiences}.values():
        if not brand.postal_address:
            yield Finding(
                Level.WARNING,
                "postal-address-missing",
                f"{brand.name} has no postal address; real mail does not leave without one.",
                settings,
                f"Set postal_address under [brands.{brand.slug}].",
            )
