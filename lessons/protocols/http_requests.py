"""The requests that come in on a connection, one behind the other: read by llhttp, within limits (RFC 9112)."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from lessons.protocols.http_head import Headers, Request
from lessons.protocols.origin import Refusal

VERSIONS = ("1.0", "1.1")


class RequestReader:
    """Reads requests out of bytes that come in pieces of any size.

    What a request brings as its content is counted and dropped: nothing in these lessons takes any.

    Args:
        max_head: how many bytes of a head are taken before its end must have come.
        max_content: how many bytes of a content are, as it is sent, sizes of chunks included.
    """

    def __init__(self, max_head: int, max_content: int) -> None:
        self._max_head = max_head
        self._max_content = max_content
        self._parser = HttpRequestParser(self)
        self._read: list[Request | Refusal] = []
        self._in_head = self._in_content = False
        self._taken = 0
        self._over = False

    @property
    def inside(self) -> bool:
        """Whether a request has begun and isn't whole yet."""
        return self._in_head or self._in_content

    def receive(self, data: bytes) -> list[Request | Refusal]:
        """Take bytes, and return the requests that they complete.

        Behind them, as the last there is, stands why what followed was no request; all bytes after that are ignored.
        """
        self._read = []
        if self._over:
            return self._read
        try:
            self._feed(data)
            self._check_limits(len(data))
        except HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, _RefusedError) else self._unreadable(error))
        except _RefusedError as error:
            self._refuse(error.refusal)
        return self._read

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:  # nothing here changes to another protocol: more HTTP follows
            self._feed(data[upgrade.args[0] :])

    def _check_limits(self, count: int) -> None:
        self._taken += count
        if self._in_head and self._taken > self._max_head:
            raise _RefusedError(431, "RFC 6585 §5", f"The head of a request may have {self._max_head:,} bytes here.")
        if self._in_content and self._taken > self._max_content:
            raise self._content_too_large()

    def _content_too_large(self) -> _RefusedError:
        reason = f"The content of a request may have {self._max_content:,} bytes here."
        return _RefusedError(413, "RFC 9110 §15.5.14", reason)

    def _unreadable(self, error: HttpParserError) -> Refusal:
        """Say what llhttp could not read, with the section on the part of the message that it was in."""
        if self._in_content:
            section = "RFC 9112 §7"
        elif self._in_head and self._parser.get_http_version() in VERSIONS:
            section = "RFC 9112 §5"
        else:
            section = "RFC 9112 §3"
        return Refusal(400, section, f"This is no request of HTTP/1.1: {error}.")

    def _refuse(self, refusal: Refusal) -> None:
        self._read.append(refusal)
        self._in_head = self._in_content = False
        self._over = True

    # What llhttp calls:

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = True
        self._taken = 0
        self._target = b""
        self._fields: list[tuple[str, str]] = []

    def on_url(self, part: bytes) -> None:
        """Take a part of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field; those that may follow a content in chunks come too late to be looked at.

        llhttp leaves the blanks behind a value there, though they are no part of it (RFC 9110, section 5.5).
        """
        self._fields.append((name.decode("latin-1"), value.rstrip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Judge what llhttp leaves to its user."""
        headers = Headers(tuple(self._fields))
        version = self._parser.get_http_version()
        if version not in VERSIONS:
            raise _RefusedError(505, "RFC 9110 §15.6.6", f"HTTP/1.1 is spoken here, not HTTP/{version}.")
        if len(headers.get_all("Host")) != 1 and version == "1.1":
            raise _RefusedError(400, "RFC 9112 §3.2", "A request has one Host field, which names the server.")
        if headers.get("Expect") is not None:
            raise _RefusedError(417, "RFC 9110 §10.1.1", "Nothing here says beforehand that it expects a content.")
        if int(headers.get("Content-Length") or 0) > self._max_content:
            raise self._content_too_large()
        self._request = Request(self._parser.get_method().decode(), self._target.decode(), f"HTTP/{version}", headers)
        self._in_head, self._in_content = False, True
        self._taken = 0

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


def keeps_alive(request: Request) -> bool:
    """Tell whether more requests may follow this one on its connection (RFC 9112, section 9.3)."""
    return request.version == "HTTP/1.1" and not request.headers.has_token("Connection", "close")
