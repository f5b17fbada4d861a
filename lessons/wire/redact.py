"""Blotting out secrets: a browser sends its cookies for JupyterLab to every port of the same host."""

from __future__ import annotations

import re
from collections.abc import Sequence

SECRET_HEADERS = (b"cookie", b"set-cookie", b"authorization", b"proxy-authorization", b"x-xsrftoken")

_SECRET = re.compile(
    rb"(?im)^(?:" + b"|".join(SECRET_HEADERS) + rb")[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)",
)
"""A secret field; its value goes on in folded lines, which begin with a blank (RFC 9112, section 5.2)."""
_BLOTTED = re.compile(rb"(?<!\n)[^\r\n]")
"""Every byte of a value except its line ends and the blank that makes a line a folded one."""


def redact(data: bytes) -> bytes:
    """Return bytes of the same length in which the values of secret header fields are asterisks."""
    return _SECRET.sub(lambda found: data[found.start() : found.start(1)] + _BLOTTED.sub(b"*", found[1]), data)


def redact_pieces(pieces: Sequence[bytes]) -> list[bytes]:
    """Redact the pieces of one stream as a whole; each keeps its length."""
    whole = redact(b"".join(pieces))
    redacted, start = [], 0
    for piece in pieces:
        redacted.append(whole[start : start + len(piece)])
        start += len(piece)
    return redacted
