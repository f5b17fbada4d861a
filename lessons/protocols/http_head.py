"""The head of an HTTP/1.1 message: start line and header fields, read strictly (RFC 9112, sections 2-5)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import parse_qs

END_OF_HEAD = b"\r\n\r\n"
FOLD = re.compile(r"(?<![ \t])[ \t]*(?:\r\n[ \t]+)+")  # matches only where blanks begin, so a long run is read once
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TARGET = re.compile(r"[!-~]+")
HOST = re.compile(r"(?:\[[0-9A-Za-z:.]+\]|[0-9A-Za-z\-._~!$&'()*+,;=%]*)(?::[0-9]*)?")
"""What a `Host` field may have: a name or an address, and a port (RFC 9110, section 7.2)."""
ABSOLUTE_FORM = re.compile(r"https?://([^/?#@]+)((?:[/?][^#]*)?)", re.IGNORECASE)
ENTITY_TAG = re.compile(r'(?:W/)?("[!#-~\x80-\xff]*")')
FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class HeadError(Exception):
    """A head that breaks the grammar; the message is one plain sentence that names the section."""


class HeadTooLargeError(HeadError):
    """A head that is longer than the reader allows."""


@dataclass(frozen=True)
class Headers:
    """Header fields in the order in which they came; the case of names doesn't matter (RFC 9110, section 5.1)."""

    fields: tuple[tuple[str, str], ...]

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        """The values of each field, by its name in lower case."""
        values: dict[str, list[str]] = {}
        for name, value in self.fields:
            values.setdefault(name.lower(), []).append(value)
        return values

    def get_all(self, name: str) -> list[str]:
        """Return every value of the field `name`, in order; an empty list where it is absent."""
        return list(self._values.get(name.lower(), ()))

    def get(self, name: str) -> str | None:
        """Return the first value of the field `name`; None where it is absent."""
        values = self._values.get(name.lower())
        return values[0] if values else None

    def get_joined(self, name: str) -> str | None:
        """Return all values of the field `name` as one (RFC 9110, section 5.3); None where it is absent."""
        values = self._values.get(name.lower())
        return ", ".join(values) if values else None

    def get_list(self, name: str) -> list[str]:
        """Return the members of a comma-separated field, over all its lines (RFC 9110, section 5.6.1)."""
        members = ",".join(self.get_all(name)).split(",")
        return [stripped for member in members if (stripped := member.strip(" \t"))]

    def has_token(self, name: str, token: str) -> bool:
        """Tell whether a comma-separated field has the member `token`, in any case."""
        return token.lower() in (member.lower() for member in self.get_list(name))

    def has_tag(self, name: str, tag: str) -> bool:
        """Tell whether the field `name` lists the entity tag `tag`, or is `*`.

        The comparison is the weak one, as for `If-None-Match`: a `W/` in the list is passed over (RFC 9110, sections
        8.8.3.2 and 13.1.2).

        Args:
            name: the field's name.
            tag: a strong tag with its quotes, such as `"v1"`.
        """
        if name.lower() not in self._values:
            return False
        tags = ", ".join(self.get_all(name))
        return tags == "*" or tag in ENTITY_TAG.findall(tags)


@dataclass(frozen=True)
class Request:
    """The head of a request: `GET /chat HTTP/1.1` and its header fields."""

    method: str
    target: str
    version: str
    headers: Headers

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def keeps_alive(self) -> bool:
        """Whether more requests may follow on the connection (RFC 9112, section 9.3)."""
        return self.version == "HTTP/1.1" and not self.headers.has_token("Connection", "close")

    def query_value(self, name: str) -> str | None:
        """Return the last value of `name` in the query, decoded; None where it is absent."""
        query = self.target.partition("?")[2]
        values = parse_qs(query, keep_blank_values=True, errors="replace").get(name)
        return values[-1] if values else None


@dataclass(frozen=True)
class ResponseHead:
    """The head of a response: `HTTP/1.1 101 Switching Protocols` and its header fields."""

    status: int
    reason: str
    headers: Headers


def split_head(data: bytes, limit: int) -> tuple[bytes, bytes] | None:
    """Cut `data` after the blank line that ends a head.

    Args:
        data: all bytes received so far.
        limit: the most bytes that a head may have, its blank line included.

    Returns:
        The head without its blank line, and the bytes after it; None while the blank line is still to come.

    Raises:
        HeadTooLargeError: if there is no blank line within `limit`.
    """
    end = data.find(END_OF_HEAD, 0, limit)
    if end >= 0:
        return data[:end], data[end + len(END_OF_HEAD) :]
    if len(data) >= limit:
        raise HeadTooLargeError(f"The request head is longer than {limit} bytes (RFC 6585, section 5).")
    return None


def parse_request(head: bytes) -> Request:
    """Read the head of a request (RFC 9112, section 3).

    Args:
        head: the head as `split_head` returns it.

    Raises:
        HeadError: if a line breaks the grammar.
    """
    start, *lines = head.decode("latin-1").split("\r\n")
    parts = start.split(" ")
    if len(parts) != 3 or not TOKEN.fullmatch(parts[0]) or not TARGET.fullmatch(parts[1]):
        raise HeadError(f"The request line {start[:80]!r} is not 'method target version' (RFC 9112, section 3).")
    method, target, version = parts
    _check_version(version)
    return Request(method, target, version, _parse_fields(lines))


def parse_response(head: bytes) -> ResponseHead:
    """Read the head of a response (RFC 9112, section 4).

    A field that is folded over several lines is joined into one, as RFC 9112, section 5.2, demands of clients. A start
    line can't be folded.

    Args:
        head: the head as `split_head` returns it.

    Raises:
        HeadError: if a line breaks the grammar.
    """
    start, _, fields = head.decode("latin-1").partition("\r\n")
    lines = FOLD.sub(" ", fields).split("\r\n") if fields else []
    version, _, rest = start.partition(" ")
    status, _, reason = rest.partition(" ")
    _check_version(version)
    if not re.fullmatch("[1-5][0-9][0-9]", status):
        raise HeadError(f"The status line {start[:80]!r} has no three-digit status (RFC 9112, section 4).")
    return ResponseHead(int(status), reason, _parse_fields(lines))


def in_origin_form(request: Request) -> Request:
    """Return a request with its target in origin form (RFC 9112, sections 3.2.1 and 3.2.2).

    A request for `http://host/path` becomes one for `/path`, and its `Host` is the target's, whatever the field said.
    """
    if request.target.startswith("/"):
        return request
    found = ABSOLUTE_FORM.fullmatch(request.target)
    if found is None:
        return request
    host, target = found.groups()
    others = [field for field in request.headers.fields if field[0].lower() != "host"]
    headers = Headers((("Host", host), *others))
    return replace(request, target=target if target.startswith("/") else f"/{target}", headers=headers)


def has_content(request: Request) -> bool:
    """Tell whether a request has content (RFC 9112, section 6)."""
    headers = request.headers
    return bool((headers.get("Content-Length") or "").strip("0")) or headers.get("Transfer-Encoding") is not None


def format_head(start_line: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Write a head: the start line, the fields, and the blank line after them."""
    lines = [start_line, *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _check_version(version: str) -> None:
    if version != "HTTP/1.1":
        raise HeadError(f"The version is {version[:20]!r}, not HTTP/1.1 (RFC 6455, section 4.1).")


def _parse_fields(lines: list[str]) -> Headers:
    return Headers(tuple(_parse_field(line) for line in lines))


def _parse_field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    value = value.strip(" \t")
    if not colon or not TOKEN.fullmatch(name) or not FIELD_VALUE.fullmatch(value):
        raise HeadError(f"The header line {line[:80]!r} is not 'Name: value' (RFC 9112, section 5).")
    return name, value
