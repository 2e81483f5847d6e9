"""Draws the stand-in for the seed brief's first photograph: two figures shake hands before a rocket.

Run it as `python scripts/stand_in.py`; needs fontconfig and Liberation Sans. All shapes are ours.
"""

import math
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
OUT = ROOT / "briefs/2023-09-19-potential-arms-deals/images/summit-handshake.png"
WIDTH, HEIGHT, SCALE = 1184, 666, 3

SKY, HAZE, HILLS, GROUND, PAD = "#c9d3d9", "#d9dfe1", "#a9b6bd", "#7d8a92", "#5f6b73"
HULL, SHADE, TOWER, DARK, LEFT, RIGHT = "#f1efe9", "#c4c6c4", "#6d7981", "#2c363d", "#1c2b42", "#3b3436"
SKIN, SHIRT, TIE_LEFT, LINE = "#b99a82", "#eceae4", "#7a1f2b", "#48545c"

Point = tuple[float, float]


class Sheet:
    """A drawing in the picture's own pixels, drawn larger for smooth edges."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), SKY)
        self.draw = ImageDraw.Draw(self.image)

    def shape(self, colour: str, *points: Point) -> None:
        """A filled polygon."""
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def oval(self, colour: str, x: float, y: float, rx: float, ry: float) -> None:
        """A filled ellipse around a centre."""
        self.draw.ellipse([(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE], fill=colour)

    def stroke(self, colour: str, weight: float, *points: Point) -> None:
        """A line with round ends and corners."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(scaled, fill=colour, width=round(weight * SCALE), joint="curve")
        for x, y in points:
            self.oval(colour, x, y, weight / 2, weight / 2)


def background(sheet: Sheet) -> None:
    """Sky, haze, a line of hills, the pad."""
    sheet.shape(HAZE, (0, 330), (WIDTH, 300), (WIDTH, 520), (0, 520))
    hills = [(x, 432 - 26 * math.sin(x / 130) - 14 * math.sin(x / 47 + 1)) for x in range(0, WIDTH + 1, 8)]
    sheet.shape(HILLS, (0, 520), *hills, (WIDTH, 520))
    sheet.shape(GROUND, (0, 496), (WIDTH, 496), (WIDTH, HEIGHT), (0, HEIGHT))
    sheet.shape(PAD, (430, 496), (754, 496), (820, 522), (364, 522))


def rocket(sheet: Sheet) -> None:
    """A rocket with four boosters between two service towers."""
    for x, side in ((498, -1), (686, 1)):
        for foot in (0, 26):
            sheet.stroke(TOWER, 4, (x + foot, 112), (x + foot, 498))
        for y in range(112, 490, 42):
            sheet.stroke(TOWER, 2.5, (x, y), (x + 26, y + 42), (x + 26, y), (x, y + 42))
        for y in (190, 300, 400):
            sheet.stroke(TOWER, 4, (x + 13, y), (592 + side * 26, y))
    for side in (-1, 1):
        sheet.shape(
            HULL if side < 0 else SHADE,
            (592 + side * 20, 300),
            (592 + side * 46, 482),
            (592 + side * 14, 482),
        )
        sheet.shape(
            DARK,
            (592 + side * 46, 482),
            (592 + side * 49, 496),
            (592 + side * 14, 496),
            (592 + side * 14, 482),
        )
    sheet.shape(HULL, (570, 150), (592, 62), (614, 150), (614, 496), (570, 496))
    sheet.shape(SHADE, (592, 62), (614, 150), (614, 496), (598, 496), (598, 150))
    sheet.stroke(LINE, 2.5, (592, 62), (592, 36))
    for y in (150, 232, 318):
        sheet.shape(LINE, (570, y), (614, y), (614, y + 5), (570, y + 5))
    sheet.shape(DARK, (566, 484), (618, 484), (622, 498), (562, 498))


def figure(sheet: Sheet, x: float, side: int, coat: str, tie: str) -> None:
    """A person from the waist up, facing the middle: `side` 1 faces right, -1 left."""

    def at(dx: float, y: float) -> Point:
        return x + side * dx, y

    sheet.shape(
        coat,
        at(-104, HEIGHT),
        at(-98, 470),
        at(-78, 410),
        at(-30, 384),
        at(34, 384),
        at(74, 410),
        at(90, 470),
        at(92, HEIGHT),
    )
    sheet.shape(SHIRT, at(0, 384), at(46, 384), at(40, 480), at(30, 470))
    sheet.shape(tie, at(25, 396), at(37, 396), at(41, 470), at(33, 484), at(27, 470))
    sheet.shape(coat, at(-30, 384), at(6, 382), at(34, 478), at(18, 500))
    sheet.shape(SKIN, at(-14, 340), at(32, 340), at(36, 392), at(16, 402), at(-14, 388))
    sheet.oval(SKIN, *at(14, 306), 46, 58)
    sheet.shape(SKIN, at(56, 296), at(69, 318), at(56, 324))
    sheet.oval(SKIN, *at(-20, 312), 10, 15)


def hair(sheet: Sheet, x: float, side: int, colour: str, *, full: bool) -> None:
    """The hair of a figure."""
    left, right = (x + 14 - 50, x + 14 + 50) if side > 0 else (x - 14 - 50, x - 14 + 50)
    box = [left * SCALE, (238 if full else 244) * SCALE, right * SCALE, 366 * SCALE]
    start, end = ((170, 318) if full else (165, 292)) if side > 0 else ((222, 370) if full else (248, 375))
    sheet.draw.chord(box, start, end, fill=colour)


def arms(sheet: Sheet) -> None:
    """Two arms that meet in the middle."""
    sheet.stroke(RIGHT, 62, (812, 452), (756, 538), (696, 547))
    sheet.stroke(LEFT, 62, (372, 452), (428, 538), (488, 547))
    sheet.shape(RIGHT, (700, 516), (666, 519), (666, 580), (700, 578))
    sheet.shape(LEFT, (484, 516), (518, 519), (518, 580), (484, 578))
    sheet.shape(SHIRT, (518, 522), (534, 524), (534, 576), (514, 578))
    sheet.shape(SHIRT, (666, 522), (650, 524), (650, 576), (670, 578))
    sheet.stroke(SKIN, 38, (540, 549), (644, 550))
    sheet.stroke(SKIN, 46, (576, 549), (610, 551))
    sheet.stroke("#9c7f69", 3, (566, 532), (590, 540), (612, 556))
    for x in (584, 596, 608):
        sheet.stroke("#9c7f69", 2.5, (x, 570), (x + 8, 560))


def label(sheet: Sheet) -> None:
    """The words that say what it is."""
    asked = ["fc-match", "-f", "%{file}", "Liberation Sans:style=Bold"]
    file = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    face = ImageFont.truetype(file, 22 * SCALE)
    sheet.shape(DARK, (WIDTH - 142, HEIGHT - 44), (WIDTH, HEIGHT - 44), (WIDTH, HEIGHT), (WIDTH - 142, HEIGHT))
    sheet.draw.text(((WIDTH - 71) * SCALE, (HEIGHT - 22) * SCALE), "STAND-IN", font=face, fill=HULL, anchor="mm")


def main() -> None:
    """Draw it."""
    sheet = Sheet()
    background(sheet)
    rocket(sheet)
    figure(sheet, 330, 1, LEFT, TIE_LEFT)
    figure(sheet, 854, -1, RIGHT, RIGHT)
    hair(sheet, 330, 1, DARK, full=True)
    hair(sheet, 854, -1, "#8b8378", full=False)
    arms(sheet)
    label(sheet)
    small = sheet.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    small.quantize(96, dither=Image.Dither.NONE).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
