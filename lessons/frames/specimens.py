"""Specimens: decoders and echoes that are often seen elsewhere and that go wrong, kept to be watched doing so.

The decoders have the shape in which `Server(decode=…)` takes them: they are given bytes, and return a frame with the
number of bytes that it took, or None for "more, please".
"""

from __future__ import annotations

import socket

from lessons.frames import solution
from lessons.frames.echo import Echo
from lessons.protocols.websocket_frames import Frame, Opcode, encode_frame, mask_bytes
from lessons.protocols.websocket_frames import decode_frame as decode_without_rules
from lessons.serving.own_codec import Decode

KEY = bytes.fromhex("37fa213d")

right = solution.decode_frame
"""A decoder that keeps the rules, to compare the others with."""


# --- decoders ---------------------------------------------------------------------------------------------------


def reads_bit_0_as_fin(data: bytes) -> tuple[Frame, int]:
    """Tests FIN by `first & 0x80 >> 7`: the shift comes first, and what is read is bit 0."""
    fin = data[0] & 0x80 >> 7
    return _short_frame(data, fin == 1, data[0] & 0x0F, data[1] & 0x7F)


def writes_octal(data: bytes) -> tuple[Frame, int]:
    """Masks the opcode with `0o1111`, which is octal for 585, where `0b1111` was meant."""
    return _short_frame(data, data[0] >= 0x80, data[0] & 0o1111, data[1] & 0x7F)


def has_a_bit_too_few(data: bytes) -> tuple[Frame, int]:
    """Masks the length with `0b0111111`, which is 63."""
    return _short_frame(data, data[0] >= 0x80, data[0] & 0x0F, data[1] & 0b0111111)


def knows_short_lengths_only(data: bytes) -> tuple[Frame, int]:
    """Takes the 126 that announces a longer length for the length."""
    return _short_frame(data, data[0] >= 0x80, data[0] & 0x0F, data[1] & 0x7F)


def takes_a_read_for_a_frame(data: bytes) -> tuple[Frame, int]:
    """Takes all that has come for one frame, be it two of them or half a one."""
    frame, _ = _short_frame(data, data[0] >= 0x80, data[0] & 0x0F, data[1] & 0x7F)
    return frame, len(data)


def believes_everything(data: bytes) -> tuple[Frame, int] | None:
    """Takes frames that aren't masked, reserved bits and reserved opcodes, as if nothing were wrong with them."""
    decoded = decode_without_rules(data)
    return None if decoded is None else (decoded.frame, decoded.end)


def _short_frame(data: bytes, fin: bool, opcode: int, length: int) -> tuple[Frame, int]:
    """Read the rest of a short frame, whose header has been read, well or badly."""
    return Frame(opcode, mask_bytes(data[2:6], data[6 : 6 + length]), fin), 6 + length


def masked(opcode: int, payload: bytes, fin: bool = True, rsv: int = 0) -> bytes:
    """Write a frame as a client does, broken ones too."""
    return encode_frame(Frame(opcode, payload, fin, rsv), KEY)


HELLO = masked(Opcode.TEXT, b"Hello")

DECODERS: dict[Decode, tuple[bytes, ...]] = {
    reads_bit_0_as_fin: (masked(Opcode.BINARY, b"Hello"), masked(Opcode.TEXT, b"Hel", fin=False)),
    writes_octal: (masked(Opcode.BINARY, b"Hello"),),
    has_a_bit_too_few: (masked(Opcode.TEXT, b"a" * 64), masked(Opcode.TEXT, b"a" * 100)),
    knows_short_lengths_only: (masked(Opcode.TEXT, b"a" * 200), masked(Opcode.TEXT, b"a" * 70_000)),
    takes_a_read_for_a_frame: (HELLO * 2, HELLO[:8]),
    believes_everything: (
        encode_frame(Frame(Opcode.TEXT, b"Hello")),
        masked(Opcode.TEXT, b"Hello", rsv=0x40),
        masked(3, b"Hello"),
    ),
}
"""Each decoder with the bytes that expose it."""


# --- echoes: each gets one thing wrong ----------------------------------------------------------------------------


class AnswersPingByPing(Echo):
    """Answers a ping by a ping; the client answers that by a pong, and never learns that it was heard."""

    def ping(self, frame: Frame) -> bytes:
        """Send the frame back as it is."""
        return encode_frame(frame)


class LeavesTcpOpen(Echo):
    """Answers a Close, and goes on holding the connection: the client waits for an end that doesn't come."""

    def close(self, frame: Frame) -> bytes:
        """Send the frame back, and do no more."""
        return encode_frame(frame)


class SetsFinOnEach(Echo):
    """Echoes each fragment at once, with FIN set: one message comes back as several, the later ones of no kind."""

    def data(self, frame: Frame) -> bytes:
        """Send the fragment back as if it were all."""
        return encode_frame(Frame(frame.opcode, frame.payload))


class BelievesItIsText(Echo):
    """Sends on as text whatever calls itself text."""

    def check(self, message: bytes) -> None:
        """Check nothing."""


ECHOES: dict[type[Echo], bytes] = {
    AnswersPingByPing: masked(Opcode.PING, b"there?"),
    LeavesTcpOpen: masked(Opcode.CLOSE, b"\x03\xe8"),
    SetsFinOnEach: masked(Opcode.TEXT, b"Hel", fin=False) + masked(Opcode.CONTINUATION, b"lo"),
    BelievesItIsText: masked(Opcode.TEXT, b"caf\xe9"),
}
"""Each echo with the bytes that expose it."""


# --- and a server -------------------------------------------------------------------------------------------------


def dies_of_a_reset(listener: socket.socket) -> None:
    """Serves one client after the other, and forgets that a connection can break: one reset ends it for everybody."""
    while True:
        client, _ = listener.accept()
        with client:
            while data := client.recv(4096):
                client.sendall(data)
