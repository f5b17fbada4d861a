"""The tap: a TCP relay before a server that records every byte, and can break the line on purpose.

    client ──► Tap ──► Server          tap.trace  what crossed, tap.cut()  and the like  what goes wrong

It relays bytes and knows no protocol. A record is made when bytes reach the tap, and completed when they have left it,
so a slow line shows as a slanted arrow.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import deque
from typing import cast
from urllib.parse import urlsplit

from lessons import runtime
from lessons.clock import monotonic
from lessons.errors import LessonError
from lessons.wire.faults import Faults, Schedule, check_amount
from lessons.wire.trace import Direction, Kind, Record, Trace

QUEUE_BYTES = 256 * 1024
"""How many bytes a line holds back for one connection and direction before the sender has to wait."""
CONNECT_SECONDS = 5.0
"""How long the server behind the tap may take to accept a connection."""
SLICES_A_SECOND = 20
"""In how many pieces a second a narrow line lets a large write through."""


class _End(asyncio.Protocol):
    """The tap's end of one TCP connection: what arrives here goes out at the other end of the pair."""

    def __init__(self, pair: _Pair, direction: Direction) -> None:
        self.pair = pair
        self.direction: Direction = direction
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.held: deque[tuple[float, bytes | None, Record]] = deque()
        self.held_bytes = 0
        self.release: asyncio.TimerHandle | None = None
        self.last_due = 0.0
        self.other_is_full = False

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.pair.made(self)

    def data_received(self, data: bytes) -> None:
        record = self.pair.relay.record(self.pair.number, self.direction, "data", data)
        if self.held or self.other is None or self.other.transport is None or not self.pair.relay.faults.clear:
            self._hold(data, record)
            return
        self.other.transport.write(data)
        record.delivered = record.time

    def eof_received(self) -> bool:
        self._hold(None, self.pair.relay.record(self.pair.number, self.direction, "end"))
        return True

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None and not self.pair.broken:
            self.pair.relay.record(self.pair.number, self.direction, "reset")
            self.pair.break_off(reset=True)
        self.pair.lost(self)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.other_is_full = True
            self.other.regulate()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.other_is_full = False
            self.other.regulate()

    # --- the line between the two ends ---

    def _hold(self, data: bytes | None, record: Record) -> None:
        """Queue bytes (`None`: the end of them) until the line lets them out."""
        relay = self.pair.relay
        for piece in relay.sliced(data):
            size = len(piece) if piece else 0
            self.last_due = relay.schedules[self.direction].due(size, relay.now(), self.last_due)
            self.held.append((self.last_due, piece, record))
            self.held_bytes += size
        self.regulate()
        self.let_through()

    def let_through(self) -> None:
        """Send on what is due, and come back when the next piece is."""
        if self.release is not None:
            self.release.cancel()
            self.release = None
        relay, other = self.pair.relay, self.other
        if other is None or other.transport is None or relay.faults.stalled:
            return
        while self.held and self.held[0][0] <= relay.now():
            self._send_on(*self.held.popleft()[1:])
        self.regulate()
        if self.held:
            wait = self.held[0][0] - relay.now()
            self.release = asyncio.get_running_loop().call_later(wait, self.let_through)

    def _send_on(self, data: bytes | None, record: Record) -> None:
        assert self.other is not None
        assert self.other.transport is not None
        if data is not None:
            self.held_bytes -= len(data)
            self.other.transport.write(data)
        elif self.other.transport.can_write_eof():
            self.other.transport.write_eof()
        record.delivered = self.pair.relay.now()
        if data is None:
            self.pair.ended(self)

    def regulate(self) -> None:
        """Read on or wait, by how much is held back."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.other_is_full or self.held_bytes > QUEUE_BYTES:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()


class _Pair:
    """A client's connection to the tap and the tap's to the server, joined."""

    def __init__(self, relay: _Relay, number: int) -> None:
        self.relay = relay
        self.number = number
        self.client = _End(self, "up")
        self.server = _End(self, "down")
        self.broken = False
        self._ends = 0

    def made(self, end: _End) -> None:
        """Go on to the server once the client has connected; join the two once the server has."""
        if end is self.client:
            self.relay.record(self.number, "up", "open")
            self.relay.pairs.add(self)
            self.relay.connect(self)
            return
        if self.broken:
            _abort(end.transport)
            return
        self.client.other, self.server.other = self.server, self.client
        self.client.let_through()

    def ended(self, end: _End) -> None:
        """Close both connections once both sides have said that they send no more."""
        self._ends += 1
        if self._ends == 2:
            for each in (self.client, self.server):
                if each.transport is not None:
                    each.transport.close()

    def lost(self, end: _End) -> None:
        """Forget the pair when its connections are gone."""
        if end.other is None:
            self.break_off(reset=False)
        for each in (self.client, self.server):
            if each.transport is not None and not each.transport.is_closing() and not each.held:
                each.transport.close()
        if all(each.transport is None or each.transport.is_closing() for each in (self.client, self.server)):
            self.relay.pairs.discard(self)

    def break_off(self, *, reset: bool) -> None:
        """End both connections now; what the line still holds is lost with it."""
        self.broken = True
        self.relay.pairs.discard(self)
        for end in (self.client, self.server):
            if end.release is not None:
                end.release.cancel()
            end.held.clear()
            if end.transport is None:
                continue
            if reset:
                _abort(end.transport)
            else:
                end.transport.close()


def _abort(transport: asyncio.Transport | None) -> None:
    """Close a connection with a reset (RST): linger zero throws away what isn't sent yet."""
    if transport is None or transport.is_closing():
        return
    peer = transport.get_extra_info("socket")
    if peer is not None and peer.fileno() != -1:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class _Relay:
    """The service behind a tap: accepts clients, connects each to the server, keeps the line's state."""

    def __init__(self, host: str, port: int, trace: Trace, faults: Faults) -> None:
        self.target = (host, port)
        self.trace = trace
        self.faults = faults
        self.schedules: dict[Direction, Schedule] = {
            "up": Schedule(faults, random.random),
            "down": Schedule(faults, random.random),
        }
        self.pairs: set[_Pair] = set()
        self._count = 0
        self._began = monotonic()
        self._listeners: list[asyncio.Server] = []
        self._addresses: list[tuple[str, int]] = []
        self._connecting: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        """Return the seconds since the trace began."""
        return monotonic() - self._began

    def record(self, connection: int, direction: Direction, kind: Kind, data: bytes = b"") -> Record:
        """Add a record of this moment to the trace."""
        record = Record(self.now(), connection, direction, kind, data)
        if kind in ("open", "note", "reset"):
            record.delivered = record.time
        self.trace.add(record)
        return record

    def sliced(self, data: bytes | None) -> list[bytes | None]:
        """Return the pieces in which a narrow line lets bytes through, so that they trickle."""
        if data is None or not self.faults.bandwidth:
            return [data]
        size = max(int(self.faults.bandwidth / SLICES_A_SECOND), 1)
        return [data[start : start + size] for start in range(0, len(data), size)]

    async def open(self, sockets: list[socket.socket]) -> None:
        """Accept clients on these sockets."""
        running = asyncio.get_running_loop()
        self._addresses = [each.getsockname()[:2] for each in sockets]
        self._listeners = [await running.create_server(self._new_pair, sock=each) for each in sockets]

    def _new_pair(self) -> _End:
        self._count += 1
        return _Pair(self, self._count).client

    def connect(self, pair: _Pair) -> None:
        """Begin to connect a pair to the server."""
        task = asyncio.get_running_loop().create_task(self._connect(pair))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, pair: _Pair) -> None:
        running = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await running.create_connection(lambda: pair.server, *self.target)
        except OSError:
            if not pair.broken:
                self.record(pair.number, "down", "reset")
                pair.break_off(reset=True)

    def let_through(self) -> None:
        """Look again at everything that is held back, after the line's state has changed."""
        for pair in list(self.pairs):
            pair.client.let_through()
            pair.server.let_through()

    def cut(self, *, reset: bool) -> int:
        """Break off all connections; return how many they were."""
        pairs = list(self.pairs)
        for pair in pairs:
            if reset:
                self.record(pair.number, "down", "reset")
            else:
                self.record(pair.number, "down", "end")
            pair.break_off(reset=reset)
        return len(pairs)

    def refuse(self) -> None:
        """Stop listening, so that the system answers every new connection with a refusal."""
        for listener in self._listeners:
            listener.close()
        self._listeners = []

    async def accept(self) -> None:
        """Listen again on the same address."""
        if not self._listeners:
            host, port = self._addresses[0]
            await self.open(runtime.bind(host, port))

    async def close(self) -> None:
        """Stop listening and end all connections."""
        self.refuse()
        for task in list(self._connecting):
            task.cancel()
        for pair in list(self.pairs):
            pair.break_off(reset=False)


class Tap(runtime.Server):
    """A server that passes every byte on to another one, and writes down which.

    Args:
        target: the server to stand before, or the URL of one, such as `http://127.0.0.1:8000`.
        name: what it is called; one tap stands under a name at a time, and by default one before each server.
        host: the address to listen on.
        port: the port, 0 for a free one.

    Raises:
        LessonError: if the target is closed or no URL, or the address can't be had.
    """

    def __init__(self, target: runtime.Server | str, *, name: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self.trace = Trace()
        self._faults = Faults()
        address = target if isinstance(target, str) else target.url
        self.target = target
        self._relay = _Relay(*_host_and_port(address), self.trace, self._faults)
        name = name or f"tap before {target if isinstance(target, str) else f'the {target.name}'}"
        super().__init__(self._relay, name=name, host=host, port=port)

    def allow(self, origin: str) -> None:
        """Let pages of one more origin use the server behind the tap."""
        super().allow(origin)
        if isinstance(self.target, runtime.Server):
            self.target.allow(origin)

    # --- the line ---

    @property
    def faults(self) -> str:
        """The state of the line in a few words, `clear` if nothing is wrong with it."""
        return self._faults.describe()

    @property
    def delay(self) -> float:
        """Seconds that every byte takes, each way."""
        return self._faults.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self._change(delay=check_amount("the delay", seconds, "seconds"))

    @property
    def jitter(self) -> float:
        """Seconds by which the delay varies, at random, to either side."""
        return self._faults.jitter

    @jitter.setter
    def jitter(self, seconds: float) -> None:
        self._change(jitter=check_amount("the jitter", seconds, "seconds"))

    @property
    def bandwidth(self) -> float:
        """Bytes a second that the line carries each way; 0 is unlimited."""
        return self._faults.bandwidth

    @bandwidth.setter
    def bandwidth(self, bytes_a_second: float) -> None:
        self._change(bandwidth=check_amount("the bandwidth", bytes_a_second, "bytes a second"))

    def stall(self) -> None:
        """Hold back every byte, both ways, until `resume`; connections stay open, and nobody is told."""
        self._change(stalled=True)

    def resume(self) -> None:
        """Let the bytes through that `stall` held back."""
        self._change(stalled=False)

    def cut(self, *, reset: bool = False) -> int:
        """Break off all connections; new ones may be made at once.

        Args:
            reset: end them with a reset (RST), as a crash does, instead of an orderly end (FIN).

        Returns:
            How many connections were cut.
        """
        return runtime.run(self._cut(reset))

    def refuse(self) -> None:
        """Refuse new connections until `accept`; those that are open stay."""
        self._change(refusing=True)

    def accept(self) -> None:
        """Accept connections again."""
        self._change(refusing=False)

    def mend(self) -> None:
        """Take every fault back: no delay, no limit, nothing held back or refused."""
        self._change(delay=0.0, jitter=0.0, bandwidth=0.0, stalled=False, refusing=False)

    async def _cut(self, reset: bool) -> int:
        self._note("cut (RST)" if reset else "cut (FIN)")
        return self._relay.cut(reset=reset)

    def _change(self, **faults: float | bool) -> None:
        if not self.running:
            raise LessonError(f"the {self.name} is closed; run the cell that makes it once more")
        runtime.run(self._apply(faults))

    async def _apply(self, faults: dict[str, float | bool]) -> None:
        before = self._faults.describe()
        for name, value in faults.items():
            setattr(self._faults, name, value)
        if self._faults.describe() != before:
            self._note(self._faults.describe())
        if self._faults.refusing:
            self._relay.refuse()
        else:
            await self._relay.accept()
        self._relay.let_through()

    def _note(self, words: str) -> None:
        self._relay.record(0, "up", "note", words.encode())


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or not parts.hostname or not port:
        raise LessonError(f"a tap stands before a server or a URL such as http://127.0.0.1:8000, not {url!r}")
    return parts.hostname, port
