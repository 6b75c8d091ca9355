import ast
from pathlib import Path

import pytest

import ingest.errors
from config.i18n import speaking
from ingest.errors import DocumentError, describe_failure, describe_reason, error_for
from ingest.reading import DocumentReading, Page, unread_page

FAILURES = ["encrypted", "empty", "zero-bytes", "too-big", "damaged", "unsupported", "timeout", "crashed"]
FAILURES += ["archive", "archive-unsupported", "mail-file", "needs-libreoffice", "libreoffice-not-isolated"]
FAILURES += ["not-converted"]
REASONS = ["low-confidence", "lines-missed", "no-text", "page-damaged", "not-reached", "recognition-timeout"]
REASONS += ["picture-inside", "hidden-sheet", "sheet-too-large", "text-cut"]


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_has_its_own_sentence_in_both_languages(code: str) -> None:
    with speaking("en"):
        english = describe_failure(code)
    with speaking("ro"):
        romanian = describe_failure(code)
    general = error_for("no such code").sentence()
    assert english != romanian
    assert general not in (english, romanian)


@pytest.mark.parametrize("code", REASONS)
def test_every_page_reason_has_a_sentence(code: str) -> None:
    assert describe_reason(code) not in ("", describe_reason("no such code"))


def test_every_reason_that_the_readers_give_is_described() -> None:
    known = set(ingest.errors._REASONS) | {kind.code for kind in ingest.errors._descendants(ingest.errors.IngestError)}
    folder = Path(ingest.errors.__file__).parent / "documents"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "unread_page":
                reason = node.args[1]
                if isinstance(reason, ast.Constant):
                    assert reason.value in known, f"{path.name}: {reason.value}"


def test_an_error_finds_its_class_again_by_its_code() -> None:
    error = error_for("encrypted", "pdf")
    assert isinstance(error, DocumentError)
    assert (error.code, error.detail) == ("encrypted", "pdf")


def test_a_reading_survives_its_way_through_json() -> None:
    page = Page(1, "Bună", "Buna", "ocr", "ron", 91.5, 0.02, 1.0, 2, 180.0, 200, False, "", "page-0001.webp")
    reading = DocumentReading("pdf", (page, unread_page(2, "not-reached")), 2, "timeout", "over 600 seconds")
    assert DocumentReading.from_json(reading.to_json()) == reading
