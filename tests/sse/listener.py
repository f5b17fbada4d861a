"""A client of an event stream made of a bare socket, which sees every byte."""

import socket

from lessons.protocols.event_stream import EventStreamParser

PATIENCE = 10.0


class Listener:
    """Asks for the stream, and reads as much as the test wants."""

    def __init__(self, server, *headers, path="/clock", version="1.1", buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", server.port))
        lines = [f"GET {path} HTTP/{version}", f"Host: 127.0.0.1:{server.port}", *headers]
        self.socket.sendall("".join(line + "\r\n" for line in [*lines, ""]).encode())
        self.unread = b""

    def until(self, end: bytes) -> bytes:
        """Read up to and with some bytes."""
        while end not in self.unread:
            piece = self.socket.recv(65536)
            assert piece, f"the stream ended without {end!r}: {self.unread!r}"
            self.unread += piece
        taken, _, self.unread = self.unread.partition(end)
        return taken + end

    def head(self) -> str:
        return self.until(b"\r\n\r\n").decode()

    def chunk(self) -> bytes:
        """Read one chunk; the last one is empty."""
        size = int(self.until(b"\r\n")[:-2], 16)
        while len(self.unread) < size + 2:
            self.unread += self.socket.recv(65536)
        content, end, self.unread = self.unread[:size], self.unread[size : size + 2], self.unread[size + 2 :]
        assert end == b"\r\n"
        return content

    def events(self, count: int) -> list[tuple[str, str, str]]:
        """Read chunks until so many events have come: type, data and last event ID of each."""
        parser, events = EventStreamParser(), []
        while len(events) < count:
            events += parser.receive(self.chunk())
        return [(event.type, event.data, event.last_event_id) for event in events]

    def rest(self) -> bytes:
        """Read to the end."""
        while piece := self.socket.recv(65536):
            self.unread += piece
        return self.unread

    def close(self) -> None:
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
