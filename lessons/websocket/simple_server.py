"""A whole WebSocket echo server on one page: a blocking socket, a thread for each client, no compression.

It gets the basics right: any cut of the bytes, all lengths, fragments, Ping, Close, the Origin, text checked
to be UTF-8, and a close code for what it doesn't take. What it leaves to `server.py`: time-outs,
compression, broadcast, thousands of clients.
"""

import base64
import hashlib
import socket
import threading
from collections.abc import Collection
from typing import BinaryIO

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MAX_MESSAGE = 16 * 1024 * 1024
MAX_LINE = 8 * 1024


class ViolationError(Exception):
    """The client broke a rule; the argument is the close code that says which kind of rule."""


def serve(listener: socket.socket, origins: Collection[str] = ()) -> None:
    """Accept clients, a thread for each, until the listening socket is shut down."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=talk, args=(client, origins), daemon=True).start()


def talk(client: socket.socket, origins: Collection[str]) -> None:
    """Serve one client from its handshake to its end."""
    with client, client.makefile("rb") as stream:
        try:
            answer = answer_handshake(stream, origins)
            client.sendall(answer)
            if answer.startswith(b"HTTP/1.1 101 "):
                echo(client, stream)
        except ViolationError as error:
            client.sendall(make_frame(CLOSE, error.args[0].to_bytes(2, "big")))
        except (EOFError, ConnectionError):
            pass  # the client has gone, in whatever way


def answer_handshake(stream: BinaryIO, origins: Collection[str]) -> bytes:
    """Read the request, header by header, and answer it (RFC 6455, section 4.2)."""
    request_line, headers = stream.readline(MAX_LINE), {}
    while (line := stream.readline(MAX_LINE)) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
        if len(headers) > 100:
            return b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"
    if b"origin" in headers and headers[b"origin"].decode("latin-1") not in origins:
        return b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n"
    key = headers.get(b"sec-websocket-key", b"")
    if not request_line.startswith(b"GET ") or headers.get(b"upgrade", b"").lower() != b"websocket" or not key:
        return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
    if headers.get(b"sec-websocket-version") != b"13":
        return b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n"
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return switch + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"


def echo(client: socket.socket, stream: BinaryIO) -> None:
    """Send every message back, until the client closes (RFC 6455, sections 5.4 and 5.5)."""
    kind, message = None, b""
    while True:
        fin, opcode, payload = read_frame(stream, MAX_MESSAGE - len(message))
        if opcode == CLOSE:
            client.sendall(make_frame(CLOSE, payload))
            return
        if opcode == PING:
            client.sendall(make_frame(PONG, payload))
        if opcode >= CLOSE:
            continue
        if (opcode == CONTINUATION) != (kind is not None):
            raise ViolationError(1002)
        kind, message = kind or opcode, message + payload
        if fin:
            check_text(kind, message)
            client.sendall(make_frame(kind, message))
            kind, message = None, b""


def read_frame(stream: BinaryIO, limit: int) -> tuple[bool, int, bytes]:
    """Read one frame, and return its FIN bit, its opcode and its payload, unmasked (RFC 6455, section 5.2)."""
    first, second = read_exactly(stream, 2)
    fin, opcode, length = first >= 0x80, first & 0x0F, second & 0x7F
    if first & 0x70 or opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG) or second < 0x80:
        raise ViolationError(1002)
    if opcode >= CLOSE and (length > 125 or not fin):
        raise ViolationError(1002)
    if length >= 126:
        length = int.from_bytes(read_exactly(stream, 2 if length == 126 else 8), "big")
    if length > limit and opcode < CLOSE:
        raise ViolationError(1009)
    key = read_exactly(stream, 4)
    return fin, opcode, bytes(byte ^ key[i % 4] for i, byte in enumerate(read_exactly(stream, length)))


def make_frame(opcode: int, payload: bytes) -> bytes:
    """Write one final frame, unmasked, as servers do (RFC 6455, section 5.2)."""
    length = len(payload)
    if length <= 125:
        return bytes([0x80 | opcode, length]) + payload
    if length <= 0xFFFF:
        return bytes([0x80 | opcode, 126]) + length.to_bytes(2, "big") + payload
    return bytes([0x80 | opcode, 127]) + length.to_bytes(8, "big") + payload


def check_text(kind: int, message: bytes) -> None:
    """Refuse text that isn't UTF-8 (RFC 6455, section 8.1)."""
    try:
        if kind == TEXT:
            message.decode()
    except UnicodeDecodeError:
        raise ViolationError(1007) from None


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Wait until `size` bytes have come, in however many pieces."""
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
