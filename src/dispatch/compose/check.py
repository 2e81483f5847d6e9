"""Everything that is wrong with a Brief and its Editions, each with its place and what to do about it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

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
) -> list[Finding]:
    """The Findings about a Brief and its Editions, in no particular order."""
    return [*_stand_ins(brief), *_public_url(public_url)]


def _stand_ins(brief: Brief) -> Iterator[Finding]:
    for figure in brief.stand_ins:
        yield Finding(
            Level.NOTE,
            "stand-in-picture",
            f"The picture {figure.file!r} is a stand-in; real mail refuses it.",
            Place(brief.file, figure.line),
            "Put the real picture in its place and remove .stand-in from the braces.",
        )


def _public_url(public_url: str) -> Iterator[Finding]:
    if not public_url:
        yield Finding(
            Level.WARNING,
            "public-url-missing",
            "The address of the web pages is not set, so pictures and links in the mail lead nowhere.",
            Place("dispatch.toml"),
            "Set public_url under [web].",
        )
