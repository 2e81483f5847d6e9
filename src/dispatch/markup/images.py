"""Where the pictures of a brief.md stand, part by part, and how to write another alt text, caption or credit there.

The syntax is CommonMark's image (section 6.4) with the attributes of mdit-py-plugins: `![alt](file "title"){.class
credit="…"}`. The parser says where each picture begins and ends, so what only looks like one, as in code, is not found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.token import Token

from dispatch.markup.escape import escape_all, quote_attribute
from dispatch.markup.front_matter import split
from dispatch.markup.parser import BRACES, SPAN, only_images, tokens_of

_BLANKS = re.compile(r"[ \t\r\n]*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_CREDIT = re.compile(r"\s*\bcredit\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s}]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ImageSyntax:
    """The parts of one picture, as positions in the whole text; an absent part begins where it ends."""

    token: Token
    alt: tuple[int, int]
    #: the file as its reader finds it, without escapes and angle brackets
    file: str
    #: with the blanks before it and its quotes
    title: tuple[int, int]
    #: with its braces
    attributes: tuple[int, int]

    def changed(self, text: str, part: str, words: str, *, is_cautious: bool) -> str:
        """Return the text with other words in `alt`, `caption` or `credit`; cautiously, with every sign escaped."""
        if part == "alt":
            return _put(text, self.alt, _escape(words, r"\[]", is_cautious))
        if part == "caption":
            return _put(text, self.title, self._title(text, words, is_cautious))
        return _put(text, self.attributes, self._attributes(text, words))

    def _title(self, text: str, words: str, is_cautious: bool) -> str:
        if not words:
            return ""
        old = text[slice(*self.title)]
        written = old.lstrip()
        blanks = old[: len(old) - len(written)] or " "
        opens = written[:1] if written[:1] in ("'", "(") else '"'
        closes = {"(": ")"}.get(opens, opens)
        return blanks + opens + _escape(words, "\\" + opens + closes, is_cautious) + closes

    def _attributes(self, text: str, words: str) -> str:
        old = text[slice(*self.attributes)]
        credit = f"credit={quote_attribute(words)}" if words else ""
        inside = old[1:-1]
        found = _CREDIT.search(inside)
        if found:
            blank = re.match(r"\s*", found[0])
            kept = blank[0] if blank and credit else ""
            inside = inside[: found.start()] + kept + credit + inside[found.end() :]
        elif credit:
            inside += (" " if inside.strip() else "") + credit
        return "{" + inside + "}" if inside.strip() else ""


def images(text: str) -> Iterator[ImageSyntax]:
    """Yield the pictures of a brief.md that stand alone in their paragraph, in order, but those by reference.

    `text` may have a byte order mark and any line ends.
    """
    parts = split(text)
    below = parts.below if parts else 0
    lines = [match.span() for match in _LINE.finditer(text, below) if match.end() > match.start()]
    for token in tokens_of(text[below:])[0]:
        if token.type == "inline" and token.map:
            for image in only_images(token):
                if found := _syntax(image, _Paragraph(text, token, lines[token.map[0] : token.map[1]])):
                    yield found


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph in the text: its content has no indentation, quote marks or list marks, its lines have."""

    text: str
    token: Token
    #: begin and end of its lines in the text
    lines: list[tuple[int, int]]

    def place(self, at: int) -> int:
        """Return where a position in the content stands in the text; each line of content ends a line of the text."""
        content = self.token.content
        number = content.count("\n", 0, at)
        end = content.find("\n", at)
        rest = content[at : end if end >= 0 else len(content)].rstrip()
        begin, stop = self.lines[number]
        return begin + len(self.text[begin:stop].rstrip()) - len(rest)


def _syntax(image: Token, paragraph: _Paragraph) -> ImageSyntax | None:
    content = paragraph.token.content
    begin, end = image.meta[SPAN]
    alt_end = begin + 2 + len(image.content)
    if not content.startswith("](", alt_end):
        return None
    destination = parseLinkDestination(content, _after_blanks(content, alt_end + 2), end)
    before_title = destination.pos
    title = parseLinkTitle(content, _after_blanks(content, before_title), end)
    after_title = title.pos if title.ok and title.pos < end else before_title
    braces = image.meta.get(BRACES, (end, end))
    place = paragraph.place
    return ImageSyntax(
        image,
        (place(begin + 2), place(alt_end)),
        destination.str,
        (place(before_title), place(after_title)),
        (place(end - 1) + 1, place(braces[1] - 1) + 1),
    )


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _escape(words: str, signs: str, is_cautious: bool) -> str:
    if is_cautious:
        return escape_all(words)
    return "".join(f"\\{sign}" if sign in signs else sign for sign in words)


def _put(text: str, span: tuple[int, int], words: str) -> str:
    return text[: span[0]] + words + text[span[1] :]
