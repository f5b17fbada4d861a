"""The exercise of the frames, solved."""

from __future__ import annotations

from lessons.protocols.websocket_frames import Frame

OPCODES = (0, 1, 2, 8, 9, 10)


def decode_frame(data: bytes) -> tuple[Frame, int] | None:
    """Decode the frame at the beginning of what a client has sent."""
    if len(data) < 2:
        return None
    first, second = data[0], data[1]
    fin, opcode = first & 0x80 != 0, first & 0x0F
    if first & 0x70 or opcode not in OPCODES or not second & 0x80:
        raise ValueError("A reserved bit or opcode is used, or the frame isn't masked.")
    if opcode >= 8 and (not fin or second & 0x7F > 125):
        raise ValueError("A control frame is whole and short.")
    extra = {126: 2, 127: 8}.get(second & 0x7F, 0)
    begin = 2 + extra + 4
    if len(data) < begin:
        return None
    end = begin + _length(second & 0x7F, data[2 : 2 + extra])
    if len(data) < end:
        return None
    key, masked = data[begin - 4 : begin], data[begin:end]
    payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(masked))
    return Frame(opcode, payload, fin), end


def _length(short: int, extended: bytes) -> int:
    """Return the length of the payload, if it is written in the shortest of its three forms."""
    if not extended:
        return short
    length = int.from_bytes(extended, "big")
    if length <= (125 if short == 126 else 0xFFFF) or length >> 63:
        raise ValueError("A length takes the shortest form, and its highest bit is 0.")
    return length
