"""Messages that pass python-engineio's queue by: they overtake nothing, and a slow reader costs no memory."""

import asyncio
import contextlib
import socket

from engineio.packet import MESSAGE, PING, Packet

from lessons.protocols.websocket_connection import Connection
from lessons.protocols.websocket_events import Close, Ping, TextMessage
from lessons.socket_io import engineio_driver, websocket_transport
from lessons.socket_io.engineio_driver import StraightQueue, encode, frame_of
from lessons.socket_io.limits import MAX_WAITING
from lessons.socket_io.websocket_transport import CLOSE_SECONDS, WebSocketTransports


class Recorder:
    """A WebSocket that notes what is written to it."""

    def __init__(self):
        self.frames = []

    def write(self, frames):
        self.frames.append(frames)


class Session:
    upgraded = False


def message(text):
    return Packet(MESSAGE, text)


def test_messages_queue_until_the_writer_has_sent_all_before_them():
    async def play():
        queue, websocket, session = StraightQueue(), Recorder(), Session()
        await queue.put(message("by polling"))
        queue.lead_to(websocket, session)
        await queue.put(message("during the upgrade"))
        session.upgraded = True
        taken = [await queue.get(), await queue.get()]
        await queue.put(message("while the writer sends"))
        assert websocket.frames == []
        taken.append(await queue.get())
        writer = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        await queue.put(message("straight"))
        assert websocket.frames == [encode("4straight")]
        await queue.put(Packet(PING))
        return [packet.encode() for packet in [*taken, await writer]]

    assert asyncio.run(play()) == ["4by polling", "4during the upgrade", "4while the writer sends", "2"]


def test_a_session_that_polls_never_goes_straight():
    async def play():
        queue, websocket = StraightQueue(), Recorder()
        queue.lead_to(websocket, Session())
        poll = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        await queue.put(message("hello"))
        assert (await poll).data == "hello"
        return websocket.frames

    assert asyncio.run(play()) == []


def test_no_more_than_so_much_waits_for_a_client_that_does_not_poll(monkeypatch):
    monkeypatch.setattr(engineio_driver, "MAX_UNSENT", 1000)

    async def play():
        queue = StraightQueue()
        for _ in range(1000):
            await queue.put(message("x" * 100))
        assert queue.is_lossy
        return [await queue.get() for _ in range(queue.qsize())]

    assert len(asyncio.run(play())) == 11


def test_a_client_that_polls_loses_nothing_in_the_long_run(monkeypatch):
    monkeypatch.setattr(engineio_driver, "MAX_UNSENT", 1000)

    async def play():
        queue = StraightQueue()
        for _ in range(100):
            await queue.put(message("x" * 900))
            await queue.get()
        return queue.is_lossy

    assert not asyncio.run(play())


def test_a_packet_becomes_a_frame():
    assert frame_of(message("hello")) == b"\x81\x064hello"
    assert frame_of(Packet(MESSAGE, b"\x01")) == b"\x82\x01\x01"


def with_websocket(play, max_unsent=1 << 20):
    """Run `play(websocket, socket)` with a WebSocket that has taken a connection over."""

    async def run():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            theirs = socket.create_connection(listener.getsockname())
            ours, _ = listener.accept()
        websocket = await WebSocketTransports(max_unsent).take_over(ours, b"HTTP/1.1 101 \r\n\r\n")
        ours.close()
        theirs.setblocking(False)
        try:
            return await asyncio.wait_for(play(websocket, theirs), 10)
        finally:
            theirs.close()
            websocket.abort()
            await asyncio.sleep(0)

    return asyncio.run(run())


def test_a_websocket_carries_messages_both_ways_and_ends():
    async def play(websocket, theirs):
        loop, client = asyncio.get_running_loop(), Connection(server=False, new_key=lambda: b"\x01\x02\x03\x04")
        await loop.sock_sendall(theirs, client.send(TextMessage("up")) + client.send(Close(1000)))
        websocket.write(encode("down"))
        received = [await websocket.next_messages(), await websocket.next_messages()]
        data = b""
        while piece := await loop.sock_recv(theirs, 1000):
            data += piece
        return received, data

    received, data = with_websocket(play)
    assert received == [["up"], []]
    assert data == b"HTTP/1.1 101 \r\n\r\n" + b"\x81\x04down" + b"\x88\x02\x03\xe8"


class Transport:
    """A transport that notes what is written to it, and whether it reads."""

    def __init__(self):
        self.writes = []
        self.reads = True

    def write(self, data):
        self.writes.append(data)

    def get_write_buffer_size(self):
        return 0

    def abort(self):
        self.reads = False

    def pause_reading(self):
        self.reads = False

    def resume_reading(self):
        self.reads = True


def with_transport(play):
    """Run `play(websocket, transport)` with a WebSocket that has no network."""

    async def run():
        websocket, transport = WebSocketTransports().new_connection(), Transport()
        websocket.connection_made(transport)
        return await play(websocket, transport)

    return asyncio.run(run())


def bring(websocket, data):
    """Give a WebSocket the bytes that a network would bring."""
    websocket.get_buffer(-1)[: len(data)] = data
    websocket.buffer_updated(len(data))


def test_what_is_written_in_one_turn_of_the_loop_is_sent_at_once():
    async def play(websocket, transport):
        websocket.write(encode("one"))
        websocket.write(encode("two"))
        assert transport.writes == []
        await asyncio.sleep(0)
        websocket.write(encode("three"))
        await asyncio.sleep(0)
        return transport.writes

    assert with_transport(play) == [encode("one") + encode("two"), encode("three")]


def test_a_close_follows_what_was_written_and_nothing_follows_it():
    async def play(websocket, transport):
        websocket.write(encode("before"))
        websocket.close()
        websocket.write(encode("after"))
        await asyncio.sleep(0)
        return b"".join(transport.writes)

    assert with_transport(play) == encode("before") + b"\x88\x02\x03\xe8"


def test_no_more_is_read_while_too_many_messages_wait():
    async def play(websocket, transport):
        sent = Connection(server=False, new_key=lambda: b"\x01\x02\x03\x04").send(TextMessage("up"))
        bring(websocket, sent * MAX_WAITING)
        assert transport.reads
        bring(websocket, sent)
        assert not transport.reads
        assert await websocket.next_messages() == ["up"] * (MAX_WAITING + 1)
        return transport.reads

    assert with_transport(play)


def test_who_does_not_answer_a_close_is_cut_off():
    async def play(websocket, transport):
        websocket.close()
        websocket.check_time(100.0)
        websocket.check_time(100.0 + CLOSE_SECONDS - 0.1)
        assert transport.reads
        websocket.check_time(100.0 + CLOSE_SECONDS)
        return transport.reads

    assert not with_transport(play)


def test_a_server_that_closes_tells_its_websockets_and_leaves_none(monkeypatch):
    monkeypatch.setattr(websocket_transport, "END_SECONDS", 0.01)

    async def play():
        websockets, transport = WebSocketTransports(), Transport()
        websockets.new_connection().connection_made(transport)
        await websockets.close()
        return b"".join(transport.writes), transport.reads

    written, still_there = asyncio.run(play())
    assert written.startswith(b"\x88") and written[2:4] == (1001).to_bytes(2)
    assert not still_there


def test_who_does_not_read_is_cut_off():
    async def play(websocket, theirs):
        while websocket.is_open:
            websocket.write(encode("x" * 1000))
            await asyncio.sleep(0)
        return await websocket.next_messages()

    assert with_websocket(play, max_unsent=10_000) == []


def test_who_pings_and_does_not_read_is_cut_off():
    pings = Connection(server=False, new_key=lambda: b"\x01\x02\x03\x04").send(Ping(b"x" * 125)) * 1000

    async def play(websocket, theirs):
        with contextlib.suppress(ConnectionError):
            while websocket.is_open:
                await asyncio.get_running_loop().sock_sendall(theirs, pings)
        return await websocket.next_messages()

    assert with_websocket(play, max_unsent=10_000) == []
