"""What a page uses that some mail programs lack, by the caniemail data (data/clients.json, MIT)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

#: used on purpose, with a look that holds where they are missing
ACCEPTED = frozenset(
    {
        # the skeleton that MJML writes, tested in every client
        "css-height", "css-max-height", "css-opacity", "css-outline", "css-overflow", "css-word-break",
        "css-word-spacing", "css-selector-attribute", "html-body",
        # phones, dark screens and rounded corners, where they are known
        "css-at-media", "css-at-media-prefers-color-scheme", "css-border-radius", "css-color-scheme",
        "css-selector-child", "html-meta-color-scheme",
        # lines of code keep their ends in <pre> without it
        "css-white-space",
        # spoken words, beside the visible ones
        "html-aria-label",
    }
)  # fmt: skip

_PROPERTY_GROUPS = {
    "left": "css-left-right-top-bottom",
    "right": "css-left-right-top-bottom",
    "top": "css-left-right-top-bottom",
    "bottom": "css-left-right-top-bottom",
    "column-gap": "css-gap",
    "row-gap": "css-gap",
    "columns": "css-column-count",
    "grid-template-columns": "css-grid-template",
    "grid-template-rows": "css-grid-template",
    "scroll-snap-type": "css-scroll-snap",
    "margin-inline": "css-margin-inline-block",
    "margin-block": "css-margin-inline-block",
    "padding-inline": "css-padding-inline-block",
    "padding-block": "css-padding-inline-block",
    "margin-inline-start": "css-margin-inline-start-end",
    "margin-inline-end": "css-margin-inline-start-end",
    "block-size": "css-block-inline-size",
}
_VALUES = tuple(
    (re.compile(pattern), slug)
    for pattern, slug in (
        (r"\bdisplay:\s*(?:inline-)?flex\b", "css-display-flex"),
        (r"\bdisplay:\s*(?:inline-)?grid\b", "css-display-grid"),
        (r"\bvar\(", "css-variables"),
        (r"\bcalc\(", "css-unit-calc"),
        (r"\b(clamp|max|min|light-dark)\(", "css-function-{}"),
        (r"\b(linear|radial|conic)-gradient\(", "css-{}-gradient"),
        (r"\brgba\(", "css-rgba"),
        (r"\b(?:oklch|oklab|lab|lch|color)\(", "css-modern-color"),
        (r"[\d.](rem|vw|vh|vmin|vmax|ch)\b", "css-unit-{}"),
        (r":\s*(initial)\b", "css-unit-{}"),
    )
)
_SELECTORS = tuple(
    (re.compile(pattern), slug)
    for pattern, slug in (
        (r"::?(before|after|first-letter|first-line|marker|placeholder)\b", "css-pseudo-element-{}"),
        (r"(?<!:):(?!root|before|after|first-l)([a-z-]+)", "css-pseudo-class-{}"),
        (r"\[", "css-selector-attribute"),
        (r">", "css-selector-child"),
        (r"\+", "css-selector-adjacent-sibling"),
        (r"~(?!=)", "css-selector-general-sibling"),
    )
)
_AT_RULES = {
    "font-face": "css-at-font-face",
    "keyframes": "css-at-keyframes",
    "supports": "css-at-supports",
    "import": "css-at-import",
    "media": "css-at-media",
}
_MEDIA = {
    "prefers-color-scheme": "css-at-media-prefers-color-scheme",
    "orientation": "css-at-media-orientation",
    "hover": "css-at-media-hover",
    "prefers-reduced-motion": "css-at-media-prefers-reduced-motion",
    "device-pixel-ratio": "css-at-media-device-pixel-ratio",
}
_INPUTS = frozenset({"checkbox", "hidden", "radio", "reset", "submit", "text"})
_ATTRIBUTES = {
    "srcset": "html-srcset",
    "loading": "html-loading-attribute",
    "hidden": "html-hidden",
    "popover": "html-popover",
}
_ATTRIBUTES |= {
    f"aria-{name}": f"html-aria-{name}" for name in ("describedby", "hidden", "label", "labelledby", "live")
}
_SEMANTICS = frozenset(
    [
        "article",
        "aside",
        "details",
        "figcaption",
        "figure",
        "footer",
        "header",
        "main",
        "mark",
        "nav",
        "section",
        "summary",
        "time",
    ]
)
_IMAGE = re.compile(r"\.(apng|avif|heif|heic|ico|mp4|svg|tiff?|webp)(?:$|[?#])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lack:
    """A feature that some mail programs lack."""

    slug: str
    title: str
    clients: tuple[str, ...]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("dispatch.compose").joinpath("data/clients.json").read_text("utf-8")
    return dict(json.loads(text))


def unsupported_features(page: Any) -> list[Lack]:
    """The features of a page (an lxml tree) that target clients lack, each once; ACCEPTED ones left out."""
    data = _data()
    found = dict.fromkeys(slug for slug in features_of(page) if slug not in ACCEPTED)
    made = []
    for slug in found:
        title, support = data["features"].get(slug, ("", ""))
        clients = tuple(name for name, letter in zip(data["clients"], support, strict=False) if letter == "n")
        if clients:
            made.append(Lack(slug, title, clients))
    return made


def features_of(page: Any) -> Iterator[str]:
    """The caniemail slugs of everything that a page uses, as far as they can be told from its source."""
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "style":
            yield from _of_sheet(element.text or "")
            continue
        yield from _of_element(element.tag, element.attrib)


def _of_element(tag: str, attributes: Any) -> Iterator[str]:
    yield "html-semantics" if tag in _SEMANTICS else f"html-{tag}"
    if tag in ("input", "button") and attributes.get("type", "text") in _INPUTS:
        yield f"html-{tag}-{attributes.get('type', 'text')}"
    for name in attributes:
        yield _ATTRIBUTES.get(name, f"html-{name}")
    source = attributes.get("src", "")
    if source.startswith("data:"):
        yield "image-base64"
    elif match := _IMAGE.search(source):
        kind = match[1].lower()
        yield f"image-{ {'heic': 'heif', 'tif': 'tiff'}.get(kind, kind) }"
    if tag == "meta" and attributes.get("name") == "color-scheme":
        yield "html-meta-color-scheme"
    if attributes.get("href", "").startswith("#"):
        yield "html-anchor-links"
    if style := attributes.get("style", ""):
        yield from _of_declarations(style)


@lru_cache(maxsize=512)
def _of_declarations(style: str) -> tuple[str, ...]:
    """Slugs of the declarations of a style attribute or of a rule."""
    lowered = style.lower()
    found = []
    for declaration in lowered.split(";"):
        name = declaration.partition(":")[0].strip()
        if name and not name.startswith(("--", "mso-", "-webkit-", "-ms-")):
            found.append(_PROPERTY_GROUPS.get(name, f"css-{name}"))
    for pattern, slug in _VALUES:
        found.extend(slug.format(*match.groups()) for match in pattern.finditer(lowered))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=32)
def _of_sheet(sheet: str) -> tuple[str, ...]:
    import tinycss2

    return tuple(dict.fromkeys(_of_rules(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))))


def _of_rules(rules: Any) -> Iterator[str]:
    import tinycss2

    for rule in rules:
        if rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude)
            for pattern, slug in _SELECTORS:
                yield from (slug.format(*match.groups()) for match in pattern.finditer(selector))
            yield from _of_declarations(tinycss2.serialize(rule.content))
        elif rule.type == "at-rule":
            yield from _of_at_rule(rule)


def _of_at_rule(rule: Any) -> Iterator[str]:
    import tinycss2

    name = rule.lower_at_keyword.removeprefix("-webkit-")
    if name in _AT_RULES:
        yield _AT_RULES[name]
    if name == "media":
        prelude = tinycss2.serialize(rule.prelude)
        yield from (slug for word, slug in _MEDIA.items() if word in prelude)
    if name in ("media", "supports") and rule.content:
        yield from _of_rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
