"""A line to a mail server that can be cut after a number of bytes, fall silent or become slow: a TCP proxy."""

import selectors
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

_PIECE: Final = 16_384
_TICK: Final = 0.02


@dataclass(eq=False)
class _Pair:
    """One connection of a client, and ours to the server for it; bytes waiting for each of them."""

    client: socket.socket
    server: socket.socket
    to_client: bytearray = field(default_factory=bytearray)
    to_server: bytearray = field(default_factory=bytearray)
    budget: int | None = None
    ending: bool = False


class FaultLine:
    """A port on loopback that passes connections on to `target`; use it as a context manager.

    `cut_after` counts bytes from the server to its clients. `cuts` is how many connections were cut by it.
    """

    host = "127.0.0.1"

    def __init__(self, target: int) -> None:
        self.target = target
        self.cuts = 0
        self._listener = socket.create_server((self.host, 0))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[_Pair] = []
        self._next_budget: int | None = None
        self._silent = False
        self._rate: int | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fault-line", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        with self._lock:
            for pair in list(self._pairs):
                self._end(pair)
        self._listener.close()

    def cut_after(self, budget: int) -> None:
        """Cut each open connection, or the next one if none is open, when `budget` more bytes reached its client."""
        with self._lock:
            if self._pairs:
                for pair in self._pairs:
                    pair.budget = budget
            else:
                self._next_budget = budget

    def cut_now(self) -> None:
        """Cut every open connection at once, and forget a cut that was to come."""
        with self._lock:
            self._next_budget = None
            for pair in list(self._pairs):
                self.cuts += 1
                self._end(pair)

    def fall_silent(self) -> None:
        """Keep all connections open and pass nothing on."""
        with self._lock:
            self._silent = True

    def slow_down(self, bytes_per_second: int) -> None:
        """Pass on no more than so many bytes a second to each client."""
        with self._lock:
            self._rate = bytes_per_second

    def recover(self) -> None:
        """Be a good line again; what was held back in silence flows on."""
        with self._lock:
            self._silent, self._rate, self._next_budget = False, None, None
            for pair in self._pairs:
                pair.budget = None

    def _serve(self) -> None:
        before = time.monotonic()
        while not self._stop.is_set():
            with selectors.DefaultSelector() as selector:
                with self._lock:  # others may close connections
                    quiet = self._silent
                    for one, events in self._waiting(quiet).items():
                        selector.register(one, events)
                ready = {key.fileobj: events for key, events in selector.select(_TICK)}
            now = time.monotonic()
            with self._lock:
                if self._listener in ready:
                    self._take()
                if not self._silent and not quiet:
                    for pair in list(self._pairs):
                        self._carry(pair, ready, now - before)
            if self._rate is not None:
                self._stop.wait(_TICK)
            before = now

    def _waiting(self, quiet: bool) -> dict[socket.socket, int]:
        waiting: dict[socket.socket, int] = {self._listener: selectors.EVENT_READ}
        for pair in [] if quiet else self._pairs:
            for one, out, back in ((pair.client, pair.to_client, pair.to_server),) + (
                () if pair.ending else ((pair.server, pair.to_server, pair.to_client),)
            ):
                events = (selectors.EVENT_WRITE if out else 0) | (
                    selectors.EVENT_READ if len(back) < _PIECE and not pair.ending else 0
                )
                if events:
                    waiting[one] = events
        return waiting

    def _take(self) -> None:
        with suppress(BlockingIOError):
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection((self.host, self.target), timeout=5)
            except OSError:
                client.close()  # the server is down: to the client the line just breaks
                return
            for one in (client, server):
                one.setblocking(False)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append(_Pair(client, server, budget=self._next_budget))
            self._next_budget = None

    def _carry(self, pair: _Pair, ready: Mapping[Any, int], seconds: float) -> None:
        try:
            if ready.get(pair.client, 0) & selectors.EVENT_READ:
                self._receive(pair, pair.client, pair.to_server)
            if ready.get(pair.server, 0) & selectors.EVENT_READ:
                self._receive(pair, pair.server, pair.to_client)
            if pair.to_server:
                with suppress(BlockingIOError):
                    del pair.to_server[: pair.server.send(pair.to_server)]
            self._give(pair, seconds)
        except OSError:
            self._end(pair)
            return
        if pair.ending and not pair.to_client:
            self._end(pair)

    @staticmethod
    def _receive(pair: _Pair, source: socket.socket, buffer: bytearray) -> None:
        with suppress(BlockingIOError):
            data = source.recv(_PIECE)
            buffer += data
            if not data:
                pair.ending = True

    def _give(self, pair: _Pair, seconds: float) -> None:
        allowed = len(pair.to_client)
        if self._rate is not None:
            allowed = min(allowed, max(1, int(self._rate * min(seconds, 1))))
        if pair.budget is not None:
            allowed = min(allowed, pair.budget)
        if allowed:
            with suppress(BlockingIOError):
                sent = pair.client.send(memoryview(bytes(pair.to_client[:allowed])))
                del pair.to_client[:sent]
                if pair.budget is not None:
                    pair.budget -= sent
        if pair.budget is not None and pair.budget <= 0:
            self.cuts += 1
            self._end(pair)

    def _end(self, pair: _Pair) -> None:
        for one in (pair.client, pair.server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        if pair in self._pairs:
            self._pairs.remove(pair)
