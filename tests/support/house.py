"""A whole Cabinet for a test: its configuration on disk, its record, and its processes as real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import httpx
import tomlkit

from config import clock
from config.settings import CONFIG_VARIABLE, Settings, load_settings
from daemon.house import House, open_house
from registry.models import User
from registry.switches import SwitchName, turn
from registry.users import Role, create_user
from tests.support.dovecot import DovecotServer
from tests.support.ports import free_port
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "parola-de-proba"
OFFICE = "cabinet@primaria.example"


@dataclass
class TestHouse:
    """Everything belongs to one temporary folder; `stop` ends what was started."""

    __test__ = False

    folder: Path
    config: Path
    desk_port: int
    house: House
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Address of the desk."""
        return f"http://127.0.0.1:{self.desk_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment of its processes."""
        return {**os.environ, "CABINET_CONFIG": str(self.config), "PYTHONPATH": str(ROOT)}

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start `python <command>` as one of its processes; its log goes to a file in the folder."""
        log = (self.folder / f"process-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *command],
            env=self.environment | environment,
            cwd=self.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a real worker."""
        return self.start("-m", "daemon.cli", "worker")

    def start_desk(self) -> None:
        """Start the desk and wait until it answers."""
        self.start("-m", "daemon.cli", "desk")
        wait_until(self._desk_answers, what="the desk answering")

    def logs(self) -> str:
        """What all its processes wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("process-*.log")))

    def stop(self) -> None:
        """End all processes and close the record."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.house.database.close()

    def _desk_answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health", timeout=2).is_success
        except httpx.HTTPError:
            return False


def make_test_house(
    folder: Path,
    *,
    dovecot: DovecotServer | None = None,
    mailbox_user: str = "",
    sink: SmtpSink | None = None,
    database_url: str = "",
    sending: bool = True,
    at_once: int = 2,
    attempts: int = 100,
) -> TestHouse:
    """Write a configuration with short pauses and open the record; nothing is started yet.

    `attempts` is high because tests kill their workers more often than the limit of a real office allows.
    """
    desk_port = free_port()
    settings: dict[str, object] = {
        "data_folder": str(folder / "data"),
        "desk": {"port": desk_port},
        "worker": {"poll_seconds": 0.1, "silence_seconds": 3.0, "attempts": attempts, "letters_at_once": at_once},
        "scans": {"folder": str(folder / "scans"), "stable_seconds": 0.3, "poll_seconds": 0.2},
    }
    if database_url:
        settings["database_url"] = database_url
    if dovecot is not None:
        secret = folder / "mailbox.password"
        secret.touch(mode=0o600)
        secret.write_text(dovecot.password)
        settings["mailboxes"] = [
            {
                "name": "primaria",
                "host": "localhost",
                "port": dovecot.imaps_port,
                "security": "tls",
                "username": mailbox_user,
                "ca_file": str(dovecot.ca_file),
                "password_file": str(secret),
                "poll_seconds": 0.3,
            }
        ]
    if sink is not None:
        settings["smtp"] = {
            "host": "127.0.0.1",
            "port": sink.port,
            "security": "plain",
            "sender_address": OFFICE,
            "sender_name": "Cabinetul Primarului",
        }
    (folder / "scans").mkdir()
    config = folder / "cabinet.toml"
    config.write_text(tomlkit.dumps(settings), encoding="utf-8")
    house = open_house(settings_of(config))
    with house.database.write() as session:
        if sending:
            turn(session, SwitchName.SENDING, True, at=clock.now(), actor="test")
    return TestHouse(folder=folder, config=config, desk_port=desk_port, house=house)


def add_users(house: House, roles: Sequence[Role]) -> list[User]:
    """One user per role, named after it, all with `PASSWORD`."""
    with house.database.write() as session:
        return [
            create_user(
                session,
                username=str(role),
                full_name=f"Probă {role.title()}",
                role=role,
                password=PASSWORD,
                at=clock.now(),
                actor="test",
            )
            for role in roles
        ]


def settings_of(config: Path) -> Settings:
    """The settings in this file, as a process started with it would see them."""
    with mock.patch.dict(os.environ, {CONFIG_VARIABLE: str(config)}):
        return load_settings()
