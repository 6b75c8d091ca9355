"""Talking to an LMTP listener: like a mail server, and byte by byte where a mail server would not behave so."""

import smtplib
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

OFFICE = "primaria@primariamedias.ro"  # of the tables that come with the program
SENDER = "stefania@example.ro"


def deliver(port: int, mail: bytes, *, sender: str = SENDER, recipient: str = OFFICE) -> tuple[int, bytes]:
    """Hand a mail over as a mail server does; code and words of the answer, whatever it is."""
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        for code, words in (client.mail(sender), client.rcpt(recipient)):
            if code != 250:
                return code, words
        code, words = client.data(mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    return code, words


class Talk:
    """A connection on which a test says what it likes."""

    def __init__(self, connection: socket.socket, answers: IO[bytes]) -> None:
        self.socket = connection
        self._answers = answers

    def say(self, *lines: str | bytes) -> None:
        """Send these lines at once."""
        self.socket.sendall(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in lines))

    def hear(self) -> bytes:
        """The last line of the next answer; b"" if the other side has hung up."""
        while True:
            line = self._answers.readline()
            if line[3:4] != b"-":
                return line.rstrip(b"\r\n")

    def hear_all(self, count: int) -> list[bytes]:
        """The next answers."""
        return [self.hear() for _ in range(count)]


@contextmanager
def talk(port: int, *, envelope: Sequence[str] = ()) -> Iterator[Talk]:
    """A connection after the greeting; with `envelope` (recipients) up to and with the answer to DATA."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, connection.makefile("rb") as answers:
        conversation = Talk(connection, answers)
        conversation.hear()
        conversation.say("LHLO mx.example")
        conversation.hear()
        if envelope:
            conversation.say(f"MAIL FROM:<{SENDER}>", *(f"RCPT TO:<{one}>" for one in envelope), "DATA")
            conversation.hear_all(len(envelope) + 2)
        yield conversation
