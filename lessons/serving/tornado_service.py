"""What the lessons' tornado servers share: an application run as a service, and a handler that checks origins."""

from __future__ import annotations

import socket
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, HTTPError, RequestHandler

from lessons.protocols.http_head import Headers, Request, in_origin_form
from lessons.protocols.origin import OriginPolicy, Refusal
from lessons.serving.limits import IDLE_SECONDS, MAX_CONTENT, MAX_HEAD
from lessons.serving.page import PageFile, page_files


class TornadoService:
    """Runs a tornado application on sockets that the runtime has bound.

    Args:
        application: the application to run.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._server: HTTPServer | None = None

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections; the handlers find `origins` among the application's settings."""
        self._application.settings["origins"] = origins
        self._server = HTTPServer(
            self._application,
            max_body_size=MAX_CONTENT,
            max_header_size=MAX_HEAD,
            idle_connection_timeout=IDLE_SECONDS,
            body_timeout=IDLE_SECONDS,
        )
        self._server.add_sockets(sockets)

    async def close(self) -> None:
        """Stop listening, then end every connection."""
        if self._server is not None:
            self._server.stop()
            await self._server.close_all_connections()


def application(handlers: list[Any], **settings: Any) -> Application:  # noqa: ANN401
    """Return a tornado application that answers 404 with a sentence, and logs no requests.

    Args:
        handlers: tornado's handlers, each with its path.
        settings: further settings of the application.
    """
    settings.setdefault("default_handler_class", UnknownPath)
    return _Application(handlers, log_function=lambda handler: None, **settings)


class _Application(Application):
    """An application that knows two rules of HTTP that tornado doesn't.

    A request for `http://host/path` is one for `/path` (RFC 9112, section 3.2.2). And one of HTTP/1.0 has no
    expectations and changes to no other protocol (RFC 9110, sections 10.1.1 and 7.8).
    """

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> Any:  # noqa: ANN401
        if request.version == "HTTP/1.0":
            request.headers.pop("Expect", None)  # tornado hasn't looked at it yet
            request.headers.pop("Upgrade", None)
        target = str(request.uri)
        if not target.startswith("/"):
            fields = Headers(tuple(request.headers.get_all()))
            asked = in_origin_form(Request(str(request.method), target, request.version, fields))
            request.uri = asked.target
            request.path, _, request.query = asked.target.partition("?")
            request.headers["Host"] = request.host = asked.headers.get("Host") or ""
        return super().find_handler(request, **options)


class Handler(RequestHandler):
    """Serves only the pages that its server welcomes, and tells their browsers so (CORS)."""

    def set_default_headers(self) -> None:
        """Let the pages that the server welcomes read every answer, even errors (CORS: WHATWG Fetch, section 3.3).

        `Server`, the name of the program, is left out: every header field that a lesson shows has a purpose.
        """
        self.clear_header("Server")
        origin = self.request.headers.get("Origin")
        if origin is not None and self._refusal() is None:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Vary", "Origin")

    def prepare(self) -> None:
        """Refuse a request from a page of a foreign origin, or for a host name that isn't ours."""
        refusal = self._refusal()
        if refusal is not None:
            self.refuse(refusal.status, f"{refusal.reason} ({refusal.section})")
            return
        self.set_header("Cache-Control", "no-store")

    def _refusal(self) -> Refusal | None:
        headers = self.request.headers
        origins: OriginPolicy = self.settings["origins"]
        return origins.refusal(headers.get("Origin"), headers.get("Host", ""))

    def refuse(self, status: int, reason: str) -> None:
        """Answer with a status and one sentence in plain text."""
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(reason + "\n")

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """Answer what tornado refuses by itself, in a few words, and say what may be asked for instead."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            known = (name for name in self.SUPPORTED_METHODS if getattr(type(self), name.lower()) != RequestHandler.get)
            self.set_header("Allow", ", ".join(known))  # RFC 9110, section 15.5.6
        nothing = f"There is nothing at {self.request.path} on this server."
        self.refuse(status_code, nothing if status_code == HTTPStatus.NOT_FOUND else HTTPStatus(status_code).phrase)

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Tell the student of mistakes in the lesson only: what a client does wrong, the client is told."""
        if not isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)

    def options(self, *arguments: str) -> None:
        """Answer a CORS preflight: a page of another origin may send what it asks to send."""
        self.set_header("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
        self.set_header("Access-Control-Allow-Headers", self.request.headers.get("Access-Control-Request-Headers", ""))
        self.set_status(204)


class UnknownPath(Handler):
    """Answers requests for a path that no other handler has."""

    def prepare(self) -> None:
        """Answer 404 to those who are welcome."""
        super().prepare()
        if not self._finished:
            self.write_error(HTTPStatus.NOT_FOUND)


class FileHandler(Handler):
    """Serves a file of a lesson's page."""

    def initialize(self, file: PageFile) -> None:
        """Take the file to serve."""
        self._file = file

    def head(self) -> None:
        """Answer its head; tornado leaves the content out."""
        self.get()

    def get(self) -> None:
        """Answer with the file."""
        for name, value in self._file.fields.items():
            self.set_header(name, value)
        self.finish(self._file.content)


def page_handlers(title: str, client: Path, options: dict[str, Any]) -> list[Any]:
    """Return tornado's handlers for a lesson's page and its scripts; the arguments are those of `page_files`."""
    files = page_files(title, client, options)
    return [(path, FileHandler, {"file": file}) for path, file in files.items()]
