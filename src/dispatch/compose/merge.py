"""Editions -> Letters, split once; and for each person the values that fill them.

A value is escaped for the place where it stands, so each merge token becomes one key per place: `html_name`,
`href_name` and `query_name` for addresses, `text_name`, `subject_name`; `html2_name` for a second default of
the same token. Literal braces and backslashes that a template engine would read become entities in html; in
plain text they become keys `fixed_0`, `fixed_1`, …, whose values are always those characters: SES reads `{{`
in a template, and never in a value (notes/rendering.md, rule 12).
"""

import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from dispatch.model.edition import LINK_TOKENS, LITERALS, Edition, Field, Letter, Split, split

#: what a value that is no web address becomes where one must stand
NO_ADDRESS = "#"

_UNSAFE = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+")
_IN_ADDRESS = re.compile(r"""\b(?:href|src)\s*=\s*["']([^"'<>]*)\Z""", re.IGNORECASE)
_RUN = re.compile(r"[{}\\]+")
_ADDRESS_START = ("https://", "http://", "mailto:")
#: an address that neither quoting nor escaping would change, as dispatch's own are
_SAFE_ADDRESS = re.compile(r"https?://[A-Za-z0-9%:/?#\[\]@!$()*+,;=~._-]*")


def letter(edition: Edition) -> Letter:
    """An Edition split for sending; each of its Fields is a merge key for `values`."""
    return Letter(
        subject=_plain_parts(edition.subject, "subject"),
        html=_html_parts(edition.html),
        text=_plain_parts(edition.text, "text"),
    )


def values(prepared: Letter, person: Mapping[str, str], links: Mapping[str, str]) -> dict[str, str]:
    """What fills a Letter for one person, by merge key, escaped for its place.

    `person` holds attributes by name, `links` the addresses that dispatch gives (LINK_TOKENS). What is
    missing or empty becomes the words typed in the token.
    """
    steps, fixed = _plan(prepared)
    made = fixed.copy()
    for key, name, is_link, escaped in steps:
        value = links.get(name) if is_link else person.get(name)
        if value:
            made[key] = escaped(value)
    return made


def template(prepared: Letter) -> tuple[str, str, str]:
    """Subject, html and text with `{{key}}` for each Field, for a provider that fills them itself."""
    return prepared.template()


# --- values -------------------------------------------------------------------------------------------------

#: key, name, whether dispatch itself gives it, how to escape it
_Step = tuple[str, str, bool, Callable[[str], str]]
_Plan = tuple[list[_Step], dict[str, str]]
_plans: dict[int, tuple[Letter, _Plan]] = {}
_MAX_PLANS = 64


def _plan(prepared: Letter) -> _Plan:
    """The steps for a Letter, kept for the few Letters that are being sent."""
    kept = _plans.get(id(prepared))
    if kept is not None and kept[0] is prepared:
        return kept[1]
    plan = _make_plan(prepared)
    if len(_plans) >= _MAX_PLANS:
        _plans.clear()
    _plans[id(prepared)] = (prepared, plan)
    return plan


def _make_plan(prepared: Letter) -> _Plan:
    steps: dict[str, _Step] = {}
    defaults: dict[str, str] = {}
    for part in (*prepared.subject, *prepared.html, *prepared.text):
        if isinstance(part, Field):
            place, _, name = part.name.partition("_")
            place = place.rstrip("0123456789")
            if place == "fixed":
                defaults[part.name] = part.default
                continue
            defaults[part.name] = _ESCAPES[place](part.default) if part.default else ""
            steps[part.name] = (part.name, name, name in LINK_TOKENS, _ESCAPES[place])
    return list(steps.values()), defaults


def _for_line(value: str) -> str:
    return value if value.isprintable() else _UNSAFE.sub(" ", value).strip()


def _for_html(value: str) -> str:
    return html.escape(_for_line(value))


def _for_address(value: str) -> str:
    if _SAFE_ADDRESS.fullmatch(value):
        return value
    line = _for_line(value)
    return html.escape(quote(line, safe="%:/?#[]@!$&()*+,;=~-._")) if line.startswith(_ADDRESS_START) else NO_ADDRESS


def _for_query(value: str) -> str:
    return quote(_for_line(value), safe="")


_ESCAPES: dict[str, Callable[[str], str]] = {
    "html": _for_html,
    "href": _for_address,
    "query": _for_query,
    "text": _for_line,
    "subject": _for_line,
}

# --- splitting ----------------------------------------------------------------------------------------------


def _html_parts(text: str) -> Split:
    parts: list[str | Field] = []
    before = ""
    names: dict[tuple[str, str], list[str]] = {}
    pieces = split(text)
    for number, piece in enumerate(pieces):
        if isinstance(piece, Field):
            address = _IN_ADDRESS.search(before)
            place = "html" if address is None else "query" if address[1] else "href"
            parts.append(Field(_key(piece, place, names), piece.default))
            before += "·"
        else:
            parts.append(_entities(piece, is_first=number == 0, is_last=number + 1 == len(pieces)))
            before = (before + piece)[-4000:]
    return tuple(parts)


def _plain_parts(text: str, place: str) -> Split:
    parts: list[str | Field] = []
    names: dict[tuple[str, str], list[str]] = {}
    pieces = split(text)
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            parts.extend(_fixed(piece, is_first=number == 0, is_last=number + 1 == len(pieces)))
        elif piece.name in LITERALS:
            parts.append(Field("fixed_", LITERALS[piece.name]))
        else:
            parts.append(Field(_key(piece, place, names), piece.default))
    return _numbered(parts, place)


def _key(field: Field, place: str, names: dict[tuple[str, str], list[str]]) -> str:
    """The merge key of a token in its place; a second default of the same token has a key of its own."""
    defaults = names.setdefault((place, field.name), [])
    if field.default not in defaults:
        defaults.append(field.default)
    number = defaults.index(field.default) + 1
    return f"{place}{number if number > 1 else ''}_{field.name}"


def _numbered(parts: list[str | Field], place: str) -> Split:
    """The parts with one key for each different run of fixed characters; keys of subject and text differ."""
    known: list[str] = []
    made: list[str | Field] = []
    for part in parts:
        if isinstance(part, Field) and part.name == "fixed_":
            if part.default not in known:
                known.append(part.default)
            made.append(Field(f"fixed_{place[0]}{known.index(part.default)}", part.default))
        else:
            made.append(part)
    return tuple(made)


def _is_read(run: re.Match[str], length: int, is_first: bool, is_last: bool) -> bool:
    """Whether a template engine would read a run of braces and backslashes: doubled, or beside a Field."""
    beside = (run.start() == 0 and not is_first) or (run.end() == length and not is_last)
    return beside or "{{" in run[0]


def _entities(text: str, *, is_first: bool, is_last: bool) -> str:
    def entity(run: re.Match[str]) -> str:
        if not _is_read(run, len(text), is_first, is_last):
            return run[0]
        return "".join(f"&#{ord(character)};" for character in run[0])

    return _RUN.sub(entity, text)


def _fixed(text: str, *, is_first: bool, is_last: bool) -> list[str | Field]:
    parts: list[str | Field] = []
    end = 0
    for run in _RUN.finditer(text):
        if _is_read(run, len(text), is_first, is_last):
            parts += [text[end : run.start()], Field("fixed_", run[0])]
            end = run.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]
