"""A look at the source of a template before it is used: what html and MJML would take silently, and get wrong."""

import re
from html.parser import HTMLParser

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


def mistake_in(source: str) -> tuple[int, str] | None:
    """The first mistake of a template's source, as line and words; None where there is none."""
    tags = _Tags()
    tags.feed(_JINJA.sub(_blank, source))
    tags.close()
    if tags.mistake is None and tags.open:
        name, line = tags.open[-1]
        return line, f"<{name}> is opened and not closed in this template"
    return tags.mistake


def _blank(match: re.Match[str]) -> str:
    """What stands for Jinja's words: nothing for a statement, a letter for a value; line ends stay."""
    return ("x" if match[0].startswith("{{") else "") + "\n" * match[0].count("\n")


class _Tags(HTMLParser):
    """Keeps the open tags, and the first that is closed wrongly."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, int]] = []
        self.mistake: tuple[int, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append((tag, self.getpos()[0]))
        self.look_at(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID and not tag.startswith("mj"):
            self.wrong(f"<{tag} /> must be written as <{tag}></{tag}>")
        self.look_at(tag, attrs)

    def look_at(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        for name in names:
            if names.count(name) > 1:
                self.wrong(f"<{tag}> has the attribute {name!r} twice")
            if name.startswith("on"):
                self.wrong(f"<{tag}> has the attribute {name!r}; a mail runs no scripts")
        if tag == "img" and "alt" not in names:
            self.wrong('<img> needs alt="…", empty where the picture says nothing')

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            told = (
                f"<{self.open[-1][0]}> from line {self.open[-1][1]} is still open" if self.open else "nothing is open"
            )
            self.wrong(f"</{tag}> closes what is not open: {told}")
            return
        self.open.pop()

    def wrong(self, words: str) -> None:
        if self.mistake is None:
            self.mistake = (self.getpos()[0], words)
