"""Sign-in, cookies, form tokens and headers."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from config import clock
from registry.models import LoginSession, User
from registry.users import Role
from tests.support.browser import Browser, signed_in, words_of
from tests.support.factories import PASSWORD, make_user
from tests.support.seed import OpenedDesk, open_desk

NEUTRAL = "Numele sau parola nu este corectă"


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    return open_desk(tmp_path)


def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        make_user(session, username="maria")
    wrong, unknown = Browser(desk).sign_in("maria", "altceva-gresit"), Browser(desk).sign_in("nimeni", "altceva-gresit")
    assert wrong.status_code == unknown.status_code == 401
    assert NEUTRAL in words_of(wrong)
    assert NEUTRAL in words_of(unknown)


def test_after_five_wrong_passwords_the_right_one_waits_too(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        make_user(session, username="maria")
    browser = Browser(desk)
    for _attempt in range(5):
        browser.sign_in("maria", "altceva-gresit")
    assert browser.sign_in("maria").status_code == 401
    with desk.database.write() as session:
        user = session.exec(select(User).where(User.username == "maria")).one()
        user.locked_until = clock.now() - timedelta(seconds=1)
    assert browser.sign_in("maria").status_code == 200


def test_a_session_cookie_is_hidden_from_scripts_and_from_other_sites(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK, "maria")
    browser.client.cookies.clear()
    browser.client.follow_redirects = False
    cookie = browser.sign_in("maria").headers["set-cookie"]
    assert "cabinet_session=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_behind_https_or_on_a_real_host_the_cookie_is_secure(tmp_path: Path) -> None:
    desk = open_desk(tmp_path, host="0.0.0.0")
    answer = Browser(desk).get("/sign-in")
    assert "Secure" in answer.headers["set-cookie"]
    loopback = Browser(open_desk(tmp_path / "other"))
    assert "Secure" not in loopback.get("/sign-in").headers["set-cookie"]
    assert "Secure" in loopback.get("https://testserver/sign-in").headers["set-cookie"]


def test_a_form_without_its_token_or_with_another_sessions_token_is_refused(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    other, _colleague = signed_in(desk, Role.CLERK)
    for data in ({}, {"csrf_token": ""}, {"csrf_token": other.token()}):
        answer = browser.client.post("/account/language", data={"language": "en", **data})
        assert answer.status_code == 403
        assert "sesiune anterioară" in words_of(answer)
    assert "Contul meu" in browser.page("/account")


def test_signing_in_needs_the_token_of_the_door(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        make_user(session, username="maria")
    browser = Browser(desk)
    assert browser.client.post("/sign-in", data={"username": "maria", "password": PASSWORD}).status_code == 403
    browser.get("/sign-in")
    forged = {"username": "maria", "password": PASSWORD, "csrf_token": "x"}
    assert browser.client.post("/sign-in", data=forged).status_code == 403


def test_signing_out_ends_the_session_on_the_server(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    token = browser.client.cookies["cabinet_session"]
    browser.post("/sign-out")
    with desk.database.read() as session:
        assert session.exec(select(LoginSession)).all() == []
    thief = Browser(desk)
    thief.client.cookies.set("cabinet_session", token)
    assert thief.client.get("/letters", follow_redirects=False).status_code == 303


def test_after_signing_in_one_is_on_the_page_one_wanted(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        make_user(session, username="maria")
    browser = Browser(desk)
    assert str(browser.get("/letters").url).endswith("/sign-in?next=/letters")


@pytest.mark.parametrize(
    "path", ["/", "/letters", "/letters/999", "/sign-in", "/health", "/static/desk.css", "/nowhere"]
)
def test_every_answer_carries_the_headers(desk: OpenedDesk, path: str) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("max-age=3600" if path.startswith("/static") else "no-store")


def test_pages_ask_nothing_of_other_hosts(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.ADMINISTRATOR)
    for path in ("/", "/letters", "/log", "/ledger", "/users", "/static/desk.css", "/static/desk.js"):
        text = browser.get(path).text
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "style=" not in text, path


def test_what_is_not_there_is_said_in_romanian(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    for path in ("/letters/999", "/letters/abc", "/nowhere", "/letters/999/original"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "La această adresă nu se află nimic" in words_of(answer)


def test_when_something_breaks_the_person_gets_a_page_and_no_inside_knowledge(
    desk: OpenedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    monkeypatch.setattr("desk.screens.letters.count_letters", lambda *_args: 1 / 0)
    answer = browser.get("/letters")
    assert answer.status_code == 500
    assert "S-a produs o eroare" in words_of(answer)
    assert "ZeroDivisionError" not in answer.text
    assert "default-src" in answer.headers["content-security-policy"]


def test_a_body_larger_than_any_form_is_refused(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    answer = browser.post("/account/language", language="x" * 2_000_000)
    assert answer.status_code == 413


def test_the_desk_speaks_the_language_of_its_user(desk: OpenedDesk) -> None:
    browser, _user = signed_in(desk, Role.CLERK)
    assert "Scrisori" in browser.page("/letters")
    browser.post("/account/language", language="en")
    assert "Letters" in browser.page("/letters")


def test_one_changes_ones_own_password_by_proving_the_old_one(desk: OpenedDesk) -> None:
    browser, user = signed_in(desk, Role.CLERK)
    assert browser.post("/account/password", present="gresita-de-tot", password="parola-noua-1").status_code == 422
    assert browser.post("/account/password", present=PASSWORD, password="scurt").status_code == 422
    assert browser.post("/account/password", present=PASSWORD, password="parola-noua-1").status_code == 200
    assert Browser(desk).sign_in(user.username, "parola-noua-1").status_code == 200


def test_practice_mode_is_said_on_every_page(tmp_path: Path) -> None:
    browser, _user = signed_in(open_desk(tmp_path, practice=True), Role.CLERK)
    assert "Mod de exersare" in browser.page("/letters")
