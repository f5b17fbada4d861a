"""Blotting out what must not be shown: a browser sends its cookies for JupyterLab to every port of the same host."""

from __future__ import annotations

import re
from collections.abc import Sequence

SECRET_HEADERS = (b"cookie", b"set-cookie", b"authorization", b"proxy-authorization", b"x-xsrftoken")

_SECRET = re.compile(rb"(?im)^(?:" + b"|".join(SECRET_HEADERS) + rb")[ \t]*:[ \t]*([^\r\n]+)")


def redact(data: bytes) -> bytes:
    """Return bytes of the same length in which the values of secret header fields are asterisks."""
    return _SECRET.sub(lambda found: _blot(found), data)


def _blot(found: re.Match[bytes]) -> bytes:
    start = found.start(1) - found.start()
    return found[0][:start] + b"*" * (len(found[0]) - start)


def redact_pieces(pieces: Sequence[bytes]) -> list[bytes]:
    """Redact the pieces of one stream as a whole; each keeps its length."""
    whole = redact(b"".join(pieces))
    redacted, start = [], 0
    for piece in pieces:
        redacted.append(whole[start : start + len(piece)])
        start += len(piece)
    return redacted
