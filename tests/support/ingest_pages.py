"""Invented letters as page images and PDFs, and the ways scanners, phones and faxes spoil them."""

import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from daemon.practice.locked_pdf import locked_pdf, pdf_bytes

FONT = "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"
LETTER = """Către Primăria Municipiului Mediaș

Subsemnata Ionescu Ștefania, domiciliată în Mediaș, strada Gheorghe Lazăr numărul 14,
județul Sibiu, vă aduc la cunoștință următoarea situație.

De aproximativ trei săptămâni, iluminatul public de pe strada noastră nu mai funcționează
între numerele 10 și 22. Am sesizat telefonic dispeceratul de două ori, însă nu am primit
niciun răspuns. Seara trecătorii nu văd gropile din carosabil, iar în fața școlii generale
s-a produs deja un accident ușor, din fericire fără urmări.

Vă rog să dispuneți verificarea stâlpilor și înlocuirea lămpilor arse, precum și repararea
trotuarului din dreptul școlii, înainte de începerea iernii. Totodată, vă solicit să îmi
comunicați în scris termenul la care va fi executată lucrarea și numele firmei care o va
face, conform legii privind soluționarea petițiilor.

Anexez patru fotografii și o listă cu semnăturile a nouăsprezece vecini.

Vă mulțumesc pentru înțelegere și aștept răspunsul dumneavoastră la adresa de mai sus.

Cu stimă,
Ionescu Ștefania
12 octombrie 2025"""
HUNGARIAN = """Tisztelt Polgármesteri Hivatal!

Alulírott Kovács Erzsébet, medgyesi lakos, azzal a kéréssel fordulok Önökhöz, hogy
szíveskedjenek kijavítani az utcánk járdáját, mert az már hetek óta nagyon rossz
állapotban van, és az idős emberek nem tudnak rajta biztonságosan közlekedni.

Kérem, hogy a javítás várható időpontjáról írásban is értesítsenek. A mellékletben
csatolok két fényképet, amely a járda állapotát mutatja.

Köszönettel és tisztelettel,
Kovács Erzsébet"""


def page(text: str = LETTER, *, dpi: int = 300, size: float = 11, font: str = FONT) -> np.ndarray:
    """A clean grey A4 scan of the text (height, width), black on white."""
    width, height = round(8.27 * dpi), round(11.69 * dpi)
    sheet = Image.new("L", (width, height), 255)
    face = ImageFont.truetype(font, round(size * dpi / 72))
    ImageDraw.Draw(sheet).multiline_text((dpi, dpi), text, font=face, fill=20, spacing=round(dpi * 0.07))
    return np.asarray(sheet)


def skewed(sheet: np.ndarray, degrees: float) -> np.ndarray:
    """The sheet laid crooked on the glass."""
    height, width = sheet.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(sheet, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)


def shadowed(sheet: np.ndarray) -> np.ndarray:
    """A book-fold shadow over the left third, with a little sensor noise."""
    light = np.clip(np.linspace(0.35, 1.6, sheet.shape[1]), 0, 1)
    noise = np.random.default_rng(7).normal(0, 4, sheet.shape)
    return np.clip(sheet * light + noise, 0, 255).astype(np.uint8)


def photographed(sheet: np.ndarray) -> np.ndarray:
    """A phone photo: the sheet in perspective on a dark desk, in colour, unevenly lit."""
    height, width = sheet.shape
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    seen = np.float32([[420, 300], [2350, 220], [2560, 3300], [260, 3380]])
    size = (2800, 3650)
    turn = cv2.getPerspectiveTransform(corners, seen)
    photo = cv2.warpPerspective(sheet, turn, size, flags=cv2.INTER_AREA, borderValue=0).astype(np.float32)
    desk = cv2.warpPerspective(np.zeros_like(sheet), turn, size, borderValue=255) > 0
    photo[desk] = 60
    photo *= np.linspace(0.65, 0.95, size[0])[None, :]
    return np.clip(photo[..., None] * np.array([1.0, 0.96, 0.88]), 0, 255).astype(np.uint8)


def error_rate(expected: str, found: str) -> float:
    """Character error rate after collapsing white space."""
    a, b = " ".join(expected.split()), " ".join(found.split())
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1] / len(a)


def save(sheet: np.ndarray, path: Path, *, dpi: int = 300, **options: object) -> Path:
    """Write an image file with its resolution tag."""
    Image.fromarray(sheet).save(path, dpi=(dpi, dpi), **options)
    return path


def pdf_of(contents: list[bytes], *, media_box: bytes = b"0 0 595 842") -> bytes:
    """A PDF with one page for each content stream, Helvetica as /F1."""
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(count))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for i, content in enumerate(contents):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % (media_box, 5 + 2 * i)
        )
        packed = zlib.compress(content)
        objects.append(b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed))
    return pdf_bytes(objects)


def line_of_text(text: bytes) -> bytes:
    """A content stream with one line of Helvetica."""
    return b"BT /F1 12 Tf 72 720 Td (%s) Tj ET" % text


def path_bomb(operators: int = 1_500_000) -> bytes:
    """A content stream that takes minutes to draw."""
    return b"0 0 m\n" + b"500 700 l 7 3 l\n" * (operators // 2) + b"S"


def encrypted_pdf(password: bytes) -> bytes:
    """A one-page PDF that needs `password` (b"" opens for everybody)."""
    return locked_pdf(["Cerere privind eliberarea unui certificat"], password.decode())
