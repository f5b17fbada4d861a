"""What a server of the lessons answers, and how it is written (RFC 9112)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from lessons.protocols.http_head import Request, format_head
from lessons.serving.stream import Stream

PLAIN_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
WITHOUT_CONTENT = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Response:
    """A response; the same one may answer any number of requests.

    Attributes:
        status: the status code.
        body: the content.
        headers: header fields besides those that every response has.
        begin: where the content comes piece by piece, in place of `body`: takes the stream to write it to, once the
            head is on its way.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    begin: Callable[[Stream], None] | None = None


def sentence(status: int, text: str) -> Response:
    """Return a response that says something to whoever reads it."""
    return Response(status, f"{text}\n".encode(), PLAIN_TEXT)


def write_response(response: Response, request: Request | None, now: float, *, last: bool) -> bytes:
    """Return the bytes of a response: its head, and its content unless that is streamed.

    Args:
        response: what to answer.
        request: the request; `None` if what came was none.
        now: the time, in seconds since 1970.
        last: whether the connection ends behind it.
    """
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
        fields["Connection"] = "close"
    head = format_head(f"HTTP/1.1 {response.status} {_PHRASES[response.status]}", fields.items())
    return head if is_head(request) else head + response.body


def is_head(request: Request | None) -> bool:
    """Tell whether a response has no content, since only its head was asked for (RFC 9110, section 9.3.2)."""
    return request is not None and request.method == "HEAD"


def knows_chunks(request: Request | None) -> bool:
    """Tell whether a client knows what chunks are (RFC 9112, section 7.1): one of HTTP/1.0 doesn't."""
    return request is not None and request.version == "HTTP/1.1"


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    """Return a moment as a `Date` field has it (RFC 9110, section 6.6.1), formatted once a second."""
    return formatdate(seconds, usegmt=True)
