"""PDF: each page on its own, by its text layer where that can be believed, else from its picture."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from ctypes import c_ushort
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium_c

from ingest.documents.hidden_text import LOOKED_AT_DPI, hidden_objects, without
from ingest.documents.pdf_scan import scan_frame
from ingest.documents.recognition import save_picture
from ingest.documents.task import PageTask
from ingest.documents.triage import SCAN_FROM, PageFacts, judge
from ingest.documents.wording import main_language, words
from ingest.errors import DocumentDamaged, DocumentEmpty, DocumentEncrypted
from ingest.image_chain import TARGET_DPI, Frame
from ingest.ink import Picture
from ingest.normalise import normalise, repair_legacy
from ingest.reading import Page, unread_page

DISPLAY_DPI = 120
MAX_RENDERED_PIXELS = 20_000_000
# Triage looks at so many objects of a page; a drawing of millions says no more.
MAX_OBJECTS = 3000
# pdfplumber needs seconds for pages of outlines, so it is only asked about pages with few drawings.
MAX_PATHS_FOR_PDFPLUMBER = 1000
# A page of print has 5,000 characters; more than this is no letter.
MAX_CHARACTERS = 200_000
MAX_FIELDS = 500
MAX_PICTURES = 50
FIELD_CHARACTERS = 2000


def open_pdf(path: Path) -> Any:
    """The opened document, to be closed by the caller. Errors: `DocumentEncrypted`, `DocumentEmpty`, `DocumentDamaged`.

    A document with an owner's password only (no printing, no copying) opens: reading it is allowed.
    """
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as failure:
        if failure.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise DocumentEncrypted("pdf") from failure
        if failure.err_code == pdfium_c.FPDF_ERR_SUCCESS:  # pdfium's way to say that nothing is wrong but no page
            raise DocumentEmpty("no pages") from failure
        raise DocumentDamaged(f"pdfium error {failure.err_code}") from failure
    if pdf.get_formtype() == pdfium_c.FORMTYPE_ACRO_FORM:
        pdf.init_forms()
    return pdf


def is_cut_off(path: Path) -> bool:
    """Whether the end of the file is missing: pdfium repairs such files, but pages may be gone."""
    with path.open("rb") as source:
        source.seek(max(0, path.stat().st_size - 2048))
        return b"%%EOF" not in source.read()


def read_pdf(pdf: Any, path: Path, indexes: Iterable[int], reason: str = "") -> Iterator[Page | PageTask]:
    """The pages of these indexes (from 0), one after another: their text where it can be believed, still without a
    picture, else a task. `reason` marks those of a damaged file; a page that cannot be loaded becomes `unreadable`."""
    for index in indexes:
        try:
            page = pdf.get_page(index)
        except pypdfium2.PdfiumError:
            yield unread_page(index + 1, "page-damaged")
            continue
        try:
            yield _read_page(page, path, index, reason)
        except (pypdfium2.PdfiumError, ValueError):
            yield unread_page(index + 1, "page-damaged")
        finally:
            page.close()


def page_frame(path: Path, index: int, *, is_scan: bool) -> Frame:
    """The page as drawn, for recognition. Errors: `DocumentDamaged`, also for a picture that cannot be decoded."""
    with _one_page(path, index) as page:
        frame = scan_frame(page) if is_scan else None
        if frame is None:
            pixels, dpi = _render(page, TARGET_DPI)
            frame = Frame(pixels, (dpi, dpi), False, is_scan)
        if frame.pixels.min() == frame.pixels.max() and not _is_blank(page, int(frame.pixels.max())):
            raise DocumentDamaged("a picture that does not decode")
    return frame


def draw_page(path: Path, index: int, image_folder: Path) -> str:
    """Keep a picture of the page for the desk; returns its name. Errors: `DocumentDamaged`."""
    with _one_page(path, index) as page:
        return save_picture(_render(page, DISPLAY_DPI)[0], index + 1, image_folder)


@contextmanager
def _one_page(path: Path, index: int) -> Iterator[Any]:
    with closing(open_pdf(path)) as pdf:
        try:
            with closing(pdf.get_page(index)) as page:
                yield page
        except (pypdfium2.PdfiumError, ValueError) as failure:
            raise DocumentDamaged(type(failure).__name__) from failure


def _read_page(page: Any, path: Path, index: int, reason: str) -> Page | PageTask:
    facts, raw, has_text_objects, paths = _facts(page)
    if not raw.strip() and has_text_objects and paths <= MAX_PATHS_FOR_PDFPLUMBER:
        raw = _pdfplumber_text(path, index)
        facts = PageFacts(raw, facts.image_share, facts.has_invisible_text)
    verdict = judge(facts)
    if verdict == "recognise":
        return PageTask(index + 1, "pdf", str(path), index, reason, is_scan=facts.image_share > 0.5)
    fields = _field_lines(page)
    seen, raw = ("\n".join([layer[:MAX_CHARACTERS], *fields]) for layer in (facts.text, raw))
    text = normalise(repair_legacy(seen) if verdict == "repair" else seen)
    if seen != raw:
        reason = reason or "hidden-text"
    cut = len(facts.text) > MAX_CHARACTERS
    reason = reason or ("text-cut" if cut else "prior-ocr" if verdict == "prior-ocr" else "")
    return Page(
        number=index + 1,
        text=text,
        raw_text=raw,
        source="text-layer",
        language=main_language(words(text)),
        needs_human=bool(reason),
        reason=reason,
    )


def _facts(page: Any) -> tuple[PageFacts, str, bool, int]:
    """Triage's facts of the visible text, all text with what is hidden, whether the page draws any text, and the
    number of its paths (counting stops early)."""
    image_area, paths, invisible = 0.0, 0, 0
    texts = []
    for number, item in enumerate(page.get_objects(max_depth=4)):
        if number >= MAX_OBJECTS:
            break
        if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            image_area += abs((right - left) * (top - bottom))
        elif item.type == pdfium_c.FPDF_PAGEOBJ_PATH:
            paths += 1
        elif item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            texts.append(item)
            mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
            invisible += mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
    share = min(1.0, image_area / max(1.0, page.get_width() * page.get_height()))
    visible, raw = _pdfium_text(page, texts, is_scan=share > SCAN_FROM)
    has_layer = bool(texts) and invisible > len(texts) / 2
    return PageFacts(visible, share, has_layer), raw, bool(texts), paths


def _pdfium_text(page: Any, texts: list[Any], *, is_scan: bool) -> tuple[str, str]:
    """Text in the order of the content: what can be seen, and all.

    A turned page gives rubbish order unless its turn is taken off first.
    """
    turn = page.get_rotation()
    page.set_rotation(0)
    textpage = page.get_textpage()
    try:
        raw = str(textpage.get_text_range()) if textpage.count_chars() > 0 else ""
        hidden = hidden_objects(page, texts, is_scan=is_scan, draw=lambda: _render(page, LOOKED_AT_DPI)[0])
        return (without(textpage, raw, hidden) if hidden else raw), raw
    finally:
        textpage.close()
        page.set_rotation(turn)


def _pdfplumber_text(path: Path, index: int) -> str:
    """A second opinion where pdfium finds text drawn but no characters."""
    import pdfplumber  # seldom needed, and slow to import

    try:
        with pdfplumber.open(path, pages=[index + 1]) as document:
            return document.pages[0].extract_text(use_text_flow=True) if document.pages else ""
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (pdfminer raises anything on bad files; then the page is recognised)
        return ""


def _render(page: Any, dpi: float) -> tuple[Picture, float]:
    """The page as drawn, in colour, and the dpi used: less than asked when the sheet is enormous."""
    width, height = page.get_width() / 72, page.get_height() / 72
    dpi = min(dpi, (MAX_RENDERED_PIXELS / max(width * height, 1e-6)) ** 0.5, 10_000 / max(width, height, 1e-6))
    bitmap = page.render(scale=dpi / 72, rev_byteorder=True)
    try:
        return np.array(bitmap.to_numpy(), np.uint8), dpi
    finally:
        bitmap.close()


def _is_blank(page: Any, tone: int) -> bool:
    """Whether a page drawn in one tone is one: pdfium leaves out pictures that it cannot decode, or draws them
    black."""
    pictures = list(islice(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4), MAX_PICTURES))
    try:
        for picture in pictures:
            picture.get_bitmap().close()
    except pypdfium2.PdfiumError:
        return False
    return tone > 127 or not pictures


def _field_lines(page: Any) -> list[str]:
    """What was filled into the form fields of the page, "name: value" each; the text layer lacks it."""
    form = page.formenv
    if form is None:
        return []
    lines = []
    for index in range(min(MAX_FIELDS, pdfium_c.FPDFPage_GetAnnotCount(page.raw))):
        field = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if not field:
            continue
        if pdfium_c.FPDFAnnot_GetSubtype(field) == pdfium_c.FPDF_ANNOT_WIDGET:
            name = _field_string(pdfium_c.FPDFAnnot_GetFormFieldName, form.raw, field)
            value = _field_string(pdfium_c.FPDFAnnot_GetFormFieldValue, form.raw, field)
            if value.strip() and value != "Off":
                lines.append(f"{name}: {value}")
        pdfium_c.FPDFPage_CloseAnnot(field)
    return lines


def _field_string(getter: Any, form: Any, field: Any) -> str:
    buffer = (c_ushort * FIELD_CHARACTERS)()
    length = getter(form, field, buffer, FIELD_CHARACTERS * 2)
    if length > FIELD_CHARACTERS * 2:
        return ""
    return bytes(buffer)[: max(0, length - 2)].decode("utf-16-le", errors="replace")
