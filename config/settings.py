"""The one way in for settings: a TOML file and CABINET_* variables, checked when the program starts.

Passwords are never in the file: they come from the environment or from a file that only its owner can read.
"""

import os
import stat
import tomllib
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from config.errors import FileMissing, FileUnreadable, SecretExposed, SecretMissing, ValueWrong
from config.i18n import gettext as _

Security = Literal["tls", "starttls", "plain"]
CONFIG_VARIABLE = "CABINET_CONFIG"
DEFAULT_CONFIG = Path("cabinet.toml")
_ENVIRONMENT = Path("CABINET_*")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OAuthSettings(_Section):
    """How to get access tokens for a mailbox whose provider takes no passwords (RFC 6749, RFC 8628).

    The first sign-in is made with `cabinet mailbox sign-in`. `refresh_token_days`: how long an unused refresh token
    lives, as the provider's documentation says; None if it does not expire.
    """

    token_url: str
    device_url: str = ""
    client_id: str
    client_secret_file: Path | None = None
    client_secret_expires_on: date | None = None
    scope: str = ""
    mechanism: Literal["xoauth2", "oauthbearer"] = "xoauth2"
    refresh_token_days: int | None = Field(default=90, ge=1)
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=15.0, gt=0)

    def client_secret(self, mailbox: str) -> str:
        """The client's secret, from CABINET_MAILBOX_<NAME>_CLIENT_SECRET or its file; "" for a public client."""
        variable = f"CABINET_MAILBOX_{_shouted(mailbox)}_CLIENT_SECRET"
        if self.client_secret_file is None and variable not in os.environ:
            return ""
        return _secret(variable, self.client_secret_file, mailbox)


class MailboxSettings(_Section):
    """One mailbox to read (IMAP). `security = "plain"` is only accepted for addresses of this machine.

    With `oauth` no password is used. `after_registration`: what is done on the server once a message is a letter
    (default: nothing); `idle`: have the server tell of new mail between two polls.
    """

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    host: str
    port: int = 993
    security: Security = "tls"
    username: str
    folder: str = "INBOX"
    ca_file: Path | None = None
    password_file: Path | None = None
    oauth: OAuthSettings | None = None
    poll_seconds: float = Field(default=60.0, ge=0.2)
    idle: bool = True
    connect_timeout_seconds: float = Field(default=15.0, gt=0)
    read_timeout_seconds: float = Field(default=60.0, gt=0)
    message_limit_mib: int = Field(default=64, ge=1, le=1024)
    after_registration: Literal["leave", "flag", "move"] = "leave"
    move_to: str = ""

    @model_validator(mode="after")
    def _moving_needs_a_folder(self) -> Self:
        if self.after_registration == "move" and self.move_to in ("", self.folder):
            raise ValueError(_("after_registration = “move” needs another folder in move_to"))
        return self

    def password(self) -> str:
        """The password, from CABINET_MAILBOX_<NAME>_PASSWORD or the password file."""
        return _secret(f"CABINET_MAILBOX_{_shouted(self.name)}_PASSWORD", self.password_file, self.name)


class SmtpSettings(_Section):
    """The server that takes outgoing mail."""

    host: str
    port: int = 587
    security: Security = "starttls"
    username: str = ""
    ca_file: Path | None = None
    password_file: Path | None = None
    sender_address: str
    sender_name: str
    timeout_seconds: float = 60.0

    def password(self) -> str:
        """The password, from CABINET_SMTP_PASSWORD or the password file; empty when there is no user name."""
        return _secret("CABINET_SMTP_PASSWORD", self.password_file, "SMTP") if self.username else ""


class LmtpSettings(_Section):
    """A door through which another mail server hands mail over (LMTP, RFC 2033), instead of or beside a mailbox.

    It knows no encryption and no passwords, so only addresses of this machine or of a closed network are sensible.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=2424, ge=1, le=65535)
    message_limit_mib: int = Field(default=64, ge=1, le=1024)


class AcknowledgementSettings(_Section):
    """Bounds for automatic acknowledgements; they are made only while the office has them switched on."""

    per_hour: int = Field(default=60, ge=1)


class AlarmSettings(_Section):
    """When the house says that something is wrong: minutes without a good look into a mailbox, days before
    a token ends. `sweep_hours`: how often servers and ledger are compared in full."""

    silent_minutes: float = Field(default=15.0, gt=0)
    sweep_hours: float = Field(default=24.0, gt=0)
    token_days: int = Field(default=14, ge=1)


class ScansSettings(_Section):
    """The folder into which scanners write."""

    folder: Path
    stable_seconds: float = Field(default=5.0, ge=0.0)
    poll_seconds: float = Field(default=5.0, ge=0.2)


class RecognitionSettings(_Section):
    """How text is recognised in scans: by which engine, and how many pages at once (0: as many as there are cores)."""

    engine: Literal["pytesseract", "tesserocr"] = "pytesseract"
    workers: int = Field(default=0, ge=0, le=64)


class UnderstandingSettings(_Section):
    """How letters are understood: `embedding` uses the multilingual e5 model where its package is installed."""

    embedding: bool = True


class DeskSettings(_Section):
    """The web application for staff."""

    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    session_hours: float = Field(default=10.0, gt=0)
    secure_cookies: bool = True
    same_person_may_approve: bool = False


class WorkerSettings(_Section):
    """How the work behind the desk runs."""

    slot: str = Field(default="1", pattern=r"^[a-z0-9-]{1,20}$")
    poll_seconds: float = Field(default=0.5, ge=0.05)
    letters_at_once: int = Field(default=2, ge=1, le=32)
    silence_seconds: float = Field(default=30.0, ge=1.0)
    attempts: int = Field(default=8, ge=1)
    keep_finished_days: int = Field(default=90, ge=1)


class Settings(BaseSettings):
    """Everything that can be set. Read it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix="CABINET_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
        hide_input_in_errors=True,  # an input may be a password
    )

    data_folder: Path = Path("data")
    database_url: str = ""
    tables_folder: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    practice: bool = False
    mailboxes: tuple[MailboxSettings, ...] = ()
    smtp: SmtpSettings | None = None
    scans: ScansSettings | None = None
    lmtp: LmtpSettings | None = None
    acknowledgements: AcknowledgementSettings = AcknowledgementSettings()
    alarms: AlarmSettings = AlarmSettings()
    recognition: RecognitionSettings = RecognitionSettings()
    understanding: UnderstandingSettings = UnderstandingSettings()
    desk: DeskSettings = DeskSettings()
    worker: WorkerSettings = WorkerSettings()

    @field_validator("mailboxes")
    @classmethod
    def _names_differ(cls, mailboxes: tuple[MailboxSettings, ...]) -> tuple[MailboxSettings, ...]:
        names = [mailbox.name for mailbox in mailboxes]
        if len(set(names)) != len(names):
            raise ValueError(_("two mailboxes have the same name"))
        return mailboxes

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values handed in win over the environment, the environment over the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _chosen_file()))

    @property
    def database(self) -> str:
        """Address of the record's database; a file in the data folder unless set otherwise."""
        return self.database_url or f"sqlite:///{self.data_folder / 'cabinet.db'}"

    @property
    def store_folder(self) -> Path:
        """Where raw files are kept by their hash."""
        return self.data_folder / "store"

    @property
    def work_folder(self) -> Path:
        """Scratch space on the same disk as the store; may be emptied when nothing runs."""
        return self.data_folder / "work"


def _chosen_file() -> Path | None:
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named) if named else DEFAULT_CONFIG
    return path if named or path.exists() else None


def load_settings() -> Settings:
    """Read and check all settings; every mistake is one `ConfigurationError` that names file, key and cure."""
    path = _chosen_file()
    if path is not None:
        if not path.exists():
            raise FileMissing(path)
        try:
            tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise FileUnreadable(path, None, str(error)) from error
    try:
        return Settings()
    except SettingsError as error:
        raise FileUnreadable(_ENVIRONMENT, None, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        variable = f"CABINET_{field.replace('.', '__')}".upper()
        place = Path(variable) if variable in os.environ else path or _ENVIRONMENT
        raise ValueWrong(place, None, field, _explain(first["type"], field, first["msg"])) from error


def _explain(kind: str, field: str, message: str) -> str:
    if kind == "extra_forbidden" and field.endswith("password"):
        return _("passwords do not belong into this file; use an environment variable or password_file")
    if kind == "extra_forbidden":
        return _("there is no setting of this name")
    if kind == "missing":
        return _("this setting is missing")
    return message


def _shouted(name: str) -> str:
    return name.upper().replace("-", "_")


def _secret(variable: str, file: Path | None, subject: str) -> str:
    value = os.environ.get(variable)
    if value:
        return value
    if file is None:
        raise SecretMissing(variable, subject)
    if not file.exists():
        raise FileMissing(file)
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise SecretExposed(file)
    return file.read_text(encoding="utf-8").strip()
