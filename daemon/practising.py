"""The practice mailbox: invented letters in a real IMAP mailbox and a real scans folder on this machine.

Mail goes out to a real SMTP server on this machine that keeps it in a folder; nothing can reach the outside.
"""

import mailbox
import secrets
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pysasl.hashing import BuiltinHash

from config import clock
from config.settings import load_settings
from daemon.configuring import CONFIG_NAME, Server, write_configuration, write_secret
from daemon.house import open_house
from daemon.supervisor import Process, own_command
from registry.switches import SwitchName, turn
from registry.users import Role, create_user

LETTERS = Path(__file__).resolve().parent / "practice" / "letters"
ADDRESS = "cabinet@primaria-exercitiu.example"
LOOPBACK = "127.0.0.1"
USERS_FILE = "users.txt"
PREPARED = "prepared"
# (user name, full name, role): invented people
_USERS = (
    ("registratura", "Ioana Practică", Role.CLERK),
    ("aprobare", "Mircea Semnătură", Role.APPROVER),
    ("operator", "Otilia Jurnal", Role.OPERATOR),
    ("administrator", "Adela Reguli", Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class PracticePlace:
    """Where the practice house keeps everything."""

    folder: Path

    @property
    def config(self) -> Path:
        """The practice configuration file."""
        return self.folder / CONFIG_NAME

    @property
    def scans(self) -> Path:
        """The practice scans folder."""
        return self.folder / "scans"

    @property
    def mail(self) -> Path:
        """Base folder of the practice IMAP server."""
        return self.folder / "mail"

    @property
    def sent(self) -> Path:
        """Maildir with everything that was sent."""
        return self.folder / "sent"

    @property
    def users(self) -> Path:
        """File with the practice users and their passwords."""
        return self.folder / USERS_FILE


def prepare(place: PracticePlace) -> bool:
    """Make configuration, mailbox, letters, scans and users, once; returns whether anything was made.

    The environment must already point CABINET_CONFIG at `place.config`. An attempt that broke off is begun anew.
    """
    if (place.folder / PREPARED).exists():
        return False
    if place.folder.exists():
        shutil.rmtree(place.folder)
    imap_port, smtp_port, desk_port = _free_port(8143), _free_port(8025), _free_port(8400)
    password = secrets.token_urlsafe(12)
    write_configuration(
        place.folder,
        office={},
        imap=Server(LOOPBACK, imap_port, "plain", ADDRESS, password),
        smtp=Server(LOOPBACK, smtp_port, "plain", "", ""),
        sender_address=ADDRESS,
        sender_name="Cabinetul Primarului (exercițiu)",
        scans=place.scans,
        desk_port=desk_port,
        practice=True,
        quick=True,
    )
    _deliver_letters(place, password)
    _make_users(place)
    (place.folder / PREPARED).touch()
    return True


def post_office(place: PracticePlace) -> list[Process]:
    """The IMAP server that holds the practice letters and the SMTP server that takes the replies, on loopback."""
    settings = load_settings()
    assert settings.smtp is not None
    imap = settings.mailboxes[0]
    pymap = str(Path(sys.executable).parent / "pymap")
    sink = f"{settings.smtp.host}:{settings.smtp.port}"
    return [
        Process(
            "practice-imap",
            [pymap, "--host", imap.host, "--port", str(imap.port), "--no-tls", "maildir", str(place.mail)],
        ),
        Process(
            "practice-smtp",
            [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Mailbox", str(place.sent), "-l", sink],
        ),
        Process("worker", own_command("worker")),
        Process("desk", own_command("desk")),
    ]


def _deliver_letters(place: PracticePlace, password: str) -> None:
    place.mail.mkdir(mode=0o700)
    (place.mail / "pymap-etc-passwd").write_text(f"{ADDRESS}:x::::inbox:\n", encoding="utf-8")
    write_secret(place.mail / "pymap-etc-shadow", f"{ADDRESS}:{BuiltinHash().hash(password)}:::::::")
    inbox = mailbox.Maildir(place.mail / "inbox", create=True)
    names = [inbox.add(letter.read_bytes()) for letter in sorted((LETTERS / "mail").glob("*.eml"))]
    _number_in_order(place.mail / "inbox", names)
    mailbox.Maildir(place.sent, create=True)
    place.scans.mkdir()
    for scan in sorted((LETTERS / "scans").iterdir()):
        shutil.copyfile(scan, place.scans / scan.name)


def _number_in_order(inbox: Path, names: list[str]) -> None:
    """Give the messages their UIDs in the order of `names` (Dovecot's uidlist format, version 3).

    Left to itself the server numbers them by the order of the directory, and an answer would come before its letter.
    """
    header = f"3 V{int(time.time())} N{len(names) + 1} G{secrets.token_hex(16)}"
    lines = [f"{uid} :{name}" for uid, name in enumerate(names, start=1)]
    (inbox / "dovecot-uidlist").write_text("\r\n".join([header, *lines, ""]), encoding="ascii", newline="")


def _make_users(place: PracticePlace) -> None:
    house = open_house(load_settings())
    lines = []
    with house.database.write() as session:
        for username, full_name, role in _USERS:
            password = secrets.token_urlsafe(9)
            create_user(
                session,
                username=username,
                full_name=full_name,
                role=role,
                password=password,
                at=clock.now(),
                actor="rule:practice",
            )
            lines.append(f"{username:<15} {password:<14} {full_name}")
        turn(session, SwitchName.SENDING, True, at=clock.now(), actor="rule:practice")
    house.database.close()
    write_secret(place.users, "\n".join(lines))


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError
