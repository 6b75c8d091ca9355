"""Print a letter on a sheet of A4: the picture of it, and the words on it in reading order."""

import random
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.uint8]

DPI: Final = 300
A4: Final = (2480, 3508)
_FOLDER: Final = "/usr/share/fonts/truetype/"
# Regular and bold face. All of Debian's fonts-liberation and fonts-dejavu that letters are printed in.
FACES: Final = {
    "serif": ("liberation/LiberationSerif-Regular.ttf", "liberation/LiberationSerif-Bold.ttf"),
    "sans": ("liberation/LiberationSans-Regular.ttf", "liberation/LiberationSans-Bold.ttf"),
    "narrow": ("liberation/LiberationSansNarrow-Regular.ttf", "liberation/LiberationSansNarrow-Bold.ttf"),
    "mono": ("liberation/LiberationMono-Regular.ttf", "liberation/LiberationMono-Bold.ttf"),
    "italic": ("liberation/LiberationSerif-Italic.ttf", "liberation/LiberationSerif-BoldItalic.ttf"),
    "slanted": ("liberation/LiberationSans-Italic.ttf", "liberation/LiberationSans-BoldItalic.ttf"),
    "dejavu": ("dejavu/DejaVuSans.ttf", "dejavu/DejaVuSans-Bold.ttf"),
    "dejavu-serif": ("dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSerif-Bold.ttf"),
    "dejavu-condensed": ("dejavu/DejaVuSansCondensed.ttf", "dejavu/DejaVuSansCondensed-Bold.ttf"),
    "dejavu-serif-condensed": ("dejavu/DejaVuSerifCondensed.ttf", "dejavu/DejaVuSerifCondensed-Bold.ttf"),
    "dejavu-mono": ("dejavu/DejaVuSansMono.ttf", "dejavu/DejaVuSansMono-Bold.ttf"),
}
PROPORTIONAL: Final = tuple(name for name in FACES if "mono" not in name)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed page: grey pixels at 300 dpi, its text in reading order, and where the last line ends (y)."""

    pixels: Picture
    truth: str
    end: int


def printed(letter: str, rng: random.Random, *, face: str = "", points: float = 0, columns: int = 1) -> Sheet:
    """The filled letter on paper; face and size are drawn by lot unless given, the size so that the page holds it."""
    face = face or rng.choice(PROPORTIONAL)
    points = points or rng.choice([10, 10.5, 11, 11.5, 12])
    while True:
        printer = _Printer(rng.random(), face, points, columns)
        if printer.set_all(letter):
            return Sheet(np.asarray(printer.paper), printer.truth(letter), printer.y)
        points -= 0.5


class _Printer:
    def __init__(self, chance: float, face: str, points: float, columns: int) -> None:
        self.paper = Image.new("L", A4, 255)
        self._draw = ImageDraw.Draw(self.paper)
        size = round(points * DPI / 72)
        self._regular, self._bold = (ImageFont.truetype(_FOLDER + name, size) for name in FACES[face])
        self._step = round(size * (1.15 + 0.25 * chance))
        self._indent = size * 3 if chance > 0.6 else 0
        margin = round(DPI * (0.75 + 0.25 * chance))
        self._top = self.y = margin
        gap = 120
        self._width = (A4[0] - 2 * margin - gap * (columns - 1)) // columns
        self._left, self._stride = margin, self._width + gap
        self._columns = columns

    def set_all(self, letter: str) -> bool:
        """Set the whole letter; False when the page is too short."""
        lowest = 0
        for line in letter.strip().split("\n"):
            if line.startswith("~"):
                lowest = self.y
                self._left, self.y = self._left + self._stride, self._top
            elif line.startswith("|"):
                self._row([cell.strip() for cell in line.strip("| ").split("|")])
            elif not line:
                self.y += self._step // 2
            else:
                self._paragraph(line)
                if line.startswith("^") and self._columns > 1:
                    self._top = self.y + self._step
        self.y = max(self.y, lowest)
        return self.y < A4[1] - 200

    @staticmethod
    def truth(letter: str) -> str:
        """The words of the letter as a reader would type them."""
        plain = [line.lstrip("^>#~ ") if not line.startswith("|") else line.strip("| ") for line in letter.split("\n")]
        return " ".join(" ".join(line.replace("|", " ").split()) for line in plain if line).strip()

    def _paragraph(self, line: str) -> None:
        mark, text = (line[0], line[1:].strip()) if line[0] in "^>#" else ("", line)
        font = self._bold if mark in ("^", "#") else self._regular
        width = A4[0] - 2 * self._left if mark == "^" and self._columns > 1 else self._width
        indent = self._indent if not mark and len(text) > 120 else 0
        for words in self._wrapped(text, font, width, indent):
            length = font.getlength(words)
            x = self._left + indent
            if mark == "^":
                x = self._left + (width - length) / 2
            elif mark == ">":
                x = self._left + width - length
            self._draw.text((round(x), self.y), words, font=font, fill=0)
            self.y += self._step
            indent = 0

    def _wrapped(self, text: str, font: ImageFont.FreeTypeFont, width: int, indent: int) -> list[str]:
        lines, current = [], ""
        for word in text.split():
            longer = f"{current} {word}".strip()
            if current and font.getlength(longer) > width - (indent if not lines else 0):
                lines.append(current)
                longer = word
            current = longer
        return [*lines, current]

    def _row(self, cells: list[str]) -> None:
        width, height = self._width // len(cells), round(self._step * 1.5)
        for number, cell in enumerate(cells):
            left = self._left + number * width
            self._draw.rectangle((left, self.y, left + width, self.y + height), outline=0, width=3)
            self._draw.text((left + 24, self.y + self._step // 5), cell, font=self._regular, fill=0)
        self.y += height
