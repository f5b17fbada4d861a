"""The heads of HTTP/1.1 messages as h11 understands them; it judges, and the byte view tells what it found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

import h11

MAX_HEAD = 64 * 1024
"""How many bytes without an empty line are taken for a head that is still coming."""

LONGEST_METHOD = 32
"""How many bytes without a space are taken for a method that is still coming."""

KEPT_HEADS = 64
"""How many heads are remembered with what they mean: a client sends the same one again and again."""

_REQUEST_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}( .*)?", re.DOTALL)
_RESPONSE_START = b"HTTP/"


@dataclass(frozen=True)
class Head:
    """The head of a request or response as h11 understood it.

    Attributes:
        first: the method or the status code, as text.
        target: the request target; empty in a response.
        fields: header fields, names in lower case, in order.
        error: why h11 refused it, empty if it didn't.
    """

    first: str
    target: str
    fields: tuple[tuple[str, str], ...]
    error: str = ""

    @property
    def title(self) -> str:
        """The head in a line, such as `GET /clock` or `304 Not Modified`."""
        if self.error:
            return "malformed head"
        if self.target:
            return f"{self.first} {self.target}"
        try:
            return f"{self.first} {HTTPStatus(int(self.first)).phrase}"
        except ValueError:
            return self.first

    @property
    def informational(self) -> bool:
        """Whether it is a response's that another one follows (status 1xx, but for 101)."""
        return not self.target and self.first.startswith("1") and self.first != "101"

    def get(self, name: str) -> str:
        """Return the value of a header field, empty if it isn't there."""
        return ", ".join(value for key, value in self.fields if key == name)


def may_be_head(data: bytes, *, request: bool) -> bool:
    """Tell whether bytes can be the beginning of a head: of a method and a space, or of `HTTP/`."""
    if request:
        return _REQUEST_START.fullmatch(data) is not None
    return data.startswith(_RESPONSE_START[: len(data)])


@lru_cache(maxsize=KEPT_HEADS)
def parse_head(data: bytes, *, request: bool, method: str = "GET") -> Head:
    """Let h11 judge the bytes of a head, up to and with its empty line.

    Args:
        data: the bytes.
        request: whether it is a request's head.
        method: for a response, the method of the request that it answers.
    """
    role = h11.SERVER if request else h11.CLIENT
    judge = h11.Connection(role, max_incomplete_event_size=MAX_HEAD)
    if not request:
        asked = [("host", "tap"), ("connection", "upgrade"), ("upgrade", "any")]  # so that it takes a 101 too
        judge.send(h11.Request(method=method, target="/", headers=asked))
    try:
        judge.receive_data(data)
        event = judge.next_event()
    except h11.RemoteProtocolError as error:
        return Head("", "", (), str(error) or "not HTTP")
    if not isinstance(event, h11.Request | h11.Response | h11.InformationalResponse):
        return Head("", "", (), "not HTTP")
    fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers)
    if isinstance(event, h11.Request):
        return Head(event.method.decode("latin-1"), event.target.decode("latin-1"), fields)
    return Head(str(event.status_code), "", fields)
