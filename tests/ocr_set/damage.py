"""What scanners, copiers, faxes, phones and clerks do to a page. Pictures are grey at 300 dpi unless said otherwise.

Every function takes a random generator and gives the same picture for the same generator.
"""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tests.ocr_set.printing import DPI, FACES, Picture

Generator = np.random.Generator
Floats = npt.NDArray[np.float32]


def scanned(sheet: Picture, rng: Generator, *, noise: float = 3.0) -> Picture:
    """A sheet under a good scanner: ink not quite black, paper not quite white, edges soft, a little noise."""
    ink, paper = rng.uniform(15, 55), rng.uniform(236, 252)
    soft = cv2.GaussianBlur(sheet, (0, 0), rng.uniform(0.6, 1.1)).astype(np.float32)
    return _bytes(ink + soft * ((paper - ink) / 255) + rng.normal(0, noise, sheet.shape))


def resized(page: Picture, dpi: int) -> Picture:
    """Scanned at a lower resolution."""
    return np.asarray(cv2.resize(page, None, fx=dpi / DPI, fy=dpi / DPI, interpolation=cv2.INTER_AREA), np.uint8)


def skewed(page: Picture, degrees: float) -> Picture:
    """Laid crooked on the glass."""
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    white = int(np.percentile(page, 90))
    turned = cv2.warpAffine(page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=white)
    return np.asarray(turned, np.uint8)


def noisy(page: Picture, rng: Generator, noise: tuple[float, float] = (10, 18)) -> Picture:
    """A cheap sensor: strong noise, and dust."""
    spoiled = page.astype(np.float32) + rng.normal(0, rng.uniform(*noise), page.shape)
    for _ in range(rng.integers(40, 160)):
        y, x = rng.integers(0, page.shape[0] - 5), rng.integers(0, page.shape[1] - 5)
        spoiled[y : y + rng.integers(1, 5), x : x + rng.integers(1, 5)] = rng.uniform(40, 140)
    return _bytes(spoiled)


def shadowed(page: Picture, rng: Generator) -> Picture:
    """The fold of a book or an open lid: dark at one edge or corner, deep enough to swallow a fixed threshold."""
    height, width = page.shape
    deep, reach = rng.uniform(0.25, 0.45), rng.uniform(0.2, 0.5)
    across = np.clip(deep + (1 - deep) * np.linspace(0, 1 / reach, width), deep, 1)
    down = np.clip(0.6 + 0.4 * np.linspace(0, 1 / reach, height), 0.6, 1)
    light = np.outer(down if rng.random() < 0.4 else np.ones(height), across)
    if rng.random() < 0.5:
        light = light[:, ::-1]
    return _bytes(page * light + rng.normal(0, 3, page.shape))


def faded(page: Picture, rng: Generator, ink: tuple[float, float] = (0.2, 0.38)) -> Picture:
    """A worn ribbon or an empty cartridge: pale ink, uneven across the page, on greyish paper."""
    strength = rng.uniform(*ink) * (1 - 0.35 * np.linspace(0, 1, page.shape[1]) * rng.random())
    return _bytes(225 - (255 - page.astype(np.float32)) * strength + rng.normal(0, 4, page.shape))


def bled_through(page: Picture, other: Picture, rng: Generator, strength: tuple[float, float] = (0.2, 0.42)) -> Picture:
    """The back side shows through thin paper, mirrored and soft."""
    back = cv2.GaussianBlur(np.ascontiguousarray(other[:, ::-1]), (0, 0), rng.uniform(1.5, 3.0)).astype(np.float32)
    through = (255 - back) * rng.uniform(*strength)
    return _bytes(page - through + rng.normal(0, 2, page.shape))


def stamped(page: Picture, rng: Generator, colour: tuple[int, int, int] | None, y: int) -> Picture:
    """A round stamp over the text around `y`; `colour` None for a black one scanned in grey (then the page stays
    grey)."""
    side = int(rng.integers(430, 560))
    stamp = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(stamp)
    draw.ellipse((8, 8, side - 8, side - 8), outline=0, width=8)
    draw.ellipse((side * 0.17, side * 0.17, side * 0.83, side * 0.83), outline=0, width=4)
    font = ImageFont.truetype("/usr/share/fonts/truetype/" + FACES["sans"][1], side // 11)
    for row, line in enumerate(("PRIMĂRIA", "MEDIAȘ", f"{rng.integers(10, 99)} REG. {rng.integers(100, 999)}")):
        draw.text((side / 2, side * (0.36 + 0.14 * row)), line, font=font, fill=0, anchor="mm")
    turned = np.asarray(stamp.rotate(float(rng.uniform(-25, 25)), fillcolor=255), np.float32)
    cover = (255 - turned) / 255 * rng.uniform(0.6, 0.85)
    x = int(rng.integers(page.shape[1] // 3, page.shape[1] - side - 150))
    if colour is None:
        spoiled = page.astype(np.float32)
        area = spoiled[y : y + side, x : x + side]
        area *= 1 - 0.75 * cover[: area.shape[0]]
        return _bytes(spoiled)
    tinted = np.repeat(page[..., None], 3, axis=2).astype(np.float32)
    area = tinted[y : y + side, x : x + side]
    area *= 1 - cover[: area.shape[0], :, None] * (1 - np.array(colour, np.float32) / 255)
    return _bytes(tinted + rng.normal(0, 2, tinted.shape))


def faxed(sheet: Picture, rng: Generator, lines: int) -> Picture:
    """One bit, 204 dots an inch across and `lines` (196 or 98) down, with specks and a dirty spot of the head."""
    size = (round(8.27 * 204), round(11.69 * lines))
    small = cv2.resize(cv2.GaussianBlur(sheet, (0, 0), 1.2), size, interpolation=cv2.INTER_AREA)
    page = np.where(small < rng.uniform(140, 185), 0, 255).astype(np.uint8)
    specks = int(page.size * rng.uniform(0.0002, 0.0012))
    page[rng.integers(0, size[1], specks), rng.integers(0, size[0], specks)] = 0
    page[rng.integers(0, size[1], specks), rng.integers(0, size[0], specks)] = 255
    x = int(rng.integers(size[0] // 5, size[0] * 4 // 5))
    thick, first = int(rng.integers(1, 4)), int(rng.integers(0, size[1] // 6))
    page[first : size[1] - int(rng.integers(0, size[1] // 4)), x : x + thick] = 0
    return page


def copied(sheet: Picture, rng: Generator) -> Picture:
    """A bad copy of a copy, one bit at 200 or 300 dpi: strokes too thick or broken, ragged edges, pepper."""
    soft = cv2.GaussianBlur(sheet, (0, 0), rng.uniform(1.2, 2.0)).astype(np.float32)
    ragged = cv2.GaussianBlur(rng.normal(0, 1, sheet.shape).astype(np.float32), (0, 0), 1.3)
    # Below 100 thin strokes break so that neither people nor machines read them (a third of such copies).
    threshold = rng.choice([rng.uniform(100, 125), rng.uniform(175, 215)])
    page = np.where(soft + ragged * rng.uniform(40, 75) < threshold, 0, 255).astype(np.uint8)
    pepper = int(page.size * rng.uniform(0.0002, 0.0008))
    y, x = rng.integers(0, page.shape[0] - 2, pepper), rng.integers(0, page.shape[1] - 2, pepper)
    page[y, x] = page[y + 1, x] = 0
    return skewed(page, float(rng.uniform(-0.8, 0.8))) // 128 * 255


def photographed(page: Picture, rng: Generator, blur: tuple[float, float] = (0.7, 1.4)) -> Picture:
    """A phone's picture in colour: in perspective on a darker desk, lit from one side, a little blurred."""
    height, width = page.shape
    size = (round(width * rng.uniform(1.1, 1.25)), round(height * rng.uniform(1.06, 1.15)))
    free = np.array([size[0] - width, size[1] - height], np.float32) / 2
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    bent = rng.uniform(-0.8, 0.8, (4, 2)).astype(np.float32) * np.maximum(free, 40)
    angle = np.deg2rad(rng.uniform(-3, 3))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    centre = np.array([width / 2, height / 2], np.float32)
    seen = np.clip((corners - centre) @ turn.T * 0.95 + centre + free + bent * 0.6, 8, np.array(size) - 8)
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    photo = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_AREA, borderValue=255).astype(np.float32)
    paper = cv2.warpPerspective(np.full_like(page, 255), matrix, size, borderValue=0)
    grain = cv2.resize(rng.normal(0, 1, (size[1] // 40, size[0] // 12)).astype(np.float32), size) * 7
    photo = np.where(paper > 128, photo, rng.uniform(50, 110) + grain)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    direction = rng.uniform(0, 2 * np.pi)
    light = 0.8 + 0.25 * (np.cos(direction) * (x / size[0] - 0.5) + np.sin(direction) * (y / size[1] - 0.5))
    photo = cv2.GaussianBlur(photo * light, (0, 0), rng.uniform(*blur))
    tint = np.array([1.0, rng.uniform(0.93, 0.98), rng.uniform(0.82, 0.93)], np.float32)
    return _bytes(photo[..., None] * tint + rng.normal(0, 5, (*photo.shape, 1)))


def signed(page: Picture, rng: Generator, y: int) -> Picture:
    """A pen's signature below the text: a loose line of loops."""
    x0 = int(rng.integers(page.shape[1] // 2, page.shape[1] * 2 // 3))
    steps = np.linspace(0, 1, 400)
    loops = rng.integers(5, 9)
    across = x0 + 420 * steps + rng.uniform(20, 45) * np.sin(2 * np.pi * loops * steps)
    down = y + 60 * np.cos(2 * np.pi * loops * steps) * (1 - 0.7 * steps) + 25 * np.sin(9 * steps + rng.uniform(0, 6))
    line = np.stack([across, down], axis=1).round().astype(np.int32)
    return np.asarray(cv2.polylines(page.copy(), [line], False, 50, 5, cv2.LINE_AA), np.uint8)


def _bytes(values: npt.NDArray[np.floating]) -> Picture:
    return np.clip(values, 0, 255).astype(np.uint8)
