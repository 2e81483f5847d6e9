"""SES's templates, as far as inline ones go: plain substitution of `{{name}}`.

The values are put in as they are; SES does not escape them for html either. Blocks (`{{#if …}}`, `{{#each
…}}`) are refused, as SES refuses them in inline templates; here stored templates may not have them either.
"""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from dispatch.practice.wire import bad_request

_TOKEN = re.compile(r"\{\{\s*([A-Za-z_][\w.\-]*)\s*\}\}")
#: SES puts its own things in the place of these
_OWN = re.compile(r"\{\{\s*ses:openTracker\s*\}\}")
#: characters of TemplateData, per SES's model
MAX_DATA = 262_144
#: bytes of a template: "up to 500 KB", SES developer guide, quotas
MAX_TEMPLATE = 500 * 1024


@functools.lru_cache(maxsize=256)
def split(text: str) -> tuple[str, ...]:
    """The text at even places, names at odd ones. Raises Refusal for anything but substitution."""
    pieces = tuple(_TOKEN.split(_OWN.sub("", text)))
    for piece in pieces[::2]:
        if "{{" in piece:
            start = piece.index("{{")
            raise bad_request(
                f"Template error: only simple substitution is supported, found {piece[start : start + 30]!r}."
            )
    return pieces


def names(text: str) -> frozenset[str]:
    """The names that a text wants filled."""
    return frozenset(split(text)[1::2])


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with its names filled; names without a value stay as they stand."""
    pieces = list(split(text))
    for place in range(1, len(pieces), 2):
        found = _look_up(pieces[place], values)
        pieces[place] = "{{" + pieces[place] + "}}" if found is None else str(found)
    return "".join(pieces)


def missing(wanted: frozenset[str], values: Mapping[str, Any]) -> str:
    """The first wanted name, by alphabet, that has no value; "" for none."""
    lacking = [name for name in wanted if name not in values and _look_up(name, values) is None]
    return min(lacking, default="")


def _look_up(name: str, values: Mapping[str, Any]) -> Any:
    if name in values:
        return values[name]
    found: Any = values
    for step in name.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def read_data(text: object, *, empty: bool) -> dict[str, Any]:
    """TemplateData as a mapping. Raises Refusal where it is missing (unless `empty`), too long or no object."""
    if text is None and empty:
        return {}
    if not isinstance(text, str):
        raise bad_request("Template data is missing.")
    if len(text) > MAX_DATA:
        raise bad_request(f"Template data is longer than {MAX_DATA} characters.")
    try:
        data = json.loads(text)
    except ValueError as err:
        raise bad_request("Template data is not a JSON document.") from err
    if not isinstance(data, dict):
        raise bad_request("Template data is not a JSON object.")
    return data


def check(content: Mapping[str, Any]) -> None:
    """Raise Refusal unless this is a whole, well-formed template."""
    subject, text, html = (content.get(part) or "" for part in ("Subject", "Text", "Html"))
    if not subject:
        raise bad_request("The template has no subject.")
    if not text and not html:
        raise bad_request("The template has neither a text nor an html part.")
    if len(subject.encode()) + len(text.encode()) + len(html.encode()) > MAX_TEMPLATE:
        raise bad_request("The template is larger than 500 KB.")
    for part in (subject, text, html):
        split(part)
