"""Responses written to tornado's connections without a handler: for who answers a thousand requests at once.

A route may lead to any callable that takes the request (tornado.routing). It answers when it likes, by these functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine

from lessons.runtime import Server

PLAIN_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


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


def respond(request: HTTPServerRequest, response: Response) -> None:
    """Answer a request."""
    write(request, response)
    connection(request).finish()


def write(request: HTTPServerRequest, response: Response) -> None:
    """Send a response on its way. `connection(request).finish()` has to follow, and may wait until all are written."""
    headers = HTTPHeaders({"Cache-Control": "no-store", **response.headers})
    if response.status != HTTPStatus.NO_CONTENT:
        headers["Content-Length"] = str(len(response.body))
    origin = request.headers.get("Origin")
    if origin and response.status != HTTPStatus.FORBIDDEN:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Vary"] = "Origin"
    start = ResponseStartLine("HTTP/1.1", response.status, HTTPStatus(response.status).phrase)
    body = b"" if request.method == "HEAD" else response.body
    connection(request).write_headers(start, headers, body)


def connection(request: HTTPServerRequest) -> HTTP1Connection:
    """Return the connection that a request came over."""
    return cast(HTTP1Connection, request.connection)
