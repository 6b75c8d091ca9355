"""A door for another mail server (LMTP, RFC 2033): "250" is said only when a mail is durable and a letter.

The protocol is aiosmtpd's, except for DATA: theirs keeps a mail in memory, refuses long lines and answers once, where
LMTP wants one answer for every recipient. What was promised nobody loses: any failure of ours is a 451, and the other
server keeps the mail and comes again; the same envelope and bytes are then the same letter.
"""

import asyncio
import os
import socket
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import syntax

from config import clock
from registry.database import Database
from registry.letters import Received, Seen, Source, receive
from registry.store import FileStore

KEPT: Final = "250 2.0.0 Kept"
NOT_KEPT: Final = "451 4.3.0 Not kept; try again later"
NO_ROOM: Final = "452 4.3.1 No room; try again later"
TOO_BIG: Final = "552 5.3.4 Larger than this office takes"
FAR_TOO_BIG: Final = f"{TOO_BIG}; goodbye"
NOT_HERE: Final = "550 5.1.1 No such recipient here"
TOO_MANY: Final = "452 4.5.3 Too many recipients; send the rest again"
TOO_SLOW: Final = "421 4.4.2 Too slow; goodbye"
NO_MORE: Final = b"421 4.7.0 Too many connections; try again later\r\n"

_PIECE: Final = 65_536  # of a mail, whose lines may be of any length
_OVERRUN: Final = 64 * 1024 * 1024  # read and thrown away after the limit, so that the sender hears the reason
_COMMANDS: Final = 5_000  # of one kind in one connection
_RECIPIENTS: Final = 100
_COMMAND_LENGTH: Final = 2_000
_DRAIN_SECONDS: Final = 10.0
_WRITERS: Final = 4

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Door:
    """What the listener must know.

    `addresses`: the office's own, as `same_address` writes them. `limit`: bytes of a mail. `spool`: a folder on the
    disk of the store. `deliver`: makes a mail in a file a letter before it returns, or raises. `idle_seconds` without
    a byte, or `mail_seconds` for one mail, end a connection.
    """

    addresses: frozenset[str]
    limit: int
    spool: Path
    deliver: Callable[[Path], object]
    connections: int = 50
    idle_seconds: float = 120.0
    mail_seconds: float = 1800.0


def receive_delivery(database: Database, store: FileStore, mail: Path, *, place: str) -> Received:
    """Make the mail in a file on the store's disk a letter; the file becomes part of the store.

    `place` names the listener in the ledger. When this returns, bytes, letter, number and ledger row are durable.
    """
    sha256 = store.take(mail)
    now = clock.now()
    seen = Seen(Source.LMTP, place, sha256, now)
    with database.write() as session:
        received = receive(session, store, seen, sha256, channel="email", at=now)
    log.info("letter_received", letter=received.letter_id, new=received.new, source=str(seen.source))
    return received


def same_address(address: str) -> str:
    """One spelling for all spellings of an address: small letters, the domain in ASCII."""
    local, _, domain = address.strip().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}".lower()


def listen(door: Door, host: str, port: int, stop: threading.Event) -> None:
    """Take mail on this address until `stop` is set; OSError if the address is taken. Blocks its thread."""
    asyncio.run(_listen(door, host, port, stop))


async def _listen(door: Door, host: str, port: int, stop: threading.Event) -> None:
    connections: set[_Connection] = set()
    # `asyncio.run` waits for threads of its own pool only; a mail that is being recorded is worth waiting for too.
    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="lmtp") as writers:
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(door, connections, writers), host, port
        )
        log.info("lmtp_listening")
        await asyncio.to_thread(stop.wait)
        server.close()
        until = asyncio.get_running_loop().time() + _DRAIN_SECONDS
        while any(each.handing_over for each in connections) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
        for each in list(connections):
            each.end()
        log.info("lmtp_closed")


class _Rules:
    """The hooks that aiosmtpd calls."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        if len(envelope.rcpt_tos) >= _RECIPIENTS:
            return TOO_MANY
        if same_address(address) not in self.door.addresses:
            return NOT_HERE
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        log.error("lmtp_failed", error=type(error).__name__)
        return NOT_KEPT


class _Connection(LMTP):
    """One connection of another server."""

    line_length_limit = _PIECE

    def __init__(self, door: Door, connections: "set[_Connection]", writers: ThreadPoolExecutor) -> None:
        super().__init__(
            _Rules(door),
            data_size_limit=door.limit,
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="Cabinet",
            timeout=door.idle_seconds,
            command_call_limit=_COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        # Theirs is one table for all connections, and grows with every greeting.
        self.command_size_limits = defaultdict(lambda: _COMMAND_LENGTH)
        self.handing_over = False
        self._door, self._connections, self._writers = door, connections, writers
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to talk, unless too many are talking."""
        if len(self._connections) >= self._door.connections:
            self._refused = True
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(NO_MORE)
            transport.close()
            log.warning("lmtp_too_many_connections")
            return
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection; a mail that is being recorded is recorded to the end."""
        self._connections.discard(self)
        if not self._refused:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Listen, unless this connection was refused."""
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The other side has nothing more to say."""
        return None if self._refused else super().eof_received()

    def end(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.close()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:
        """Take a mail into a file, then record it; one answer for every recipient."""
        if await self.check_helo_needed("LHLO"):
            return
        assert self.envelope is not None
        if arg or not self.envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Error: need RCPT command")
            return
        try:
            handle, name = tempfile.mkstemp(dir=self._door.spool, prefix="lmtp-")
        except OSError as error:
            log.error("lmtp_not_kept", error=type(error).__name__)
            await self.push(NO_ROOM)
            return
        mail = Path(name)
        handed_over = False
        try:
            with os.fdopen(handle, "wb") as file:
                await self.push("354 End data with <CR><LF>.<CR><LF>")
                trouble = await self._take_in(file, self.envelope.mail_from or "")
            if trouble in (TOO_SLOW, FAR_TOO_BIG):
                await self.push(trouble)
                self.end()
                return
            if not trouble:
                handed_over = True
                trouble = await self._hand_over(mail)
        finally:
            if not handed_over:
                mail.unlink(missing_ok=True)
        answers = [trouble or KEPT] * len(self.envelope.rcpt_tos)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push("\r\n".join(answers))

    async def _take_in(self, file: IO[bytes], sender: str) -> str:
        """Write what comes into the file, under the return path of the envelope; "" or what was in the way.

        It is read up to ".CRLF", which ends the mail if a line begins with it, or in pieces when that is far away.
        """
        trouble = _written(file, return_path(sender))
        size, began = 0, self.loop.time()
        line_end, invented = b"\r\n", 2  # the line end that may stand before the next piece; the first one is ours
        while True:
            try:
                piece = line_end + await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError as error:
                piece = line_end + await self._reader.read(error.consumed)
            if self.loop.time() - began > self._door.mail_seconds:
                return TOO_SLOW
            self._reset_timeout()
            ended = piece.endswith(b"\r\n.\r\n")
            line_end = b"" if ended else _line_end(piece)
            piece = piece[:-3] if ended else piece[: len(piece) - len(line_end)]
            content = piece.replace(b"\r\n.", b"\r\n")[invented:]  # RFC 5321 4.5.2
            invented = 0
            size += len(content)
            if size > self._door.limit:
                trouble = TOO_BIG
            if size > self._door.limit + _OVERRUN:
                return FAR_TOO_BIG
            trouble = trouble or _written(file, content)
            if ended:
                return trouble or _flushed(file)

    async def _hand_over(self, mail: Path) -> str:
        self.handing_over = True
        self._reset_timeout(self._door.mail_seconds)  # recording takes the time it takes
        try:
            return await asyncio.shield(self.loop.run_in_executor(self._writers, _delivered, self._door, mail))
        finally:
            self.handing_over = False
            if self.transport is not None:
                self._reset_timeout()


def return_path(sender: str) -> bytes:
    """The Return-Path field of final delivery (RFC 5321 4.4); the same for the same envelope."""
    address = sender.strip("<>").encode("utf-8", "surrogateescape")
    return b"Return-Path: <" + bytes(byte for byte in address if byte > 32 and byte not in b"<>\x7f") + b">\r\n"


def _delivered(door: Door, mail: Path) -> str:
    try:
        door.deliver(mail)
    except Exception as error:  # noqa: BLE001  (whatever it is, the other server must keep the mail)
        log.error("lmtp_not_kept", error=type(error).__name__)
        return NOT_KEPT
    finally:
        mail.unlink(missing_ok=True)
    return ""


def _line_end(piece: bytes) -> bytes:
    return b"\r\n" if piece.endswith(b"\r\n") else b"\r" if piece.endswith(b"\r") else b""


def _written(file: IO[bytes], piece: bytes) -> str:
    try:
        file.write(piece)
    except OSError as error:
        log.error("lmtp_not_kept", error=type(error).__name__)
        return NOT_KEPT
    return ""


def _flushed(file: IO[bytes]) -> str:
    try:
        file.flush()
    except OSError as error:
        log.error("lmtp_not_kept", error=type(error).__name__)
        return NOT_KEPT
    return ""
