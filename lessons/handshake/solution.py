"""The exercise of the handshake, solved."""

from __future__ import annotations

import base64
import hashlib

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def answer_handshake(received: bytes) -> tuple[bytes, int] | None:
    """Answer a client that asks for a WebSocket."""
    head, blank_line, _ = received.partition(b"\r\n\r\n")
    if not blank_line:
        return None
    request_line, *lines = head.split(b"\r\n")
    return _response(request_line, _read_headers(lines)), len(head) + len(blank_line)


def _read_headers(lines: list[bytes]) -> dict[bytes, bytes]:
    fields = (line.partition(b":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in fields}


def _response(request_line: bytes, headers: dict[bytes, bytes]) -> bytes:
    if not request_line.startswith(b"GET "):
        return _refusal(b"405 Method Not Allowed", b"Allow: GET")
    if headers.get(b"upgrade", b"").lower() != b"websocket" or not _asks_for_upgrade(headers):
        return _refusal(b"400 Bad Request")
    if headers.get(b"sec-websocket-version") != b"13":
        what_we_speak = b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"
        return _refusal(b"426 Upgrade Required", *what_we_speak, connection=b"Upgrade, close")
    key = headers.get(b"sec-websocket-key", b"")
    if not _is_key(key):
        return _refusal(b"400 Bad Request")
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    fields = [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept]
    return b"\r\n".join([b"HTTP/1.1 101 Switching Protocols", *fields, b"", b""])


def _asks_for_upgrade(headers: dict[bytes, bytes]) -> bool:
    members = headers.get(b"connection", b"").lower().split(b",")
    return b"upgrade" in (member.strip() for member in members)


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


def _refusal(status: bytes, *fields: bytes, connection: bytes = b"close") -> bytes:
    last = [b"Content-Length: 0", b"Connection: " + connection]
    return b"\r\n".join([b"HTTP/1.1 " + status, *fields, *last, b"", b""])
