"""The requests that come in on a connection, one after another: read by llhttp, within limits (RFC 9112)."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from lessons.protocols.http_head import HOST, Headers, Request, format_head, has_content, in_origin_form
from lessons.protocols.origin import Refusal

VERSIONS = ("1.0", "1.1")
FRAMING = ("content-length", "transfer-encoding")
"""The fields that say how long the content is (RFC 9112, section 6.3)."""


class RequestReader:
    """Reads requests from bytes that come in pieces of any size.

    Content is counted and dropped: nothing in these lessons uses what a request brings.

    A request may offer to upgrade to another protocol. A server is free to ignore that (RFC 9110, section 7.8), and
    the request is then read like any other. If it offers the protocol that this server upgrades to, it is the last.

    Args:
        max_head: the longest head, in bytes.
        max_content: the longest content, in bytes as they are sent, the sizes of chunks included.
        upgrades_to: the protocol that this server upgrades to, such as `websocket`; empty for none.

    Attributes:
        upgrade: whether the last request may upgrade to that protocol.
        rest: the bytes that came after that request.
    """

    def __init__(self, max_head: int, max_content: int, upgrades_to: str = "") -> None:
        self.upgrade = False
        self.rest = b""
        self._upgrades_to = upgrades_to
        self._max_head = max_head
        self._max_content = max_content
        self._parser = HttpRequestParser(self)
        self._read: list[Request | Refusal] = []
        self._in_head = self._in_content = self._begun = self._over = False
        self._taken = self._count = 0

    @property
    def inside(self) -> bool:
        """Whether a request has begun and isn't complete yet."""
        return self._in_head or self._in_content

    def receive(self, data: bytes) -> list[Request | Refusal]:
        """Take bytes, and return the requests that they complete.

        If what follows them can't be accepted, a `Refusal` comes last, and all later bytes are ignored.
        """
        self._read = []
        if self._over:
            if self.upgrade:
                self.rest += data
            return self._read
        self._count = len(data)
        self._begun = False
        try:
            self._feed(data)
            self._check_limits()
        except HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, _RefusedError) else self._unreadable(error))
        except _RefusedError as error:
            self._refuse(error.refusal)
        return self._read

    def _feed(self, data: bytes) -> None:
        while not self._over:
            try:
                self._parser.feed_data(data)
                return
            except HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
            if self._upgrades_to and is_upgrade(self._request, self._upgrades_to):
                self.upgrade = self._over = True
                self.rest = data
            else:
                self._read_on(self._request)

    def _read_on(self, request: Request) -> None:
        """Go on after an offer that isn't taken up: llhttp stops at the end of its head, before any content.

        A new parser learns how long that content is from a made-up head, which offers nothing.
        """
        self._parser = HttpRequestParser(self)
        if has_content(request):
            self._read.pop()  # it isn't complete yet
            framing = [field for field in request.headers.fields if field[0].lower() in FRAMING]
            self._parser.feed_data(format_head("POST / HTTP/1.1", [("Host", ""), *framing]))
            self._request = request

    def _check_limits(self) -> None:
        """Count the bytes of the request that is under way, and hold them against the limits.

        Where it began behind the end of another one, llhttp doesn't say how many are its own: those go uncounted.
        """
        if self._begun and self._read:
            return
        self._taken += self._count
        if self._in_head and self._taken > self._max_head:
            raise self._head_too_large()
        if self._in_content and self._taken > self._max_content:
            raise self._content_too_large()

    def _head_too_large(self) -> _RefusedError:
        return _RefusedError(431, "RFC 6585 §5", f"The head is longer than {self._max_head:,} bytes.")

    def _content_too_large(self) -> _RefusedError:
        return _RefusedError(413, "RFC 9110 §15.5.14", f"The content is longer than {self._max_content:,} bytes.")

    def _unreadable(self, error: HttpParserError) -> Refusal:
        """Say what llhttp could not read, and the section on the part of the message where that stands."""
        if self._in_content:
            section = "RFC 9112 §7"
        elif self._in_head and self._parser.get_http_version() in VERSIONS:
            section = "RFC 9112 §5"
        else:
            section = "RFC 9112 §3"
        return Refusal(400, section, f"This is not an HTTP/1.1 request: {error}.")

    def _refuse(self, refusal: Refusal) -> None:
        self._read.append(refusal)
        self._in_head = self._in_content = False
        self._over = True

    # What llhttp calls:

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = self._begun = True
        self._taken = 0
        self._target = b""
        self._fields: list[tuple[str, str]] = []

    def on_url(self, part: bytes) -> None:
        """Take a part of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field; trailer fields, after content in chunks, come too late to be looked at.

        llhttp leaves the blanks after a value, though they are no part of it (RFC 9110, section 5.5).
        """
        self._fields.append((name.decode("latin-1"), value.rstrip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Check what llhttp leaves to its caller, now that the head is complete."""
        if self._taken + self._count > self._max_head and self._head_size() > self._max_head:
            raise self._head_too_large()
        headers = Headers(tuple(self._fields))
        version = self._parser.get_http_version()
        if version not in VERSIONS:
            raise _RefusedError(505, "RFC 9110 §15.6.6", f"This server speaks HTTP/1.1, not HTTP/{version}.")
        hosts = headers.get_all("Host")
        if (len(hosts) != 1 and version == "1.1") or not all(map(HOST.fullmatch, hosts)):
            raise _RefusedError(400, "RFC 9112 §3.2", "A request has one Host field, which names the server.")
        if headers.get("Expect") is not None and version == "1.1":
            raise _RefusedError(417, "RFC 9110 §10.1.1", "This server doesn't support Expect; leave it out.")
        if int(headers.get("Content-Length") or 0) > self._max_content:
            raise self._content_too_large()
        method, target = self._parser.get_method().decode(), self._target.decode("latin-1")
        self._request = in_origin_form(Request(method, target, f"HTTP/{version}", headers))
        self._in_head, self._in_content = False, True
        self._taken = 0

    def _head_size(self) -> int:
        return len(self._target) + sum(len(name) + len(value) + len(": \r\n") for name, value in self._fields)

    def on_message_complete(self) -> None:
        """Hand the request out."""
        self._in_content = False
        self._read.append(self._request)
        if not self._parser.should_keep_alive():
            self._over = True


class _RefusedError(Exception):
    """A request that breaks a rule or a limit."""

    def __init__(self, status: int, section: str, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(status, section, reason)


def is_upgrade(request: Request, protocol: str) -> bool:
    """Tell whether a request may turn its connection over to a protocol (RFC 9110, section 7.8).

    Args:
        request: the request; its `Upgrade` field may list several protocols.
        protocol: the one that the server speaks.
    """
    return request.method == "GET" and request.headers.has_token("Upgrade", protocol) and not has_content(request)
