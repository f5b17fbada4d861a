"""A whole WebSocket echo server on one page: a blocking socket, and a thread for each client.

It does what a server must: the handshake and each refusal of it, masks, the three forms of a length, fragments put
together again, Ping, Close, a check that text is UTF-8, a limit for a message, and a Close that says which rule was
broken.

What it leaves out is why `lessons/serving/websocket_service.py` exists. It waits for ever for a client that says
nothing, or that doesn't read what it is sent. A thread for each client is too much for ten thousand. It checks a text
when all of it has come, not as it comes. It knows no compression, no subprotocols and no broadcast, and says no goodbye
when it is stopped.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from lessons.protocols.http_head import END_OF_HEAD, format_head
from lessons.protocols.origin import OriginCheck, check_origin
from lessons.protocols.websocket_close import CloseCode, ProtocolError, encode_close, parse_close
from lessons.protocols.websocket_connection import encode_message
from lessons.protocols.websocket_frames import OPCODES, Frame, Opcode, encode_frame, mask_bytes
from lessons.protocols.websocket_handshake import (
    UpgradeRefusedError,
    accept_token,
    check_request,
    read_request,
)
from lessons.protocols.websocket_message import whole_message

MAX_HEAD = 16 * 1024
MAX_MESSAGE = 16 * 1024 * 1024
violation = partial(ProtocolError, CloseCode.PROTOCOL_ERROR)


def serve(listener: socket.socket, check_origin: OriginCheck = check_origin) -> None:
    """Accept clients, each on a thread of its own, until the listening socket is shut down."""
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=talk, args=(client, check_origin), daemon=True).start()


def talk(client: socket.socket, check_origin: OriginCheck) -> None:
    """Serve one client from its handshake to its end; it may go away at any time."""
    with contextlib.suppress(EOFError, OSError), client, client.makefile("rb") as stream:
        try:
            client.sendall(answer_handshake(stream, check_origin))
            for answer in echo(stream):
                client.sendall(answer)
        except UpgradeRefusedError as refusal:
            client.sendall(refusal.response())
        except ProtocolError as error:
            client.sendall(encode_frame(Frame(Opcode.CLOSE, encode_close(error.code, str(error)))))
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass  # closing with bytes unread would send a reset, which can overtake what was sent last


def answer_handshake(stream: BinaryIO, check_origin: OriginCheck) -> bytes:
    """Read a request up to its blank line, and return the answer (RFC 6455, section 4.2)."""
    head = b""
    while not head.endswith(END_OF_HEAD):
        if len(head) == MAX_HEAD:
            raise UpgradeRefusedError(431, f"The request head is longer than {MAX_HEAD} bytes (RFC 6585, section 5).")
        head += read_exactly(stream, 1)
    key = check_request(read_request(head.removesuffix(END_OF_HEAD)), check_origin)
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_token(key))]
    return format_head("HTTP/1.1 101 Switching Protocols", fields)


def echo(stream: BinaryIO) -> Iterator[bytes]:
    """Read frames, and yield what to send for them, until a Close has come (RFC 6455, sections 5.4 and 5.5)."""
    kind, message = 0, bytearray()
    while (frame := read_frame(stream, MAX_MESSAGE - len(message))).opcode != Opcode.CLOSE:
        if frame.opcode == Opcode.PING:
            yield encode_frame(Frame(Opcode.PONG, frame.payload))
        if frame.opcode > Opcode.CLOSE:
            continue
        if (frame.opcode == Opcode.CONTINUATION) != (kind > 0):
            raise violation("A message begins inside another, or goes on before it began.", "RFC 6455, section 5.4")
        kind = kind or frame.opcode
        message += frame.payload
        if frame.fin:
            yield encode_message(whole_message(kind, bytes(message)))
            kind, message = 0, bytearray()
    parse_close(frame.payload)
    yield encode_frame(frame)


def read_frame(stream: BinaryIO, room: int) -> Frame:
    """Read one frame, and unmask it (RFC 6455, section 5.2); a data frame has at most `room` bytes of payload."""
    first, second = read_exactly(stream, 2)
    fin, opcode, length = first >= 0x80, first & 0x0F, second & 0x7F
    if first & 0x70 or opcode not in OPCODES or second < 0x80:
        raise violation("A reserved bit or opcode is used, or the frame isn't masked.", "RFC 6455, section 5.2")
    if opcode >= Opcode.CLOSE and (length > 125 or not fin):
        raise violation("A control frame is whole, and has 125 bytes at the most.", "RFC 6455, section 5.5")
    if length > 125:
        size, least = (2, 126) if length == 126 else (8, 65536)
        length = int.from_bytes(read_exactly(stream, size), "big")
        if not least <= length < 2**63:
            raise violation("A length takes the shortest form that holds it.", "RFC 6455, section 5.2")
    if length > room and opcode < Opcode.CLOSE:
        raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, "The message is longer than allowed.", "RFC 6455, section 10.4")
    key = read_exactly(stream, 4)
    return Frame(opcode, mask_bytes(key, read_exactly(stream, length)), fin)


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Wait until `size` bytes have come, in however many pieces."""
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
