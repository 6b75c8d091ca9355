"""The command line: each command does its thing, and what is wrong is one sentence without a traceback."""

import json
import sqlite3
import stat
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from sqlmodel import Session, select

from config import clock
from config.settings import CONFIG_VARIABLE, load_settings
from daemon import cli
from daemon.house import open_house
from daemon.sweeping import sweep_mailbox
from ingest.errors import describe_failure
from registry.models import Letter, Switch, User
from registry.users import Role, sign_in
from tests.support.dovecot import DovecotServer
from tests.support.house import TestHouse, make_test_house
from tests.support.letters import plain_petition, scanned_page
from tests.support.mails import mail
from tests.support.ports import free_port

PASSWORD = "parolă lungă de probă"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Cabinet:
    """`cabinet …` as the shell would run it, in this process."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Said:
        self.monkeypatch.setattr(sys, "argv", ["cabinet", *map(str, arguments)])
        self.capture.readouterr()
        code: str | int | None = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        captured = self.capture.readouterr()
        assert "Traceback" not in captured.err
        return Said(int(code or 0), captured.out, captured.err)

    def use(self, config: Path) -> None:
        self.monkeypatch.setenv(CONFIG_VARIABLE, str(config))


@pytest.fixture
def cabinet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cabinet:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CONFIG_VARIABLE, "")  # so that what a command sets is undone after the test
    monkeypatch.delenv(CONFIG_VARIABLE)
    return Cabinet(tmp_path, monkeypatch, capsys)


@pytest.fixture
def house(tmp_path: Path, cabinet: Cabinet) -> TestHouse:
    house = make_test_house(tmp_path, sending=False)
    cabinet.use(house.config)
    return house


# --- init ----------------------------------------------------------------------------------------------------


def init(cabinet: Cabinet, **changed: str) -> Said:
    answers = {
        "folder": "birou",
        "municipality": "Orașul Probă",
        "office": "Cabinetul",
        "address": "primaria@proba.example",
        "imap-host": "127.0.0.1",
        "imap-port": str(free_port()),
        "imap-security": "tls",
        "imap-user": "primaria",
        "smtp-host": "127.0.0.1",
        "smtp-port": str(free_port()),
        "smtp-security": "starttls",
        "smtp-user": "primaria",
        "scans": "scans",
        "desk-port": "8499",
        "admin-user": "sef",
        "admin-name": "Șerban Șef",
        **changed,
    }
    secrets = {"IMAP": "secret-imap-ș", "SMTP": "secret-smtp-ț", "ADMIN": answers.pop("admin-password", PASSWORD)}
    for name, secret in secrets.items():
        cabinet.monkeypatch.setenv(f"CABINET_INIT_{name}_PASSWORD", secret)
    return cabinet("init", *(word for key, value in answers.items() for word in (f"--{key}", value)))


def test_init_writes_a_configuration_that_works_and_keeps_secrets_apart(cabinet: Cabinet) -> None:
    said = init(cabinet)
    assert said.code == 0
    folder = cabinet.folder / "birou"
    toml = (folder / "cabinet.toml").read_text(encoding="utf-8")
    for secret in ("secret-imap-ș", "secret-smtp-ț", PASSWORD):
        assert all(secret not in text for text in (toml, said.out, said.err))
    for name, secret in {"mailbox.password": "secret-imap-ș", "smtp.password": "secret-smtp-ț"}.items():
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert (folder / name).read_text(encoding="utf-8").strip() == secret
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert tomllib.loads(toml)["desk"]["port"] == 8499
    office = YAML().load((folder / "tables" / "office.yaml").read_text(encoding="utf-8"))
    assert (office["municipality"], office["email"]) == ("Orașul Probă", "primaria@proba.example")
    cabinet.use(folder / "cabinet.toml")
    settings = load_settings()
    assert settings.mailboxes[0].password() == "secret-imap-ș"
    opened = open_house(settings)
    assert opened.tables.office.municipality == "Orașul Probă"
    with opened.database.write() as session:
        administrator = sign_in(session, "sef", PASSWORD, at=clock.now())
        assert administrator is not None
        assert (administrator.role, administrator.full_name) == (Role.ADMINISTRATOR, "Șerban Șef")
        assert session.exec(select(Switch).where(Switch.on)).all() == []
    opened.database.close()
    assert said.out.count("✗") == 2  # no server listens there: said, with what to do


def test_init_again_changes_nothing(cabinet: Cabinet) -> None:
    init(cabinet)
    before = {path: path.read_bytes() for path in (cabinet.folder / "birou").glob("*.*") if path.is_file()}
    said = init(cabinet, office="Alt birou")
    assert said.code == 1
    assert "există deja; nu s-a schimbat nimic" in said.err
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"admin-password": "scurtă"}, "Parola trebuie să aibă cel puțin 10 caractere."),
        ({"imap-security": "ssl"}, "imap-security"),
        ({"folder": "o-fila"}, "există deja"),
    ],
)
def test_a_mistake_in_init_writes_nothing_and_init_can_be_run_again(
    cabinet: Cabinet, wrong: dict[str, str], sentence: str
) -> None:
    (cabinet.folder / "o-fila").touch()
    said = init(cabinet, **wrong)
    assert said.code != 0
    assert sentence in said.err
    assert not (cabinet.folder / "birou").exists()
    assert init(cabinet).code == 0


# --- without a configuration, with a wrong one ---------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["run", "worker", "desk", "doctor", "balance", "verify", "stop-sending", "user list", "ingest a.eml"]
)
def test_without_a_configuration_every_command_says_what_to_do(cabinet: Cabinet, command: str) -> None:
    said = cabinet(*command.split())
    assert (said.code, said.out) == (1, "")
    assert said.err.strip() == (
        "Nu există încă o configurație. Rulați „cabinet init” sau „make run” pentru căsuța de exercițiu."
    )


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("data_folder = ", "cabinet.toml"),
        ('culoare = "verde"', "„culoare”"),
        ('database_url = "postgresql+psycopg://cabinet@127.0.0.1:1/x"', "Baza de date nu poate fi deschisă."),
        ('database_url = "nimic"', "Baza de date nu poate fi deschisă."),
        ('data_folder = "/proc/cabinet"', "/proc/cabinet"),
        ('tables_folder = "tabele"', "departments.yaml:1: „0.name”"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_sentence(cabinet: Cabinet, toml: str, words: str) -> None:
    (cabinet.folder / "tabele").mkdir()
    (cabinet.folder / "tabele" / "departments.yaml").write_text("- slug: juridic\n  nume: b\n")
    config = cabinet.folder / "cabinet.toml"
    config.write_text(toml)
    said = cabinet("--config", config, "verify")
    assert (said.code, said.out) == (1, "")
    assert words in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_configuration_that_is_not_there_is_named(cabinet: Cabinet) -> None:
    said = cabinet("--config", "lipsa.toml", "verify")
    assert said.code == 1
    assert "lipsa.toml: fișierul nu există" in said.err


def test_a_slip_in_a_table_is_named_with_file_and_line(house: TestHouse, cabinet: Cabinet) -> None:
    assert "Tabelele sunt în ordine" in cabinet("check-tables").out
    folder = cabinet.folder / "tables"
    folder.mkdir()
    (folder / "topics.yaml").write_text(
        (cli.load_tables.__globals__["DEFAULT_TABLES"] / "topics.yaml").read_text().replace("department:", "departmnt:")
    )
    house.config.write_text(f'tables_folder = "{folder}"\n' + house.config.read_text())
    said = cabinet("check-tables")
    assert said.code == 1
    lines = (folder / "topics.yaml").read_text().splitlines()
    slip = next(number for number, text in enumerate(lines, start=1) if "departmnt:" in text)
    row = max(number for number, text in enumerate(lines[:slip], start=1) if text.lstrip().startswith("- slug:"))
    place, _, _ = said.err.partition(": „")
    assert place.startswith(str(folder / "topics.yaml"))
    assert row - 1 <= int(place.rpartition(":")[2]) <= slip, "the line lies in the row with the slip"
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "command", ["extract lipsa.pdf", "ingest lipsa.eml", "evaluate lipsa.jsonl", "classify --jsonl lipsa.jsonl out"]
)
def test_a_file_that_is_not_there_is_named(house: TestHouse, cabinet: Cabinet, command: str) -> None:
    said = cabinet(*command.split())
    assert said.code == 1
    assert said.err.strip().endswith(
        f"{command.split()[-2 if 'out' in command else -1]}: fișierul nu există. "
        "Verificați numele sau creați fișierul din nou."
    )


# --- users and sending ---------------------------------------------------------------------------------------


def user(session: Session, name: str) -> User:
    return session.exec(select(User).where(User.username == name)).one()


def test_users_are_added_listed_and_given_new_passwords(house: TestHouse, cabinet: Cabinet) -> None:
    database = house.house.database
    added = cabinet("user", "add", "ana", "--full-name", "Ana Probă", "--role", "clerk", "--password", PASSWORD)
    assert added.code == 0
    assert PASSWORD not in added.out
    again = cabinet("user", "add", "ana", "--full-name", "Alta", "--role", "clerk", "--password", PASSWORD)
    assert (again.code, "ana" in again.err) == (1, True)
    assert cabinet("user", "add", "ion", "--full-name", "Ion", "--role", "clerk", "--password", "scurtă").code == 1
    assert cabinet("user", "add", "ion", "--full-name", "Ion", "--role", "zeu", "--password", PASSWORD).code == 2
    (listed,) = json.loads(cabinet("user", "list", "--json").out)
    assert listed == {"username": "ana", "name": "Ana Probă", "role": "clerk", "active": True}
    assert "Ana Probă" in cabinet("user", "list").out
    assert cabinet("user", "password", "ana", "--password", "altă parolă lungă").code == 0
    with database.write() as session:
        assert sign_in(session, "ana", PASSWORD, at=clock.now()) is None
        assert sign_in(session, "ana", "altă parolă lungă", at=clock.now()) is not None
    assert cabinet("user", "password", "nimeni", "--password", PASSWORD).code == 1


def test_sending_is_stopped_and_resumed(house: TestHouse, cabinet: Cabinet) -> None:
    def sending() -> bool:
        with house.house.database.read() as session:
            switch = session.get(Switch, "sending")
            return switch is not None and switch.on

    assert not sending()
    for _ in range(2):
        assert cabinet("resume-sending").out.strip() == "Trimiterea este pornită."
        assert sending()
    for _ in range(2):
        assert cabinet("stop-sending").code == 0
        assert not sending()


# --- letters -------------------------------------------------------------------------------------------------


def test_files_are_entered_once(house: TestHouse, cabinet: Cabinet) -> None:
    folder = cabinet.folder / "vechi"
    (folder / "2026").mkdir(parents=True)
    (folder / "a.eml").write_bytes(plain_petition(1))
    (folder / "2026" / "b.eml").write_bytes(plain_petition(2))
    (folder / "2026" / "c.png").write_bytes(scanned_page(["Domnule Primar"]))
    assert "3" in cabinet("ingest", folder).out.splitlines()[-1]
    again = cabinet("ingest", folder, folder / "a.eml").out.splitlines()[-1]
    assert (again.count("0"), again.count("4")) == (1, 1)
    with house.house.database.read() as session:
        letters = session.exec(select(Letter.original_name, Letter.channel).order_by(Letter.original_name)).all()
    assert [tuple(letter) for letter in letters] == [("a.eml", "email"), ("b.eml", "email"), ("c.png", "post")]
    assert (folder / "a.eml").exists()


def test_documents_are_read_outside_the_record(house: TestHouse, cabinet: Cabinet) -> None:
    page = cabinet.folder / "cerere.png"
    page.write_bytes(scanned_page(["Domnule Primar,", "vă rog să reparați trotuarul."]))
    noise = cabinet.folder / "zgomot.pdf"
    noise.write_bytes(b"\x00\x01\x02")
    said = cabinet("extract", "--json", page, noise)
    assert said.code == 0
    read, unread = [json.loads(line) for line in said.out.splitlines()]
    assert "reparați trotuarul" in read["pages"][0]["text"]
    assert read["pages"][0]["mean_confidence"] > 80
    assert {"raw_text", "source", "p10_confidence", "low_share", "coverage", "needs_human", "reason"} <= {
        *read["pages"][0]
    }
    assert "words" not in read["pages"][0]
    assert (unread["failure"], unread["pages"]) == ("unsupported", [])
    said = cabinet("extract", page, noise)
    assert "reparați trotuarul" in said.out
    assert "încredere" in said.out
    assert describe_failure("unsupported") in said.out
    (boxed,) = json.loads(cabinet("extract", "--json", "--boxes", page).out)["pages"]
    text, left, top, width, height, confidence = boxed["words"][0]
    assert (bool(text), confidence > 0) == (True, True)
    assert 0 <= left < left + width <= boxed["width"]
    assert 0 <= top < top + height <= boxed["height"]
    with house.house.database.read() as session:
        assert session.exec(select(Letter)).all() == []


def test_a_file_of_letters_is_classified_and_measured(house: TestHouse, cabinet: Cabinet) -> None:
    source, target = cabinet.folder / "in.jsonl", cabinet.folder / "out.jsonl"
    rows = [
        {
            "id": "a",
            "text": "Nu arde becul de pe stâlpul din fața blocului, strada e în beznă.",
            "topic": "iluminat-public",
        },
        {"id": "b", "text": "Gunoiul nu a fost ridicat de două săptămâni.", "subject": "Gunoi", "topic": "salubrizare"},
    ]
    source.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert cabinet("classify", "--jsonl", source, target).code == 0
    written = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["topic"]) for row in written] == [("a", "iluminat-public"), ("b", "salubrizare")]
    assert {"department", "kind", "language", "urgent", "abstained", "evidence", "topics"} <= written[0].keys()
    figures = json.loads(cabinet("evaluate", source, "--json").out)
    assert (figures["letters"], figures["strict"]) == (2, 1.0)
    assert "100.0%" in cabinet("evaluate", source).out
    source.write_text('{"id": "a"}\n')
    said = cabinet("evaluate", source)
    assert said.code == 1
    assert f"{source}" in said.err


# --- is all well? --------------------------------------------------------------------------------------------


def test_the_balance_counts_what_is_on_the_server_and_what_is_on_the_ledger(
    tmp_path: Path, cabinet: Cabinet, dovecot: DovecotServer, mailbox_user: str
) -> None:
    house = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user)
    cabinet.use(house.config)
    for _ in range(3):
        dovecot.deliver(mailbox_user, mail())
    sweep_mailbox(house.house, house.house.settings.mailboxes[0])
    said = cabinet("balance")
    assert (said.code, said.out.strip()) == (0, "primaria: 3 din 3 mesaje sunt în evidență.")
    dovecot.deliver(mailbox_user, mail(subject="Gard căzut"))
    said = cabinet("balance")
    assert (said.code, "3 din 4" in said.out) == (1, True)
    assert "UID 4, " in said.out
    assert "Gard căzut" in said.out
    (figures,) = json.loads(cabinet("balance", "--json").out)
    assert (figures["account"], figures["on_server"], figures["accounted"]) == ("primaria", 4, 3)
    assert [(one["uid"], one["subject"]) for one in figures["missing"]] == [(4, "Gard căzut")]
    (tmp_path / "mailbox.password").write_text("greșită")
    said = cabinet("balance")
    assert said.code == 1
    assert said.err.startswith("Serverul de e-mail respinge numele de utilizator sau parola.")
    house.stop()


def tamper(house: TestHouse, *statements: str) -> None:
    """Somebody with the database's own tools, who takes the guards off first."""
    connection = sqlite3.connect(house.folder / "data" / "cabinet.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_whatever_was_tampered_with_is_found(house: TestHouse, cabinet: Cabinet) -> None:
    for number in range(4):
        (cabinet.folder / f"{number}.eml").write_bytes(plain_petition(number))
    cabinet("ingest", *(cabinet.folder / f"{number}.eml" for number in range(4)))
    assert cabinet("verify") == Said(0, "Jurnalul de audit, fișierele și numerele sunt întregi.\n", "")

    with house.house.database.read() as session:
        changed, gone, *_ = session.exec(select(Letter.raw_sha256)).all()
    house.house.store.path(changed).write_bytes(b"altceva")
    house.house.store.path(gone).unlink()
    said = cabinet("verify")
    assert (said.code, len(said.out.splitlines()), changed in said.out, gone in said.out) == (1, 2, True, True)

    tamper(house, "DROP TRIGGER trail_is_not_rewritten", "UPDATE audit_events SET actor = 'altcineva' WHERE id = 2")
    assert "Evenimentul 2 din jurnalul de audit a fost modificat." in cabinet("verify").out

    tamper(house, "DROP TRIGGER numbers_are_not_removed", "DELETE FROM register_entries WHERE number = 2")
    assert "ultimul număr este 4, dar există 3" in cabinet("verify").out
    tamper(house, "DELETE FROM register_entries WHERE number = 4")  # the last one leaves no gap between two others
    assert "ultimul număr este 4, dar există 2" in cabinet("verify").out
    assert len(json.loads(cabinet("verify", "--json").out)) == 4


def test_doctor_says_what_is_there_and_what_is_missing(house: TestHouse, cabinet: Cabinet) -> None:
    said = cabinet("doctor")
    assert (said.code, said.out.count("✗")) == (0, 0)
    assert "Tesseract citește română" in said.out
    house.config.write_text(
        house.config.read_text()
        + f'[[mailboxes]]\nname = "p"\nhost = "127.0.0.1"\nport = {free_port()}\nusername = "p"\n'
    )
    cabinet.monkeypatch.setenv("CABINET_MAILBOX_P_PASSWORD", "x")
    said = cabinet("doctor")
    assert (said.code, said.out.count("✗")) == (1, 1)
