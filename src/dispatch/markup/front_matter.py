"""Where the front matter of a brief.md stands: the YAML between the two `---` lines at its top."""

import re
from dataclasses import dataclass

_OPENS = re.compile(r"\ufeff?---[^\S\r\n]*(?P<newline>\r\n|\n|\r)")
_CLOSES = re.compile(r"(?<=[\r\n])(?:---|\.\.\.)[^\S\r\n]*(?:\r\n|\n|\r|\Z)")


@dataclass(frozen=True, slots=True)
class Split:
    """A brief.md in its two parts."""

    #: the YAML, with the line end of its last line
    front: str
    #: the text below
    body: str
    #: positions in the whole text where the YAML begins and ends, and where the text below begins
    begin: int
    end: int
    below: int
    #: the line end that the file uses
    newline: str


def split(text: str) -> Split | None:
    """Return the parts of a brief.md, None where it does not begin with front matter or that has no end."""
    opening = _OPENS.match(text)
    closing = _CLOSES.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return None
    begin, end, below = opening.end(), closing.start(), closing.end()
    return Split(text[begin:end], text[below:], begin, end, below, opening["newline"])
