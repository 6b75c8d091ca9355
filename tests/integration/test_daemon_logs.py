"""Nothing personal gets into the log of a real worker, not even at DEBUG and not when a letter fails."""

from pathlib import Path

from sqlmodel import select

from daemon.entering import enter_file
from registry.letters import PROCESSING_FAILED
from registry.models import Letter
from tests.support import mails
from tests.support.dovecot import DovecotServer
from tests.support.house import TestHouse, make_test_house
from tests.support.letters import scanned_page
from tests.support.waiting import wait_until

NAME, STREET, CNP = "Ștefania Moldovan", "Gheorghe Lazăr", "5980101320015"
SENDER = "stefania.moldovan@posta.example"
WORDS = f"Mă numesc {NAME}, CNP {CNP}, și locuiesc pe strada {STREET} nr. 14. Vă rog să reparați groapa din fața casei."
PERSONAL = (NAME, "Moldovan", STREET, "Lazăr", CNP, "posta.example", "groapa", "Groapa", "cerere-moldovan")

WORKER = """
from config.logging import set_up_logging
from config.settings import load_settings
from daemon import pipeline, worker
from daemon.steps.understanding import understand_letter
from registry.models import Letter

def breaks_on_some(house, letter_id):
    with house.database.read() as session:
        text = session.get(Letter, letter_id).text
    if "SE RUPE" in text:
        raise ValueError(text)
    return understand_letter(house, letter_id)

breaks_on_some.__name__ = "understand_letter"
pipeline.understand_letter = breaks_on_some
settings = load_settings()
set_up_logging(settings.log_level)
worker.run_worker(settings)
"""


def letter(words: str) -> bytes:
    body = mails.Container(
        [mails.text(words), mails.file(scanned_page([NAME, f"CNP {CNP}"]), "image/png", "cerere-moldovan.png")]
    )
    return mails.mail(body, subject=f"Groapa, {NAME}".encode(), sender=f"{NAME} <{SENDER}>".encode())


def test_nothing_personal_stands_in_the_log(tmp_path: Path, dovecot: DovecotServer, mailbox_user: str) -> None:
    dovecot.deliver(mailbox_user, letter(WORDS))
    dovecot.deliver(mailbox_user, letter(WORDS + " SE RUPE"))
    dovecot.deliver(mailbox_user, letter(WORDS)[:-900])  # damaged
    house = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user)
    scan = tmp_path / "cerere-moldovan.png"
    scan.write_bytes(scanned_page(WORDS.split(". ")))
    enter_file(house.house, scan)
    try:
        house.start("-c", WORKER, CABINET_LOG_LEVEL="DEBUG")
        wait_until(
            lambda: _states(house) == {"ready": 3, PROCESSING_FAILED: 1},
            seconds=60,
            what=f"all letters going their way; {house.logs()[-3000:]}",
        )
    finally:
        house.stop()
    log = house.logs()
    assert '"level": "debug"' in log
    assert '"pipeline_failed"' in log
    assert '"letter_received"' in log
    assert [word for word in PERSONAL if word in log or ascii(word)[1:-1] in log] == []


def _states(house: TestHouse) -> dict[str, int]:
    with house.house.database.read() as session:
        found = [one.problem or one.status for one in session.exec(select(Letter))]
    return {state: found.count(state) for state in set(found)}
