"""Frames that break a rule on purpose, to see what a server makes of them. No browser can be made to send them."""

from __future__ import annotations

from collections.abc import Callable

from lessons.protocols.websocket_frames import RSV2, Frame, Opcode, encode_frame, mask_bytes

HELLO = b"Hello"


def _not_shortest(key: bytes) -> bytes:
    return bytes((0x81, 0x80 | 126, 0, len(HELLO))) + key + mask_bytes(key, HELLO)


BAD_FRAMES: dict[str, Callable[[bytes], bytes]] = {
    "not masked": lambda key: encode_frame(Frame(Opcode.TEXT, HELLO)),
    "reserved bit set": lambda key: encode_frame(Frame(Opcode.TEXT, HELLO, rsv=RSV2), key),
    "reserved opcode 3": lambda key: encode_frame(Frame(3, HELLO), key),
    "text that is not UTF-8": lambda key: encode_frame(Frame(Opcode.TEXT, b"caf\xe9"), key),
    "length not the shortest": _not_shortest,
    "continuation of nothing": lambda key: encode_frame(Frame(Opcode.CONTINUATION, HELLO), key),
    "message inside a message": lambda key: (
        encode_frame(Frame(Opcode.TEXT, HELLO, fin=False), key) + encode_frame(Frame(Opcode.TEXT, HELLO), key)
    ),
    "ping of 126 bytes": lambda key: encode_frame(Frame(Opcode.PING, b"a" * 126), key),
    "ping in fragments": lambda key: encode_frame(Frame(Opcode.PING, HELLO, fin=False), key),
    "close code 1005": lambda key: encode_frame(Frame(Opcode.CLOSE, (1005).to_bytes(2, "big")), key),
    "half a close code": lambda key: encode_frame(Frame(Opcode.CLOSE, b"\x03"), key),
}
"""By what is wrong: a function that makes the frame's bytes with a given masking key."""
