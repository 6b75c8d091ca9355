"""The whole way of one mail and one scan, in a real browser, through real servers, by two people."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from daemon import checks
from registry.models import AuditEvent, Case, Decision, Letter, Outbox, RegisterEntry
from registry.statuses import CaseStatus, DispatchState, LetterStatus
from registry.users import Role
from tests.support.chromium import BINARY, Person, open_chromium
from tests.support.dovecot import DovecotServer
from tests.support.house import PASSWORD, TestHouse, add_users, make_test_house
from tests.support.letters import plain_petition, scanned_page
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(BINARY is None, reason="Chromium is not installed: apt-get install chromium")
GAP = re.compile(r"\[de completat: [^\]]*\]")


@pytest.fixture
def running(
    tmp_path: Path, dovecot: DovecotServer, mailbox_user: str
) -> Iterator[tuple[TestHouse, SmtpSink, DovecotServer, str]]:
    """A house with worker, desk, mailbox and mail server, and one user per role."""
    sink = SmtpSink()
    sink.start()
    house = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user, sink=sink)
    add_users(house.house, list(Role))
    try:
        house.start_worker()
        house.start_desk()
        yield house, sink, dovecot, mailbox_user
    finally:
        house.stop()
        sink.stop()


def test_a_mail_goes_the_whole_way_from_mailbox_to_reply(
    running: tuple[TestHouse, SmtpSink, DovecotServer, str], tmp_path: Path
) -> None:
    house, sink, dovecot, user = running
    dovecot.deliver(user, plain_petition(4))
    letter = _ready_letter(house)

    with open_chromium() as browser:
        clerk, approver, operator = (Person(browser, house) for _ in range(3))
        clerk.sign_in("clerk")
        clerk.page.goto("/letters")
        row = clerk.page.get_by_role("row").filter(has_text="Ana Munteanu")
        expect(row).to_contain_text("Groapă pe strada Vinului nr. 4")
        expect(row).to_contain_text("Drumuri și trotuare")
        expect(row).to_contain_text("%")
        row.get_by_role("link").first.click()
        expect(clerk.page.get_by_text("s-a format o groapă mare în asfalt").first).to_be_visible()
        expect(clerk.page.get_by_text("OG 27/2002, art. 8 alin. (1)").first).to_be_visible()

        # Correct the classification, and see the answer drafted anew for it.
        clerk.page.get_by_label("Temă").select_option("parcare-circulatie")
        clerk.page.get_by_label("Compartiment").select_option("politia-locala")
        clerk.page.get_by_role("button", name="Corectează").click()
        expect(clerk.page.get_by_label("Temă")).to_have_value("parcare-circulatie")

        # A draft with gaps cannot go to approval; once filled it can.
        clerk.page.get_by_role("button", name="Trimite la aprobare").click()
        expect(clerk.page.get_by_role("button", name="Trimite la aprobare")).to_be_visible()
        _fill_gaps(clerk, "Marcajul rutier a fost refăcut ieri")
        clerk.page.get_by_role("button", name="Trimite la aprobare").click()
        expect(clerk.page.get_by_text("la aprobare").first).to_be_visible()

        approver.sign_in("approver")
        approver.page.goto("/approvals")
        approver.page.get_by_role("link", name="Ana Munteanu").click()
        approver.page.get_by_label("Motivul returnării").fill("Lipsește data verificării.")
        approver.page.get_by_role("button", name="Returnează cu acest motiv").click()

        clerk.page.reload()
        expect(clerk.page.get_by_text("Lipsește data verificării.")).to_be_visible()
        text = clerk.page.locator("textarea[name=body]")
        text.fill(text.input_value().replace("refăcut ieri", "refăcut la 24.11.2026"))
        clerk.page.get_by_role("button", name="Trimite la aprobare").click()

        approver.page.goto("/approvals")
        approver.page.get_by_role("link", name="Ana Munteanu").click()
        expect(approver.page.get_by_text("refăcut la 24.11.2026").first).to_be_visible()
        approver.page.get_by_role("button", name="Aprobă").click()

        sent = wait_until(lambda: sink.messages, what=f"the reply arriving; {house.logs()[-2000:]}")[0]
        _assert_answers(sent, letter)
        wait_until(lambda: _case(house, letter).status == CaseStatus.ANSWERED, what="the case being answered")
        clerk.page.reload()
        expect(clerk.page.get_by_text("trimis").first).to_be_visible()

        operator.sign_in("operator")
        operator.page.goto("/log")
        expect(operator.page.get_by_role("row").filter(has_text="clasificator")).to_have_count(1)
        expect(operator.page.get_by_role("row").filter(has_text="Probă Clerk")).to_contain_text("Parcare și circulație")
        for person in (clerk, approver, operator):
            assert person.foreign_requests() == []

    assert len(sink.messages) == 1
    with house.house.database.read() as session:
        acts = set(session.exec(select(AuditEvent.act)))
        decisions = session.exec(select(Decision).order_by(col(Decision.id))).all()
    assert {"register", "classify", "open-case", "draft", "correct-classification", "approve"} <= acts
    assert [decision.user_id is None for decision in decisions] == [True, False]
    assert decisions[1].replaces_id == decisions[0].id
    assert checks.verify(house.house) == []


def test_a_scan_goes_the_whole_way_from_scanner_to_post_office(
    running: tuple[TestHouse, SmtpSink, DovecotServer, str], tmp_path: Path
) -> None:
    house, sink, _, _ = running
    scans = tmp_path / "scans"
    page = [
        "Către Primăria Municipiului Mediaș",
        "Subsemnatul Vasile Ardelean, domiciliat în Mediaș,",
        "str. Arieș nr. 7, ap. 3, vă aduc la cunoștință că pe",
        "strada Cibin câinii fără stăpân umblă în haită și au",
        "mușcat un copil. Vă rog să trimiteți echipa de la",
        "adăpostul pentru câini.",
        "Vasile Ardelean",
    ]
    (scans / "scan0001.png").write_bytes(scanned_page(page))
    letter = _ready_letter(house)
    assert letter.channel == "post"

    with open_chromium() as browser:
        # Without JavaScript everything can be read and decided as well.
        clerk, approver = Person(browser, house, javascript=False), Person(browser, house, javascript=False)
        clerk.sign_in("clerk")
        clerk.page.goto(f"/letters/{letter.id}")
        picture = clerk.page.locator("img[src*='/pages/']").first
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 500
        expect(clerk.page.get_by_text("câinii fără stăpân").first).to_be_visible()
        expect(clerk.page.get_by_label("Temă")).to_have_value("animale")
        expect(clerk.page.locator("textarea[name=recipient_address]")).to_have_value(re.compile("Arieș nr. 7, ap. 3"))
        _fill_gaps(clerk, "Câinii au fost ridicați")
        clerk.page.get_by_role("button", name="Trimite la aprobare").click()

        approver.sign_in("approver")
        approver.page.goto("/approvals")
        approver.page.get_by_role("link", name="Vasile Ardelean").click()
        approver.page.get_by_role("button", name="Aprobă").click()

        clerk.page.goto("/post")
        link = clerk.page.get_by_role("link", name="Deschide PDF").get_attribute("href")
        assert link is not None
        printed = clerk.page.request.get(house.address + link)
        assert printed.headers["content-type"] == "application/pdf"
        _assert_printed(printed.body())
        clerk.page.get_by_role("button", name="Marchează expediat").click()

    with house.house.database.read() as session:
        outbox = session.exec(select(Outbox)).one()
        entry = session.get_one(RegisterEntry, letter.entry_id)
    assert outbox.state == DispatchState.POSTED
    assert entry.dispatched_on is not None
    assert _case(house, letter).status == CaseStatus.ANSWERED
    assert sink.messages == []
    assert (scans / "preluate" / "scan0001.png").exists()
    assert checks.verify(house.house) == []


def test_the_wrong_password_opens_nothing(running: tuple[TestHouse, SmtpSink, DovecotServer, str]) -> None:
    house = running[0]
    with open_chromium() as browser:
        stranger = Person(browser, house)
        stranger.page.goto("/letters")
        stranger.page.get_by_label("Nume de utilizator").fill("clerk")
        stranger.page.get_by_label("Parola").fill(PASSWORD + "?")
        stranger.page.get_by_role("button", name="Autentificare").click()
        expect(stranger.page.get_by_role("button", name="Autentificare")).to_be_visible()
        expect(stranger.page.get_by_role("alert")).to_be_visible()


def _ready_letter(house: TestHouse) -> Letter:
    def ready() -> Letter | None:
        with house.house.database.read() as session:
            return session.exec(select(Letter).where(Letter.status == LetterStatus.READY)).first()

    found = wait_until(ready, seconds=60, what=f"a letter ready for the desk; {house.logs()[-2000:]}")
    assert found is not None
    return found


def _fill_gaps(person: Person, words: str) -> None:
    text = person.page.locator("textarea[name=body]")
    text.fill(GAP.sub(words, text.input_value()))


def _case(house: TestHouse, letter: Letter) -> Case:
    with house.house.database.read() as session:
        return session.get_one(Case, letter.case_id)


def _assert_answers(sent: EmailMessage, letter: Letter) -> None:
    assert sent["To"].addresses[0].addr_spec == "ana.munteanu@posta.example"
    assert sent["In-Reply-To"] == "<petitie-4@posta.example>"
    assert sent["Subject"] == "Re: Groapă pe strada Vinului nr. 4"
    body = sent.get_content()
    assert "refăcut la 24.11.2026" in body
    assert "Temei legal: OG 27/2002" in body
    assert not GAP.search(body)
    assert letter.message_id == "petitie-4@posta.example"


def _assert_printed(pdf: bytes) -> None:
    text = "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    for words in ("Municipiul Mediaș", "Vasile Ardelean", "Arieș nr. 7", "Câinii au fost ridicați", "Temei legal"):
        assert words in text or words.upper() in text, f"{words} is not on the printed letter"
