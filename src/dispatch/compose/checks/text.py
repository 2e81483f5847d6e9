"""What is wrong with the words of a Brief: subject, preheader, headings, marks left over, tokens, raw html."""

import re
from collections.abc import Iterator

from dispatch.compose.checks.material import Material
from dispatch.compose.frame_words import has_frame_words, languages
from dispatch.model.brief import Blocks, Code, Heading, Inlines, Words, inlines_of, plain, walk, walk_inlines
from dispatch.model.edition import LINK_TOKENS, LITERALS, TOKEN, Field, split
from dispatch.model.finding import Finding, Level

#: characters of a subject that a phone shows, and of a preheader that any program shows
SUBJECT_CHARACTERS, PREHEADER_CHARACTERS = 70, 140

_LEFTOVER = re.compile(
    r"\bTK+\b|\bXXX+\b|\b(?:TODO|FIXME|TBD|TBC)\b|\b[Ll]orem ipsum\b|\?\?\?"
    r"|(?<!\[)\[(?:[Ll]ink|LINK|[Ss]ource|[Cc]itation needed|[Ii]nsert [^\]]{1,40}|[Dd]ate|[Nn]ame)\](?!\])"
)
_RAW_HTML = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>|<!--|-->")
_TOKEN_LIKE = re.compile(r"\[\[[^\[\]\n]{0,80}\]\]?")
_BRACES = re.compile(r"\{\{[^{}\n]{0,60}\}\}|\*\|[A-Z_:]+\|\*|%%\w+%%")


def about_text(material: Material) -> Iterator[Finding]:
    """Everything about the words."""
    yield from _about_subject(material)
    yield from _about_headings(material)
    for words, line, is_code in texts(material):
        if not is_code:
            yield from _about_words(material, words, line)
    yield from _about_tokens(material)
    if not has_frame_words(material.brief.lang):
        yield Finding(
            Level.NOTE,
            "language-words",
            f"dispatch has no words in the language {material.brief.lang!r} for the text around the brief.",
            material.key("lang"),
            f"Words such as Notes and Unsubscribe appear in English. Languages: {', '.join(sorted(languages()))}.",
        )


def texts(material: Material) -> Iterator[tuple[str, int, bool]]:
    """Every piece of text of a Brief with the line where it begins, and whether it is code."""
    brief = material.brief
    for key, value in _front(material):
        yield value, brief.lines.get(key, 1), False
    blocks: Blocks = (*brief.blocks, *(block for note in brief.footnotes for block in note.blocks))
    for block in walk(blocks):
        for inlines in inlines_of(block):
            yield from ((words, block.line, is_code) for words, is_code in _runs(inlines))
    for figure in brief.figures:
        for value in (figure.alt, figure.caption, figure.credit):
            yield value, figure.line, False


def _runs(inlines: Inlines) -> Iterator[tuple[str, bool]]:
    for inline in walk_inlines(inlines):
        if isinstance(inline, Words | Code):
            yield inline.text, isinstance(inline, Code)


def _front(material: Material) -> Iterator[tuple[str, str]]:
    brief = material.brief
    yield from (("title", brief.title), ("programme", brief.programme), ("standfirst", brief.standfirst))
    yield from (("subject", value) for value in brief.subjects.values())
    yield from (("preheader", value) for value in brief.preheaders.values())
    for author in brief.authors:
        yield from (("authors", value) for value in (author.name, author.role, author.organisation, author.biography))
    yield from (("organisations", body.name) for body in brief.organisations)
    yield from (("read_next", entry.title) for entry in brief.read_next)


# --- subject and preheader --------------------------------------------------------------------------------------------


def _about_subject(material: Material) -> Iterator[Finding]:
    brief = material.brief
    if not any(brief.subjects.values()):
        yield Finding(
            Level.NOTE,
            "subject-missing",
            "The front matter has no subject, so the title stands in the inbox.",
            material.key("title"),
            f'Add a line subject: "…" of at most {SUBJECT_CHARACTERS} characters.',
        )
    known = {audience.slug for audience in material.audiences} | {""}
    for key, values in (("subject", brief.subjects), ("preheader", brief.preheaders)):
        for audience in values:
            if audience not in known:
                yield _unknown_audience(material, audience, key)
    for _, edition in material.views():
        yield from _about_lengths(material, edition.subject, edition.preheader, edition.audience)


def _unknown_audience(material: Material, audience: str, key: str) -> Finding:
    known = ", ".join(one.slug for one in material.audiences)
    return Finding(
        Level.ERROR,
        "audience-unknown",
        f"There is no audience {audience!r}.",
        material.place(audience, material.brief.lines.get(key, 1)),
        f"The audiences are: {known}.",
    )


def _about_lengths(material: Material, words: str, preheader: str, audience: str) -> Iterator[Finding]:
    shown = _without_tokens(words)
    if len(shown) > SUBJECT_CHARACTERS:
        yield Finding(
            Level.WARNING,
            "subject-long",
            f"The subject has {len(shown)} characters; many programs cut it after {SUBJECT_CHARACTERS}.",
            material.key("subject" if "subject" in material.brief.lines else "title"),
            'Shorten it, or write a shorter one: subject: "…"',
            audience,
        )
    if not material.brief.preheader_for(audience):
        yield Finding(
            Level.WARNING,
            "preheader-missing",
            f"The front matter has no preheader, so the inbox shows: {preheader[:60]!r}.",
            material.key("title"),
            'Add a line preheader: "…", one sentence that goes on where the subject ends.',
            audience,
        )
    elif len(_without_tokens(preheader)) > PREHEADER_CHARACTERS:
        yield Finding(
            Level.WARNING,
            "preheader-long",
            f"The preheader has {len(preheader)} characters; no program shows more than {PREHEADER_CHARACTERS}.",
            material.key("preheader"),
            "Shorten it.",
            audience,
        )
    if preheader.casefold().strip(" .!?") == words.casefold().strip(" .!?"):
        yield Finding(
            Level.WARNING,
            "preheader-repeats",
            "The preheader says the same as the subject.",
            material.key("preheader"),
            "Say something that the subject does not say.",
            audience,
        )


def _without_tokens(words: str) -> str:
    return "".join(part.default if isinstance(part, Field) else part for part in split(words))


# --- words ------------------------------------------------------------------------------------------------------------


def _about_headings(material: Material) -> Iterator[Finding]:
    level = 1
    for block in walk(material.brief.blocks):
        if not isinstance(block, Heading):
            continue
        place = material.place("", block.line)
        if not plain(block.inlines).strip():
            yield Finding(
                Level.ERROR, "heading-empty", "A heading has no words.", place, "Write some, or delete the line."
            )
        if block.level > level + 1:
            yield Finding(
                Level.WARNING,
                "heading-jump",
                f"A heading of level {block.level} follows one of level {level}.",
                place,
                f"Write {'#' * (level + 1)}; screen readers tell the levels.",
            )
        level = block.level


def _about_words(material: Material, words: str, line: int) -> Iterator[Finding]:
    for match in _LEFTOVER.finditer(words):
        yield Finding(
            Level.ERROR,
            "leftover-mark",
            f"{match[0]!r} looks like a mark that was left over.",
            material.place(match[0], line),
            "Write what belongs there. If it is meant, override this code.",
        )
    for match in _RAW_HTML.finditer(words):
        yield Finding(
            Level.ERROR,
            "raw-html",
            f"{match[0][:40]!r} looks like html; readers would see it as typed.",
            material.place(match[0], line),
            "Use Markdown, or put it between backquotes to show it as it is.",
        )
    for match in _TOKEN_LIKE.finditer(words):
        if not TOKEN.fullmatch(match[0]):
            yield Finding(
                Level.WARNING,
                "token-malformed",
                f"{match[0]!r} looks like a merge token and is none.",
                material.place(match[0], line),
                "Write [[name]] or [[name|other words]], the name in small letters without blanks.",
            )
    for match in _BRACES.finditer(words):
        yield Finding(
            Level.NOTE,
            "braces-literal",
            f"{match[0]!r} arrives as typed; it is no merge token here.",
            material.place(match[0], line),
            "If a reader's own value is meant, write [[name]].",
        )


def _about_tokens(material: Material) -> Iterator[Finding]:
    if material.known_names is None:
        return
    known = {*material.known_names, "name", "email", *LINK_TOKENS, *LITERALS}
    seen = {field.token: field for edition in material.editions.values() for field in edition.fields()}
    for field in seen.values():
        if field.name in known:
            continue
        shown = f"every reader gets {field.default!r}" if field.default else "every reader gets nothing there"
        yield Finding(
            Level.WARNING if field.default else Level.ERROR,
            "token-unknown",
            f"No member list has a column {field.name!r}, so {shown}.",
            material.place(field.token, 1, within=100_000),
            f"The columns are: {', '.join(sorted(known - LINK_TOKENS - LITERALS.keys()))}.",
        )
