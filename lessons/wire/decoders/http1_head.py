"""The heads of HTTP/1.1 messages, judged by h11; the byte view shows its verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

import h11

MAX_HEAD = 64 * 1024
"""The longest that a head may become, in bytes, before it is given up as not HTTP."""

LONGEST_METHOD = 32
"""The longest that a method may become, in bytes, before it is given up as not HTTP."""

KEPT_HEADS = 64
"""How many heads are remembered with their meaning: a client sends the same one again and again."""

_REQUEST_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}( .*)?", re.DOTALL)
_RESPONSE_START = b"HTTP/"


@dataclass(frozen=True)
class Head:
    """The head of a request or response as h11 understood it.

    Attributes:
        first: the method or the status code, as text.
        target: the request target; empty in a response.
        fields: the header fields in order, with names in lower case.
        error: why h11 refused it; empty if it didn't.
    """

    first: str
    target: str
    fields: tuple[tuple[str, str], ...]
    error: str = ""

    @property
    def title(self) -> str:
        """What it is in a few words, such as `GET /clock` or `304 Not Modified`."""
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
        """Whether it is of an interim response, which another one follows: any 1xx but 101."""
        return not self.target and self.first.startswith("1") and self.first != "101"

    def get(self, name: str) -> str:
        """Return the value of a header field, its name given in lower case; empty if it isn't there."""
        return ", ".join(value for key, value in self.fields if key == name)


def may_be_head(data: bytes, *, request: bool) -> bool:
    """Tell whether bytes can be the beginning of a head: a method and a space, or `HTTP/`, or a part of either."""
    if request:
        return _REQUEST_START.fullmatch(data) is not None
    return data.startswith(_RESPONSE_START[: len(data)])


@lru_cache(maxsize=KEPT_HEADS)
def parse_head(data: bytes, *, request: bool, method: str = "GET") -> Head:
    """Let h11 judge the bytes of a head, its empty line included.

    Args:
        data: the bytes.
        request: whether it is a request's head.
        method: for a response, the method of the request that it answers.
    """
    role = h11.SERVER if request else h11.CLIENT
    judge = h11.Connection(role, max_incomplete_event_size=MAX_HEAD)
    if not request:
        asked = [("host", "tap"), ("connection", "upgrade"), ("upgrade", "any")]  # so that h11 accepts a 101 too
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
