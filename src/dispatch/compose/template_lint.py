"""A look at templates before they are used: what html and MJML would take silently, and get wrong."""

import re
from html.parser import HTMLParser

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_MJML_TAG = re.compile(r"<(/?)(mj[a-z-]*)\b([^>]*)>")
_PADDING = re.compile(r"\bpadding(?:-[a-z]+)?=\"([^\"]*)\"")
_SINGLE_QUOTED = re.compile(r"=\s*'[^']*\"[^']*'")

#: the MJML elements that templates may use
ELEMENTS = frozenset(
    {
        "mjml",
        "mj-head",
        "mj-body",
        "mj-title",
        "mj-preview",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-style",
        "mj-raw",
        "mj-section",
        "mj-column",
        "mj-group",
        "mj-wrapper",
        "mj-text",
        "mj-image",
        "mj-button",
        "mj-divider",
        "mj-spacer",
        "mj-table",
    }
)
STYLE = re.compile(r"<style\b.*?</style>|<mj-style\b.*?</mj-style>", re.DOTALL)
_FORBIDDEN = ("<link", "<script", "<iframe", "<object", "<embed", "<form")
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


def mistake_in(source: str) -> tuple[int, str] | None:
    """The first mistake of a template's source, as line and words; None where there is none."""
    blank = _JINJA.sub(_blank, source)
    if found := mistake_in_mjml(blank):
        return blank.count("\n", 0, found[0]) + 1, found[1]
    tags = _Tags()
    tags.feed(blank)
    tags.close()
    if tags.mistake is None and tags.open:
        name, line = tags.open[-1]
        return line, f"<{name}> is opened and not closed in this template"
    return tags.mistake


def mistake_in_mjml(mjml: str) -> tuple[int, str] | None:
    """The first thing that mrml takes silently and renders wrongly, as position and words; None for nothing."""
    for match in _MJML_TAG.finditer(mjml):
        if why := _mistake_in_tag(match[2], match[3]):
            return match.start(), why
    lowered = mjml.lower()
    for style in STYLE.finditer(lowered):
        if (at := style[0].find("@import")) >= 0:
            return style.start() + at, "@import cannot be used in a mail"
    for forbidden in _FORBIDDEN:
        if (at := lowered.find(forbidden)) >= 0:
            return at, f"{forbidden}> cannot be used in a mail"
    return None


def _mistake_in_tag(name: str, attributes: str) -> str:
    """What mrml would take silently in one MJML tag, "" for nothing."""
    if name not in ELEMENTS:
        return f"<{name}> cannot be used here"
    if name == "mj-style" and "inline=" in attributes:
        return '<mj-style> takes no inline="…"; its rules are written into the elements anyway'
    if _SINGLE_QUOTED.search(attributes):
        return "an attribute in single quotes holds a double quote"
    for padding in _PADDING.findall(attributes):
        if any(not part.endswith(("px", "%")) for part in padding.split()):
            return f'padding="{padding}" lacks units; write 0px, not 0'
    return ""


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
