import pytest

from ingest.documents.triage import PageFacts, judge
from ingest.documents.wording import foreign_share, main_language, words
from tests.support.ingest_pages import HUNGARIAN, LETTER


def facts(text: str, image_share: float = 0.0, invisible: bool = False) -> PageFacts:
    return PageFacts(text, image_share, invisible)


def shifted(text: str) -> str:
    return "".join(chr(ord(c) + 3) if c.isalpha() else c for c in text)


LEGACY = LETTER.translate(str.maketrans("șțăȘȚĂ", "ºþãªÞÃ"))


@pytest.mark.parametrize(
    ("page", "verdict"),
    [
        (facts(LETTER), "keep"),
        (facts(HUNGARIAN), "keep"),
        (facts("Nr. 12/3456 din 04.03.2025"), "keep"),
        (facts(""), "recognise"),
        (facts(" \n "), "recognise"),
        (facts("Scanat cu CamScanner", image_share=0.98), "recognise"),
        (facts(shifted(LETTER)), "recognise"),
        (facts("(cid:12)(cid:40)(cid:7) " * 30), "recognise"),
        (facts("\ue001\ue002 domnule primar \ue003\ue004"), "recognise"),
        (facts(LEGACY), "repair"),
        (facts(LETTER, image_share=1.0, invisible=True), "prior-ocr"),
        (facts(LETTER.encode("ascii", "ignore").decode(), image_share=1.0, invisible=True), "recognise"),
        (facts(LETTER.replace("a", "a\ufffe", 3)), "keep"),
    ],
)
def test_a_text_layer_is_believed_only_when_it_reads_like_a_letter(page: PageFacts, verdict: str) -> None:
    assert judge(page) == verdict


def test_the_language_of_a_letter_shows_in_its_function_words() -> None:
    assert main_language(words(LETTER)) == "ron"
    assert main_language(words(HUNGARIAN)) == "hun"
    assert main_language(words("12 martie")) == ""
    assert foreign_share(words(LETTER)) < 0.12 < foreign_share(words(HUNGARIAN))
