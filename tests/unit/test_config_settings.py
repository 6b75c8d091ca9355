"""Settings: one TOML file and CABINET_* variables; every mistake is one sentence that says where and what to do."""

from pathlib import Path

import pytest

from config.errors import ConfigurationError, FileMissing, FileUnreadable, SecretExposed, SecretMissing, ValueWrong
from config.i18n import speaking
from config.settings import load_settings

MAILBOX = '[[mailboxes]]\nname = "primaria"\nhost = "127.0.0.1"\nusername = "registratura"\n'
SMTP = '[smtp]\nhost = "127.0.0.1"\nusername = "r"\nsender_address = "primaria@example.ro"\nsender_name = "Primăria"\n'


class Cabinet:
    """A configuration to be: write its file, load it, or load it and expect one complaint."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "own.toml"
        self.monkeypatch = monkeypatch
        monkeypatch.setenv("CABINET_CONFIG", str(self.path))

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def complaint(self, kind: type[ConfigurationError]) -> str:
        with speaking("en"), pytest.raises(kind) as refused:
            load_settings()
        return str(refused.value)


@pytest.fixture
def cabinet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cabinet:
    monkeypatch.chdir(tmp_path)
    return Cabinet(tmp_path, monkeypatch)


def test_without_any_file_the_defaults_hold(cabinet: Cabinet) -> None:
    cabinet.monkeypatch.delenv("CABINET_CONFIG")
    settings = load_settings()
    assert settings.database == "sqlite:///data/cabinet.db"
    assert settings.desk.host == "127.0.0.1"
    assert not settings.desk.same_person_may_approve


def test_the_file_in_the_present_folder_is_read_when_none_is_named(cabinet: Cabinet) -> None:
    cabinet.monkeypatch.delenv("CABINET_CONFIG")
    Path("cabinet.toml").write_text('database_url = "sqlite:///alta.db"\n', encoding="utf-8")
    assert load_settings().database == "sqlite:///alta.db"


def test_a_full_file_is_understood(cabinet: Cabinet) -> None:
    cabinet.write(f'data_folder = "/srv/cabinet"\n[desk]\nport = 9000\n{MAILBOX}{SMTP}')
    settings = load_settings()
    assert settings.store_folder == Path("/srv/cabinet/store")
    assert settings.work_folder == Path("/srv/cabinet/work")
    assert settings.desk.port == 9000
    assert [mailbox.name for mailbox in settings.mailboxes] == ["primaria"]
    assert settings.smtp is not None
    assert settings.smtp.sender_name == "Primăria"


def test_a_variable_wins_over_the_file_and_leaves_the_rest(cabinet: Cabinet) -> None:
    cabinet.write("[desk]\nport = 9000\nsession_hours = 2.0\n")
    cabinet.monkeypatch.setenv("CABINET_DESK__PORT", "9100")
    settings = load_settings()
    assert settings.desk.port == 9100
    assert settings.desk.session_hours == 2.0


def test_a_named_file_that_is_not_there_is_reported(cabinet: Cabinet) -> None:
    assert str(cabinet.path) in cabinet.complaint(FileMissing)


def test_a_folder_in_place_of_the_file_is_reported(cabinet: Cabinet) -> None:
    cabinet.path.mkdir()
    assert str(cabinet.path) in cabinet.complaint(FileUnreadable)


def test_a_typo_in_the_toml_is_reported_with_file_and_line(cabinet: Cabinet) -> None:
    cabinet.write("practice = false\n[desk\nport = 1\n")
    complaint = cabinet.complaint(FileUnreadable)
    assert str(cabinet.path) in complaint
    assert "line 2" in complaint


def test_a_file_that_is_not_utf8_is_reported(cabinet: Cabinet) -> None:
    cabinet.path.write_bytes(b'data_folder = "Media\xba"\n')
    assert str(cabinet.path) in cabinet.complaint(FileUnreadable)


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("[desk]\nprot = 1\n", "desk.prot", "there is no setting of this name"),
        ("dataa_folder = 'x'\n", "dataa_folder", "there is no setting of this name"),
        ("[desk]\nport = 'opt mii'\n", "desk.port", "integer"),
        ("[desk]\nport = 70000\n", "desk.port", "65535"),
        ("[[mailboxes]]\nname = 'a'\nhost = 'x'\n", "mailboxes.0.username", "this setting is missing"),
        ("log_level = 'LOUD'\n", "log_level", "WARNING"),
        (MAILBOX + MAILBOX, "mailboxes", "two mailboxes have the same name"),
    ],
)
def test_a_wrong_value_is_reported_with_file_and_key(cabinet: Cabinet, text: str, field: str, problem: str) -> None:
    cabinet.write(text)
    complaint = cabinet.complaint(ValueWrong)
    assert str(cabinet.path) in complaint
    assert f"“{field}”" in complaint
    assert problem in complaint


def test_a_wrong_variable_is_reported_by_its_own_name(cabinet: Cabinet) -> None:
    cabinet.write("[desk]\nport = 9000\n")
    cabinet.monkeypatch.setenv("CABINET_DESK__PORT", "opt mii")
    complaint = cabinet.complaint(ValueWrong)
    assert "CABINET_DESK__PORT" in complaint
    assert str(cabinet.path) not in complaint


def test_a_variable_that_is_no_json_is_reported(cabinet: Cabinet) -> None:
    cabinet.write("")
    cabinet.monkeypatch.setenv("CABINET_MAILBOXES", "primaria")
    assert "mailboxes" in cabinet.complaint(FileUnreadable)


@pytest.mark.parametrize("section", [MAILBOX, SMTP])
def test_a_password_in_the_file_is_refused_without_being_repeated(cabinet: Cabinet, section: str) -> None:
    cabinet.write(section + 'password = "hunter2-hunter2"\n')
    complaint = cabinet.complaint(ValueWrong)
    assert "passwords do not belong into this file; use an environment variable or password_file" in complaint
    with pytest.raises(ValueWrong) as refused:
        load_settings()
    assert "hunter2" not in f"{refused.value}{refused.value.__cause__}"


def test_the_refusals_are_romanian_for_a_romanian_office(cabinet: Cabinet) -> None:
    cabinet.write(SMTP + 'password = "x"\n')
    with pytest.raises(ValueWrong, match="parolele nu se scriu în acest fișier"):
        load_settings()


def test_a_password_comes_from_the_environment(cabinet: Cabinet) -> None:
    cabinet.write(MAILBOX.replace("primaria", "primaria-2") + SMTP)
    cabinet.monkeypatch.setenv("CABINET_MAILBOX_PRIMARIA_2_PASSWORD", "parolă")
    cabinet.monkeypatch.setenv("CABINET_SMTP_PASSWORD", "altă parolă")
    settings = load_settings()
    assert settings.mailboxes[0].password() == "parolă"
    assert settings.smtp is not None
    assert settings.smtp.password() == "altă parolă"


def test_a_password_comes_from_a_file_of_its_owner_alone(cabinet: Cabinet, tmp_path: Path) -> None:
    secret = tmp_path / "parola"
    secret.write_text("parolă\n", encoding="utf-8")
    secret.chmod(0o600)
    cabinet.write(f'{MAILBOX}password_file = "{secret}"\n')
    assert load_settings().mailboxes[0].password() == "parolă"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_password_file_that_others_can_touch_is_refused(cabinet: Cabinet, tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "parola"
    secret.write_text("parolă", encoding="utf-8")
    secret.chmod(mode)
    cabinet.write(f'{MAILBOX}password_file = "{secret}"\n')
    with speaking("en"), pytest.raises(SecretExposed, match=f"chmod 600 {secret}"):
        load_settings().mailboxes[0].password()


def test_a_password_that_is_nowhere_is_asked_for_by_variable(cabinet: Cabinet) -> None:
    cabinet.write(MAILBOX)
    with pytest.raises(SecretMissing, match="CABINET_MAILBOX_PRIMARIA_PASSWORD"):
        load_settings().mailboxes[0].password()


def test_a_password_file_that_is_not_there_is_reported(cabinet: Cabinet) -> None:
    cabinet.write(MAILBOX + 'password_file = "/nowhere/parola"\n')
    with pytest.raises(FileMissing, match="/nowhere/parola"):
        load_settings().mailboxes[0].password()


def test_a_server_without_user_name_needs_no_password(cabinet: Cabinet) -> None:
    cabinet.write(SMTP.replace('username = "r"\n', ""))
    settings = load_settings()
    assert settings.smtp is not None
    assert settings.smtp.password() == ""
