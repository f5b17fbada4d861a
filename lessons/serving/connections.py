"""What a server does with its connections, whatever is spoken on them: accepts them, looks at the clock, ends them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from time import monotonic
from typing import cast

from lessons.protocols.origin import OriginPolicy
from lessons.serving.limits import MOST_UNACCEPTED

SWEEP_SECONDS = 1.0
"""The most seconds between two looks at the clock for all connections together."""


class ClientConnection(asyncio.BufferedProtocol, ABC):
    """One client's connection.

    Args:
        service: what it belongs to.

    Attributes:
        transport: what asyncio made for the client.
    """

    transport: asyncio.Transport

    def __init__(self, service: ListeningService) -> None:
        self._service = service
        self._read_buffer = service.read_buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        self.transport = cast(asyncio.Transport, transport)
        self._service.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the one buffer of all connections: asyncio hands it back before it reads again."""
        return self._read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that were read."""
        self.receive(bytes(self._read_buffer[:nbytes]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client: TCP has ended, in whatever way."""
        self._service.discard(self)

    def abort(self) -> None:
        """End TCP at once, whatever is still unsent."""
        self.transport.abort()

    def hand_over(self, successor: ClientConnection, rest: bytes) -> None:
        """Let another protocol have the client, and the bytes of it that have come already."""
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        self._service.discard(self)
        successor.receive(rest)

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Take bytes of the client's."""

    @abstractmethod
    def end(self) -> None:
        """Begin to end the connection as its protocol wants it, since the server closes."""

    @abstractmethod
    def check_time(self, now: float) -> None:
        """Do what the passing of time calls for; `now` is the time by `time.monotonic`, in seconds."""


class ListeningService(ABC):
    """Accepts connections on sockets that the runtime has bound.

    Args:
        read_size: the most bytes taken in one read; all other clients wait while they are answered.
        close_seconds: how long all clients together have to end when the server closes.
        patience: the least number of seconds that a client is waited for; the clock is looked at as often as that,
            and once a second at the least.

    Attributes:
        connections: those that are open.
        read_buffer: one for all connections: only one read goes on at a time.
        origins: decides which pages may use the server.
    """

    origins: OriginPolicy

    def __init__(self, read_size: int, close_seconds: float, patience: float) -> None:
        self.connections: set[ClientConnection] = set()
        self.read_buffer = memoryview(bytearray(read_size))
        self._close_seconds = close_seconds
        self._sweep_seconds = min(SWEEP_SECONDS, patience)
        self._listeners: list[asyncio.Server] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._closing = False
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    @abstractmethod
    def new_connection(self) -> ClientConnection:
        """Return what is to serve one more client."""

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections.

        Args:
            sockets: bound, listening sockets; they are closed when the service ends.
            origins: decides which pages may use the server.
        """
        self.origins = origins
        loop = asyncio.get_running_loop()
        for each in sockets:
            self._listeners.append(await loop.create_server(self.new_connection, sock=each, backlog=MOST_UNACCEPTED))
        self._sweep()

    async def close(self) -> None:
        """Stop listening, then end every connection; those that don't end in time are broken off."""
        self._closing = True
        for listener in self._listeners:
            listener.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self.connections):
            connection.end()
        try:
            async with asyncio.timeout(self._close_seconds):
                await self._all_gone.wait()
        except TimeoutError:
            pass
        finally:  # also where whoever called has run out of patience
            for connection in list(self.connections):
                connection.abort()

    def add(self, connection: ClientConnection) -> None:
        """Count a new connection in; one that came in while the server closes has come too late."""
        self.connections.add(connection)
        self._all_gone.clear()
        if self._closing:
            connection.abort()

    def discard(self, connection: ClientConnection) -> None:
        """Forget a connection that has ended."""
        self.connections.discard(connection)
        if not self.connections:
            self._all_gone.set()

    def _sweep(self) -> None:
        """Look at the clock for every connection: one timer for all costs less than one for each."""
        now = monotonic()
        for connection in list(self.connections):
            connection.check_time(now)
        self._sweeper = asyncio.get_running_loop().call_later(self._sweep_seconds, self._sweep)


def end_sending(transport: asyncio.WriteTransport) -> None:
    """Tell the peer that nothing more will be sent, behind all that was; it may have gone already.

    To close at once would be ruder: bytes of the peer's that nobody has read make TCP answer with a reset, and a reset
    can overtake what was sent last: a response, or the Close frame that says why.
    """
    with contextlib.suppress(OSError):
        transport.write_eof()
