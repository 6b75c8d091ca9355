"""A real PostgreSQL on loopback, from the Debian package: fast and forgetful, with a fresh database per test.

One server serves a whole test session. It runs as the unprivileged user `postgres` when we are root (it refuses
root), trusts whoever connects over loopback, and writes nothing durably.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

from tests.support.ports import free_port

_START_SECONDS = 20.0
_UNPRIVILEGED = "postgres"


def find_binaries() -> Path | None:
    """The `bin` folder of the newest installed PostgreSQL server; None if there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


class PostgresServer:
    """One PostgreSQL with its own folder and port: `start`, `stop`, `crash`, `remove`, `new_database`."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise FileNotFoundError("PostgreSQL is not installed")
        self._binaries = binaries
        self._user = _UNPRIVILEGED if os.getuid() == 0 else None
        self._names = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="cabinet-postgres-"))
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._data = self.folder / "data"
        subprocess.run(
            [
                self._binaries / "initdb",
                f"--pgdata={self._data}",
                "--username=cabinet",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            group=self._user,
            cwd=self.folder,
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        assert self._process is None
        settings = {
            "listen_addresses": self.host,
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "32MB",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "deadlock_timeout": "200ms",
            "checkpoint_timeout": "1h",
        }
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._binaries / "postgres",
                    "-D",
                    self._data,
                    "-p",
                    str(self.port),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._user,
                cwd=self.folder,
            )
        self._await_answer()

    def stop(self) -> None:
        """Stop the server at once, cutting off whoever is connected; its data stays."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Let the server die without tidying up; after `start` it recovers what was committed."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        """End the server without tidying up and delete everything it had."""
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """Make a database nobody else uses, as a copy of the database `template`; returns its URL."""
        name = f"cabinet_{next(self._names)}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of the database of this name, as `registry.database.Database` takes it."""
        return f"postgresql+psycopg://cabinet@{self.host}:{self.port}/{name}"

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=self.host, port=self.port, user="cabinet", dbname="postgres", autocommit=True, connect_timeout=5
        )

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait()
            self._process = None

    def _await_answer(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'server.log').read_text()}")
