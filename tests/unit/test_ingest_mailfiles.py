"""Mails come out of mailbox files and folders as they were delivered, one by one, with little memory."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.mailfiles import IN_MEMORY, Member, arrival, is_maildir, maildir_members, mbox_members, starts_like_mbox
from tests.support.mail_files import OPENING, maildir, mbox
from tests.support.mails import mail, text

ROOT = Path(__file__).resolve().parents[2]


def members(folder: Path, content: bytes) -> list[Member]:
    path = folder / "Inbox"
    path.write_bytes(content)
    return list(mbox_members(path, folder))


def contents(folder: Path, content: bytes) -> list[bytes]:
    return [member.content or b"" for member in members(folder, content)]


def test_every_mail_of_an_mbox_comes_out_as_it_went_in(tmp_path: Path) -> None:
    mails = [mail() for _ in range(5)]
    assert contents(tmp_path, mbox(mails)) == mails


def test_a_quoted_from_line_loses_one_mark_and_no_more(tmp_path: Path) -> None:
    words = "Bună ziua,\n\nFrom now on este engleză.\n>From vechi\n>>From foarte vechi\n> From altfel\nsfârșit\n"
    letter = mail(text(words))
    assert contents(tmp_path, mbox([letter, letter])) == [letter, letter]


def test_an_unquoted_from_line_in_a_text_starts_no_mail(tmp_path: Path) -> None:
    letter = mail(text("Bună ziua,\n\nFrom Monday on, 10:00, we are closed.\nFrom here\nNota: nimic\n"))
    assert contents(tmp_path, OPENING + letter + b"\n" + OPENING + letter + b"\n") == [letter, letter]


@pytest.mark.parametrize(
    "opening",
    [
        OPENING,
        b"From - Mon Nov 02 10:15:00 2026\r\n",
        b"From 1812345678901234567@xxx Mon Nov 02 08:15:00 +0000 2026\n",
        b"From MAILER-DAEMON Mon Nov  2 08:15:00 2026\n",
        b'From "Ion Pop"@example.ro Mon Nov  2 08:15:00 2026 remote from uucp\n',
        b"From ion@example.ro  Mon, 2 Nov 2026 08:15:00 +0000\n",
        b"From ion@example.ro\n",
        b"From -\n",
        b"From \n",
    ],
)
def test_separators_of_all_known_writers_are_understood(tmp_path: Path, opening: bytes) -> None:
    mails = [mail(), mail()]
    content = mbox(mails, opening=opening)
    assert starts_like_mbox(content)
    assert contents(tmp_path, content) == mails


def test_a_separator_without_an_empty_line_before_it_is_one_all_the_same(tmp_path: Path) -> None:
    mails = [mail(), mail()]
    assert contents(tmp_path, OPENING + mails[0] + OPENING + mails[1]) == mails


def test_a_text_file_is_no_mbox() -> None:
    assert not starts_like_mbox(b"From here to there\n\nDear all,\n")
    assert not starts_like_mbox(mail())
    assert not starts_like_mbox(b"")


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    letter = mail().replace(b"\n", b"\r\n")
    opening = OPENING.replace(b"\n", b"\r\n")
    assert contents(tmp_path, (opening + letter + b"\r\n") * 2) == [letter, letter]


def test_marks_of_mail_programs_do_not_make_another_mail(tmp_path: Path) -> None:
    letter = mail()
    marked = b"X-Mozilla-Status: 0001\nX-Mozilla-Keys: $label1\n   \nStatus: RO\nX-Keywords: a\n\tb\n" + letter
    again = b"X-Mozilla-Status: 0003\nX-Mozilla-Status2: 10000000\nX-UID: 17\n" + letter
    assert contents(tmp_path, mbox([marked, again])) == [letter, letter]


def test_marks_are_taken_from_the_head_only(tmp_path: Path) -> None:
    letter = mail(text("Status: urgent\nX-UID: 5\n"))
    assert contents(tmp_path, mbox([letter])) == [letter]


def test_deleted_mails_and_the_notes_of_the_mail_program_are_left_out(tmp_path: Path) -> None:
    deleted = b"X-Mozilla-Status: 0009\n" + mail()
    subject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
    internal = mail(None, ("X-IMAP", "1200000000 0000000012"), subject=subject)
    first = mail(None, ("X-IMAPbase", "1200000000 12"))
    found = members(tmp_path, mbox([deleted, internal, first]))
    assert [member.left_out for member in found] == ["deleted", "mailbox-internal", ""]


def test_the_time_is_that_of_the_separator(tmp_path: Path) -> None:
    zoned = b"From x@example.ro Mon Nov 02 10:15:00 +0200 2026\n"
    found = members(tmp_path, mbox([mail()]) + mbox([mail()], opening=zoned))
    assert [member.arrived for member in found] == [datetime(2026, 11, 2, 8, 15, tzinfo=UTC)] * 2
    assert members(tmp_path, mbox([mail()], opening=b"From - Mon Nov 99 10:15:00 2026\n"))[0].arrived is None


def test_bytes_consumed_add_up_to_the_file(tmp_path: Path) -> None:
    content = b"\n" + mbox([mail(), b"X-Mozilla-Status: 0009\n" + mail(), mail(text("\n\nFrom x\n"))])
    assert sum(member.consumed for member in members(tmp_path, content)) == len(content)


def test_a_large_mail_comes_by_way_of_a_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    large = mail(text("x" * 5_000_000 + "\n" + ("rând\n" * 1_500_000)))
    path = tmp_path / "Inbox"
    path.write_bytes(mbox([mail(), large, mail()]))
    kept = []
    for member in mbox_members(path, spool):
        kept.append(member.path.read_bytes() if member.path else member.content)
    assert kept[1] == large
    assert len(large) > IN_MEMORY
    assert list(spool.iterdir()) == []


def test_a_large_mailbox_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "Inbox"
    block = mbox([mail(text("rând de text\n" * 400))] * 200)
    with path.open("wb") as file:
        while file.tell() < 40_000_000:
            file.write(block)
    program = (
        "import resource, sys; from pathlib import Path; from ingest.mailfiles import mbox_members\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "count = sum(1 for _ in mbox_members(Path(sys.argv[1]), Path(sys.argv[2])))\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    count, grown = map(int, done.stdout.split())
    assert count == path.stat().st_size // len(block) * 200
    assert grown * 1024 < 20_000_000


def test_a_maildir_gives_new_and_seen_mails_without_flags_in_their_names(tmp_path: Path) -> None:
    names = ("1.a.host", "2.b.host:2,S", "3.c.host:2,ST", "4.d:2,D")
    folder = maildir(tmp_path / "Mail", {name: mail() for name in names})
    (folder / "tmp" / "5.e").write_bytes(b"half")
    assert is_maildir(folder)
    assert not is_maildir(tmp_path)
    found = list(maildir_members(folder))
    assert [(member.name, member.left_out) for member in found] == [
        ("1.a.host", ""), ("2.b.host", ""), ("3.c.host", "deleted"), ("4.d", "draft")
    ]  # fmt: skip


def test_the_last_server_says_when_a_mail_arrived() -> None:
    head = (
        b"Return-Path: <a@example.ro>\nReceived: from x (helo; y) by z\n\tfor <b@example.ro>;\n\t"
        b"Mon, 2 Nov 2026 10:15:00 +0200 (EET)\nReceived: by w; Sun, 1 Nov 2026 00:00:00 +0000\n\n"
    )
    assert arrival(head) == datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
    assert arrival(mail()) is None
    assert arrival(b"Received: by z; Lu, 99 Noi 2026\n\n") is None


_OPENING = b"From a@b.ro Mon Nov  2 08:15:00 2026\n"
_LINES = st.sampled_from(
    [_OPENING, b">From x\n", b"From x\n", b"\n", b"\r\n", b"Subject: y\n", b"\0\xff", b"Status: R\n"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_LINES, max_size=30))
def test_any_file_is_read_to_its_end_and_every_byte_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    content = b"".join(lines)
    folder = tmp_path_factory.getbasetemp()
    found = members(folder, content)
    assert sum(member.consumed for member in found) <= len(content)
    if content.strip(b"\r\n"):
        assert sum(member.consumed for member in found) == len(content)
