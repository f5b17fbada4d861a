"""The tap: a TCP relay in front of a server that records every byte, and can break the line on purpose.

    client ──► Tap ──► Server          tap.trace: what crossed the line; tap.cut() and the like: what goes wrong

It relays bytes and knows no protocol. A record is made when bytes reach the tap, and completed when they have left it,
so a slow line shows as a slanted arrow.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from lessons.errors import LessonError
from lessons.protocols.origin import OriginPolicy
from lessons.serving import runtime
from lessons.serving.clock import monotonic
from lessons.serving.connections import end_sending
from lessons.wire.faults import Faults, Schedule, check_amount
from lessons.wire.record import Direction, Kind, Record
from lessons.wire.trace import Trace

QUEUE_BYTES = 256 * 1024
"""How many bytes a line holds back for one direction of a connection before the sender has to wait."""
CONNECT_SECONDS = 5.0
"""How long the server behind the tap may take to accept a connection."""
SLICES_A_SECOND = 20
"""How many pieces a second a line of low bandwidth lets through of a large write."""


@dataclass(slots=True)
class _Held:
    """A piece that is on its way along the line.

    Attributes:
        entered: when it entered the line, in seconds since the trace began.
        due: when it may leave it, in the same seconds.
        data: its bytes; `None` for the end of the stream.
        record: the record that is complete once this piece has left; `None` for all but the last piece of a record.
    """

    entered: float
    due: float
    data: bytes | None
    record: Record | None


class _End(asyncio.Protocol):
    """The tap's end of one TCP connection: what comes in here goes out at the other end of the pair."""

    def __init__(self, pair: _Pair, direction: Direction) -> None:
        self.pair = pair
        self.direction: Direction = direction
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.ended = False
        self._held: deque[_Held] = deque()
        self._held_bytes = 0
        self._release: asyncio.TimerHandle | None = None
        self._other_is_full = False

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.pair.made(self)

    def data_received(self, data: bytes) -> None:
        passing = data if self.direction == "up" else self.pair.relay.faults.before_cut(data)
        if passing:
            self._pass_on(passing)
        if passing != data:
            self.pair.relay.cut(reset=False)

    def _pass_on(self, data: bytes) -> None:
        record = self.pair.relay.record(self.pair.number, self.direction, "data", data)
        if self._held or self.other is None or self.other.transport is None or not self.pair.relay.faults.clear:
            self._hold(data, record)
            return
        record.delivered = record.time
        self.other.transport.write(data)

    def eof_received(self) -> bool:
        self.ended = True
        self._hold(None, self.pair.relay.record(self.pair.number, self.direction, "end"))
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if error is not None and not self.pair.broken:
            self.pair.relay.record(self.pair.number, self.direction, "reset")
            self.pair.break_off(reset=True)
        self.pair.forget_if_gone()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.regulate(other_is_full=True)

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.regulate(other_is_full=False)

    # --- the line between the two ends ---

    def _hold(self, data: bytes | None, record: Record) -> None:
        """Queue bytes (`None`: the end of the stream) until the line lets them out."""
        self._enter(data, record, record.time)
        self._held_bytes += len(data or b"")
        self.let_through()

    def _enter(self, data: bytes | None, record: Record | None, entered: float) -> None:
        relay = self.pair.relay
        for piece in relay.sliced(data):
            before = self._held[-1].due if self._held else 0.0
            due = relay.schedules[self.direction].due(len(piece or b""), entered, before)
            self._held.append(_Held(entered, due, piece, None))
        self._held[-1].record = record

    def reschedule(self) -> None:
        """Work out anew when what is held is due, because the line has changed."""
        held, self._held = self._held, deque()
        for each in held:
            self._enter(each.data, each.record, each.entered)
        self.let_through()

    def let_through(self) -> None:
        """Send on what is due, and run again when the next piece is."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        relay, other = self.pair.relay, self.other
        if other is not None and other.transport is not None and not relay.faults.stalled:
            while self._held and self._held[0].due <= relay.now():
                self._send_on(self._held.popleft(), other.transport)
            if self._held:
                wait = self._held[0].due - relay.now()
                self._release = asyncio.get_running_loop().call_later(wait, self.let_through)
        self.regulate()

    def _send_on(self, held: _Held, transport: asyncio.Transport) -> None:
        if held.record is not None:
            held.record.delivered = self.pair.relay.now()
        if held.data is not None:
            self._held_bytes -= len(held.data)
            transport.write(held.data)
        else:
            end_sending(transport)
            self.pair.close_if_ended(self)

    def regulate(self, other_is_full: bool | None = None) -> None:
        """Read on or pause, depending on how much is held back.

        Args:
            other_is_full: whether the other end has more to write than its peer reads; `None` if that hasn't changed.
        """
        if other_is_full is not None:
            self._other_is_full = other_is_full
        if self.transport is None or self.ended:
            return  # reading on after the end would report the end once more
        if self._other_is_full or self._held_bytes > QUEUE_BYTES:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def break_off(self, *, reset: bool) -> None:
        """End this connection now; what the line still holds is lost with it."""
        if self._release is not None:
            self._release.cancel()
        self._held.clear()
        if self.transport is None:
            return
        if self.other is not None:
            self.pair.relay.take_back(self.pair.number, self.other.direction, self.transport.get_write_buffer_size())
        _end_now(self.transport, reset=reset)


class _Pair:
    """A client's connection to the tap and the tap's to the server, joined."""

    def __init__(self, relay: _Relay, number: int) -> None:
        self.relay = relay
        self.number = number
        self.client = _End(self, "up")
        self.server = _End(self, "down")
        self.broken = False
        self._ended: set[_End] = set()

    @property
    def ends(self) -> tuple[_End, _End]:
        """The client's end and the server's."""
        return self.client, self.server

    def made(self, end: _End) -> None:
        """Go on to the server once the client has connected; join the two once the server has."""
        if end is self.client:
            self.relay.record(self.number, "up", "open")
            self.relay.pairs.add(self)
            self.relay.connect(self)
            return
        if self.broken:
            end.break_off(reset=True)
            return
        self.client.other, self.server.other = self.server, self.client
        self.client.let_through()

    def close_if_ended(self, end: _End) -> None:
        """Close both connections once both sides have finished sending."""
        self._ended.add(end)
        if len(self._ended) == 2:
            for each in self.ends:
                if each.transport is not None:
                    each.transport.close()

    def forget_if_gone(self) -> None:
        """Forget the pair when both its connections are gone."""
        if all(each.transport is None for each in self.ends):
            self.relay.pairs.discard(self)

    def break_off(self, *, reset: bool) -> None:
        """End both connections now; what the line still holds is lost with them."""
        self.broken = True
        for end in self.ends:
            end.break_off(reset=reset)


def _end_now(transport: asyncio.Transport, *, reset: bool) -> None:
    """End a connection without waiting for its peer, with a reset (RST) or in order (FIN)."""
    with contextlib.suppress(OSError), _own_socket(transport) as connection:
        if reset:  # linger for zero seconds: closing drops what isn't sent yet, and sends an RST
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:  # send the FIN first, since closing with bytes unread sends an RST
            connection.shutdown(socket.SHUT_WR)
    transport.abort()


def _own_socket(transport: asyncio.Transport) -> socket.socket:
    """Return a socket object of our own for a transport's connection; the one that event loops hand out can do less."""
    return socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))


class _Relay:
    """The service of a tap: accepts clients, connects each of them to the server, keeps the line's state."""

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
        """Add a record to the trace, with the current time."""
        record = Record(self.now(), connection, direction, kind, data)
        if kind in ("open", "note", "reset"):
            record.delivered = record.time
        self.trace.add(record)
        return record

    def take_back(self, connection: int, direction: Direction, count: int) -> None:
        """Mark the last `count` bytes of a direction as not delivered: the system never took them from the tap."""
        if not count:
            return
        for record in reversed(self.trace.records()):
            if (record.connection, record.direction, record.kind) != (connection, direction, "data") or count <= 0:
                continue
            if record.delivered is not None:
                record.delivered = None
                count -= len(record.data)

    def sliced(self, data: bytes | None) -> list[bytes | None]:
        """Cut bytes into the pieces that a line of low bandwidth lets through, so that they trickle."""
        if data is None or not self.faults.bandwidth:
            return [data]
        size = max(int(self.faults.bandwidth / SLICES_A_SECOND), 1)
        return [data[start : start + size] for start in range(0, len(data), size)]

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Accept clients on these sockets; it is the server behind the tap that checks their origins."""
        await self._listen(sockets)

    async def _listen(self, sockets: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        self._addresses = [each.getsockname()[:2] for each in sockets]
        self._listeners = [await loop.create_server(self._new_pair, sock=each) for each in sockets]

    def _new_pair(self) -> _End:
        self._count += 1
        return _Pair(self, self._count).client

    def connect(self, pair: _Pair) -> None:
        """Begin to connect a pair to the server."""
        task = asyncio.get_running_loop().create_task(self._connect(pair))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, pair: _Pair) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: pair.server, *self.target)
        except OSError:
            if not pair.broken:
                self.record(pair.number, "down", "reset")
                pair.break_off(reset=True)

    def changed(self) -> None:
        """Reschedule everything that is held back, after the line's state has changed."""
        for schedule in self.schedules.values():
            schedule.restart(self.now())
        for pair in list(self.pairs):
            for end in pair.ends:
                end.reschedule()

    def cut(self, *, reset: bool) -> int:
        """Break off all connections; return how many there were."""
        self.note("cut (RST)" if reset else "cut (FIN)")
        pairs = [pair for pair in self.pairs if not pair.broken]
        for pair in pairs:
            self._record_cut(pair, reset=reset)
            pair.break_off(reset=reset)
        return len(pairs)

    def note(self, words: str) -> None:
        """Add a remark on the line to the trace."""
        self.record(0, "up", "note", words.encode())

    def _record_cut(self, pair: _Pair, *, reset: bool) -> None:
        """Record what the two sides see: a reset on both, or on each that the other has finished sending."""
        if reset:
            self.record(pair.number, "down", "reset")
            return
        for end in pair.ends:
            if not end.ended:
                end_record = self.record(pair.number, end.direction, "end")
                end_record.delivered = end_record.time

    def refuse(self) -> None:
        """Stop listening, so that the system refuses every new connection."""
        for listener in self._listeners:
            listener.close()
        self._listeners = []

    async def accept(self) -> None:
        """Listen again on the same address."""
        if not self._listeners:
            await self._listen([each for address in self._addresses for each in runtime.bind(*address)])

    async def close(self) -> None:
        """Stop listening and end all connections."""
        self.refuse()
        for task in list(self._connecting):
            task.cancel()
        for pair in list(self.pairs):
            pair.break_off(reset=False)


class Tap(runtime.Server):
    """A server that passes every byte on to another server, and records it.

    Args:
        target: the server to stand in front of, or its URL, such as `http://127.0.0.1:8000`.
        name: what it is called; only one tap at a time runs under a name. The default is a name for each server.
        host: the address to listen on.
        port: the port; 0 for a free one.

    Attributes:
        trace: what crossed the line.

    Raises:
        LessonError: if the target is closed or isn't a URL, or the address can't be listened on.
    """

    def __init__(self, target: runtime.Server | str, *, name: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self.trace = Trace()
        self._faults = Faults()
        behind, address = (f"the {target.name}", target.url) if isinstance(target, runtime.Server) else (target, target)
        self.target = target
        self._relay = _Relay(*_host_and_port(address), self.trace, self._faults)
        super().__init__(self._relay, name=name or f"tap before {behind}", host=host, port=port)

    def allow(self, origin: str) -> None:
        """Let the pages of one more origin use the server behind the tap."""
        super().allow(origin)
        if isinstance(self.target, runtime.Server):
            self.target.allow(origin)

    # --- the line ---

    @property
    def faults(self) -> str:
        """The state of the line in a few words; `clear` if nothing is wrong with it."""
        return self._faults.describe()

    @property
    def delay(self) -> float:
        """Seconds that every byte takes, each way; a change applies to bytes that come after it."""
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
        """Bytes a second that the line carries each way; 0 for unlimited."""
        return self._faults.bandwidth

    @bandwidth.setter
    def bandwidth(self, bytes_a_second: float) -> None:
        self._change(bandwidth=check_amount("the bandwidth", bytes_a_second, "bytes a second"))

    @property
    def stalled(self) -> bool:
        """Whether every byte is held back."""
        return self._faults.stalled

    @property
    def refusing(self) -> bool:
        """Whether new connections are refused."""
        return self._faults.refusing

    def stall(self) -> None:
        """Hold back every byte, both ways, until `resume`; connections stay open, and nobody is told."""
        self._change(stalled=True)

    def resume(self) -> None:
        """Let through the bytes that `stall` held back."""
        self._change(stalled=False)

    def cut(self, *, reset: bool = False) -> int:
        """Break off all connections; new ones may be made at once.

        Args:
            reset: whether to end them with a reset (RST), as a crash does, instead of in order (FIN).

        Returns:
            How many connections were cut.
        """
        self.check_running()
        return runtime.call(partial(self._relay.cut, reset=reset))

    def cut_after(self, count: int) -> None:
        """Let some more bytes reach the clients, and break off all connections before the next one.

        Args:
            count: how many bytes, from 0 up, for all clients together.
        """
        self._change(cut_after=int(check_amount("the place to cut at", count, "bytes")))

    def refuse(self) -> None:
        """Refuse new connections until `accept`; those that are open stay open."""
        self._change(refusing=True)

    def accept(self) -> None:
        """Accept connections again."""
        self._change(refusing=False)

    def mend(self) -> None:
        """Take every fault back: no delay, no limit, nothing held back or refused."""
        self._change(delay=0.0, jitter=0.0, bandwidth=0.0, stalled=False, refusing=False, cut_after=None)

    def _change(self, **faults: float | bool | None) -> None:
        self.check_running()
        runtime.run(self._apply(faults))

    async def _apply(self, faults: dict[str, float | bool | None]) -> None:
        before = self._faults.describe()
        for name, value in faults.items():
            setattr(self._faults, name, value)
        if self._faults.describe() != before:
            self._relay.note(self._faults.describe())
        if self._faults.refusing:
            self._relay.refuse()
        else:
            await self._relay.accept()
        if not faults.keys() <= {"delay", "jitter"}:
            self._relay.changed()


def _host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname and parts.port:
            return parts.hostname, parts.port
    except (ValueError, AttributeError):
        pass  # a port out of range, a missing bracket, or not text at all
    raise LessonError(f"a tap needs a server, or a URL such as http://127.0.0.1:8000, not {url!r}")
