"""Quoted-printable, in pieces that can be joined in any order (RFC 2045 section 6.7).

Every piece begins at the start of a line and ends a line, with a soft line break where its text ends none. So the fixed
text of an Edition is encoded once, a merge value is encoded on its own, and what is joined keeps every rule: lines of
at most 76 characters, no escape and no UTF-8 sequence split. No line begins with a dot or with "From ", which servers
on the way may change (RFC 2049 section 3, rules 7 and 8).
"""

import re

_ESCAPED = re.compile(rb"[^\n -<>-~]| (?=\n|\Z)")
#: room for the soft line break and for an escape at the start; it ends in no escape and before no continuation byte
_LINE = re.compile(rb".{1,73}(?<!=)(?<!=.)(?!=[89AB])")
_START = re.compile(rb"\A(?:\.|F(?=rom ))")
#: a value that is one line as it stands
_AS_IT_IS = re.compile(r"(?!\.|From )[ -<>-~]{1,75}")
_SOFT_BREAK = b"=\r\n"


def quoted(text: str) -> bytes:
    """Return the text as UTF-8 in quoted-printable, a whole number of lines that end in CRLF; `b""` for no text."""
    if _AS_IT_IS.fullmatch(text):
        return text.encode() + _SOFT_BREAK
    data = _ESCAPED.sub(_escape, text.replace("\r\n", "\n").replace("\r", "\n").encode())
    lines = [
        _SOFT_BREAK.join([_START.sub(_escape, each) for each in _LINE.findall(line)]) for line in data.split(b"\n")
    ]
    return b"\r\n".join(lines) + (_SOFT_BREAK if lines[-1] else b"")


def _escape(found: re.Match[bytes]) -> bytes:
    return b"=%02X" % found[0][0]
