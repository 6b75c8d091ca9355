import numpy as np
import pytest

from ingest.cleaning import divide_background
from ingest.documents.recognition import cover
from ingest.image_chain import Frame, find_turn, grey_of, prepare
from ingest.ink import letter_boxes
from ingest.photo import find_sheet
from ingest.reading import Word
from ingest.tesseract import Recognition
from tests.support.ingest_pages import page, photographed, shadowed, skewed

SHEET = page(dpi=150)


@pytest.mark.parametrize("degrees", [-3.0, -0.7, 0.0, 1.4, 2.9])
def test_the_skew_of_a_page_is_found_and_undone(degrees: float) -> None:
    turn, skew = find_turn(skewed(SHEET, degrees))
    assert turn == 0
    assert skew == pytest.approx(-degrees, abs=0.15)


@pytest.mark.parametrize(("quarters", "turn"), [(0, 0), (1, 1), (2, 0), (3, 1)])
def test_a_lying_page_is_told_from_a_standing_one(quarters: int, turn: int) -> None:
    assert find_turn(np.rot90(SHEET, quarters))[0] == turn


def test_a_prepared_page_stands_and_keeps_its_letters() -> None:
    prepared = prepare(Frame(np.ascontiguousarray(np.rot90(skewed(page(), 2.0), 3)), (300, 300), False))
    height, width = prepared.grey.shape
    assert prepared.dpi == 200
    assert height > width
    assert len(letter_boxes(prepared.grey, 200)) == pytest.approx(len(letter_boxes(page(dpi=200), 200)), rel=0.1)


def test_the_sheet_in_a_photo_is_found_and_a_shadow_is_not_taken_for_a_desk() -> None:
    corners = find_sheet(photographed(page()))
    assert corners is not None
    assert np.allclose(corners, [[420, 300], [2350, 220], [2560, 3300], [260, 3380]], atol=30)
    assert find_sheet(shadowed(page())) is None
    assert find_sheet(page()) is None


def test_a_shadow_is_divided_away() -> None:
    lit = divide_background(shadowed(SHEET))
    assert np.median(lit[:, :200]) > 240


def test_a_blue_stamp_vanishes_but_a_letter_in_blue_ink_stays() -> None:
    black = np.repeat(SHEET[..., None], 3, axis=2)
    stamped = black.copy()
    stamped[300:600, 300:600, :2] = np.minimum(stamped[300:600, 300:600, :2], 120)
    assert (grey_of(stamped, 150) == SHEET).all()
    blue = black.copy()
    blue[..., 2] = 255
    assert len(letter_boxes(grey_of(blue, 150), 150)) > 300


def test_fax_pixels_become_square() -> None:
    low = page()[::2, :]
    prepared = prepare(Frame(low, (200, 100), False))
    height, width = prepared.grey.shape
    assert height / width == pytest.approx(11.69 / 8.27, rel=0.02)


def test_streaks_and_specks_of_a_fax_are_removed() -> None:
    sheet = np.where(page(dpi=200) < 128, 0, 255).astype(np.uint8)
    letters = len(letter_boxes(sheet, 200))
    dirty = sheet.copy()
    dirty[:, 800:803] = 0
    rng = np.random.default_rng(3)
    dirty[rng.integers(0, sheet.shape[0], 6000), rng.integers(0, sheet.shape[1], 6000)] = 0
    prepared = prepare(Frame(dirty, (200, 200), True))
    assert (prepared.grey[:, 795:808] == 255).mean() > 0.9
    assert len(letter_boxes(prepared.grey, 200)) == pytest.approx(letters, rel=0.15)


@pytest.mark.parametrize("strength", [0.15, 0.3])
def test_a_page_of_pale_ink_is_not_blank_and_keeps_its_letters(strength: float) -> None:
    sheet = page(dpi=200)
    grain = np.random.default_rng(4).normal(0, 4, sheet.shape)
    pale = (225 - (255 - sheet.astype(np.float32)) * strength + grain).clip(0, 255).astype(np.uint8)
    prepared = prepare(Frame(pale, (200, 200), False))
    assert not prepared.is_blank
    assert len(letter_boxes(prepared.grey, 200)) == pytest.approx(len(letter_boxes(sheet, 200)), rel=0.1)


def test_a_single_pale_line_on_grainy_paper_is_not_blank() -> None:
    sheet = page("Aprob cererea de mai sus.", dpi=200)
    grain = np.random.default_rng(4).normal(0, 6, sheet.shape)
    pale = (235 - (255 - sheet.astype(np.float32)) * 0.4 + grain).clip(0, 255).astype(np.uint8)
    assert not prepare(Frame(pale, (200, 200), False)).is_blank


def test_the_ragged_edges_of_a_one_bit_copy_are_smoothed() -> None:
    sheet = page(dpi=300)
    ragged = np.where(sheet + np.random.default_rng(2).normal(0, 60, sheet.shape) < 128, 0, 255).astype(np.uint8)
    smooth = prepare(Frame(ragged, (300, 300), True))
    assert len(letter_boxes(smooth.grey, 200)) == pytest.approx(len(letter_boxes(page(dpi=200), 200)), rel=0.2)
    assert np.unique(smooth.grey).size > 100


def test_a_page_can_be_prepared_in_the_resolution_it_came_in() -> None:
    usual, finer = (prepare(Frame(page(), (300, 300), False), dpi) for dpi in (200, 300))
    assert (usual.dpi, usual.native_dpi, finer.dpi) == (200, 300, 300)
    assert finer.grey.shape[0] / usual.grey.shape[0] == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("grain", [6, 18])
def test_grainy_paper_without_writing_is_blank(grain: int) -> None:
    noise = np.random.default_rng(1).normal(220, grain, (2339, 1654)).clip(0, 255).astype(np.uint8)
    assert prepare(Frame(noise, (200, 200), False)).is_blank


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_empty_sheet_is_blank(shade: int) -> None:
    noise = np.random.default_rng(1).normal(shade, 6, (1200, 850)).clip(0, 255).astype(np.uint8)
    assert prepare(Frame(noise, (0, 0), False)).is_blank


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (1, 4000), (30_000, 3), (2, 2, 3)])
def test_absurd_shapes_are_blank_and_do_not_break_the_chain(shape: tuple[int, ...]) -> None:
    assert prepare(Frame(np.zeros(shape, np.uint8), (0, 0), False)).is_blank


def test_a_line_that_was_not_read_shows_in_the_coverage() -> None:
    letters = np.array([[20 * n, row, 12, 18] for row in (100, 200, 300) for n in range(20)], np.int32)
    lines = [Word("cuvinte", 0, row, 400, 20, 95.0) for row in (100, 300)]
    coverage, row_missed = cover(letters, Recognition("", tuple(lines)), 200)
    assert coverage == pytest.approx(2 / 3)
    assert row_missed
    whole = cover(letters, Recognition("", (*lines, Word("rând", 0, 200, 400, 20, 90.0))), 200)
    assert whole == (1.0, False)
