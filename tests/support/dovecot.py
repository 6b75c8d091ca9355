"""A real Dovecot on loopback: IMAP, IMAPS and LMTP on free ports, any user name with one password.

Settings and timings are from trial `mail.md` section 9. One server serves a whole test session; a test gets
isolation by using a user name of its own.
"""

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from tests.support.certificates import make_certificates
from tests.support.ports import free_ports

BINARY = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_START_SECONDS = 10.0
_serial = count(1)


class DovecotServer:
    """One Dovecot with its own folder; `start()` it, `stop()` or `kill()` it, start it again on the same ports.

    `host`, `imap_port` (plain and STARTTLS), `imaps_port`, `lmtp_port`, `ca_file`, `password`.
    """

    host = "127.0.0.1"
    password = "parolă-de-probă"

    def __init__(self) -> None:
        if BINARY is None:
            raise FileNotFoundError("dovecot is not installed")
        # Short and readable for the mail user: unix socket names are limited, pytest's folders are private.
        self.folder = Path(tempfile.mkdtemp(prefix="cabinet-dovecot-"))
        self.folder.chmod(0o755)
        self.imap_port, self.imaps_port, self.lmtp_port = free_ports(3)
        self.ca_file, certificate, key = make_certificates(self.folder)
        self._mail_user = _mail_user()
        self._process: subprocess.Popen[bytes] | None = None
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", *self._mail_ids)
        (self.folder / "dovecot.conf").write_text(self._configuration(certificate, key), encoding="utf-8")

    def start(self) -> None:
        """Start the server and wait until it greets."""
        assert BINARY is not None
        assert self._process is None
        self._process = subprocess.Popen(
            [BINARY, "-F", "-c", str(self.folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for port in (self.imap_port, self.lmtp_port):
            self._await_greeting(port)

    def stop(self) -> None:
        """Stop the server as a service manager does (about a second)."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self.kill()  # a connected client may keep a child alive

    def kill(self) -> None:
        """End the server and all its children at once, as a power cut does; open connections break."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            self._await_silence()

    def remove(self) -> None:
        """Kill the server and delete everything it had."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def deliver(self, user: str, raw: bytes, *, seen: bool = False) -> Path:
        """Drop a mail with exactly these bytes into the user's inbox; returns its file."""
        inbox = self._inbox(user)
        name = f"{time.time_ns()}.{next(_serial)}.test"
        target = inbox / "cur" / f"{name}:2,S" if seen else inbox / "new" / name
        draft = inbox / "tmp" / name
        draft.write_bytes(raw)
        os.chown(draft, *self._mail_ids)
        draft.rename(target)
        return target

    def deliver_by_lmtp(self, user: str, raw: bytes, *, sender: str = "ion.pop@example.ro") -> None:
        """Hand a mail over as a mail server does (adds Return-Path and Received); `sender` "" is a bounce's."""
        with smtplib.LMTP(self.host, self.lmtp_port) as client:
            client.sendmail(sender, [f"{user}@localhost"], raw)

    def renew_uidvalidity(self, user: str) -> None:
        """Lose the index files as after a restored backup: next time the folder has another UIDVALIDITY."""
        for index in self._home(user).rglob("dovecot*"):
            index.unlink()
        # Dovecot makes UIDVALIDITY from the clock in seconds; a file of this name tells it the last one used.
        (self._inbox(user) / f"dovecot-uidvalidity.{int(time.time()) + next(_serial):08x}").touch()

    def files(self, user: str) -> list[Path]:
        """The files of the user's inbox; Dovecot writes a mail's flags into the name (":2,S" is \\Seen)."""
        return sorted(path for part in ("new", "cur") for path in (self._inbox(user) / part).iterdir())

    @property
    def _mail_ids(self) -> tuple[int, int]:
        return self._mail_user.pw_uid, self._mail_user.pw_gid

    def _home(self, user: str) -> Path:
        return self.folder / "mail" / user

    def _inbox(self, user: str) -> Path:
        inbox = self._home(user) / "Maildir"
        for folder in (self._home(user), inbox, *(inbox / name for name in ("new", "cur", "tmp"))):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                os.chown(folder, *self._mail_ids)
        return inbox

    def _await_greeting(self, port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                with socket.create_connection((self.host, port), timeout=1) as line:
                    if line.recv(1):
                        return
            except OSError:
                pass
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(0.01)
        log = self.folder / "dovecot.log"
        raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else 'no log'}")

    def _await_silence(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection((self.host, self.imap_port), timeout=1).close()
            except ConnectionRefusedError:
                return
            except OSError:
                pass
            time.sleep(0.01)
        raise RuntimeError("Dovecot still listens after it was killed")

    def _configuration(self, certificate: Path, key: Path) -> str:
        uid, gid = self._mail_ids
        me, my_group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        unprivileged = f"""
default_internal_user = {me}
default_internal_group = {my_group}
default_login_user = {me}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""
        return f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
mail_fsync = never
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={self.password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={self.folder}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{"" if os.getuid() == 0 else unprivileged}
"""


def _mail_user() -> pwd.struct_passwd:
    """Root may not own mail; anybody else can only be himself."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
