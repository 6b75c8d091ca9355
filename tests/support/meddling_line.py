"""A plain IMAP line on which something can be done just before a command, and answers can be kept back."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Final, Self

_LITERAL: Final = re.compile(rb"\{(\d+)\}\r\n$")


class MeddlingLine:
    """A port on loopback in front of an IMAP server's plain port; use it as a context manager.

    `before`, `after`: what to do once, before the first command that contains these bytes is passed on, or when the
    server has begun to answer it. `keeps_back`: whether this answer (with its literals) never reaches the client.
    `commands`: all that clients said.
    """

    host = "127.0.0.1"

    def __init__(self, target: int) -> None:
        self._target = target
        self.before: dict[bytes, Callable[[], object]] = {}
        self.after: dict[bytes, Callable[[], object]] = {}
        self._due: list[Callable[[], object]] = []
        self.keeps_back: Callable[[bytes], bool] = lambda answer: False
        self.commands: list[bytes] = []
        self._listener = socket.create_server((self.host, 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self.host, self._target))
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for carry, source, sink in ((self._up, client, server), (self._down, server, client)):
                    threading.Thread(target=self._until_it_ends, args=(carry, source, sink), daemon=True).start()

    @staticmethod
    def _until_it_ends(
        carry: Callable[[BinaryIO, socket.socket], None], source: socket.socket, sink: socket.socket
    ) -> None:
        with suppress(OSError), source.makefile("rb") as lines:
            carry(lines, sink)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _up(self, lines: BinaryIO, server: socket.socket) -> None:
        for line in lines:
            self.commands.append(line)
            for words in [words for words in self.before if words in line]:
                self.before.pop(words)()
            for words in [words for words in self.after if words in line]:
                self._due.append(self.after.pop(words))
            server.sendall(line)

    def _down(self, lines: BinaryIO, client: socket.socket) -> None:
        while answer := lines.readline():
            while (literal := _LITERAL.search(answer)) is not None:
                answer += lines.read(int(literal[1])) + lines.readline()
            if not self.keeps_back(answer):
                client.sendall(answer)
            while self._due:
                self._due.pop()()


def tells_of(uid: int, item: bytes = b"") -> Callable[[bytes], bool]:
    """Whether an answer is the FETCH answer for this UID (and holds this item, such as BODY[)."""
    pattern = re.compile(rb"^\* \d+ FETCH \([^{]*UID %d\b" % uid)
    return lambda answer: pattern.search(answer) is not None and item in answer
