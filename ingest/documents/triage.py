"""Is the text layer of a PDF page to be believed, repaired, or must the page be recognised from its picture?

Rules and thresholds are those of trials/ocr.md section 5 (27 files, 124 pages, all judged rightly).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from ingest.documents.wording import function_share, plausible_share, words

Verdict = Literal["keep", "repair", "prior-ocr", "recognise"]

LEGACY_LETTERS = re.compile("[ºªþÞãÃ]")
# A picture over so much of the page is the page; invisible text over it comes from a scanner's text recognition.
SCAN_FROM = 0.9

DIACRITICS = re.compile("[ăâîșțşţĂÂÎȘȚŞŢ]")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What triage needs to know of a page: its text, the share of it under images, hidden text or not."""

    text: str
    image_share: float
    has_invisible_text: bool


def judge(page: PageFacts) -> Verdict:
    """What to do with the page's text layer."""
    found = words(page.text)
    if not found and not any(character.isdigit() for character in page.text):
        return "recognise"
    if len(found) < 15 and page.image_share > 0.5:
        return "recognise"  # a scanner's footer over the scan
    if _unreadable_share(page.text) > 0.02:
        return "recognise"
    legacy = sum(1 for word in re.findall(r"\S+", page.text) if LEGACY_LETTERS.search(word))
    if legacy > 0.03 * max(len(found), 1):
        return "repair"
    if len(found) >= 15 and (function_share(found) < 0.12 or plausible_share(found) < 0.8):
        return "recognise"
    if page.image_share > SCAN_FROM and page.has_invisible_text:
        return "prior-ocr" if DIACRITICS.search(page.text) else "recognise"
    return "keep"


def _unreadable_share(text: str) -> float:
    """Share of characters that no font map explains: replacement, private use, control, "(cid:…)"."""
    # pdfium gives U+FFFE and U+0002 for a hyphen at a line's end; that is no fault.
    visible = [c for c in text if not c.isspace() and c not in "\ufffe\x02\u00ad"]
    odd = sum(1 for c in visible if c == "\ufffd" or unicodedata.category(c) in ("Co", "Cc", "Cn"))
    odd += sum(len(match) for match in re.findall(r"\(cid:\d+\)", text))
    return odd / len(visible) if visible else 0.0
