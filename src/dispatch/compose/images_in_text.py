"""Where an image stands in a Markdown text, part by part, and how to write another alt text, caption or credit there.

The syntax is CommonMark's image (section 6.4) with the attributes of mdit-py-plugins: `![alt](file "title"){.class
credit="…"}`. It may find images that Markdown does not see, inside code; whoever changes a text checks the outcome.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BLANKS = re.compile(r"[ \t\r\n]*")
_DESTINATION = re.compile(r"<(?:[^<>\r\n\\]|\\.)*>|(?:[^\s()\\]|\\.|\([^\s()]*\))+")
_TITLE = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|\((?:[^()\\]|\\.)*\)', re.DOTALL)
_ATTRIBUTES = re.compile(r"\{(?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'[^']*')*\}", re.DOTALL)
_CREDIT = re.compile(r"\s*\bcredit\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s}]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ImageSyntax:
    """The parts of one image, as positions in the text; an absent part begins where it ends."""

    alt: tuple[int, int]
    destination: str
    #: with the blanks before it and its quotes
    title: tuple[int, int]
    #: with its braces
    attributes: tuple[int, int]

    def names(self, file: str) -> bool:
        """Whether this is the picture's file."""
        written = _ESCAPED.sub(r"\1", self.destination.removeprefix("<").removesuffix(">"))
        return unquote(html.unescape(written)) == unquote(file)

    def changed(self, text: str, part: str, words: str, *, is_cautious: bool) -> str:
        """The text with other words in `alt`, `caption` or `credit`; cautiously, with every sign escaped."""
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
        credit = 'credit="' + words.replace('"', '\\"') + '"' if words else ""
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
    """Every image in a text, in order."""
    at = text.find("![")
    while at >= 0:
        if found := _image(text, at):
            yield found
        at = text.find("![", at + 2)


def _image(text: str, at: int) -> ImageSyntax | None:
    alt_end = _closing(text, at + 2)
    if alt_end is None or not text.startswith("](", alt_end):
        return None
    begin = _after_blanks(text, alt_end + 2)
    destination = _DESTINATION.match(text, begin)
    if destination is None:
        return None
    end = destination.end()
    title = _TITLE.match(text, _after_blanks(text, end))
    title_span = (end, title.end()) if title and title.start() > end else (end, end)
    close = _after_blanks(text, title_span[1])
    if not text.startswith(")", close):
        return None
    attributes = _ATTRIBUTES.match(text, close + 1)
    after = (close + 1, attributes.end() if attributes else close + 1)
    return ImageSyntax((at + 2, alt_end), destination[0], title_span, after)


def _closing(text: str, at: int) -> int | None:
    """Where the bracket that closes an alt text stands; None where the paragraph ends before."""
    depth = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            depth += 1
        elif sign == "]":
            if not depth:
                return at
            depth -= 1
        elif re.compile(r"(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)").match(text, at):
            return None
        at += 1
    return None


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _escape(words: str, signs: str, is_cautious: bool) -> str:
    if is_cautious:
        return _PUNCTUATION.sub(r"\\\1", words)
    return "".join(f"\\{sign}" if sign in signs else sign for sign in words)


def _put(text: str, span: tuple[int, int], words: str) -> str:
    return text[: span[0]] + words + text[span[1] :]
