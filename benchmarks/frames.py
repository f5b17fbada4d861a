"""Frames made by hand, so that the load depends on none of the libraries measured."""

from __future__ import annotations

import os

TEXT, BINARY = 0x81, 0x82  # the first byte of a whole message, FIN set
MASK = os.urandom(4)


def frame(first_byte: int, payload: bytes, mask: bytes = b"") -> bytes:
    """Return a frame (RFC 6455, section 5.2), masked where a mask is given."""
    mask_bit = 0x80 if mask else 0
    if len(payload) < 126:
        header = bytes([first_byte, mask_bit | len(payload)])
    elif len(payload) < 1 << 16:
        header = bytes([first_byte, mask_bit | 126]) + len(payload).to_bytes(2)
    else:
        header = bytes([first_byte, mask_bit | 127]) + len(payload).to_bytes(8)
    if mask:
        payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return header + mask + payload
