"""Mails made to hang, crash or flood the reader: each ends within its limit, with a reason, and stays kept."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import col, select

from daemon.house import House
from daemon.steps import parts
from daemon.steps.parts import record_parts, take_letter_apart
from ingest.mailbox import Mailbox
from ingest.message import MAIL_LIMITS, take_apart
from ingest.problems import CODES, describe_problem
from ingest.quoted import READ_LIMIT
from ingest.receive import receive_mail
from registry.models import Letter
from tests.support.attacks import ATTACKS
from tests.support.children import children_of, template_of
from tests.support.dovecot import DovecotServer
from tests.support.house import make_test_house
from tests.support.mailboxes import account_on
from tests.support.mails import mail, text

FILE_LIMIT = 64 * 1024**2


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_within_its_limits_with_its_reason(name: str, tmp_path: Path) -> None:
    """`take_apart` raises when a limit of time or memory is reached: none of these reaches one."""
    attack = ATTACKS[name]
    raw = attack.raw()
    (tmp_path / "mail").write_bytes(raw)
    message = take_apart(tmp_path / "mail", tmp_path / "parts")
    assert attack.problems <= set(message.problems)
    assert all(code in CODES and describe_problem(code) for code in message.problems)
    assert (tmp_path / "mail").read_bytes() == raw
    if attack.head_only:
        assert (message.text, message.parts) == ("", ())
    assert len(message.text) <= 1024**2
    assert len(message.html) <= 3 * 1024**2
    assert sum(end - start for start, end in message.new_text_spans) <= READ_LIMIT
    assert len(message.to) <= 200
    assert all(len(part.filename) <= 120 and part.size <= FILE_LIMIT for part in message.parts)
    assert children_of(template_of("take_apart").pid) == []


def letters_of(house: House) -> list[Letter]:
    with house.database.read() as session:
        return list(session.exec(select(Letter).order_by(col(Letter.id))))


def taken(house: House, letter: Letter) -> Letter:
    """The letter after it was taken apart and recorded, as the pipeline does it."""
    assert letter.id is not None
    found = take_letter_apart(house, letter.id)
    with house.database.write() as session:
        record_parts(house, session, letter.id, found)
        return session.get_one(Letter, letter.id)


def test_one_bomb_among_a_hundred_letters_holds_up_no_other(
    dovecot: DovecotServer, mailbox_user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = replace(MAIL_LIMITS, memory=150 * 1024**2)
    monkeypatch.setattr(parts, "take_apart", partial(take_apart, limits=tight))
    bomb = mail(text("x" * 30_000_000), subject="Bomba")
    for number in range(100):
        dovecot.deliver(mailbox_user, bomb if number == 50 else mail(subject=f"Cererea {number}"))
    world = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user)
    house = world.house
    with Mailbox(account_on(dovecot, mailbox_user)) as mailbox:
        report = receive_mail(house.database, house.store, mailbox, account="primaria", folder="INBOX")
    assert (report.on_server, report.new_letters, report.waiting) == (100, 100, 0)
    letters = [taken(house, letter) for letter in letters_of(house)]
    subjects = {letter.subject for letter in letters if not letter.problem}
    assert subjects == {f"Cererea {number}" for number in range(100) if number != 50}
    (killed,) = [letter for letter in letters if letter.problem]
    assert killed.problem == "out-of-memory"
    assert house.store.read(killed.raw_sha256) == bomb.replace(b"\n", b"\r\n")
    world.stop()


def test_every_attack_among_ordinary_letters_is_registered_and_the_ordinary_ones_are_read(
    dovecot: DovecotServer, mailbox_user: str, tmp_path: Path
) -> None:
    small = [raw for attack in ATTACKS.values() if 0 < len(raw := attack.raw()) < 500_000]
    for number, raw in enumerate(small):
        dovecot.deliver(mailbox_user, raw)
        dovecot.deliver(mailbox_user, mail(subject=f"Cererea {number}"))
    world = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user)
    house = world.house
    with Mailbox(account_on(dovecot, mailbox_user)) as mailbox:
        report = receive_mail(house.database, house.store, mailbox, account="primaria", folder="INBOX")
    assert report.new_letters == 2 * len(small)
    letters = [taken(house, letter) for letter in letters_of(house)]
    assert len(letters) == 2 * len(small)
    assert {f"Cererea {number}" for number in range(len(small))} <= {letter.subject for letter in letters}
    world.stop()
