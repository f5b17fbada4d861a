"""What every server does with its connections, whatever their protocol: accept them, time them out, end them."""

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
"""The longest time between two looks at the clock, which serve all connections together."""


class ClientConnection(asyncio.BufferedProtocol, ABC):
    """One client's connection.

    Args:
        service: the service that it belongs to.

    Attributes:
        transport: asyncio's end of the connection.
    """

    transport: asyncio.Transport

    def __init__(self, service: ListeningService) -> None:
        self._service = service
        self._read_buffer = service.read_buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)
        self._service.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the one buffer of all connections: asyncio is done with it before it reads again."""
        return self._read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that were read."""
        self.receive(bytes(self._read_buffer[:nbytes]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client: TCP has ended, one way or another."""
        self._service.discard(self)

    def abort(self) -> None:
        """End TCP at once, and drop what is still unsent."""
        self.transport.abort()

    def hand_over(self, successor: ClientConnection, rest: bytes) -> None:
        """Hand the client over to another protocol.

        Args:
            successor: the protocol that goes on with the client.
            rest: the bytes that have come for it already.
        """
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        self._service.discard(self)
        successor.receive(rest)

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""

    @abstractmethod
    def end(self) -> None:
        """Begin to end the connection in its protocol's own way: the server is closing."""

    @abstractmethod
    def check_time(self, now: float) -> None:
        """Do what the passing of time calls for; `now` is the time in seconds, by `time.monotonic`."""


class ListeningService(ABC):
    """Accepts connections on sockets that the runtime has bound.

    Args:
        read_size: the most bytes taken in one read; while they are answered, all other clients wait.
        close_seconds: how long all clients together have to end when the server closes.
        patience: the shortest time that any client is given, in seconds; the clock is looked at that often, and at
            least once a second.

    Attributes:
        connections: the open connections.
        read_buffer: the buffer of all connections, since only one read happens at a time.
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
        """Return the protocol for one more client."""

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
        finally:  # even if the caller has cancelled this
            for connection in list(self.connections):
                connection.abort()

    def add(self, connection: ClientConnection) -> None:
        """Keep a new connection; one that comes while the server is closing is too late, and ends at once."""
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
        """Let every connection look at the clock: one timer for all costs less than one for each."""
        now = monotonic()
        for connection in list(self.connections):
            connection.check_time(now)
        self._sweeper = asyncio.get_running_loop().call_later(self._sweep_seconds, self._sweep)


def end_sending(transport: asyncio.WriteTransport) -> None:
    """Tell the peer, after all that was written, that nothing more will be sent; the peer may be gone already.

    To close at once would be ruder. If bytes from the peer are still unread, TCP answers with a reset, and the peer may
    lose what was sent last: a response, or the Close frame that says why.
    """
    with contextlib.suppress(OSError):
        transport.write_eof()
