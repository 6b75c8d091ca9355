"""Sheets of paper: texts typed or printed on A4, signed, stamped and drawn on, as clean grey pictures."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DPI = 200
WIDTH, HEIGHT = 1654, 2339
MARGIN = 230
FONTS = Path("/usr/share/fonts/truetype")
TYPEWRITER = "liberation/LiberationMono-Regular.ttf"
PRINT = "liberation/LiberationSerif-Regular.ttf"
SANS = "liberation/LiberationSans-Regular.ttf"
INK, PEN = 35, 65

Point = tuple[float, float]
Curve = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a letter is set: font file, size in points, line height in sizes, and whether a typewriter struck it."""

    font: str = PRINT
    points: float = 12.5
    leading: float = 1.35
    typed: bool = False


@cache
def face(font: str, points: float) -> ImageFont.FreeTypeFont:
    """The font at this size on a 200 dpi sheet. Errors: OSError if Debian's fonts-liberation is not installed."""
    return ImageFont.truetype(str(FONTS / font), round(points * DPI / 72))


def blank_sheet() -> Image.Image:
    """An empty white A4 sheet at 200 dpi."""
    return Image.new("L", (WIDTH, HEIGHT), 255)


def write_letter(sheet: Image.Image, text: str, look: Look, rng: Generator, top: int = MARGIN) -> int:
    """Write the text and answer the height where it ends.

    A line is a paragraph; "= " before it makes a centred heading, four spaces put it into the right half.
    """
    font = face(look.font, look.points)
    step = round(look.points * DPI / 72 * look.leading)
    y = top
    for paragraph in text.rstrip("\n").split("\n"):
        if not paragraph.strip():
            y += step // 2
            continue
        if paragraph.startswith("= "):
            line = paragraph[2:]
            y += step // 3
            write_line(sheet, ((WIDTH - font.getlength(line)) / 2, y), line, look, rng)
            y += step + step // 3
            continue
        left = WIDTH * 11 // 20 if paragraph.startswith("    ") else MARGIN
        for line in _wrapped(paragraph.strip(), font, WIDTH - left - MARGIN * 3 // 4):
            write_line(sheet, (left, y), line, look, rng)
            y += step
    return y


def sign(sheet: Image.Image, place: Point, size: Point, name: str) -> None:
    """This person's signature, alike each time: a tall first letter, loops that tire, often a flourish."""
    hand = np.random.default_rng(crc32(name.encode("utf-8")))
    width, height = size
    steps = np.linspace(0, 1, 300)
    turns = hand.uniform(3.5, 8.5)
    tall = hand.uniform(0.25, 0.5) * np.exp(-hand.uniform(2.5, 7) * steps)
    loops = hand.uniform(0.05, 0.16) * (
        1 + hand.uniform(0.2, 0.8) * np.sin(steps * hand.uniform(8, 20) + hand.uniform(0, 6))
    )
    turn = 2 * np.pi * turns * steps * (1 + hand.uniform(-0.25, 0.25) * steps)
    y = height * (0.55 - (tall + loops) * np.cos(turn + hand.uniform(-0.8, 0.8)) - hand.uniform(-0.08, 0.2) * steps)
    slant = hand.uniform(-0.1, 0.5)
    x = (
        width * steps
        + height * hand.uniform(0.08, 0.24) * np.sin(turn + hand.uniform(0.6, 2.2))
        + slant * (height * 0.55 - y)
    )
    _pen(sheet, place, x, y, hand.uniform(1.6, 2.6))
    if hand.random() < 0.6:
        back = np.linspace(0, 1, 60)
        under = height * (
            hand.uniform(0.7, 0.95) - hand.uniform(0, 0.25) * back + 0.07 * np.sin(back * hand.uniform(3, 7))
        )
        _pen(sheet, place, width * (hand.uniform(0.8, 1.1) - hand.uniform(0.5, 0.9) * back), under, 1.8)


def stamp_received(sheet: Image.Image, place: tuple[int, int], day: str, rng: Generator) -> None:
    """The registry's rubber stamp with its date, a little turned and unevenly inked; the number is left open."""
    stamp = Image.new("L", (470, 215), 255)
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((6, 6, 463, 208), outline=60, width=5)
    draw.line((6, 108, 463, 108), fill=60, width=3)
    small, large = face(SANS, 8.5), face(SANS, 11)
    draw.text((235, 36), "MUNICIPIUL MEDIAȘ", font=small, fill=60, anchor="mm")
    draw.text((235, 78), "REGISTRATURĂ – INTRARE", font=small, fill=60, anchor="mm")
    draw.text((30, 158), "Nr. ........", font=small, fill=60, anchor="lm")
    draw.text((330, 158), day, font=large, fill=60, anchor="mm")
    ink = np.asarray(stamp.rotate(rng.uniform(-5, 5), expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC))
    patches = rng.normal(0.72, 0.22, (ink.shape[0] // 12 + 1, ink.shape[1] // 12 + 1)).clip(0.25, 1)
    cover = np.asarray(Image.fromarray((patches * 255).astype(np.uint8)).resize(ink.shape[::-1])) / 255
    faded = Image.fromarray((255 - (255 - ink) * cover).astype(np.uint8))
    under = sheet.crop((*place, place[0] + faded.width, place[1] + faded.height))
    sheet.paste(Image.fromarray(np.minimum(np.asarray(under), np.asarray(faded))), place)


def write_table(sheet: Image.Image, rows: list[str], look: Look, rng: Generator, top: int) -> None:
    """A ruled list of people who sign: running number, name, address, and each one's own signature."""
    columns = (MARGIN - 40, MARGIN + 50, MARGIN + 560, MARGIN + 960, WIDTH - 130)
    tall = 112
    draw = ImageDraw.Draw(sheet)
    bottom = top + tall * (len(rows) + 1)
    for x in columns:
        draw.line((x, top, x, bottom), fill=70, width=3)
    for number in range(len(rows) + 2):
        draw.line((columns[0], top + tall * number, columns[-1], top + tall * number), fill=70, width=3)
    lines: list[tuple[str, ...]] = [("Nr.", "Numele și prenumele", "Adresa", "Semnătura")]
    lines += [(f"{number}.", *row.split("|"), "") for number, row in enumerate(rows, 1)]
    for number, cells in enumerate(lines):
        y = top + tall * number + 34
        for x, cell in zip(columns, cells, strict=False):
            write_line(sheet, (x + 16, y), cell, look, rng)
        if number:
            size = (rng.uniform(150, 230), rng.uniform(85, 120))
            sign(sheet, (columns[3] + rng.uniform(20, 60), y - 36), size, cells[1])


def draw_by_hand(sheet: Image.Image, corners: list[Point], rng: Generator, width: float = 2.4) -> None:
    """A line through the corners as a hand without a ruler draws it."""
    for (x1, y1), (x2, y2) in pairwise(corners):
        length = max(2, int(np.hypot(x2 - x1, y2 - y1) / 9))
        along = np.linspace(0, 1, length)
        sway = np.cumsum(rng.normal(0, 0.5, length))
        sway -= along * sway[-1]
        turn = np.arctan2(y2 - y1, x2 - x1)
        x = x1 + (x2 - x1) * along - np.sin(turn) * sway
        y = y1 + (y2 - y1) * along + np.cos(turn) * sway
        _pen(sheet, (0, 0), x, y, width, sway=0.12)


def _wrapped(paragraph: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines = [""]
    for word in paragraph.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def write_line(sheet: Image.Image, place: Point, line: str, look: Look, rng: Generator) -> None:
    """One line with its upper left corner at `place`."""
    font = face(look.font, look.points)
    draw = ImageDraw.Draw(sheet)
    if not look.typed:
        draw.text(place, line, font=font, fill=INK)
        return
    # Each type bar has its own height and force; the ribbon gives a soft edge.
    x, y = place
    for letter in line:
        draw.text((x, y + rng.normal(0, 0.9)), letter, font=font, fill=int(np.clip(rng.normal(48, 18), 15, 105)))
        x += font.getlength("m")


def _pen(sheet: Image.Image, place: Point, x: Curve, y: Curve, width: float, sway: float = 0.45) -> None:
    """Draw the curve four times as large and shrink it, so that the stroke swells (by `sway`) and has smooth edges."""
    points = np.stack([x + place[0], y + place[1]], 1)
    left, top = (int(side) - 8 for side in points.min(0))
    right, bottom = (int(side) + 8 for side in points.max(0))
    layer = Image.new("L", ((right - left) * 4, (bottom - top) * 4), 255)
    draw = ImageDraw.Draw(layer)
    scaled = (points - (left, top)) * 4
    pressure = 1 + sway * np.sin(np.linspace(0, 17, len(scaled)))
    for start, end, force in zip(scaled, scaled[1:], pressure, strict=False):
        radius = width * 2 * force
        draw.line((*start, *end), fill=PEN, width=max(1, round(radius * 2)))
        draw.ellipse((end[0] - radius, end[1] - radius, end[0] + radius, end[1] + radius), fill=PEN)
    stroke = layer.resize((right - left, bottom - top), Image.Resampling.BOX)
    under = sheet.crop((left, top, right, bottom))
    sheet.paste(Image.fromarray(np.minimum(np.asarray(under), np.asarray(stroke))), (left, top))


def softened(sheet: Image.Image, radius: float) -> Image.Image:
    """The sheet as a ribbon or a worn lens leaves it."""
    return sheet.filter(ImageFilter.GaussianBlur(radius))
