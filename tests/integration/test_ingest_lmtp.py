"""Another mail server hands mail over: what was answered with 250 is a letter, what was not stays with that server."""

import errno
import os
import smtplib
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from config.settings import LmtpSettings
from daemon.lmtp import door_of, office_addresses
from ingest.lmtp import Door, listen, return_path, same_address
from registry.letters import Outcome
from registry.models import LedgerEntry, Letter, RegisterEntry
from tests.support.house import TestHouse, make_test_house
from tests.support.lmtp_client import OFFICE, SENDER, deliver, talk
from tests.support.mails import mail, text
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TestHouse]:
    made = make_test_house(tmp_path, sending=False)
    yield made
    made.stop()


@contextmanager
def listening(door: Door) -> Iterator[int]:
    port, stop = free_port(), threading.Event()
    thread = threading.Thread(target=listen, args=(door, "127.0.0.1", port, stop))
    thread.start()
    wait_until(lambda: answers(port), what="the listener")
    try:
        yield port
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


@pytest.fixture
def door(house: TestHouse) -> Door:
    return door_of(house.house, LmtpSettings())


@pytest.fixture
def port(door: Door) -> Iterator[int]:
    with listening(door) as port:
        yield port


def kept(house: TestHouse) -> list[bytes]:
    with house.house.database.read() as session:
        hashes = session.exec(select(Letter.raw_sha256).order_by(Letter.id)).all()
    return [house.house.store.read(sha256) for sha256 in hashes]


def on_the_line(raw: bytes, sender: str = SENDER) -> bytes:
    """The mail as it is kept: with the line ends of the protocol, under its return path."""
    return f"Return-Path: <{sender}>\r\n".encode() + raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def numbers(house: TestHouse) -> list[int]:
    with house.house.database.read() as session:
        return sorted(session.exec(select(RegisterEntry.number)))


def left_over(house: TestHouse) -> list[Path]:
    return [file for name in ("lmtp",) for file in house.house.work_folder(name).iterdir()]


def test_a_mail_handed_over_is_a_letter_with_its_bytes_and_return_path(house: TestHouse, port: int) -> None:
    raw = mail()
    assert deliver(port, raw)[0] == 250
    assert kept(house) == [on_the_line(raw)]
    with house.house.database.read() as session:
        (row,), (letter,) = session.exec(select(LedgerEntry)).all(), session.exec(select(Letter)).all()
    assert (row.source, row.outcome, row.letter_id) == ("lmtp", Outcome.STORED, letter.id)
    assert letter.channel == "email"
    assert left_over(house) == []


def test_the_null_sender_of_a_bounce_is_kept(house: TestHouse, port: int) -> None:
    assert deliver(port, mail(), sender="<>")[0] == 250
    assert kept(house)[0].startswith(b"Return-Path: <>\r\n")


def test_handed_over_again_it_is_the_same_letter_and_noted(house: TestHouse, port: int) -> None:
    raw = mail()
    assert [deliver(port, raw)[0] for _ in range(3)] == [250, 250, 250]
    assert deliver(port, raw, sender="altul@example.ro")[0] == 250, "another envelope is another delivery"
    assert len(kept(house)) == 2
    with house.house.database.read() as session:
        rows = session.exec(select(LedgerEntry).order_by(LedgerEntry.id)).all()
    assert [row.attempts for row in rows] == [3, 1]


def test_only_mail_for_this_office_is_taken(house: TestHouse, port: int) -> None:
    assert deliver(port, mail(), recipient="altcineva@example.ro")[0] == 550
    assert deliver(port, mail(), recipient=OFFICE.upper())[0] == 250
    assert len(kept(house)) == 1


def test_the_office_has_the_addresses_of_its_tables_and_mailboxes(house: TestHouse) -> None:
    settings = house.house.settings.model_copy(
        update={"mailboxes": tuple(_mailbox(name) for name in ("cabinet@Primăria.example", "cabinet"))}
    )
    found = office_addresses(replace(house.house, settings=settings))
    assert found == {OFFICE, same_address("cabinet@primăria.example")}
    assert same_address("cabinet@xn--primria-c4a.example") in found


def _mailbox(username: str) -> object:
    from config.settings import MailboxSettings

    return MailboxSettings(name="x", host="localhost", username=username)


def test_every_recipient_gets_an_answer_and_the_mail_is_one_letter(house: TestHouse, door: Door) -> None:
    second = "cabinet@primariamedias.ro"
    with listening(replace(door, addresses=door.addresses | {second})) as port, talk(port) as line:
        line.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{OFFICE}>", "RCPT TO:<nimeni@x.ro>", f"RCPT TO:<{second}>", "DATA")
        assert [answer[:3] for answer in line.hear_all(5)] == [b"250", b"250", b"550", b"250", b"354"]
        line.say("Subject: a", "", "b", ".", "QUIT")
        assert [answer[:3] for answer in line.hear_all(3)] == [b"250", b"250", b"221"]
    assert len(kept(house)) == 1


def test_several_mails_come_over_one_connection(house: TestHouse, port: int) -> None:
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        for _ in range(5):
            client.sendmail(SENDER, [OFFICE], mail())
    assert numbers(house) == [1, 2, 3, 4, 5]


def test_dots_bare_line_ends_eight_bits_and_long_lines_arrive_unchanged(house: TestHouse, port: int) -> None:
    body = b".\r\n..\r\n.a\r\nbare\nlf\n.\nbare\rcr\r\n" + b"\xff\x00\xfe" + b"x" * 3_000_000 + b".\r\nend\r\n"
    with talk(port, envelope=[OFFICE]) as line:
        stuffed = b"\r\n".join(b"." + one if one.startswith(b".") else one for one in body.split(b"\r\n"))
        line.say(b"Subject: a\r\n\r\n" + stuffed + b".")
        assert line.hear()[:3] == b"250"
    assert kept(house)[0] == f"Return-Path: <{SENDER}>\r\n".encode() + b"Subject: a\r\n\r\n" + body


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b".\r\n" * 30_000, b"a.\r\n" * 30_000, b"\r" * 70_000 + b"\r\n", b"\r\n.x" * 40_000]
)
def test_no_way_of_cutting_the_stream_changes_a_byte(house: TestHouse, port: int, body: bytes) -> None:
    content = b"Subject: a\r\n\r\n" + body if body else b""
    stuffed = b"\r\n".join(b"." + one if one.startswith(b".") else one for one in content.split(b"\r\n"))
    with talk(port, envelope=[OFFICE]) as line:
        wire = stuffed + (b"" if stuffed.endswith(b"\r\n") or not stuffed else b"\r\n") + b".\r\n"
        for place in range(0, len(wire), 40_001):
            line.socket.sendall(wire[place : place + 40_001])
        assert line.hear()[:3] == b"250"
    (found,) = kept(house)
    assert found.removeprefix(f"Return-Path: <{SENDER}>\r\n".encode()).removesuffix(b"\r\n") == content.removesuffix(
        b"\r\n"
    )


def test_addresses_and_headers_in_utf_8_are_taken(house: TestHouse, port: int) -> None:
    with talk(port) as line:
        line.say("MAIL FROM:<ștefania@exemplu.ro> SMTPUTF8 BODY=8BITMIME", f"RCPT TO:<{OFFICE}>", "DATA")
        assert [answer[:3] for answer in line.hear_all(3)] == [b"250", b"250", b"354"]
        line.say("Subject: Împrejmuire", "", "ă", ".")
        assert line.hear()[:3] == b"250"
    assert kept(house)[0].startswith("Return-Path: <ștefania@exemplu.ro>\r\nSubject: Împrejmuire".encode())


def test_a_return_path_starts_no_other_header_field() -> None:
    assert return_path("<a@b\r\nBcc: c@d>") == b"Return-Path: <a@bBcc:c@d>\r\n"
    assert return_path("<>") == b"Return-Path: <>\r\n"


def test_a_mail_over_the_limit_is_refused_for_good_and_the_connection_goes_on(house: TestHouse, door: Door) -> None:
    with listening(replace(door, limit=100_000)) as port:
        with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
            client.ehlo()
            assert client.mail(SENDER, ["SIZE=200000"])[0] == 552
            client.mail(SENDER)
            client.rcpt(OFFICE)
            assert client.data(mail(text("x\n" * 100_000)))[0] == 552
            client.mail(SENDER)
            client.rcpt(OFFICE)
            assert client.data(mail())[0] == 250
    assert len(kept(house)) == 1
    assert left_over(house) == []


def test_a_large_mail_goes_to_disk_and_not_into_memory(house: TestHouse) -> None:
    port = free_port()
    process = start(house, port)
    before = memory(process.pid)
    line = b"0123456789abcdef" * 4 + b"\r\n"
    with talk(port, envelope=[OFFICE]) as conversation:
        conversation.say("Subject: mare", "")
        for _ in range(50):
            conversation.socket.sendall(line * (1024 * 1024 // len(line)))
        conversation.say(".")
        assert conversation.hear()[:3] == b"250"
    assert memory(process.pid) - before < 20 * 1024 * 1024
    with house.house.database.read() as session:
        (sha256,) = session.exec(select(Letter.raw_sha256)).all()
    assert house.house.store.size(sha256) > 49 * 1024 * 1024


def start(house: TestHouse, port: int, *how: str) -> "subprocess.Popen[bytes]":
    process = house.start("-m", "tests.support.lmtp_listener", str(port), *how)
    wait_until(lambda: answers(port) or process.poll() is not None, what="the listener")
    return process


def memory(pid: int) -> int:
    """The largest amount of memory the process has had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.parametrize("moment", ["kept", "unkept"])
def test_killed_before_the_answer_the_mail_comes_again_and_is_one_letter(house: TestHouse, moment: str) -> None:
    raw, port = mail(), free_port()
    start(house, port, moment)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        deliver(port, raw)
    start(house, port)
    assert deliver(port, raw)[0] == 250
    assert kept(house) == [on_the_line(raw)]
    assert numbers(house) == [1]


def test_a_full_disk_is_a_temporary_refusal_and_leaves_nothing_half_registered(house: TestHouse) -> None:
    large, port = mail(text("rând\n" * 800_000)), free_port()
    process = start(house, port, "small")
    assert deliver(port, large)[0] == 451
    assert deliver(port, mail())[0] == 250, "the next mail, for which there is room, is taken"
    assert numbers(house) == [1]
    assert left_over(house) == []
    process.kill()
    process.wait()
    start(house, port)
    assert deliver(port, large)[0] == 250
    assert numbers(house) == [1, 2]


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), RuntimeError("database"), TimeoutError()]
)
def test_whatever_fails_the_other_server_keeps_the_mail(house: TestHouse, door: Door, failure: Exception) -> None:
    failures = [failure]

    def failing(path: Path) -> None:
        if failures:
            raise failures.pop()
        door.deliver(path)

    with listening(replace(door, deliver=failing)) as port:
        assert deliver(port, mail())[0] == 451
        assert deliver(port, mail())[0] == 250
    assert len(kept(house)) == 1
    assert left_over(house) == []


def test_no_room_for_the_spool_file_is_said_before_the_mail_is_sent(house: TestHouse, door: Door) -> None:
    with listening(replace(door, spool=door.spool / "lipsa")) as port:
        with talk(port) as line:
            line.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{OFFICE}>", "DATA")
            assert line.hear_all(3)[2][:3] == b"452"


def test_a_mail_cut_off_on_the_way_is_none(house: TestHouse, port: int) -> None:
    with talk(port, envelope=[OFFICE]) as line:
        line.say("Subject: a", "", "jumătate")
    wait_until(lambda: not left_over(house), what="the half mail being thrown away")
    assert kept(house) == []


def test_a_client_that_says_nothing_is_hung_up_on(house: TestHouse, door: Door) -> None:
    with listening(replace(door, idle_seconds=0.5)) as port, talk(port, envelope=[OFFICE]) as line:
        line.socket.sendall(b"Subject: a\r\n\r\nha")
        assert line.hear() == b""
    assert kept(house) == []
    assert left_over(house) == []


def test_too_many_connections_are_told_to_come_later(house: TestHouse, door: Door) -> None:
    with listening(replace(door, connections=3)) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(3)]
        assert [each.recv(3) for each in held] == [b"220"] * 3
        with socket.create_connection(("127.0.0.1", port), timeout=30) as more:
            assert more.makefile("rb").read().startswith(b"421")
        held.pop().close()
        wait_until(lambda: answers(port), what="room for another connection")
        assert deliver(port, mail())[0] == 250
        for each in held:
            each.close()


def test_nonsense_is_answered_and_stops_nobody(house: TestHouse, port: int) -> None:
    with talk(port) as line:
        for words in ("EHLO x", "DATA", "RCPT TO:<a@b>", "MAIL FROM:nonsense<<", "RCPT", b"\xff\xfe", "X" * 100_000):
            line.say(words)
            assert line.hear()[:1] == b"5", words
    with talk(port) as line:
        line.say(*["PRIMARIE"] * 20)
        wait_until(lambda: line.hear() == b"", what="the end of patience")
    assert deliver(port, mail())[0] == 250


def test_many_clients_at_once_get_every_mail_registered_once(house: TestHouse, port: int) -> None:
    mails = [mail(text(f"Scrisoarea {number}\n")) for number in range(40)]
    codes: list[int] = []

    def sends(share: list[bytes]) -> None:
        codes.extend(deliver(port, raw)[0] for raw in share)

    threads = [threading.Thread(target=sends, args=(mails[number::8] + mails[:2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert codes == [250] * 56
    assert sorted(kept(house)) == sorted(on_the_line(raw) for raw in mails)
    assert numbers(house) == list(range(1, 41))


def test_told_to_stop_it_records_what_it_has_and_hangs_up(house: TestHouse, door: Door) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(path: Path) -> None:
        started.set()
        go_on.wait(20)
        door.deliver(path)

    answered: list[tuple[int, bytes]] = []
    port, stop = free_port(), threading.Event()
    listener = threading.Thread(target=listen, args=(replace(door, deliver=slow), "127.0.0.1", port, stop))
    listener.start()
    wait_until(lambda: answers(port), what="the listener")
    with talk(port) as idle:
        client = threading.Thread(target=lambda: answered.append(deliver(port, mail())))
        client.start()
        started.wait(20)
        stop.set()
        go_on.set()
        client.join(timeout=30)
        listener.join(timeout=30)
        assert idle.hear() == b""
    assert answered[0][0] == 250
    assert not answers(port)
    assert len(kept(house)) == 1


def test_an_address_that_is_taken_is_an_error(door: Door) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="address already in use"):
        listen(door, "127.0.0.1", taken.getsockname()[1], threading.Event())
