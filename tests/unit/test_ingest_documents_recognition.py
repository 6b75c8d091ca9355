"""When a page is read again, and when a person must look: the engine here answers by script."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.documents import recognition
from ingest.documents.recognition import MAX_TRIES, read_frame
from ingest.image_chain import Frame
from ingest.reading import Word
from ingest.tesseract import Recognition
from tests.support.ingest_pages import page

SHEET = page(dpi=150)


class Engine:
    """Answers each call with the next recognition (the last one for ever) and keeps how it was asked."""

    def __init__(self) -> None:
        self.answers: list[Recognition] = []
        self.asked: list[dict[str, object]] = []

    def __call__(self, grey: np.ndarray, **how: object) -> Recognition:
        self.asked.append(how)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def answer(*confidences: float, whole: bool = True, text: str = "") -> Recognition:
    """Words of these confidences over the whole page, or over its upper half."""
    height = 3000 if whole else 700
    words = tuple(Word("cuvânt", 0, 0, 2000, height, confidence) for confidence in confidences)
    return Recognition(text or " ".join(word.text for word in words), words)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    scripted = Engine()
    monkeypatch.setattr(recognition, "recognise", scripted)
    monkeypatch.setattr(recognition, "installed_languages", lambda: frozenset(["ron", "hun", "deu"]))
    return scripted


def read(engine: Engine, folder: Path, *answers: Recognition, frame: Frame | None = None) -> recognition.Page:
    engine.answers = list(answers)
    return read_frame(frame or Frame(SHEET, (150, 150), False), 1, folder)


def test_a_page_read_well_is_read_once(engine: Engine, tmp_path: Path) -> None:
    found = read(engine, tmp_path, answer(95, 90))
    assert (found.tries, found.needs_human, found.reason) == (1, False, "")


def test_a_page_that_reads_badly_is_tried_upside_down(engine: Engine, tmp_path: Path) -> None:
    found = read(engine, tmp_path, answer(30, 40), answer(95, 95))
    assert (found.tries, found.angle, found.needs_human) == (2, 180, False)


def test_lines_left_unread_are_looked_for_in_other_layouts(engine: Engine, tmp_path: Path) -> None:
    found = read(engine, tmp_path, answer(95, whole=False), answer(90))
    assert [how["psm"] for how in engine.asked] == [3, 6]
    assert (found.psm, found.coverage, found.needs_human) == (6, 1.0, False)


def test_a_doubtful_page_is_looked_at_once_more_in_its_own_resolution(engine: Engine, tmp_path: Path) -> None:
    doubtful, sure = answer(*[95] * 9, 30, 30), answer(*[94] * 11)
    found = read(engine, tmp_path, doubtful, sure, frame=Frame(page(), (300, 300), False))
    assert [how["dpi"] for how in engine.asked] == [200, 300]
    assert (found.mean_confidence, found.needs_human) == (94, False)


def test_the_dark_ink_alone_is_not_believed_when_it_gives_fewer_sure_words(engine: Engine, tmp_path: Path) -> None:
    found = read(engine, tmp_path, answer(*[95] * 9, 30, 30), answer(*[99] * 4))
    assert (found.tries, len(found.words), found.reason) == (2, 11, "low-confidence")


def test_pale_writing_beside_dark_is_still_for_a_person_when_only_the_dark_was_read(
    engine: Engine, tmp_path: Path
) -> None:
    sheet = SHEET.copy()
    sheet[900:] = 255 - (255 - SHEET[:854]) // 3
    doubtful, dark = answer(*[95] * 9, 30, 30), answer(*[97] * 11, whole=False)
    found = read(engine, tmp_path, doubtful, dark, frame=Frame(sheet, (150, 150), False))
    assert (found.mean_confidence, found.needs_human, found.reason) == (97, True, "lines-missed")


def test_a_page_that_stays_doubtful_goes_to_a_person(engine: Engine, tmp_path: Path) -> None:
    found = read(engine, tmp_path, answer(*[95] * 9, 30, 30))
    assert (found.tries, found.needs_human, found.reason) == (2, True, "low-confidence")


def test_there_are_never_more_than_four_tries(engine: Engine, tmp_path: Path) -> None:
    found = read(
        engine, tmp_path, answer(40, whole=False, text="az és hogy nem van egy"), frame=Frame(page(), (300, 300), False)
    )
    assert found.tries == MAX_TRIES
    assert found.needs_human


def test_a_page_that_has_used_up_its_processor_time_is_not_tried_again(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(0, 1000, 30))
    monkeypatch.setattr(recognition, "_cpu_seconds", lambda: float(next(ticks)))
    found = read(engine, tmp_path, answer(95, whole=False))
    assert (found.tries, found.reason) == (1, "lines-missed")


def test_rubbish_is_no_text_but_stays_on_record(engine: Engine, tmp_path: Path) -> None:
    found = read(engine, tmp_path, answer(20, 30, 40, 90))
    assert (found.text, found.source, found.reason, found.needs_human) == ("", "ocr", "no-text", True)
    assert found.raw_text
