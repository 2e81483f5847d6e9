"""Material: what every check looks at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dispatch.compose.view import View, view
from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief
from dispatch.model.edition import Edition
from dispatch.model.finding import Place


@dataclass(frozen=True)
class Material:
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
