"""The responses of the lessons' servers, whole or piece by piece, and how they are written (RFC 9112)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from lessons.protocols.http_head import Request, format_head
from lessons.serving.limits import MOST_UNSENT

PLAIN_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
WITHOUT_CONTENT = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
LAST_CHUNK = b"0\r\n\r\n"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Response:
    """A response; the same one may answer any number of requests.

    Attributes:
        status: the status code.
        body: the content.
        headers: header fields besides those that every response has.
        begin: for content that comes piece by piece, in place of `body`: called with the stream to write to, once the
            head is on its way.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    begin: Callable[[Stream], None] | None = None


def text_response(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response whose content is a line of plain text.

    Args:
        status: the status code.
        text: what it says, without a line end.
        headers: further header fields.
    """
    return Response(status, f"{text}\n".encode(), {**(headers or {}), **PLAIN_TEXT})


def write_response(response: Response, request: Request | None, now: float, *, last: bool) -> bytes:
    """Return the bytes of a response: its head, and its content unless that is streamed.

    Args:
        response: what to answer.
        request: the request; `None` if what came wasn't one.
        now: the time, in seconds since 1970.
        last: whether the connection ends after it.
    """
    content = b"" if is_head(request) else response.body
    fields = {"Date": _date(int(now))}
    origin = request and request.headers.get("Origin")
    if origin and response.status != HTTPStatus.FORBIDDEN:  # the page may read it (CORS: WHATWG Fetch, section 3.3)
        fields |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    fields |= {"Cache-Control": "no-store", **response.headers}
    if response.begin is not None:
        if knows_chunks(request):
            fields["Transfer-Encoding"] = "chunked"
    elif response.status not in WITHOUT_CONTENT:
        fields["Content-Length"] = str(len(response.body))
    if last:
        fields.setdefault("Connection", "close")
    return format_head(f"HTTP/1.1 {response.status} {_PHRASES[response.status]}", fields.items()) + content


def is_head(request: Request | None) -> bool:
    """Tell whether a request is for the head alone, so that no content follows it (RFC 9110, section 9.3.2)."""
    return request is not None and request.method == "HEAD"


def knows_chunks(request: Request | None) -> bool:
    """Tell whether a client understands chunks (RFC 9112, section 7.1); HTTP/1.0 doesn't have them."""
    return request is not None and request.version == "HTTP/1.1"


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    """Return the value of a `Date` field (RFC 9110, section 6.6.1), formatted once a second."""
    return formatdate(seconds, usegmt=True)


@lru_cache(maxsize=8)
def chunk(data: bytes) -> bytes:
    """Return a piece of content as a chunk (RFC 9112, section 7.1), made once however many streams it goes to."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Stream:
    """The content of a response that is written piece by piece, for as long as its client stays.

    Each piece goes out as one chunk (RFC 9112, section 7.1); an HTTP/1.0 client, which has no chunks, gets it bare.

    Args:
        transport: the connection, with the head of the response already written.
        chunked: whether that head says `Transfer-Encoding: chunked`.
        on_end: called when the content is complete.

    Attributes:
        on_gone: called once if the client goes away before the content is complete; the writer sets it.
    """

    def __init__(self, transport: asyncio.Transport, *, chunked: bool, on_end: Callable[[], None]) -> None:
        # With Nagle's algorithm (RFC 9293, section 3.7.4) a single small piece leaves at once, but while one is
        # unacknowledged, those that follow are collected and leave together.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, False)
        self._transport = transport
        self._chunked = chunked
        self._on_end = on_end
        self.on_gone: Callable[[], object] = lambda: None

    def send(self, data: bytes) -> None:
        """Send a piece of at least one byte; cut the client off if it leaves too much unread."""
        if self._transport.is_closing():
            return  # `on_gone` is about to be called
        self._transport.write(chunk(data) if self._chunked else data)
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self._transport.abort()

    def end(self) -> None:
        """Complete the content."""
        if self._transport.is_closing():
            return
        if self._chunked:
            self._transport.write(LAST_CHUNK)
        self._on_end()
