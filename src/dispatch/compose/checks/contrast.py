"""Contrast of colours, by the formula of WCAG 2.2 (definitions of "relative luminance" and "contrast ratio")."""

from collections.abc import Iterator, Sequence

from dispatch.model.brand import Audience, Palette
from dispatch.model.finding import Finding, Level, Place

#: success criterion 1.4.3, level AA, for text of any size
LEAST = 4.5

#: which colour stands as text on which
PAIRS = (
    ("text", "card"),
    ("heading", "card"),
    ("accent", "card"),
    ("secondary", "card"),
    ("secondary", "paper"),
    ("text", "tint"),
    ("heading", "tint"),
    ("card", "accent"),
)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours `#rrggbb`, 1 to 21."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of a colour `#rrggbb`, 0 to 1."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def about_colours(audiences: Sequence[Audience]) -> Iterator[Finding]:
    """Colours of a Brand that cannot be read on each other."""
    for brand in {audience.brand.slug: audience.brand for audience in audiences}.values():
        for light, palette in (("light", brand.light), ("dark", brand.dark)):
            yield from _about_palette(brand.slug, light, palette)


def _about_palette(slug: str, light: str, palette: Palette) -> Iterator[Finding]:
    for text, ground in PAIRS:
        ratio = contrast(getattr(palette, text), getattr(palette, ground))
        if ratio < LEAST:
            yield Finding(
                Level.WARNING,
                "contrast-low",
                f"{text!r} on {ground!r} has a contrast of {ratio:.1f}; text needs {LEAST}.",
                Place("dispatch.toml"),
                f"Change one of the two under [brands.{slug}] {light}.",
            )
