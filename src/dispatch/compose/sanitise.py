"""What text from outside may hold: no control characters, none that rendering uses as marks."""

import re

from dispatch.model.finding import Finding, Level, Place

# C0 and C1 without tab and newline, lone surrogates, and Unicode's noncharacters. Gmail shows "clipped" for a
# mail with a C1 character in it; the noncharacters are kept free for marks that rendering sets and removes
# again.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff]")
_SPACES = re.compile(r"[ \t\r\n\u2028\u2029]+")


def clean(source: str, file: str) -> tuple[str, list[Finding]]:
    """The text without such characters and with plain line ends; says where the first one stood."""
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = _UNWANTED.search(text)
    if found is None:
        return text, []
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    finding = Finding(
        Level.WARNING,
        "control-character",
        f"The text holds a character that cannot be shown (U+{ord(found[0]):04X}).",
        Place(file, line, column),
        "Delete it there; dispatch leaves such characters out.",
    )
    return _UNWANTED.sub("", text), [finding]


def one_line(text: str) -> str:
    """The text with every run of blanks and line ends as one space; no-break spaces stay.

    Without unwanted characters too: in front matter they can be written as escapes, which `clean` does not see.
    """
    return _SPACES.sub(" ", _UNWANTED.sub("", text)).strip()
