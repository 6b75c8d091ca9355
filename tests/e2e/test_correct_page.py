"""A clerk without JavaScript corrects a badly read page, and the real worker makes the rest of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from config import clock
from registry.models import Letter
from registry.statuses import LetterStatus
from registry.users import Role
from tests.support.chromium import BINARY, Person, open_chromium
from tests.support.house import TestHouse, add_users, make_test_house
from tests.support.scans import make_scan, make_scanned_page
from tests.support.seed import drafted_letter
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(BINARY is None, reason="Chromium is not installed: apt-get install chromium")

BADLY_READ = ("Domnule Prirnar,", "i1uminatu1 pub1ic nu rnai funcţionează")
RIGHT = "Domnule Primar,\niluminatul public nu mai funcționează, becurile de pe stâlpi sunt arse"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TestHouse]:
    made = make_test_house(tmp_path)
    add_users(made.house, [Role.CLERK])
    with made.house.database.write() as session:
        text = "\n".join(BADLY_READ)
        letter, _case, _reply = drafted_letter(
            session, made.house.store, at=clock.now(), channel="post", text=text, reply_address="", subject=""
        )
        part = make_scan(session, made.house.store, letter)
        make_scanned_page(session, made.house.store, part, 1, BADLY_READ, doubtful=frozenset(BADLY_READ[1].split()))
    try:
        made.start_worker()
        made.start_desk()
        yield made
    finally:
        made.stop()


def test_a_page_is_corrected_without_javascript(house: TestHouse) -> None:
    with open_chromium() as browser:
        clerk = Person(browser, house, javascript=False)
        clerk.sign_in("clerk")
        clerk.page.goto("/letters/1")
        clerk.page.get_by_role("link", name="Compară și corectează").click()
        expect(clerk.page.get_by_role("heading", name="Pagina 1 din 1")).to_be_visible()
        # The doubtful word and its place in the picture lead to each other.
        clerk.page.locator("a.doubt").first.click()
        expect(clerk.page).to_have_url(f"{house.address}/letters/1/page/1/1#b1-1-1")
        clerk.page.locator(".over a").first.click()
        expect(clerk.page).to_have_url(f"{house.address}/letters/1/page/1/1#w1-1-1")
        clerk.page.get_by_label("Textul așa cum este pe pagină").fill(RIGHT)
        clerk.page.get_by_role("button", name="Salvează textul").click()
        expect(clerk.page.get_by_text("Textul a fost salvat")).to_be_visible()
        expect(clerk.page.get_by_text("corectat de Probă Clerk")).to_be_visible()

        letter = wait_until(lambda: revised(house), what=f"the worker revising; {house.logs()[-2000:]}")
        assert letter.text == RIGHT
        clerk.page.goto("/letters/1")
        expect(clerk.page.get_by_label("Temă")).to_have_value("iluminat-public")
        expect(clerk.page.get_by_role("link", name="Copie de arhivă")).to_be_visible()
        assert clerk.foreign_requests() == []
    assert letter.archive_sha256 is not None
    copy = str(house.house.store.path(letter.archive_sha256))
    found = subprocess.run(["pdftotext", copy, "-"], check=True, capture_output=True, text=True).stdout
    assert "becurile de pe stâlpi sunt arse" in " ".join(found.split())


def revised(house: TestHouse) -> Letter | None:
    """The letter, once its text and its archive copy were made anew."""
    with house.house.database.read() as session:
        return session.exec(
            select(Letter).where(Letter.status == LetterStatus.READY, col(Letter.archive_sha256).is_not(None))
        ).first()
