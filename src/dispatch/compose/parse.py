"""The text of a brief.md -> a Brief, with everything that is wrong in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.compose import front_matter, notes
from dispatch.compose.blocks import BlockReader
from dispatch.compose.front_matter import FrontMatter
from dispatch.markup.characters import clean, first_unwanted, with_plain_line_ends
from dispatch.markup.parser import tokens_of
from dispatch.model.brief import Author, Blocks, Brief, Footnote, Organisation, Reading
from dispatch.model.finding import Finding, Level, Place

#: longest text that is read, in characters; a brief of 1,500 words has about 12,000
MAX_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text gave."""

    #: None where the text has no title or no date
    brief: Brief | None
    findings: tuple[Finding, ...]


def parse(source: str, *, slug: str, file: str) -> Parsed:
    """The Brief in a text, and every Finding about it, in the order of the file.

    Raises nothing, whatever the text. `file` is how places name it.
    """
    text, findings = clean(source), _unwanted(source, file)
    if len(text) > MAX_CHARACTERS:
        return Parsed(None, (*findings, _too_long(len(text), file)))
    matter = front_matter.read(text, file)
    tokens, inline_notes = tokens_of(matter.body)
    reader = BlockReader(tokens, inline_notes, text, file)
    blocks = reader.read()
    footnotes, about_notes = notes.settle(blocks, reader.notes, file)
    found = [*findings, *matter.findings, *reader.findings, *about_notes]
    read = matter.matter
    brief = None if read is None else _brief(read, blocks, footnotes, matter.lines, slug, file)
    return Parsed(brief, tuple(sorted(found, key=lambda finding: finding.place)))


def _unwanted(source: str, file: str) -> list[Finding]:
    text = with_plain_line_ends(source)
    found = first_unwanted(text)
    if found is None:
        return []
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    return [
        Finding(
            Level.WARNING,
            "control-character",
            f"The text holds a character that cannot be shown (U+{ord(found[0]):04X}).",
            Place(file, line, column),
            "Delete it there; dispatch leaves such characters out.",
        )
    ]


def _too_long(characters: int, file: str) -> Finding:
    return Finding(
        Level.ERROR,
        "brief-too-long",
        f"The text has {characters:,} characters; no more than {MAX_CHARACTERS:,} are read.",
        Place(file),
        "Split it; a mail holds about 1,500 words.",
    )


def _brief(
    matter: FrontMatter,
    blocks: Blocks,
    footnotes: tuple[Footnote, ...],
    lines: Mapping[str, int],
    slug: str,
    file: str,
) -> Brief:
    return Brief(
        slug=slug,
        file=file,
        title=matter.title,
        date=matter.date,
        blocks=blocks,
        footnotes=footnotes,
        authors=tuple(Author(**author.model_dump()) for author in matter.authors),
        organisations=tuple(Organisation(**body.model_dump()) for body in matter.organisations),
        programme=matter.programme,
        subjects=matter.subject,
        preheaders=matter.preheader,
        standfirst=matter.standfirst,
        lang=matter.lang,
        dir=matter.direction,
        read_next=tuple(Reading(**entry.model_dump()) for entry in matter.read_next),
        lines=lines,
    )
