"""The scanned letters: which text goes on which paper and through which machine. Each function gives a file's bytes."""

import io
from pathlib import Path
from time import struct_time

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from daemon.practice import machines, paper
from daemon.practice.paper import DPI, PRINT, SANS, TYPEWRITER, Look

TYPED = Look(TYPEWRITER, 11.5, 1.45, typed=True)
BELOW_STAMP = 350
SCANNED_ON = struct_time((2026, 11, 19, 9, 12, 40, 3, 323, 0))
EXIF_ORIENTATION, EXIF_MODEL, EXIF_DATE = 0x0112, 0x0110, 0x0132


def pavement_pdf(texts: Path) -> bytes:
    """Three pages: a typed petition with the registry's stamp, the list of those who sign, a sketch of the place."""
    rng = np.random.default_rng(46)
    letter = paper.blank_sheet()
    end = paper.write_letter(letter, _text(texts, "trotuar"), TYPED, rng, BELOW_STAMP)
    paper.sign(letter, (980, end + 20), (330, 150), "Hărșan Elena")
    paper.stamp_received(letter, (1085, 60), "19 NOV 2026", rng)
    people = paper.blank_sheet()
    end = paper.write_letter(people, "= ANEXA 1\n= Lista semnatarilor", TYPED, rng)
    paper.write_table(
        people, _text(texts, "trotuar-semnatari").split("\n"), Look(TYPEWRITER, 10.5, typed=True), rng, end + 60
    )
    pages = [paper.softened(letter, 0.7), paper.softened(people, 0.7), paper.softened(_sketch(rng), 0.7)]
    scans = [machines.scanned(page, turn, rng) for page, turn in zip(pages, (0.8, -0.5, 1.1), strict=True)]
    out = io.BytesIO()
    scans[0].save(
        out, "PDF", save_all=True, append_images=scans[1:], resolution=DPI, quality=48,
        producer="ScanStation 2400", creationDate=SCANNED_ON, modDate=SCANNED_ON,
    )  # fmt: skip
    return out.getvalue()


def dogs_photo(texts: Path) -> bytes:
    """A JPEG from a phone, stored lying on its side with the EXIF tag that stands it up."""
    rng = np.random.default_rng(9)
    sheet = paper.blank_sheet()
    end = paper.write_letter(sheet, _text(texts, "caini"), Look(PRINT, 13.5, 1.4), rng)
    paper.sign(sheet, (960, end + 10), (300, 140), "Teodora Pop")
    photo = machines.photographed(sheet, rng).transpose(Image.Transpose.ROTATE_90)
    tags = Image.Exif()
    tags[EXIF_ORIENTATION] = 6
    tags[EXIF_MODEL] = "Practice Phone 5"
    tags[EXIF_DATE] = "2026:11:18 19:44:06"
    return _jpeg(photo, 62, exif=tags)


def housing_fax(texts: Path) -> bytes:
    """Two pages, one bit each, in one TIFF with the resolution that fax machines have."""
    rng = np.random.default_rng(71)
    look = Look(SANS, 12.5, 1.5)
    pages = []
    for number, degrees in ((1, -0.6), (2, 0.4)):
        sheet = paper.blank_sheet()
        end = paper.write_letter(sheet, _text(texts, f"locuinta-{number}"), look, rng, top=260)
        if number == 2:
            paper.sign(sheet, (980, end - 160), (320, 150), "Varga Maria-Luminița")
        heading = f"19-NOV-2026 10:2{number + 3}   DE LA: PAPETARIE CENTRU   0700000871   P.0{number}/02"
        pages.append(machines.faxed(sheet, heading, degrees, rng))
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="group4", dpi=machines.FAX_DPI)
    return out.getvalue()


def thanks_png(texts: Path) -> bytes:
    """One clean grey page."""
    rng = np.random.default_rng(33)
    sheet = paper.blank_sheet()
    end = paper.write_letter(sheet, _text(texts, "multumire"), Look(PRINT, 13, 1.45), rng, BELOW_STAMP)
    paper.sign(sheet, (880, end - 60), (360, 150), "Hannelore Schuster")
    paper.stamp_received(sheet, (200, 70), "16 NOV 2026", rng)
    out = io.BytesIO()
    machines.clean_scan(sheet, 0.2).save(out, "PNG", dpi=(DPI, DPI), optimize=True)
    return out.getvalue()


def building_scan(texts: Path) -> bytes:
    """The JPEG that a multifunction printer attaches to a mail."""
    rng = np.random.default_rng(14)
    sheet = paper.blank_sheet()
    end = paper.write_letter(sheet, _text(texts, "constructie"), Look(PRINT, 12.5, 1.45), rng)
    paper.sign(sheet, (950, end + 20), (310, 160), "Blaga Nicolae")
    return _jpeg(machines.scanned(sheet, -1.2, rng), 45)


def crossing_sketch() -> bytes:
    """A finger drawing of a crossing with cars on it, as a small PNG for a mail."""
    rng = np.random.default_rng(52)
    drawing = Image.new("L", (640, 360), 255)
    for y in (110, 250):
        paper.draw_by_hand(drawing, [(10, y), (630, y)], rng, width=3)
    for x in range(290, 360, 18):
        paper.draw_by_hand(drawing, [(x, 122), (x, 238)], rng, width=4)
    cars = Image.new("L", drawing.size, 255)
    for x, y in ((190, 88), (352, 92), (300, 238)):
        paper.draw_by_hand(cars, [(x, y), (x + 92, y), (x + 92, y + 38), (x, y + 38), (x, y)], rng, width=4)
    write = ImageDraw.Draw(drawing)
    write.text((250, 30), "GRĂDINIȚA", font=paper.face(SANS, 9), fill=60)
    write.text((500, 165), "autobuz", font=paper.face(SANS, 7), fill=60)
    red = Image.merge("RGB", (Image.new("L", drawing.size, 255), cars, cars))
    black = Image.merge("RGB", (drawing, drawing, drawing))
    both = Image.fromarray(np.minimum(np.asarray(red), np.asarray(black)))
    out = io.BytesIO()
    both.quantize(24).save(out, "PNG", optimize=True)
    return out.getvalue()


def terrace_photo() -> bytes:
    """A small, dark and blurred night photo: lamps over a terrace."""
    rng = np.random.default_rng(152)
    y, x = np.mgrid[0:360, 0:480]
    light = np.zeros((360, 480, 3))
    for _ in range(14):
        centre = (rng.uniform(20, 460), rng.uniform(90, 190))
        glow = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / rng.uniform(60, 700))
        light += glow[..., None] * rng.uniform(150, 255) * np.array([1, rng.uniform(0.6, 0.9), rng.uniform(0.2, 0.8)])
    light[240:] += 18 * (1 + np.sin(x[240:] / 37))[..., None]
    return _jpeg(Image.fromarray(np.clip(light + 14 + rng.normal(0, 6, light.shape), 0, 255).astype(np.uint8)), 60)


def _sketch(rng: Generator) -> Image.Image:
    """The street from above by pen: houses, the slabs of the pavement, and what is wrong with them."""
    sheet = paper.blank_sheet()
    paper.write_letter(sheet, "= ANEXA 2\n= Schița locului: strada Moșnei, numerele pare", TYPED, rng)
    small = Look(TYPEWRITER, 10, typed=True)
    for y in (760, 930, 1330):
        paper.draw_by_hand(sheet, [(150, y), (1520, y + 12)], rng, width=3.2)
    for number, x in zip((42, 44, 46, 48, 50), range(190, 1500, 262), strict=False):
        paper.draw_by_hand(sheet, [(x, 750), (x, 560), (x + 100, 480), (x + 200, 560), (x + 200, 750)], rng)
        paper.draw_by_hand(sheet, [(x, 560), (x + 200, 560)], rng)
        paper.write_line(sheet, (x + 42, 630), f"nr. {number}", small, rng)
    for x in range(170, 1510, 84):
        if not 430 < x < 640:
            paper.draw_by_hand(sheet, [(x, 765), (x + rng.normal(0, 14), 925)], rng)
    for x in range(800, 1180, 30):
        paper.draw_by_hand(sheet, [(x, 920), (x + 70, 775)], rng, width=1.6)
    paper.draw_by_hand(sheet, [(535, 850), (535, 1110)], rng)
    paper.write_line(sheet, (330, 1120), "lipsesc dalele, cca 2 m", small, rng)
    paper.draw_by_hand(sheet, [(990, 850), (1080, 1110)], rng)
    paper.write_line(sheet, (930, 1120), "dale lăsate, joacă", small, rng)
    paper.write_line(sheet, (640, 1240), "STRADA MOȘNEI", small, rng)
    paper.write_letter(sheet, "Întocmit: Hărșan Elena", TYPED, rng, top=1480)
    paper.sign(sheet, (900, 1450), (330, 150), "Hărșan Elena")
    return sheet


def _jpeg(picture: Image.Image, quality: int, exif: Image.Exif | None = None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, dpi=(DPI, DPI), optimize=True, exif=exif or Image.Exif())
    return out.getvalue()


def _text(texts: Path, name: str) -> str:
    return (texts / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")
