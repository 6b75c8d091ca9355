"""The worker is killed inside and after the steps that split a pile: each letter of it exists once all the same."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from daemon import checks
from registry.labels import label_key
from registry.letter_pages import letter_pages
from registry.letters import number_of
from registry.models import Case, Decision, LedgerEntry, Letter
from registry.statuses import LetterStatus
from tests.e2e.test_kill_between_steps import run_mortal_worker
from tests.support import piles
from tests.support.house import TestHouse, make_test_house

POINTS = ["after:plan_split", "inside:record_split", "after:record_split"]
LETTERS = 2


@pytest.mark.timeout(300)
def test_a_worker_killed_while_it_splits_a_pile_makes_each_letter_once(tmp_path: Path) -> None:
    house = make_test_house(tmp_path)
    key = label_key(house.house.settings)
    pile = [
        piles.letter_page("Vă rog să reparați groapa de pe strada Arieș."),
        piles.sheet_page(key, "politia-locala"),
        piles.letter_page("Pe strada Pieții umblă trei câini fără stăpân."),
    ]
    (tmp_path / "scans" / "teanc.pdf").write_bytes(piles.as_pdf(pile))
    try:
        deaths = run_mortal_worker(house, POINTS, until=lambda: _all_ready(house))
        assert deaths == len(POINTS)
        with house.house.database.read() as session:
            letters = session.exec(select(Letter).order_by(col(Letter.id))).all()
            assert [number_of(session, one).number for one in letters] == [1, 2]
            first = letters[0].id
            assert [one.split_from_id for one in letters] == [None, first]
            assert [one.intended_department for one in letters] == ["", "politia-locala"]
            places = [(page.row.number, page.moved_to_id) for page in letter_pages(session, first or 0)]
            assert places == [(1, None), (2, None), (3, letters[1].id)]
            assert len(session.exec(select(Case)).all()) == len(session.exec(select(Decision)).all()) == LETTERS
            assert len(session.exec(select(LedgerEntry)).all()) == 1
        assert checks.verify(house.house) == []
    finally:
        house.stop()


def _all_ready(house: TestHouse) -> bool:
    with house.house.database.read() as session:
        ready = session.exec(select(Letter.id).where(Letter.status == LetterStatus.READY)).all()
        return len(ready) == len(session.exec(select(Letter.id)).all()) == LETTERS
