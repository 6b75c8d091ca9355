"""What the desk shows and lets people do about mail: questions about cases, notices, the balance, acknowledgements."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from config import clock
from registry.models import JoinProposal, LedgerEntry, Letter, Outbox, Switch
from registry.switches import SwitchName
from registry.users import Role
from tests.support.browser import signed_in, words_of
from tests.support.factories import make_letter, make_user
from tests.support.seed import OpenedDesk, open_desk
from tests.support.seed_mail import asked, bounced, unbalanced


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    return open_desk(tmp_path)


def a_question(desk: OpenedDesk, why: str = "thread") -> JoinProposal:
    with desk.database.write() as session:
        return asked(session, desk.store, clock.now(), why)


def case_of(desk: OpenedDesk, proposal: JoinProposal) -> int | None:
    with desk.database.read() as session:
        return session.get_one(Letter, proposal.letter_id).case_id


def test_a_stranger_in_the_thread_is_a_question_that_a_clerk_answers(desk: OpenedDesk) -> None:
    proposal = a_question(desk)
    clerk, _user = signed_in(desk, Role.CLERK)
    page = clerk.page(f"/letters/{proposal.letter_id}")
    assert "Altcineva decât petentul scrie în corespondența cazului" in page
    assert "Re: Gard căzut în parc" in clerk.page("/letters?view=look")
    answer = clerk.post(f"/letters/{proposal.letter_id}/joins/{proposal.id}", choice="join")
    assert "alăturată acelui caz" in words_of(answer)
    assert case_of(desk, proposal) == proposal.case_id
    assert "Re: Gard căzut în parc" not in clerk.page("/letters?view=look")


def test_a_letter_kept_apart_is_not_asked_about_again(desk: OpenedDesk) -> None:
    proposal = a_question(desk, "duplicate")
    clerk, _user = signed_in(desk, Role.CLERK)
    assert "Probabil aceeași scrisoare" in clerk.page(f"/letters/{proposal.letter_id}")
    clerk.post(f"/letters/{proposal.letter_id}/joins/{proposal.id}", choice="apart")
    clerk.post(f"/letters/{proposal.letter_id}/joins/{proposal.id}", choice="join")
    assert case_of(desk, proposal) != proposal.case_id
    assert "Probabil aceeași scrisoare" not in clerk.page(f"/letters/{proposal.letter_id}")


def test_a_question_of_another_letter_is_not_answered_here(desk: OpenedDesk) -> None:
    proposal = a_question(desk)
    clerk, _user = signed_in(desk, Role.CLERK)
    assert clerk.post(f"/letters/{proposal.letter_id + 1}/joins/{proposal.id}", choice="join").status_code == 404


def test_a_reply_that_came_back_is_shown_at_the_letter_and_decided_by_a_person(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter, _reply, outbox, notice = bounced(
            session, desk.store, clock.now(), make_user(session, role=Role.APPROVER)
        )
    clerk, _user = signed_in(desk, Role.CLERK)
    page = clerk.page(f"/letters/{letter.id}")
    assert "Nu a putut fi livrat (5.1.1)" in page
    assert "Cetățeanul nu a primit acest răspuns." in page
    assert f'href="/letters/{letter.id}"' in clerk.page(f"/letters/{notice.id}")
    assert "întors nelivrat" in clerk.page("/dispatches")
    clerk.post(f"/dispatches/{outbox.id}/decision", choice="print")
    with desk.database.read() as session:
        assert session.get_one(Outbox, outbox.id).state == "to-print"


def test_a_list_letter_is_a_letter_without_acknowledgement(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        letter = make_letter(session, desk.store, machine_kind="list", machine_rule="list_headers")
    page = signed_in(desk, Role.CLERK)[0].page(f"/letters/{letter.id}")
    assert "Este tratată ca scrisoare, dar nu se trimite confirmare." in page


def test_a_silent_mailbox_and_what_is_in_no_ledger_are_said_on_the_first_screen(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        unbalanced(session, clock.now())
    operator, _user = signed_in(desk, Role.OPERATOR)
    page = operator.page("/")
    assert "Căsuța registratura nu poate fi citită:" in page
    assert "1 din 2 mesaje în evidență" in page
    assert "1 mesaj de pe server nu este în evidență" in page
    ledger = operator.page("/ledger")
    assert "Cerere de urgentare" in ledger
    assert "Planșe pentru PUZ" in ledger


def test_an_operator_releases_a_mail_that_was_too_big(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        entry = unbalanced(session, clock.now())
    operator, _user = signed_in(desk, Role.OPERATOR)
    operator.post(f"/ledger/{entry.id}/release")
    with desk.database.read() as session:
        assert session.get_one(LedgerEntry, entry.id).released
    assert "se preia la următoarea citire" in operator.page("/ledger")


def test_acknowledgements_are_switched_on_by_somebody_who_may_approve(desk: OpenedDesk) -> None:
    operator, _operator = signed_in(desk, Role.OPERATOR)
    assert operator.post("/sending/acknowledgements", to="on").status_code == 403
    approver, user = signed_in(desk, Role.APPROVER)
    assert user.full_name in words_of(approver.post("/sending/acknowledgements", to="on"))
    with desk.database.read() as session:
        switch = session.get_one(Switch, SwitchName.ACKNOWLEDGEMENTS)
    assert (switch.on, switch.changed_by) == (True, user.username)
    approver.post("/sending/acknowledgements", to="off")
    with desk.database.read() as session:
        assert not session.get_one(Switch, SwitchName.ACKNOWLEDGEMENTS).on


def test_monitoring_reads_ages_and_differences_but_nothing_personal(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        unbalanced(session, clock.now())
    answer = TestClient(desk.app, client=("127.0.0.1", 50000)).get("/metrics")
    assert answer.status_code == 200
    text = answer.text
    figures = {
        sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples
    }
    assert figures["cabinet_mailbox_last_good_poll_age_seconds"] >= 3 * 3600
    assert figures["cabinet_mailbox_silent"] == 1
    assert figures["cabinet_mailbox_messages_not_accounted"] == 1
    assert "posta.example" not in text


def test_other_machines_get_no_figures(desk: OpenedDesk) -> None:
    assert TestClient(desk.app, client=("192.0.2.9", 50000)).get("/metrics").status_code == 404
