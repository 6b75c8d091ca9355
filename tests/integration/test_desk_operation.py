"""The screens of operators and administrators: log, ledger, sending, users."""

import csv
import io
from pathlib import Path

import pytest
from sqlmodel import select

from config import clock
from registry import switches
from registry.models import User
from registry.switches import SwitchName
from registry.users import Role
from tests.support.browser import Browser, signed_in, words_of
from tests.support.factories import AT
from tests.support.seed import OpenedDesk, drafted_letter, open_desk, seed


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    return open_desk(tmp_path)


def test_the_log_shows_a_correction_as_old_and_new(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter, _case, _reply = drafted_letter(session, desk.store, at=AT)
    clerk, _user = signed_in(desk, Role.CLERK)
    clerk.post(f"/letters/{letter.id}/classification", topic="animale", department="juridic", kind="presa")
    page = clerk.page("/log?show=person")
    assert "<del>Drumuri și trotuare</del> → <ins>Animale</ins>" in page
    assert "<del>petiție</del> → <ins>presă</ins>" in page
    assert "<del>" not in clerk.page("/log?show=model")
    assert f'href="/letters/{letter.id}"' in page


def test_the_log_is_exported_without_anything_personal(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        seed(session, desk.store, clock.now())
    operator, _user = signed_in(desk, Role.OPERATOR)
    answer = operator.get("/log.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 13
    assert rows[0]["topic"] == "altele"
    assert rows[0]["confidence"] == "0.0400"
    assert "Moldovan" not in answer.text
    assert len(list(csv.reader(operator.get("/log.csv?show=abstained").text.splitlines()))) == 3


def test_the_ledger_shows_every_row_with_its_outcome(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        seed(session, desk.store, clock.now())
    operator, _user = signed_in(desk, Role.OPERATOR)
    page = operator.page("/ledger")
    assert "mai mare decât este permis" in page
    assert "80\u00a0MB" in page
    assert 'href="/letters/3"' in page
    assert 'href="/letters/3"' not in operator.page("/ledger?outcome=too-big")


def test_sending_is_switched_on_only_with_the_box_ticked_and_off_at_once(desk: OpenedDesk) -> None:
    operator, _user = signed_in(desk, Role.OPERATOR)

    def sending() -> bool:
        with desk.database.read() as session:
            return switches.is_on(session, SwitchName.SENDING)

    assert operator.post("/sending", to="on").status_code == 422
    assert not sending()
    assert "Trimiterea este pornită" in words_of(operator.post("/sending", to="on", confirmed="yes"))
    assert sending()
    operator.post("/sending", to="off")
    assert not sending()


def test_an_administrator_makes_a_user_who_can_sign_in(desk: OpenedDesk) -> None:
    administrator, _user = signed_in(desk, Role.ADMINISTRATOR)
    form = {"username": "ana", "full_name": "Ana Pop", "role": "clerk", "password": "parola-buna-1"}
    assert administrator.post("/users", **form).status_code == 200
    assert Browser(desk).sign_in("ana", "parola-buna-1").status_code == 200
    refused = administrator.post("/users", **form)
    assert refused.status_code == 422
    assert 'value="Ana Pop"' in refused.text  # what was typed is kept
    assert administrator.post("/users", **{**form, "username": "b", "role": "king"}).status_code == 422
    assert administrator.post("/users", **{**form, "username": "c", "password": "scurt"}).status_code == 422


def test_a_new_password_ends_the_sessions_of_the_user(desk: OpenedDesk) -> None:
    clerk, user = signed_in(desk, Role.CLERK)
    administrator, _user = signed_in(desk, Role.ADMINISTRATOR)
    administrator.post(f"/users/{user.id}/password", password="alta-parola-2")
    assert clerk.client.get("/", follow_redirects=False).status_code == 303
    assert Browser(desk).sign_in(user.username, "alta-parola-2").status_code == 200


def test_an_administrator_cannot_lock_themselves_out(desk: OpenedDesk) -> None:
    administrator, user = signed_in(desk, Role.ADMINISTRATOR)
    assert administrator.post(f"/users/{user.id}/active", active="no").status_code == 422
    with desk.database.read() as session:
        assert session.exec(select(User).where(User.id == user.id)).one().active
