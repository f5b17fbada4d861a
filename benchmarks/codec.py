"""How fast WebSocket messages are decoded in memory, without a network: `python -m benchmarks.codec`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import cast

from websockets.frames import Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol
from wsproto import ConnectionType
from wsproto.connection import Connection as WsprotoConnection
from wsproto.events import TextMessage

from benchmarks.frames import MASK, TEXT, frame
from benchmarks.harness import argument_parser, take_load_core
from benchmarks.report import describe_machine, markdown, publish, with_version
from lessons.protocols.websocket_connection import Connection
from lessons.serving.compiled_mask import mask

Decode = Callable[[bytes], Sequence[object]]
"""Takes the bytes of whole frames, and returns the texts in them, or the events that hold the texts."""

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

READ = 64 * 1024  # bytes handed over at once, as a socket would
SIZES = {"16 B": 16, "4 KiB": 4096}


def ours() -> Decode:
    """Return what decodes in `lessons/protocols`, with tornado's compiled mask as in the server."""
    return Connection(server=True, mask=mask).receive


def websockets() -> Decode:
    """Return what decodes in websockets; its protocol leaves the check of UTF-8 to its user."""
    protocol = ServerProtocol()
    protocol.receive_data(HANDSHAKE)
    (request,) = protocol.events_received()
    protocol.send_response(protocol.accept(cast(Request, request)))

    def decode(data: bytes) -> list[str]:
        protocol.receive_data(data)
        return [str(event.data, "utf-8") for event in cast(list[Frame], protocol.events_received())]

    return decode


def wsproto() -> Decode:
    """Return what decodes in wsproto."""
    connection = WsprotoConnection(ConnectionType.SERVER)

    def decode(data: bytes) -> list[str]:
        connection.receive_data(data)
        return [event.data for event in cast(Iterable[TextMessage], connection.events())]

    return decode


DECODERS = {"lessons": ours, with_version("websockets"): websockets, with_version("wsproto"): wsproto}


def rate(decode: Decode, size: int, seconds: float) -> float:
    """Return how many masked text messages a decoder takes in a second of processor time."""
    message = frame(TEXT, b"x" * size, MASK)
    count = READ // len(message)
    data = message * count
    assert len(decode(data)) == count
    start, reads = time.process_time(), 0
    while time.process_time() < start + seconds:
        decode(data)
        reads += 1
    return reads * count / (time.process_time() - start)


def compare(rounds: int, seconds: float) -> str:
    """Measure all decoders in turn, and return a table of medians."""
    rates: dict[tuple[str, str], list[float]] = {(name, size): [] for name in DECODERS for size in SIZES}
    for _ in range(rounds):
        for name, size in rates:
            rates[name, size].append(rate(DECODERS[name](), SIZES[size], seconds))
    rows = [[name, *(f"{median(rates[name, size]):,.0f}" for size in SIZES)] for name in DECODERS]
    return markdown(["", *SIZES], rows)


def main() -> None:
    """Measure, and put the table into README.md."""
    arguments = argument_parser(__doc__).parse_args()
    take_load_core()
    text = f"{describe_machine()}\n\n{compare(arguments.rounds, arguments.seconds)}"
    print(text)
    publish("codec", text)


if __name__ == "__main__":
    main()
