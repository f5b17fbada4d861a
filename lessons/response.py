"""Responses written to tornado's connections without a handler: for who answers a thousand requests at once.

A route may lead to any callable that takes the request (tornado.routing). It answers when it likes, by these functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import cast

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.log import app_log

from lessons.runtime import Server

PLAIN_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


WITHOUT_CONTENT = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True)
class Response:
    """A whole response; the same one may answer any number of requests.

    Attributes:
        status: the status code.
        body: the content.
        headers: header fields besides those that every response has.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def not_welcome(server: Server, request: HTTPServerRequest) -> Response | None:
    """Return what to answer to who may not ask, or not like this; `None` to a GET from a page that may."""
    refusal = server.refusal(request.headers.get("Origin"), request.headers.get("Host", ""))
    if refusal is not None:
        return Response(refusal.status, f"{refusal.reason} ({refusal.section})\n".encode(), PLAIN_TEXT)
    if request.method == "OPTIONS":
        return Response(204, headers={"Access-Control-Allow-Methods": "GET"})
    if request.method != "GET":
        return Response(405, b"Here is something to GET, and nothing else.\n", {"Allow": "GET", **PLAIN_TEXT})
    return None


Answer = Callable[[HTTPServerRequest], Response | None]
"""Takes a welcome GET; returns the response, or `None` if it will be answered later."""


def route(server: Server, answer: Answer) -> Callable[[HTTPServerRequest], None]:
    """Return what a route may lead to: it refuses who isn't welcome, and asks `answer` for the others.

    An error in `answer` is told to the client as 500, and to the student with its traceback.
    """

    def handle(request: HTTPServerRequest) -> None:
        try:
            response = not_welcome(server, request) or answer(request)
        except Exception:
            app_log.exception("%s %s", request.method, request.path)
            response = Response(500, b"An error in the server; it is shown in the notebook.\n", PLAIN_TEXT)
        if response is not None:
            respond(request, response)

    return handle


def respond(request: HTTPServerRequest, response: Response) -> None:
    """Answer a request."""
    write(request, response)
    connection(request).finish()


def write(request: HTTPServerRequest, response: Response) -> None:
    """Send a response on its way. `connection(request).finish()` has to follow, and may wait until all are written."""
    headers = HTTPHeaders({"Date": _date(int(time.time())), "Cache-Control": "no-store", **response.headers})
    if response.status not in WITHOUT_CONTENT:
        headers["Content-Length"] = str(len(response.body))
    origin = request.headers.get("Origin")
    if origin and response.status != HTTPStatus.FORBIDDEN:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Vary"] = "Origin"
    start = ResponseStartLine("HTTP/1.1", response.status, HTTPStatus(response.status).phrase)
    body = b"" if request.method == "HEAD" else response.body
    connection(request).write_headers(start, headers, body)


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    """Return a moment as a `Date` field has it (RFC 9110, section 6.6.1), formatted once a second."""
    return formatdate(seconds, usegmt=True)


def connection(request: HTTPServerRequest) -> HTTP1Connection:
    """Return the connection that a request came over."""
    return cast(HTTP1Connection, request.connection)
