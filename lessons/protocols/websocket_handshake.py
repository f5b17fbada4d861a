"""The opening handshake of WebSocket, both sides: an HTTP/1.1 upgrade (RFC 6455, sections 1.3 and 4)."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from lessons.protocols.http_head import (
    HOST,
    TOKEN,
    HeadError,
    Request,
    ResponseHead,
    format_head,
    has_content,
    in_origin_form,
    parse_request,
    parse_response,
)
from lessons.protocols.origin import OriginCheck, check_origin
from lessons.protocols.websocket_deflate import (
    Deflate,
    ExtensionError,
    accept_offers,
    check_answer,
    format_answer,
    format_offer,
)

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server appends to the key to prove that it speaks WebSocket (RFC 6455, section 1.3)."""

REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    426: "Upgrade Required",
    431: "Request Header Fields Too Large",
}


class HandshakeError(Exception):
    """The other side's half of the handshake is wrong; the message is one sentence that names the section."""


class UpgradeRefusedError(HandshakeError):
    """A server's refusal: a status for programs, a sentence for people.

    Args:
        status: 400, 403, 405, 426 or 431.
        sentence: why, with the section of the standard.
        fields: header fields that the status calls for, such as `Allow` with 405.
    """

    def __init__(self, status: int, sentence: str, *fields: tuple[str, str]) -> None:
        super().__init__(sentence)
        self.status = status
        self.fields = (*fields, ("Connection", "Upgrade, close" if status == 426 else "close"))

    def response(self) -> bytes:
        """Write the refusal as an HTTP response with the sentence as its content."""
        body = f"{self}\n".encode()
        fields = [
            *self.fields,
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
        ]
        return format_head(f"HTTP/1.1 {self.status} {REASONS[self.status]}", fields) + body


@dataclass(frozen=True)
class Agreement:
    """What a successful handshake settled.

    Attributes:
        subprotocol: the subprotocol in use, or None (RFC 6455, section 1.9).
        deflate: the parameters of permessage-deflate (RFC 7692), or None if it isn't in use.
    """

    subprotocol: str | None = None
    deflate: Deflate | None = None


def accept_token(key: str) -> str:
    """Compute `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455, section 4.2.2, step 5.4)."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def wants_upgrade(request: Request) -> bool:
    """Tell whether a request asks for WebSocket, rather than for a page; HTTP/1.0 can't (RFC 9110, section 7.8)."""
    return request.version == "HTTP/1.1" and request.headers.has_token("Upgrade", "websocket")


def read_request(head: bytes) -> Request:
    """Parse the head of a request.

    Raises:
        UpgradeRefusedError: with 400 if it is not HTTP/1.1, or a line breaks the grammar.
    """
    try:
        return in_origin_form(parse_request(head))
    except HeadError as error:
        raise UpgradeRefusedError(400, str(error)) from None


def check_request(request: Request, check_origin: OriginCheck) -> str:
    """Check a client's half of the handshake against the list in RFC 6455, section 4.2.1; the key comes last.

    Args:
        request: the request's head.
        check_origin: decides from `Origin` and `Host` whether the page that asks may connect. CORS doesn't guard
            WebSocket, so a server that doesn't check serves every page in the world (RFC 6455, section 10.2).

    Returns:
        The value of `Sec-WebSocket-Key`.

    Raises:
        UpgradeRefusedError: with 405, 426, 400 or 403, and a sentence that says what is wrong.
    """
    headers = request.headers
    if request.method != "GET":
        sentence = f"A WebSocket opens with GET, not {request.method} (RFC 6455, section 4.1)."
        raise UpgradeRefusedError(405, sentence, ("Allow", "GET"))
    hosts = headers.get_all("Host")
    if len(hosts) != 1 or not HOST.fullmatch(hosts[0]):
        raise UpgradeRefusedError(400, "The request needs one Host header (RFC 6455, section 4.2.1).")
    if not wants_upgrade(request):
        sentence = "This address speaks WebSocket: ask with 'Upgrade: websocket' (RFC 9110, section 15.5.22)."
        raise UpgradeRefusedError(426, sentence, ("Upgrade", "websocket"))
    if not headers.has_token("Connection", "Upgrade"):
        raise UpgradeRefusedError(400, "The Connection header must list 'Upgrade' (RFC 6455, section 4.2.1).")
    if headers.get_all("Sec-WebSocket-Version") != ["13"]:
        sentence = "The Sec-WebSocket-Version must be 13 (RFC 6455, section 4.4)."
        raise UpgradeRefusedError(426, sentence, ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
    if has_content(request):
        raise UpgradeRefusedError(400, "An upgrade brings no content: frames follow its head (RFC 9110, section 7.8).")
    refuse_foreign_page(request, check_origin)
    return _check_key(headers.get_all("Sec-WebSocket-Key"))


def refuse_foreign_page(request: Request, check_origin: OriginCheck) -> None:
    """Refuse a page that may not connect (RFC 6455, section 10.2).

    Args:
        request: the request's head.
        check_origin: decides from `Origin` and `Host` whether the page that asks may connect.

    Raises:
        UpgradeRefusedError: with 403, and the reason that `check_origin` gives.
    """
    headers = request.headers
    refusal = check_origin(headers.get_joined("Origin"), headers.get_joined("Host") or "")
    if refusal is not None:
        raise UpgradeRefusedError(refusal.status, f"{refusal.reason} ({refusal.section})")


def _check_key(keys: list[str]) -> str:
    if len(keys) != 1:
        raise UpgradeRefusedError(400, "The request needs one Sec-WebSocket-Key (RFC 6455, section 4.2.1).")
    try:
        nonce = base64.b64decode(keys[0], validate=True)
    except ValueError:
        nonce = b""
    if len(nonce) != 16:
        raise UpgradeRefusedError(400, "The key must be 16 bytes in base64 (RFC 6455, section 4.2.1).")
    return keys[0]


def accept_request(
    request: Request,
    check_origin: OriginCheck = check_origin,
    subprotocols: Sequence[str] = (),
    compression: bool = True,
) -> tuple[bytes, Agreement]:
    """Answer a client's request with `101 Switching Protocols` (RFC 6455, section 4.2.2).

    Args:
        request: the request's head.
        check_origin: decides from `Origin` and `Host` whether the page that asks may connect.
        subprotocols: the subprotocols that this server speaks, its favourite first.
        compression: whether to accept an offer of permessage-deflate.

    Returns:
        The bytes of the response, and what they settle.

    Raises:
        UpgradeRefusedError: if the request can't be accepted; its `response()` is the answer to send.
    """
    key = check_request(request, check_origin)
    fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_token(key)),
    ]
    subprotocol = _choose_subprotocol(request.headers.get_list("Sec-WebSocket-Protocol"), subprotocols)
    if subprotocol is not None:
        fields.append(("Sec-WebSocket-Protocol", subprotocol))
    deflate = _choose_deflate(request) if compression else None
    if deflate is not None:
        fields.append(("Sec-WebSocket-Extensions", format_answer(deflate)))
    return format_head("HTTP/1.1 101 Switching Protocols", fields), Agreement(subprotocol, deflate)


def _choose_subprotocol(asked: list[str], spoken: Sequence[str]) -> str | None:
    if not all(TOKEN.fullmatch(name) for name in asked) or len(set(asked)) < len(asked):
        raise UpgradeRefusedError(400, "Subprotocols are distinct tokens (RFC 6455, section 4.1).")
    return next((name for name in spoken if name in asked), None)


def _choose_deflate(request: Request) -> Deflate | None:
    try:
        return accept_offers(request.headers.get_all("Sec-WebSocket-Extensions"))
    except ExtensionError as error:
        raise UpgradeRefusedError(400, str(error)) from None


def format_request(
    host: str,
    target: str,
    key: str,
    *,
    origin: str | None = None,
    subprotocols: Sequence[str] = (),
    compression: bool = True,
) -> bytes:
    """Write a client's request to open a WebSocket (RFC 6455, section 4.1).

    Args:
        host: the host, with its port unless that is the default.
        target: the path and the query, such as `/chat?room=1`.
        key: 16 random bytes in base64, new for each connection.
        origin: the origin of the page that asks; None if no page does.
        subprotocols: the subprotocols that this client speaks, its favourite first.
        compression: whether to offer permessage-deflate.
    """
    fields = [
        ("Host", host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ]
    if origin is not None:
        fields.append(("Origin", origin))
    if subprotocols:
        fields.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    if compression:
        fields.append(("Sec-WebSocket-Extensions", format_offer()))
    return format_head(f"GET {target} HTTP/1.1", fields)


def check_response(
    head: bytes,
    key: str,
    *,
    subprotocols: Sequence[str] = (),
    compression: bool = True,
) -> Agreement:
    """Check a server's answer (RFC 6455, section 4.1).

    Args:
        head: the response's head, without its blank line.
        key: the key that was sent.
        subprotocols: the subprotocols that were asked for.
        compression: whether permessage-deflate was offered.

    Raises:
        HandshakeError: if the server did not accept, or its answer doesn't prove that it speaks WebSocket.
    """
    try:
        response = parse_response(head)
    except HeadError as error:
        raise HandshakeError(str(error)) from None
    _check_acceptance(response, key)
    return Agreement(_agreed_subprotocol(response, subprotocols), _agreed_deflate(response, compression))


def _check_acceptance(response: ResponseHead, key: str) -> None:
    headers = response.headers
    if response.status != 101:
        raise HandshakeError(
            f"The server answered {response.status} {response.reason}, not 101 (RFC 6455, section 4.1)."
        )
    if [value.lower() for value in headers.get_all("Upgrade")] != ["websocket"]:
        raise HandshakeError("The answer's Upgrade header is not 'websocket' (RFC 6455, section 4.1).")
    if not headers.has_token("Connection", "Upgrade"):
        raise HandshakeError("The answer's Connection header doesn't list 'Upgrade' (RFC 6455, section 4.1).")
    if headers.get_all("Sec-WebSocket-Accept") != [accept_token(key)]:
        raise HandshakeError("Sec-WebSocket-Accept doesn't match the key (RFC 6455, section 4.1).")


def _agreed_subprotocol(response: ResponseHead, asked: Sequence[str]) -> str | None:
    chosen = response.headers.get_all("Sec-WebSocket-Protocol")
    if not chosen:
        return None
    if len(chosen) > 1 or chosen[0] not in asked:
        raise HandshakeError(f"The server chose {', '.join(chosen)}, not asked for (RFC 6455, section 4.1).")
    return chosen[0]


def _agreed_deflate(response: ResponseHead, offered: bool) -> Deflate | None:
    try:
        return check_answer(response.headers.get_all("Sec-WebSocket-Extensions"), offered)
    except ExtensionError as error:
        raise HandshakeError(str(error)) from None
