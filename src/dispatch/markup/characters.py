"""What text from outside may hold: no control characters, none that rendering uses as marks."""

import re

# C0 and C1 without tab and newline, lone surrogates, the byte order mark, and Unicode's noncharacters. Gmail shows
# "clipped" for a mail with a C1 character in it; the noncharacters are kept free for marks that rendering sets and
# removes again.
_PLANES = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_UNWANTED = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff{_PLANES}]")
_LINE_END = re.compile(r"\r\n?")
_SPACES = re.compile(r"[ \t\r\n\u2028\u2029]+")


def clean(text: str) -> str:
    """Return the text without unwanted characters and with plain line ends."""
    return _UNWANTED.sub("", with_plain_line_ends(text))


def first_unwanted(text: str) -> re.Match[str] | None:
    """Return where the first character stands that `clean` removes; line ends must be plain already."""
    return _UNWANTED.search(text)


def with_plain_line_ends(text: str) -> str:
    """Return the text with newlines as its only line ends, without a byte order mark at its start."""
    return _LINE_END.sub("\n", text.removeprefix("\ufeff"))


def one_line(text: str) -> str:
    """Return the text with every run of blanks and line ends as one space; no-break spaces stay.

    Unwanted characters go too: in front matter they can be written as escapes, which `clean` does not see.
    """
    return _SPACES.sub(" ", _UNWANTED.sub("", text)).strip()
