"""Requests for a WebSocket, correct or with a field changed, for the exercise, the notebook and the tests."""

from __future__ import annotations

from lessons.protocols.http_head import format_head

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the example in RFC 6455, section 1.3; its token is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`."""

OTHER_KEY = "nkn9FKfNeUAg/SCLsFaD+w=="
"""Another key; its token is `knnYRiRuQnwyP6A12QAMUeE1Pvc=`."""


def request(method: str = "GET", key: str | None = KEY, **fields: str | None) -> bytes:
    """Write a request for a WebSocket.

    Args:
        method: the method; a handshake's is GET.
        key: the value of `Sec-WebSocket-Key`; `None` to leave the field out.
        fields: other values for fields, such as `**{"Sec-WebSocket-Version": "8"}`; `None` leaves a field out.
    """
    usual = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    lines = [(name, value) for name, value in {**usual, **fields}.items() if value is not None]
    return format_head(f"{method} /echo HTTP/1.1", lines)


REQUEST = request()
"""A correct request for a WebSocket."""
