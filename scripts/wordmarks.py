"""Draws the stand-in wordmarks of both Brands into templates/wordmarks/: type on an opaque plate, 2x.

Run it as `python scripts/wordmarks.py` after a change of colours in dispatch.toml; needs fontconfig and the
font Liberation Serif.
"""

import subprocess
import tomllib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
SCALE = 4  # drawn at four times, kept at two: smooth edges
HEIGHT = 52


def font(size: int, style: str = "Bold") -> ImageFont.FreeTypeFont:
    """Liberation Serif in a size, wherever fontconfig has it."""
    asked = ["fc-match", "-f", "%{file}", f"Liberation Serif:style={style}"]
    file = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return ImageFont.truetype(file, size)


def spaced(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    words: str,
    face: ImageFont.FreeTypeFont,
    gap: float,
    ink: str,
) -> float:
    """Draw letterspaced words; gives where they end."""
    x, y = at
    for letter in words:
        draw.text((x, y), letter, font=face, fill=ink, anchor="ls")
        x += draw.textlength(letter, font=face) + gap
    return x - gap


def wordmark(first: str, second: str, rules: int, ink: str, accent: str, plate: str) -> Image.Image:
    """A name in two sizes of one serif between rules."""
    small, large = font(11 * SCALE), font(23 * SCALE)
    probe = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    gap_small, gap_large = 2.2 * SCALE, 0.6 * SCALE
    ends = [
        sum(probe.textlength(letter, font=face) + gap for letter in words) - gap
        for words, face, gap in ((first, small, gap_small), (second, large, gap_large))
    ]
    width = round(max(ends) / SCALE + 1) // 2 * 2 + 2
    image = Image.new("RGB", (width * SCALE, (HEIGHT + 4 * rules) * SCALE), plate)
    draw = ImageDraw.Draw(image)
    top = 0
    for rule in range(rules):
        weight = 1.5 if rule == 0 else 0.75
        draw.rectangle((0, top, width * SCALE, top + weight * SCALE - 1), fill=accent)
        top += 4 * SCALE
    spaced(draw, (0, top + 14 * SCALE), first, small, gap_small, ink)
    spaced(draw, (0, top + 39 * SCALE), second, large, gap_large, ink)
    bottom = image.height - 1
    for rule in range(rules):
        weight = 1.5 if rule == 0 else 0.75
        draw.rectangle((0, bottom - weight * SCALE + 1, width * SCALE, bottom), fill=accent)
        bottom -= 4 * SCALE
    return image.resize((width * 2, image.height * 2 // SCALE), Image.Resampling.LANCZOS)


def main() -> None:
    """Draw all four."""
    brands = tomllib.loads((ROOT / "dispatch.toml").read_text("utf-8"))["brands"]
    names = {
        "center": ("THE AMERICA-EURASIA", "Center", 1),
        "coalition": ("THE AMERICA-EURASIA", "Business Coalition", 2),
    }
    for slug, (first, second, rules) in names.items():
        for light in ("light", "dark"):
            colours = brands[slug][light]
            image = wordmark(first, second, rules, colours["heading"], colours["accent"], colours["card"])
            image.quantize(64, dither=Image.Dither.NONE).save(
                ROOT / f"templates/wordmarks/{slug}-{light}.png", optimize=True
            )


if __name__ == "__main__":
    main()
