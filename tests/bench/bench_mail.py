"""How fast and how frugally mail is received from a real Dovecot: the goals of trial `mail.md` section 11.

Run: .venv/bin/python tests/bench/bench_mail.py [--quick]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file by `make bench`
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config.logging import set_up_logging
from ingest.mailbox import Mailbox
from ingest.receive import Reception
from registry.database import Database
from registry.migrations import bring_up_to_date
from registry.store import FileStore
from tests.support import dovecot as dovecot_support
from tests.support.dovecot import DovecotServer
from tests.support.mailboxes import account_on
from tests.support.mails import mail, text

MIB = 1024 * 1024
BACKLOG, BIG = 10_000, 50 * MIB
QUICK_BACKLOG, QUICK_BIG = 500, 12 * MIB
POLLS = 21
COMMANDS = (b"LOGIN", b"AUTHENTICATE", b"SELECT", b"EXAMINE", b"NOOP", b"SEARCH", b"FETCH", b"STATUS")


def main(backlog: int, big: int) -> int:
    """Print the figures; 0 also when Dovecot is absent, which is said."""
    if dovecot_support.BINARY is None:
        print("skipped: Dovecot is not installed (apt-get install dovecot-imapd dovecot-lmtpd)")
        return 0
    server = DovecotServer()
    try:
        server.start()
        with tempfile.TemporaryDirectory(prefix="cabinet-bench-") as name:
            _fill(server, "restanta", backlog)
            _in_a_fresh_process(server, "backlog", Path(name) / "backlog", "restanta")
            server.deliver("mare", _big_mail(big))
            _in_a_fresh_process(server, "big", Path(name) / "big", "mare")
    finally:
        server.remove()
    return 0


def _fill(server: DovecotServer, user: str, count: int) -> None:
    words = "Vă rog să reparați groapa din fața casei mele.\n" * 90  # about 5 kB, as usual mails are
    started = time.perf_counter()
    for _ in range(count):
        server.deliver(user, mail(text(words)))
    print(f"{count} mails of {len(mail(text(words)))} bytes dropped in {time.perf_counter() - started:.1f} s")


def _big_mail(size: int) -> bytes:
    line = b"0123456789abcdef" * 4 + b"\r\n"
    return mail().replace(b"\n", b"\r\n") + line * (size // len(line))


def _in_a_fresh_process(server: DovecotServer, what: str, folder: Path, user: str) -> None:
    """Memory is only told truly by a process that has done nothing else."""
    folder.mkdir()
    arguments = [what, str(folder), user, str(server.imaps_port), str(server.ca_file), server.password]
    subprocess.run([sys.executable, __file__, "--measure", *arguments], check=True)


class _Addressed:
    """As much of a server as `account_on` needs."""

    host = "127.0.0.1"

    def __init__(self, port: str, ca_file: str, password: str) -> None:
        self.imaps_port, self.ca_file, self.password = int(port), Path(ca_file), password


def _measure(what: str, folder: Path, user: str, port: str, ca_file: str, password: str) -> None:
    set_up_logging("WARNING")
    database = Database(f"sqlite:///{folder / 'cabinet.db'}")
    bring_up_to_date(database)
    reception = Reception(database, FileStore(folder / "store"), account="primaria", folder="INBOX")
    server: Any = _Addressed(port, ca_file, password)
    with Mailbox(account_on(server, user)) as mailbox:
        mailbox.uids()  # the server makes its index
        (_backlog if what == "backlog" else _big)(reception, mailbox)
    database.close()


def _backlog(reception: Reception, mailbox: Mailbox) -> None:
    before = _resident()
    asked, processor = time.perf_counter(), time.process_time()
    report = reception.poll(mailbox)
    took, used = time.perf_counter() - asked, time.process_time() - processor
    print(
        f"{report.new_letters} mails received in {took:.1f} s: {report.new_letters / took:.0f} durable mails/s "
        f"({used / took:.0%} of one processor)"
    )
    print(f"memory of the receiving process: {before / MIB:.0f} MiB before, {_resident() / MIB:.0f} MiB after")
    said = Counter[str]()
    times = sorted(_empty_polls(reception, mailbox, said))
    print(
        f"empty poll of {report.on_server} mails: median {times[POLLS // 2] * 1000:.0f} ms, "
        f"worst {times[-1] * 1000:.0f} ms; commands per poll: "
        + ", ".join(f"{name} {number / POLLS:g}" for name, number in sorted(said.items()))
    )
    print(f"memory after {POLLS} empty polls: {_resident() / MIB:.0f} MiB")


def _empty_polls(reception: Reception, mailbox: Mailbox, said: Counter[str]) -> Iterator[float]:
    client = mailbox._client._imap
    tell = client.send

    def listen(data: bytes) -> None:
        said.update(word.decode() for word in data.split() if word in COMMANDS)
        tell(data)

    client.send = listen
    for _ in range(POLLS):
        asked = time.perf_counter()
        mailbox.examine()
        assert reception.poll(mailbox).new_letters == 0
        yield time.perf_counter() - asked


def _big(reception: Reception, mailbox: Mailbox) -> None:
    before, asked = _resident(), time.perf_counter()
    (size,) = (info.size for info in mailbox.sizes(mailbox.uids()).values())
    assert reception.poll(mailbox).new_letters == 1
    took = time.perf_counter() - asked
    grown = _most_resident() - before
    print(f"one mail of {size / MIB:.0f} MiB received in {took:.1f} s, at most +{grown / MIB:.1f} MiB of memory")


def _resident() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _most_resident() -> int:
    """The most that this process ever held (getrusage would count what its parent held when it was forked)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and small mails, to see that it works")
    parser.add_argument("--measure", nargs=6, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        what, folder, *rest = arguments.measure
        _measure(what, Path(folder), *rest)
    else:
        sys.exit(main(QUICK_BACKLOG, QUICK_BIG) if arguments.quick else main(BACKLOG, BIG))
