"""Chromium as the judge: the same streams, split the same ways, read by its EventSource and by our parser.

The streams come from several loopback addresses, since a browser opens six connections to each.
"""

import asyncio
import random
import re
import threading

import pytest

from lessons.protocols.event_stream import EventStreamParser
from tests.protocols.event_stream_cases import CASES
from tests.protocols.test_event_stream import read, split_at

pytestmark = pytest.mark.browser

ADDRESSES = [f"127.0.0.{host}" for host in range(1, 21)]
# Enough for most pieces to reach the page alone; two that melt together must give the same events anyway.
SECONDS_BETWEEN_PIECES = 0.001

MARK = b"\xef\xbb\xbf"
NAMES = [*[b"data"] * 8, b"event", b"id", b"retry", b"Data", b"", b""]
VALUES = [b"", b"a", b"tick", b"7", b" ", b"a:b", b"\0", "é€😀".encode(), b"\xe2\x82", b"\xff", MARK]
LINE_ENDS = [b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r", b"\r\n\n"]

# Reads stream 0, 1, 2 … and gives the events of each, five at a time from an address. A stream is read until
# its connection ends or, if the page shall reconnect, until the server says 204.
READ_STREAMS = """
async ([origins, count, types, reconnect]) => {
    const read = (url) => new Promise((resolve) => {
        const source = new EventSource(url), events = [];
        const listen = (event) => {
            if (event instanceof MessageEvent) {
                events.push([event.type, event.data, event.lastEventId]);
            } else if (event.type === "error" && (!reconnect || source.readyState === EventSource.CLOSED)) {
                source.close();
                resolve(events);
            }
        };
        for (const type of types) source.addEventListener(type, listen);
    });
    const results = [];
    let next = 0;
    const worker = async (origin) => {
        while (next < count) {
            const index = next++;
            results[index] = await read(`${origin}/${index}`);
        }
    };
    await Promise.all(origins.flatMap((origin) => Array(5).fill(origin)).map(worker));
    return results;
}
"""


class StreamServer:
    """Serves the streams of a page that reads them, piece by piece.

    ``lives[index]`` holds what each connection to ``/index`` gets, one after another; the next gets 204.
    ``last_event_ids[index]`` notes the header with which each connection came.
    """

    def __init__(self):
        self.lives = []
        self.last_event_ids = []
        self.origins = []

    def serve(self, lives):
        self.lives = [list(streams) for streams in lives]
        self.last_event_ids = [[] for _ in lives]

    async def run(self, ready, stop):
        servers = [await asyncio.start_server(self.answer, address, 0) for address in ADDRESSES]
        self.origins = ["http://{}:{}".format(*server.sockets[0].getsockname()) for server in servers]
        ready.set()
        await stop.wait()

    async def answer(self, reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split(b" ")[1].decode()
        if path[1:].isdigit():
            await self.stream(int(path[1:]), request, writer)
        else:
            self.begin(writer, "200 OK", "text/html")
        writer.close()

    async def stream(self, index, request, writer):
        header = re.search(rb"\r\nlast-event-id: *([^\r]*)\r\n", request, re.IGNORECASE)
        self.last_event_ids[index].append(header[1].decode() if header else "")
        if not self.lives[index]:
            self.begin(writer, "204 No Content", "text/event-stream")
            return
        self.begin(writer, "200 OK", "text/event-stream")
        for piece in self.lives[index].pop(0):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(SECONDS_BETWEEN_PIECES)

    def begin(self, writer, status, content_type):
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nAccess-Control-Allow-Origin: *\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())


@pytest.fixture(scope="module")
def server():
    server, ready, loop, stop = StreamServer(), threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.run(ready, stop)])
    thread.start()
    ready.wait()
    yield server
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def page(server, browser):
    page = browser.new_page()
    page.goto(server.origins[0])
    yield page
    page.close()


def read_in_chromium(page, server, lives, types, reconnect=False):
    server.serve(lives)
    types = sorted({"message", "open", "error", *types})
    results = page.evaluate(READ_STREAMS, [server.origins, len(lives), types, reconnect])
    return [[tuple(event) for event in events] for events in results]


def types_of(events):
    return {type for type, _, _ in events}


def test_every_case_in_every_split(page, server):
    jobs = []
    for case in CASES:
        length = len(case.stream)
        cuts = [set(), set(range(length)), *({cut} for cut in range(1, length))]
        jobs += [(case, split_at(case.stream, some)) for some in cuts]
    types = set().union(*(types_of(case.events) for case in CASES))
    seen = read_in_chromium(page, server, [[pieces] for _, pieces in jobs], types)
    for (case, pieces), events in zip(jobs, seen, strict=True):
        expected = case.events if case.chromium is None else case.chromium
        assert events == expected, f"{case.name}, split as {pieces}"


def random_stream(dice):
    """Build a stream of lines, most of which mean something, behind a byte order mark or not."""
    parts = ([b"", b"", b"", MARK], NAMES, [b"", b":", b": ", b":  "], VALUES, LINE_ENDS)
    lines = (b"".join(map(dice.choice, parts)) for _ in range(12))
    return dice.choice([b"", MARK]) + b"".join(lines)


def random_split(dice, stream):
    return split_at(stream, {cut for cut in range(1, len(stream)) if dice.random() < 0.3})


def test_random_streams_in_random_splits(page, server):
    dice = random.Random(9)
    streams = [random_stream(dice) for _ in range(400)]
    # Chromium takes a line end right behind the byte order mark for a part of the line (see the cases).
    streams = [stream for stream in streams if not stream.startswith((MARK + b"\n", MARK + b"\r"))]
    lives = [[random_split(dice, stream)] for stream in streams]
    ours = [read(*pieces)[0] for [pieces] in lives]
    seen = read_in_chromium(page, server, lives, set().union(*map(types_of, ours), ["tick"]))
    for stream, expected, events in zip(streams, ours, seen, strict=True):
        assert events == expected, stream


def test_reconnecting_sends_the_same_id_and_goes_on_from_it(page, server):
    again = b"data: again\n\n"
    lives = [[[case.stream + b"\nretry: 1\n"], [again]] for case in CASES if case.chromium is None]
    ours, ids = [], []
    for [first], [second] in lives:
        parser = EventStreamParser()
        events = parser.receive(first)
        ids.append(["", parser.last_event_id])
        parser.new_stream()
        ours.append([(e.type, e.data, e.last_event_id) for e in events + parser.receive(second)])
        ids[-1].append(parser.last_event_id)
    seen = read_in_chromium(page, server, lives, set().union(*map(types_of, ours)), reconnect=True)
    assert seen == ours
    assert server.last_event_ids == ids
