"""The list of letters, the page of one, its files, and what hostile letters can do to it (nothing)."""

from html import escape
from pathlib import Path

import pytest

from config import clock
from registry.cases import Petitioner
from registry.models import Letter
from registry.statuses import LetterStatus
from registry.users import Role
from tests.support.browser import Browser, signed_in, words_of
from tests.support.factories import AT, make_letter, make_page, make_part, make_reply
from tests.support.letters import scanned_page
from tests.support.seed import OpenedDesk, drafted_letter, open_desk, seed

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    return open_desk(tmp_path)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A clerk at a desk full of letters; for tests that only look."""
    desk = open_desk(tmp_path_factory.mktemp("seeded"))
    with desk.database.write() as session:
        seed(session, desk.store, clock.now())
    return signed_in(desk, Role.CLERK)[0]


def test_nothing_a_letter_carries_becomes_part_of_a_page(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter, case, _reply = drafted_letter(
            session,
            desk.store,
            at=AT,
            content=f"Subject: {SCRIPT}\r\nX-Evil: {SCRIPT}\r\n\r\nx".encode(),
            subject=SCRIPT,
            text=f"{SCRIPT} groapă\n> {SCRIPT}",
            own_text_spans=[[0, 10]],
            sender_name=SCRIPT,
            sender_address=f'"{SCRIPT}"@example.ro',
            petitioner=Petitioner(name=SCRIPT, email="x@example.ro", address=SCRIPT),
            decision={"evidence": [{"text": SCRIPT, "start": 0, "end": len(SCRIPT)}], "language": SCRIPT[:5]},
        )
        part = make_part(session, desk.store, letter, file_name=f'{SCRIPT}".pdf', problem="", found_type=SCRIPT[:20])
        make_page(session, part, text=SCRIPT, needs_human=True)
        make_reply(
            session,
            case,
            letter,
            kind="acknowledgement",
            body=SCRIPT,
            sources=[{"field": SCRIPT, "value": SCRIPT, "source": SCRIPT, "place": SCRIPT}],
        )
        make_letter(session, desk.store, status=LetterStatus.MACHINE_MAIL, subject=SCRIPT, machine_kind="list")
    for role in Role:
        browser, _user = signed_in(desk, role)
        for path in ("/", "/letters?view=all", "/letters?q=<script>", f"/letters/{letter.id}", "/log", "/approvals"):
            text = browser.get(path).text
            assert SCRIPT not in text, path
            assert '"<script' not in text, path
    clerk, _user = signed_in(desk, Role.CLERK)
    assert escape(SCRIPT) in clerk.get(f"/letters/{letter.id}").text


def test_the_mail_is_shown_in_a_sandbox_that_only_this_desk_may_frame(desk: OpenedDesk) -> None:
    picture = scanned_page(["x"])
    with desk.database.write() as session:
        letter, _case, _reply = drafted_letter(
            session, desk.store, at=AT, html='<p>Bună</p><img src="cid:4"><img src="cid:9">'
        )
        part = make_part(session, desk.store, letter, picture, number=4, inline=True)
    browser, _user = signed_in(desk, Role.CLERK)
    page = browser.page(f"/letters/{letter.id}?view=mail")
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    frame = browser.get(f"/letters/{letter.id}/mail")
    address = f"/letters/{letter.id}/parts/{part.id}/image"
    assert f'<img src="{address}">' in frame.text
    assert '<img src="">' in frame.text
    assert "frame-ancestors 'self'" in frame.headers["content-security-policy"]
    shown = browser.get(address)
    assert shown.headers["content-type"] == "image/png"
    assert shown.content == picture


def test_attachments_are_downloads_without_a_type_and_belong_to_their_letter(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter, _case, _reply = drafted_letter(session, desk.store, at=AT)
        other, _case, _reply = drafted_letter(session, desk.store, at=AT)
        part = make_part(session, desk.store, letter, b"<html>", file_name="pagină.html", found_type="html")
        page = make_page(session, part)
    browser, _user = signed_in(desk, Role.CLERK)
    answer = browser.get(f"/letters/{letter.id}/parts/{part.id}")
    assert answer.content == b"<html>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "filename*=UTF-8''pagin%C4%83.html" in answer.headers["content-disposition"]
    assert browser.get(f"/letters/{other.id}/parts/{part.id}").status_code == 404
    assert browser.get(f"/letters/{letter.id}/parts/{part.id}/image").status_code == 404  # not a picture
    assert browser.get(f"/letters/{letter.id}/pages/{page.id}/image").status_code == 404  # has none
    assert browser.get(f"/letters/{letter.id}/parts/{part.sha256}").status_code == 404
    original = browser.get(f"/letters/{letter.id}/original")
    assert original.content.startswith(b"Subject:")
    assert ".eml" in original.headers["content-disposition"]


def test_a_kept_file_that_was_changed_is_not_handed_out(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter, _case, _reply = drafted_letter(session, desk.store, at=AT)
    desk.store.path(letter.raw_sha256).write_bytes(b"changed")
    browser, _user = signed_in(desk, Role.CLERK)
    assert browser.get(f"/letters/{letter.id}/original").status_code == 409


def test_the_page_of_a_letter_tells_the_whole_story(seeded: Browser) -> None:
    page = seeded.page("/letters/3")
    for words in (
        '<span class="quoted">',
        ">groapă adâncă în asfalt</mark>",
        "6••••••••••25",
        "Termen: Petiție, 30 de zile",
        "locuri de completat",
        "De unde vin datele",
        "Message-ID: <m1@example.ro>",
        "a înregistrat sub numărul 3/",
    ):
        assert words in page, words


def test_a_scan_is_shown_page_by_page_with_its_doubts(seeded: Browser) -> None:
    page = seeded.page("/letters/4")
    assert "Multe cuvinte au fost citite cu îndoială" in page
    assert "Scrisoarea privește două chestiuni" in page
    address = page.split('<img src="')[1].split('"')[0]
    assert seeded.get(address).headers["content-type"] == "image/webp"


def test_an_unreadable_letter_says_why_and_offers_the_original(seeded: Browser) -> None:
    page = seeded.page("/letters/15")
    assert "protejat cu parolă" in page
    assert 'href="/letters/15/original"' in page
    assert "cerere parolata.pdf" in seeded.page("/letters?view=look")


def rows(page: str) -> int:
    return page.count('class="stretched"')


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("view=all", 17),
        ("view=machine", 2),
        ("view=late", 1),
        ("view=look", 3),
        ("view=all&state=answered", 1),
        ("view=all&state=for-approval", 1),
        ("view=all&state=failed", 1),
        ("view=all&state=in-work", 1),
        ("view=all&department=taxe-impozite", 1),
        ("view=all&topic=animale", 1),
        ("view=all&q=rusu", 1),
        ("view=all&q=petent4@example.ro", 1),
        ("view=all&q=%C8%99coala", 1),
        ("view=all&q=%", 0),
        ("view=all&q=12", 1),
        ("view=all&q=12/2020", 0),
        ("view=nonsense&sort=due", 14),
        ("view=all&page=2", 0),
    ],
)
def test_the_list_is_narrowed(seeded: Browser, query: str, count: int) -> None:
    assert rows(seeded.page(f"/letters?{query}")) == count


def test_due_first_puts_the_nearest_date_on_top(seeded: Browser) -> None:
    page = seeded.page("/letters?sort=due")
    assert page.index("Ion Rusu") < page.index("Elena Căpușan") < page.index("Sorin Weiss")


def test_the_list_has_pages_of_fifty(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        for _number in range(51):
            make_letter(session, desk.store)
    browser, _user = signed_in(desk, Role.CLERK)
    assert rows(browser.page("/letters")) == 50
    assert rows(browser.page("/letters?page=2")) == 1


def test_the_start_page_shows_balance_and_what_waits(seeded: Browser) -> None:
    page = seeded.page("/")
    assert "16 din 19 mesaje în evidență" in page
    assert "lipsesc 3" in page
    assert "mă așteaptă" in page


def test_while_sending_is_off_the_start_page_says_so(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    assert "Trimiterea prin e-mail este oprită" in browser.page("/")


def test_machine_mail_is_restored_as_a_letter(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter = make_letter(
            session, desk.store, status=LetterStatus.MACHINE_MAIL, machine_kind="list", machine_rule="list_headers"
        )
    browser, _user = signed_in(desk, Role.OPERATOR)
    assert "printr-o listă de discuții" in browser.page(f"/letters/{letter.id}")
    answer = browser.post(f"/letters/{letter.id}/process-again")
    assert "se prelucrează din nou" in words_of(answer)
    with desk.database.read() as session:
        now = session.get_one(Letter, letter.id)
    assert (now.status, now.machine_kind, now.machine_rule) == ("registered", "", "restored")


def test_a_letter_that_was_answered_is_not_processed_again(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter, _case, _reply = drafted_letter(session, desk.store, at=AT)
    browser, _user = signed_in(desk, Role.CLERK)
    assert browser.post(f"/letters/{letter.id}/process-again").status_code == 409


def test_damage_of_a_mail_is_said_on_its_page(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter = make_letter(session, desk.store, remarks=["cut-off"])
    assert "Mesajul a fost întrerupt pe drum" in signed_in(desk, Role.CLERK)[0].page(f"/letters/{letter.id}")
