"""A text written as Markdown, as an attribute or as YAML, so that it reads back as the same text.

The syntax is that of docs/brief-format.md: CommonMark without raw HTML, footnotes, attributes in braces, containers
and merge tokens. What would be syntax is escaped, and nothing else.
"""

import re
from html.entities import html5

from dispatch.markup.characters import one_line

_PUNCTUATION = r"!-/:-@\[-`{-~"
#: `` ` `` opens code, `\` before punctuation escapes, `&…;` is an entity
_ALWAYS = re.compile(rf"`|\\(?=[{_PUNCTUATION}]|$)|<(?=[A-Za-z/!?])|!(?=\[)")
_SIGN = re.compile(r"[`\\<!*_\[\]&]")
_ENTITY = re.compile(r"&(?P<name>#?\w{1,32};)")
#: a star that is not between spaces, an underscore that is not inside a word
_STAR = re.compile(r"(?<!\s)\*|\*(?!\s)|^\*|\*$")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
#: brackets: the start of a note, of a merge token, and the end of what would be a link or take attributes
_BRACKET = re.compile(r"\[(?=\^)|(?<=\^)\[|\](?=[\[({:])")
#: a brace that would give attributes to what stands before it
_BRACE = re.compile(r"(?<=[>)\]`])\{")
#: what means something at the start of a line only
_LINE_START = re.compile(
    r"(?P<heading>#{1,6}(?=\s|$))|(?P<quote>>)|(?P<bullet>[-+*](?=\s|$))|(?P<number>\d{1,9}(?=[.)](?:\s|$)))"
    r"|(?P<rule>(?:-[ \t]*){3,}$|(?:_[ \t]*){3,}$|=+[ \t]*$|-+[ \t]*$)|(?P<fence>~~~|:::)|(?P<brace>\{)|(?P<pipe>\|)"
)
_TABLE_RULE = re.compile(r"[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-*:?[ \t]*)*$")


def escape(text: str) -> str:
    """Return the text of part of a line."""
    if not _SIGN.search(text):
        return text
    text = _ALWAYS.sub(r"\\\g<0>", text)
    text = _STAR.sub(r"\\*", text)
    text = _UNDERSCORE.sub(r"\\_", text)
    text = _ENTITY.sub(lambda match: f"\\{match[0]}" if is_entity(match["name"]) else match[0], text)
    return _BRACKET.sub(r"\\\g<0>", text)


def escape_all(text: str) -> str:
    """Return the text of part of a line with every character escaped that can be: for what nothing lighter keeps."""
    return re.sub(f"[{_PUNCTUATION}]", r"\\\g<0>", text)


def is_entity(name: str) -> bool:
    """Return whether `&` and a name with its semicolon are read as a character."""
    return name.startswith("#") or name in html5


def close_braces(line: str) -> str:
    """Return a line with each brace that follows a link, a picture or code as a plain character."""
    return _BRACE.sub(r"\\{", line)


def escape_start(line: str) -> str:
    """Return a line whose parts are escaped, with its first characters made harmless; leading blanks go."""
    line = line.lstrip(" \t")
    match = _LINE_START.match(line)
    if match is None:
        return f"\\{line}" if "|" in line and _TABLE_RULE.match(line) else line
    if match["number"]:
        return f"{match[0]}\\{line[match.end() :]}"
    return f"\\{line}"


def escape_cell(text: str) -> str:
    """Return the text of a table cell whose parts are escaped."""
    return re.sub(r"(?<!\\)\|", r"\\|", text).replace("\n", " ")


def quote_attribute(text: str) -> str:
    """Return a text between double quotes, for a credit; `read_attribute` reads it back."""
    return '"' + re.sub(r'[\\"{}]', r"\\\g<0>", one_line(text)) + '"'


def read_attribute(value: str) -> str:
    """Return the text of an attribute's value; the parser leaves its escapes in (mdit-py-plugins, attrs)."""
    return re.sub(r'\\([\\"{}])', r"\1", value)


def quote_title(text: str) -> str:
    """Return a text between double quotes, for the caption of a Figure."""
    text = re.sub(rf"\\(?=[{_PUNCTUATION}]|$)", r"\\\\", one_line(text)).replace('"', '\\"')
    return '"' + _ENTITY.sub(lambda match: f"\\{match[0]}" if is_entity(match["name"]) else match[0], text) + '"'


def quote_yaml(text: str) -> str:
    """Return a text as a double-quoted scalar of YAML 1.2 (section 7.3.1)."""
    text = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]", _hexed, text) + '"'


def _hexed(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
