"""The authors that a line names, with what it says about each: role, and organisation.

A line is cut at its commas, bars, dashes, brackets and "and"s; each piece is a name, a role, an organisation or
something else; and pieces that follow a name belong to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dispatch.authoring import line_kinds
from dispatch.authoring.document import Signer

_SEPARATOR = re.compile(
    r"\s*(?P<strong>[;；])\s*(?:and\s+)?"
    r"|,?\s+(?P<and>(?:and|&|with|und|et|y|и|и|та|ve)\s+)|\s*(?P<and_han>[和与、])\s*"
    r"|\s*(?P<bar>[|•·])\s*|\s+(?P<dash>[–—-]+)\s+|(?P<comma>,)\s+|(?P<comma_han>[，،])\s*"
    r"|\s*(?P<open>[（(])\s*|\s*(?P<close>[)）])\s*,?\s*(?P<after>(?:and|&|with)\s+)?",
    re.IGNORECASE,
)
_NAME_END = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:ph\.?\s?d|m\.?d|j\.?d|m\.?a|ll\.?m|mba|esq|obe|ret|ret['’]d)\.?", re.IGNORECASE)
_TITLES_BEFORE = re.compile(
    r"(?:(?:dr|prof|professor|amb|ambassador|gen|general|lt|maj|major|col|colonel|capt|captain|adm|admiral|sir|dame|"
    r"lord|lady|hon|rev|mr|mrs|ms|sen|senator|rep|judge|justice)\b\.?\s*(?:\((?:ret|retd|rtd)\.?\)\s*)?)+",
    re.IGNORECASE,
)
_OTHER_SCRIPT = re.compile(r"[^\x00-\u024f\u1e00-\u1eff\u2000-\u206f]")
_PLURAL = re.compile(
    r"\b(?:fellows|analysts|researchers|directors|professors|assistants|scholars|experts|editors)\b", re.I
)


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    #: what stands before it: "and", "comma", "bar", "dash", "strong", "open", "close", "" for the first
    before: str
    begin: int
    end: int
    kind: str = ""


def read_signers(line: str) -> list[Signer]:
    """Return the authors that a line names, in order; none where it does not begin with a name.

    "By" and the like must be taken away before (`line_kinds.read_by`).
    """
    line = " ".join(line.split()).strip(" ,;|")
    line = line[:-1] if re.search(r"\w{4}\.$", line) else line
    pieces = _classified(_pieces(line))
    if not pieces or pieces[0].kind != "name":
        return []
    groups: list[list[_Piece]] = []
    for piece in pieces:
        if piece.kind == "name":
            groups.append([piece])
        else:
            groups[-1].append(piece)
    return _shared([_signer(line, group) for group in groups])


def bare_name(name: str) -> str:
    """Return a name without "Dr." and the like before it, and without "PhD" after it."""
    name = _TITLES_BEFORE.sub("", name, count=1) if _TITLES_BEFORE.match(name) else name
    return re.sub(r"\s*[（(][^()（）]*[)）]", "", name).strip(" ,.") or name


def _pieces(line: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    begin, before, is_open = 0, "", False
    titles = _TITLES_BEFORE.match(line)
    at = titles.end() if titles else 0
    while match := _SEPARATOR.search(line, at):
        named = next((name for name, found in match.groupdict().items() if found and name != "after"), "")
        at = match.end()
        if named == "open" and _is_part_of_name(line[at:]):
            at = line.find(")", at) + 1 or line.find("）", at) + 1 or at
            continue
        if named == "close" and not is_open:
            continue
        is_open = named == "open" or (is_open and named != "close")
        pieces.append(_Piece(line[begin : match.start()], before, begin, match.start()))
        begin, before = at, "and" if match["after"] else named.removesuffix("_han")
    pieces.append(_Piece(line[begin:], before, begin, len(line)))
    pieces = [piece for piece in pieces if piece.text.strip()]
    if len(pieces) == 1 and line_kinds.is_han(line) and " " in line:
        first, rest = line.split(" ", 1)
        return [_Piece(first, "", 0, len(first)), _Piece(rest, "comma", len(first) + 1, len(line))]
    return pieces


def _is_part_of_name(rest: str) -> bool:
    """Whether a bracket holds the name in another script, or "ret."."""
    inside = re.match(r"[^()（）]*", rest)
    words = inside[0].strip() if inside else ""
    if _SUFFIX.fullmatch(words):
        return True
    return bool(_OTHER_SCRIPT.search(words)) and line_kinds.is_name(words) and not line_kinds.is_role(words)


def _classified(pieces: list[_Piece]) -> list[_Piece]:
    out: list[_Piece] = []
    for at, piece in enumerate(pieces):
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        before = out[-1] if out else None
        if before and before.kind == "name" and _NAME_END.fullmatch(piece.text):
            out[-1] = replace(before, text=f"{before.text}, {piece.text}", end=piece.end)
            continue
        kind = _kind(piece.text)
        if kind == "name" and before and not _starts_author(piece, before, following):
            # "Director, Arctic Futures": what looks like a name goes on where it stands
            kind = "organisation" if before.kind in ("role", "organisation") else "other"
        out.append(replace(piece, kind=kind))
    return _joined(out)


def _kind(text: str) -> str:
    if _SUFFIX.fullmatch(text.strip()):
        return "suffix"
    name = bare_name(text)
    if line_kinds.is_role(name):
        return "role"
    if line_kinds.is_name(name):
        return "name"
    return "organisation" if line_kinds.is_organisation(text) or line_kinds.is_programme(text) else "other"


def _starts_author(piece: _Piece, before: _Piece, following: _Piece | None) -> bool:
    if piece.before in ("and", "strong"):
        return True
    if before.kind in ("name", "suffix") and piece.before == "comma":
        return True
    about = ("role", "organisation")
    return piece.before in ("comma", "bar", "close") and following is not None and _kind(following.text) in about


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces, with those that an "and" cut out of a role or an organisation put back."""
    out: list[_Piece] = []
    for piece in pieces:
        if out and piece.before == "and" and piece.kind != "name":
            last = out[-1]
            kind = last.kind if last.kind != "other" else piece.kind
            kind = "other" if kind == "name" else kind
            out[-1] = _Piece(f"{last.text} {piece.text}", last.before, last.begin, piece.end, kind)
        else:
            out.append(piece)
    return out


def _signer(line: str, group: list[_Piece]) -> Signer:
    name, *about = group
    at = next((n for n, piece in enumerate(about) if piece.kind == "organisation"), len(about))
    role = line[about[0].begin : about[at - 1].end] if at else ""
    organisation = line[about[at].begin : about[-1].end] if at < len(about) else ""
    return Signer(name.text.strip(" ,"), role.strip(" ,|)（("), organisation.strip(" ,|)（("))


def _shared(signers: list[Signer]) -> list[Signer]:
    """The authors, where the last one's role in the plural or organisation alone is that of all."""
    *others, last = signers
    if any(signer.role or signer.organisation for signer in others):
        return signers
    if _PLURAL.search(last.role) or (last.organisation and not last.role):
        return [Signer(signer.name, last.role, last.organisation) for signer in signers]
    return signers


def split_role(line: str) -> tuple[str, str]:
    """Return the role and the organisation that a line under a name holds, either may be "".

    The organisation begins at the first part after a comma, bar or dash that names one and no role.
    """
    for begin in _part_starts(line):
        part = line[begin:]
        first = re.split(r"\s*[,|•·]\s*|\s+[–—-]\s+", part, maxsplit=1)[0]
        if line_kinds.is_organisation(first) and not line_kinds.is_role(first):
            return line[:begin].strip(" ,|•·–—-("), part.strip(" )")
        if begin and line_kinds.is_programme(first) and not line_kinds.is_role(first):
            return line[:begin].strip(" ,|•·–—-("), part.strip(" )")
    return line, ""


def _part_starts(line: str) -> Iterator[int]:
    yield 0
    for match in re.finditer(r"\s*[,|•·(]\s*|\s+[–—-]\s+", line):
        yield match.end()
