"""What scanners, phones and fax machines make of a sheet of paper. Sheets go in and come out as Pillow images."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from daemon.practice.paper import SANS, face

Pixels = NDArray[np.float64]

FAX_SIZE = (1728, 2292)
FAX_DPI = (204.0, 196.0)


def scanned(sheet: Image.Image, degrees: float, rng: Generator, noise: float = 3.0) -> Image.Image:
    """A flatbed scan: paper a little grey, laid crooked, with a shadow at one edge, dust and sensor noise."""
    turned = sheet.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    pixels = np.asarray(turned, np.float32) * (244 / 255)
    width = pixels.shape[1]
    pixels *= 1 - 0.28 * np.exp(-np.arange(width) / 16)[None, :]
    pixels += rng.normal(0, noise, pixels.shape)
    for _ in range(25):
        x, y = rng.integers(0, width), rng.integers(0, pixels.shape[0])
        pixels[y : y + int(rng.integers(1, 4)), x : x + int(rng.integers(1, 4))] -= rng.uniform(40, 130)
    # Office scanners clip what is nearly white, or every file would be full of noise.
    pixels[pixels > 236] = 242
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def clean_scan(sheet: Image.Image, degrees: float) -> Image.Image:
    """A scan by a good machine: only a trace of skew, pure white paper, sixteen greys."""
    turned = sheet.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    return ImageOps.posterize(turned, 4).point(lambda grey: 255 if grey >= 240 else grey)


def photographed(sheet: Image.Image, rng: Generator) -> Image.Image:
    """A phone photo in colour: the sheet in perspective on a wooden table, creased, in warm light from one side."""
    paper = np.asarray(sheet, np.float32)
    height, width = paper.shape
    for line, depth in ((height // 3, 16), (2 * height // 3, 12)):
        distance = np.arange(height) - line
        paper = (
            paper - depth * np.exp(-((distance / 5) ** 2))[:, None] + 5 * np.exp(-(((distance - 9) / 9) ** 2))[:, None]
        )
    size = (2150, 2862)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[188, 162], [1912, 119], [2012, 2700], [106, 2738]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    seen_paper = cv2.warpPerspective(np.clip(paper, 0, 255), turn, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), turn, size).astype(np.float32)[..., None] / 255
    shadow = cv2.GaussianBlur(np.roll(mask[..., 0], (14, 18), (0, 1)), (0, 0), 14)[..., None]
    picture = mask * seen_paper[..., None] * np.array([0.97, 0.95, 0.9]) + (1 - mask) * _table(size, rng) * (
        1 - 0.55 * shadow
    )
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    light = 1.02 - 0.28 * x**1.6 - 0.1 * y
    # The hand that holds the phone stands in the light of the lamp.
    light *= 1 - 0.15 / (1 + np.exp(-(x * 0.8 + y - 1.42) * 26))
    picture = cv2.GaussianBlur(picture * light[..., None], (0, 0), 0.7) + rng.normal(0, 2.0, (*light.shape, 1))
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def faxed(sheet: Image.Image, heading: str, degrees: float, rng: Generator) -> Image.Image:
    """A received fax: the sender's heading, 204 by 196 dpi, one bit, ragged edges, specks and a faint streak."""
    turned = sheet.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255).resize(FAX_SIZE)
    ImageDraw.Draw(turned).text((60, 18), heading, font=face(SANS, 9), fill=0)
    pixels = np.asarray(turned, np.float32) + rng.normal(0, 26, (FAX_SIZE[1], FAX_SIZE[0]))
    dark = pixels < 128
    specks = rng.random(dark.shape) < 0.00006
    dark |= specks | np.roll(specks, 1, 1)
    streak = 1602
    dark[:, streak] |= rng.random(dark.shape[0]) < 0.35
    return Image.fromarray(~dark)


def _table(size: tuple[int, int], rng: Generator) -> Pixels:
    """A brown table top with its grain, as (height, width, 3)."""
    width, height = size
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), sigmaX=90, sigmaY=1.6)
    planks = 8.0 * (np.arange(height) // 470 % 2)[:, None]
    brown = (72.0, 50.0, 34.0)
    relief = grain / grain.std() * 11 + planks
    return np.stack([tone + relief * share for tone, share in zip(brown, (1.0, 0.85, 0.7), strict=True)], 2)
