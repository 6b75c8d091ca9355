"""A letter's way through the hands of people: correct, edit, submit, return, approve, dispatch."""

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from registry.cases import Petitioner
from registry.models import Case, Decision, Letter, Outbox, Reply, ReplyVersion
from registry.users import Role
from responders.gaps import gap, gaps_in
from tests.support.browser import Browser, signed_in, words_of
from tests.support.factories import AT
from tests.support.seed import OpenedDesk, drafted_letter, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    return open_desk(tmp_path)


def new_letter(desk: OpenedDesk, **fields: Any) -> tuple[Letter, Reply]:
    with desk.database.write() as session:
        letter, _case, reply = drafted_letter(session, desk.store, at=AT, **fields)
        return letter, reply


def reply_now(desk: OpenedDesk, reply: Reply) -> Reply:
    with desk.database.read() as session:
        return session.get_one(Reply, reply.id)


def typed(reply: Reply, **changes: str) -> dict[str, str]:
    fields = {
        "version": str(reply.version),
        "channel": reply.channel,
        "subject": reply.subject,
        "body": reply.body,
        "recipient_name": reply.recipient_name,
        "recipient_email": reply.recipient_email,
        "recipient_address": reply.recipient_address,
    }
    return {**fields, **changes}


def filled(reply: Reply) -> str:
    body = reply.body
    for what in gaps_in(body):
        body = body.replace(gap(what), "echipa a fost pe teren la 20.11.2026")
    return body


def test_the_whole_walk_from_correction_to_approval(desk: OpenedDesk) -> None:
    letter, reply = new_letter(desk)
    clerk, _maria = signed_in(desk, Role.CLERK)
    approver, _dan = signed_in(desk, Role.APPROVER)
    place = f"/letters/{letter.id}"

    answer = clerk.post(f"{place}/classification", topic="salubrizare", department="mediu-salubritate", kind="petitie")
    assert "răspunsul redactat din nou" in words_of(answer)
    assert "mediu-salubritate" in clerk.page(place)

    now = reply_now(desk, reply)
    answer = clerk.post(f"/replies/{reply.id}/submit", **typed(now, body=filled(now)))
    assert "Trimis la aprobare" in words_of(answer)
    assert now.subject in approver.page("/approvals")

    assert approver.post(f"/replies/{reply.id}/return", reason="  ").status_code == 422
    answer = approver.post(f"/replies/{reply.id}/return", reason="Lipsește termenul lucrării.")
    assert answer.status_code == 200
    assert "Lipsește termenul lucrării." in clerk.page(place)

    now = reply_now(desk, reply)
    body = now.body.replace("Cu stimă", "Lucrarea se face până la 30.11.2026.\n\nCu stimă")
    assert clerk.post(f"/replies/{reply.id}/save", **typed(now, body=body)).status_code == 200
    now = reply_now(desk, reply)
    assert "30.11.2026" in now.body
    clerk.post(f"/replies/{reply.id}/submit", **typed(now))

    shown = str(reply_now(desk, reply).version)
    answer = approver.post(f"/replies/{reply.id}/approve", version=shown)
    assert "trimiterea prin e-mail este oprită" in words_of(answer)
    with desk.database.read() as session:
        assert session.get_one(Reply, reply.id).status == "approved"
        assert session.exec(select(Outbox)).one().state == "queued"
    page = clerk.page(place)
    assert "așteaptă trimiterea" in page
    assert "a corectat clasificarea" in page


def test_a_draft_with_gaps_is_not_submitted_but_its_text_is_saved(desk: OpenedDesk) -> None:
    letter, reply = new_letter(desk)
    clerk, _user = signed_in(desk, Role.CLERK)
    answer = clerk.post(f"/replies/{reply.id}/submit", **typed(reply, body=reply.body + "\nRândul meu."))
    assert answer.status_code == 422
    assert "locuri de completat" in clerk.page(f"/letters/{letter.id}")
    now = reply_now(desk, reply)
    assert now.status == "draft"
    assert "Rândul meu." in now.body


def test_nobody_approves_what_they_wrote(desk: OpenedDesk) -> None:
    letter, reply = new_letter(desk, filled=True)
    clerk, user = signed_in(desk, Role.CLERK)
    clerk.post(f"/replies/{reply.id}/submit", **typed(reply))
    with desk.database.write() as session:
        session.merge(user).role = Role.APPROVER
    page = clerk.page(f"/letters/{letter.id}")
    assert "trebuie să îl aprobe altcineva" in page
    answer = clerk.post(f"/replies/{reply.id}/approve", version=str(reply_now(desk, reply).version))
    assert answer.status_code == 422
    assert reply_now(desk, reply).status == "for-approval"


def test_an_approver_approves_only_the_version_on_the_screen(desk: OpenedDesk) -> None:
    _letter, reply = new_letter(desk, filled=True)
    clerk, _user = signed_in(desk, Role.CLERK)
    approver, _other = signed_in(desk, Role.APPROVER)
    clerk.post(f"/replies/{reply.id}/submit", **typed(reply, body=reply.body + "\nÎncă un rând."))
    answer = approver.post(f"/replies/{reply.id}/approve", version=str(reply.version))
    assert answer.status_code == 409
    assert reply_now(desk, reply).status == "for-approval"


def test_two_clerks_at_one_reply_lose_nothing(desk: OpenedDesk) -> None:
    letter, reply = new_letter(desk)
    first, _maria = signed_in(desk, Role.CLERK)
    second, _ion = signed_in(desk, Role.CLERK)
    first.post(f"/replies/{reply.id}/save", **typed(reply, body="Textul primei colege."))
    answer = second.post(f"/replies/{reply.id}/save", **typed(reply, body="Textul celui de-al doilea."))
    page = words_of(answer)
    assert answer.status_code == 409
    assert "Textul celui de-al doilea.</textarea>" in page
    assert "Textul primei colege." in page
    assert reply_now(desk, reply).body.strip() == "Textul primei colege."
    with desk.database.read() as session:
        kept = session.exec(select(ReplyVersion.body).where(ReplyVersion.reply_id == reply.id)).all()
    assert any("al doilea" in body for body in kept)
    assert "a scris un text care nu a putut fi salvat" in second.page(f"/letters/{letter.id}")


def test_what_is_typed_into_a_reply_that_waits_for_approval_is_kept_and_shown(desk: OpenedDesk) -> None:
    _letter, reply = new_letter(desk, filled=True)
    clerk, _user = signed_in(desk, Role.CLERK)
    clerk.post(f"/replies/{reply.id}/submit", **typed(reply))
    answer = clerk.post(f"/replies/{reply.id}/save", **typed(reply, body="Mă răzgândesc."))
    assert answer.status_code == 409
    assert "Mă răzgândesc." in words_of(answer)


def test_a_correction_leaves_a_reply_alone_that_a_person_worked_on(desk: OpenedDesk) -> None:
    letter, reply = new_letter(desk)
    clerk, _user = signed_in(desk, Role.CLERK)
    clerk.post(f"/replies/{reply.id}/save", **typed(reply, body="Textul meu."))
    answer = clerk.post(
        f"/letters/{letter.id}/classification", topic="animale", department="mediu-salubritate", kind="petitie"
    )
    assert "rămâne cum este" in words_of(answer)
    assert reply_now(desk, reply).body.strip() == "Textul meu."


def test_another_legal_kind_counts_the_dates_anew(desk: OpenedDesk) -> None:
    letter, _reply = new_letter(desk)
    clerk, _user = signed_in(desk, Role.CLERK)
    with desk.database.read() as session:
        before = session.get_one(Case, letter.case_id).target_on
    clerk.post(
        f"/letters/{letter.id}/classification",
        topic="informatii-publice",
        department="relatii-publice",
        kind="informatii-publice",
    )
    with desk.database.read() as session:
        after = session.get_one(Case, letter.case_id).target_on
        decisions = session.exec(select(Decision).order_by("id")).all()
    assert before is not None
    assert after is not None
    assert after < before
    assert decisions[-1].replaces_id == decisions[0].id
    assert "Legea 544/2001" in clerk.page(f"/letters/{letter.id}")


@pytest.mark.parametrize(
    "choice",
    [
        {"topic": "nimic", "department": "directia-tehnica", "kind": "petitie"},
        {"topic": "animale", "department": "nimeni", "kind": "petitie"},
        {"topic": "animale", "department": "directia-tehnica", "kind": "nimic"},
    ],
)
def test_a_choice_that_is_not_in_the_tables_is_refused(desk: OpenedDesk, choice: dict[str, str]) -> None:
    letter, _reply = new_letter(desk)
    clerk, _user = signed_in(desk, Role.CLERK)
    assert clerk.post(f"/letters/{letter.id}/classification", **choice).status_code == 422
    with desk.database.read() as session:
        assert len(session.exec(select(Decision)).all()) == 1


def approved(desk: OpenedDesk, **fields: Any) -> tuple[Browser, Reply, Outbox]:
    _letter, reply = new_letter(desk, filled=True, **fields)
    clerk, _user = signed_in(desk, Role.CLERK)
    approver, _other = signed_in(desk, Role.APPROVER)
    clerk.post(f"/replies/{reply.id}/submit", **typed(reply))
    approver.post(f"/replies/{reply.id}/approve", version=str(reply_now(desk, reply).version))
    with desk.database.read() as session:
        return clerk, reply, session.exec(select(Outbox).where(Outbox.reply_id == reply.id)).one()


def test_a_postal_reply_is_printed_and_marked_as_posted(desk: OpenedDesk) -> None:
    petitioner = Petitioner(name="Gheorghe Marin", address="Str. Cibin nr. 21, Mediaș")
    clerk, reply, outbox = approved(desk, channel="post", petitioner=petitioner, reply_address="")
    assert "Gheorghe Marin" in clerk.page("/post")
    first, again = clerk.get(f"/replies/{reply.id}/pdf"), clerk.get(f"/replies/{reply.id}/pdf")
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"].startswith("inline")
    assert first.content == again.content
    assert clerk.post(f"/post/{outbox.id}/posted").status_code == 200
    assert reply_now(desk, reply).status == "dispatched"
    assert clerk.post(f"/post/{outbox.id}/posted").status_code == 409


@pytest.mark.parametrize(("choice", "state"), [("sent", "sent"), ("again", "queued")])
def test_a_person_decides_about_a_dispatch_in_doubt(desk: OpenedDesk, choice: str, state: str) -> None:
    clerk, _reply, outbox = approved(desk)
    with desk.database.write() as session:
        row = session.get_one(Outbox, outbox.id)
        row.state = "unknown"
    assert "nu se știe dacă s-a trimis" in clerk.page("/dispatches")
    assert clerk.post(f"/dispatches/{outbox.id}/decision", choice=choice).status_code == 200
    with desk.database.read() as session:
        assert session.get_one(Outbox, outbox.id).state == state


@pytest.mark.parametrize(("choice", "state"), [("print", "to-print"), ("again", "queued")])
def test_a_refused_dispatch_is_sent_again_or_printed(desk: OpenedDesk, choice: str, state: str) -> None:
    clerk, _reply, outbox = approved(desk)
    with desk.database.write() as session:
        session.get_one(Outbox, outbox.id).state = "refused"
    assert clerk.post(f"/dispatches/{outbox.id}/decision", choice=choice).status_code == 200
    with desk.database.read() as session:
        assert session.get_one(Outbox, outbox.id).state == state
