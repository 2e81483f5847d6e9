"""SES's inline templates: plain substitution of `{{name}}`.

The values are put in as they are; SES does not escape them for html either. Blocks (`{{#if …}}`, `{{#each …}}`) are
refused, as SES refuses them in inline templates.
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
    """Return the text at even places, names at odd ones. Raise Refusal for anything but substitution."""
    pieces = tuple(_TOKEN.split(_OWN.sub("", text)))
    for piece in pieces[::2]:
        if "{{" in piece:
            found = piece[piece.index("{{") :][:30]
            raise bad_request(f"Template error: only simple substitution is supported, found {found!r}.")
    return pieces


def names(text: str) -> frozenset[str]:
    """Return the names that a text wants filled."""
    return frozenset(split(text)[1::2])


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with its names filled; names without a value remain."""
    pieces = list(split(text))
    for place in range(1, len(pieces), 2):
        pieces[place] = str(values.get(pieces[place], "{{" + pieces[place] + "}}"))
    return "".join(pieces)


def missing(wanted: frozenset[str], values: Mapping[str, Any]) -> str:
    """Return the first wanted name, by alphabet, that has no value; "" for none."""
    return min(wanted - values.keys(), default="")


def read_data(text: object) -> dict[str, Any]:
    """Return TemplateData as a mapping. Raise Refusal where it is too long or no object."""
    if text is None:
        return {}
    if not isinstance(text, str) or len(text) > MAX_DATA:
        raise bad_request(f"Template data is no text of at most {MAX_DATA} characters.")
    try:
        data = json.loads(text)
    except ValueError as err:
        raise bad_request("Template data is not a JSON document.") from err
    if not isinstance(data, dict):
        raise bad_request("Template data is not a JSON object.")
    return data


def check(parts: Mapping[str, str]) -> None:
    """Raise Refusal unless this is a whole, well-formed template."""
    if not parts["Subject"]:
        raise bad_request("The template has no subject.")
    if not parts["Text"] and not parts["Html"]:
        raise bad_request("The template has neither a text nor an html part.")
    if sum(len(part.encode()) for part in parts.values()) > MAX_TEMPLATE:
        raise bad_request("The template is larger than 500 KB.")
    for part in parts.values():
        split(part)
