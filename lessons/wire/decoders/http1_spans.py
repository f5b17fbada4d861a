"""Which bytes of an HTTP/1.1 message mean what: labels for heads and chunks (RFC 9112)."""

from __future__ import annotations

import re
from functools import lru_cache

from lessons.wire.decoders.http1_head import KEPT_HEADS
from lessons.wire.message import Span

CHUNK_SECTION = "RFC 9112 §7.1"
_CHUNK_LINE = re.compile(rb"0*([0-9A-Fa-f]{1,6})[ \t]*(?:;[^\r\n]*)?\r\n")


@lru_cache(maxsize=KEPT_HEADS)
def head_spans(data: bytes, *, request: bool, error: str = "") -> tuple[Span, ...]:
    """Label the bytes of a head: its first line, each header field, the empty line.

    Args:
        data: the bytes of the head, its empty line included.
        request: whether it is a request's head.
        error: what is wrong with it; empty if nothing is.
    """
    lines = data.splitlines(keepends=True)
    if error and b"HTTP/" not in lines[0]:
        return (Span(0, len(data), "not HTTP", "", error, "RFC 9112 §2", error=True),)
    spans = _request_line(lines[0]) if request else _status_line(lines[0])
    start = len(lines[0])
    for line in lines[1:]:
        spans += _field_line(line, start)
        start += len(line)
    if error:
        spans[-1] = spans[-1]._replace(name="error", meaning=error, section="RFC 9112", error=True, minor=False)
    return tuple(spans)


def cut_head_spans(data: bytes, *, request: bool) -> list[Span]:
    """Label the bytes of a head whose empty line never came: its complete lines, and the one that was cut short.

    Args:
        data: the bytes that have come.
        request: whether it is a request's head.
    """
    begin = data.rfind(b"\n") + 1
    spans = head_spans(data[:begin], request=request) if begin else ()
    meaning = "the connection ended before the empty line that ends a head"
    return [*spans, Span(begin, len(data), "cut short", "", meaning, "RFC 9112 §2.1", error=True)]


def _request_line(line: bytes) -> list[Span]:
    section = "RFC 9112 §3"
    meanings = {
        "method": "what the client wants done",
        "request target": "which resource it means",
        "version": "the version of HTTP that the client speaks",
    }
    return _words(line, meanings, section, maxsplit=2)


def _status_line(line: bytes) -> list[Span]:
    section = "RFC 9112 §4"
    meanings = {
        "version": "the version of HTTP that the server speaks",
        "status code": "how it went, for the program",
        "reason phrase": "how it went, for people; programs ignore it",
    }
    return _words(line, meanings, section, maxsplit=2)


def _words(line: bytes, meanings: dict[str, str], section: str, maxsplit: int) -> list[Span]:
    """Label the words of a start line, the spaces between them and its line end."""
    body = line.rstrip(b"\r\n")
    spans: list[Span] = []
    start = 0
    for word, (name, meaning) in zip(body.split(b" ", maxsplit), meanings.items(), strict=False):
        if spans:
            spans.append(Span(start, start + 1, "space", "", "one space between the parts", section, minor=True))
            start += 1
        if word:
            spans.append(Span(start, start + len(word), name, _text(word), meaning, section))
        start += len(word)
    return [*spans, *_line_end(line[len(body) :], len(body), section)]


def _field_line(line: bytes, start: int) -> list[Span]:
    """Label a line after the first one; `start` is its offset in the head."""
    section = "RFC 9112 §5"
    body = line.rstrip(b"\r\n")
    end = start + len(body)
    if not body:
        return [Span(start, start + len(line), "empty line", "", "the head ends here", "RFC 9112 §2.1")]
    line_end = _line_end(line[len(body) :], end, section)
    if body[:1] in (b" ", b"\t"):
        meaning = "continues the line above; no program should send this any more"
        return [Span(start, end, "folded line", _text(body), meaning, "RFC 9112 §5.2"), *line_end]
    field, colon, rest = body.partition(b":")
    if not colon:
        return [
            Span(start, end, "no field", _text(body), "a header field has a colon", section, error=True),
            *line_end,
        ]
    name = _text(field)
    value = rest.strip(b" \t")
    meaning, where = _meaning_of(name)
    name_end = start + len(field)
    begin = name_end + 1 + len(rest) - len(rest.lstrip(b" \t"))
    return [
        Span(start, name_end, "field name", name, meaning, where or section, minor=True),
        Span(name_end, begin, "colon", "", "the first colon ends the name", section, minor=True),
        Span(begin, end, name, _text(value), meaning, where or section),
        *line_end,
    ]


def _line_end(line_end: bytes, start: int, section: str) -> list[Span]:
    if not line_end:
        return []
    end = start + len(line_end)
    if line_end != b"\r\n":
        meaning = "a line of a head ends with CR LF; many programs put up with a bare LF, some do not"
        return [Span(start, end, "line end", "", meaning, "RFC 9112 §2.2", error=True)]
    return [Span(start, end, "line end", "", "CR LF ends every line of a head", section, minor=True)]


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def chunk_length(line: bytes) -> int | None:
    """Return the length in a chunk's first line, in bytes; `None` if there is none, or it has over six digits."""
    found = _CHUNK_LINE.fullmatch(line)
    return None if found is None else int(found[1], 16)


def chunk_spans(size_line: int, length: int, content: list[Span]) -> list[Span]:
    """Label the bytes of a chunk.

    Args:
        size_line: how many bytes the chunk's first line has, without its line end.
        length: how many bytes of content follow.
        content: what they mean, with offsets counted from the start of the content.
    """
    begin = size_line + 2
    meaning = f"{length} bytes follow; the number is hexadecimal"
    return [
        Span(0, size_line, "chunk size", str(length), meaning, CHUNK_SECTION),
        Span(size_line, begin, "line end", "", "CR LF ends the chunk size", CHUNK_SECTION, minor=True),
        *(span.shifted(begin) for span in content),
        Span(begin + length, begin + length + 2, "line end", "", "CR LF ends the chunk", CHUNK_SECTION, minor=True),
    ]


def last_chunk_spans(size_line: int, length: int) -> list[Span]:
    """Label the bytes of the chunk of size zero, and of what follows it to the end of the content.

    Args:
        size_line: how many bytes the chunk's first line has, without its line end.
        length: how many bytes there are in all.
    """
    return [
        Span(0, size_line, "chunk size", "0", "zero: the content ends here", CHUNK_SECTION),
        Span(size_line, length, "end of chunks", "", "trailer fields, if any, and an empty line", "RFC 9112 §7.1.2"),
    ]


# --- what header fields are for ---------------------------------------------------------------------------------

_FIELD_MEANINGS: dict[str, tuple[str, str]] = {
    "accept": ("the media types that the client can use", "RFC 9110 §12.5.1"),
    "accept-encoding": ("the compressions that the client understands", "RFC 9110 §12.5.3"),
    "accept-language": ("the languages that the person reads", "RFC 9110 §12.5.4"),
    "access-control-allow-origin": ("pages of this other origin may read the answer", "WHATWG Fetch §3.3"),
    "access-control-allow-credentials": ("they may read it, too, if the request had cookies", "WHATWG Fetch §3.3"),
    "allow": ("the methods that may be used here", "RFC 9110 §10.2.1"),
    "authorization": ("the client's credentials; blotted out here", "RFC 9110 §11.6.2"),
    "cache-control": ("who may keep the answer, and for how long", "RFC 9111 §5.2"),
    "connection": ("what holds for this connection only", "RFC 9110 §7.6.1"),
    "content-length": ("how many bytes of content follow the head", "RFC 9110 §8.6"),
    "content-type": ("what kind of content it is", "RFC 9110 §8.3"),
    "cookie": ("what the server asked the browser to remember; blotted out here", "RFC 6265 §5.4"),
    "date": ("when the server made this answer", "RFC 9110 §6.6.1"),
    "etag": ("a name for this very state of the content", "RFC 9110 §8.8.3"),
    "host": ("which of the server's names the client used", "RFC 9110 §7.2"),
    "if-none-match": ("send the content only if its tag is another by now", "RFC 9110 §13.1.2"),
    "keep-alive": ("how long the connection is kept open", "RFC 2068 §19.7.1.1"),
    "last-event-id": ("the last event that this client has seen", "WHATWG HTML §9.2.4"),
    "origin": ("where the page that asks comes from", "RFC 6454 §7"),
    "referer": ("the page that the request came from", "RFC 9110 §10.1.3"),
    "retry-after": ("when to ask again", "RFC 9110 §10.2.3"),
    "sec-websocket-accept": ("proof that the server speaks WebSocket", "RFC 6455 §4.2.2"),
    "sec-websocket-extensions": ("extensions of the frame format", "RFC 6455 §9.1"),
    "sec-websocket-key": ("16 random bytes that the server's proof is made from", "RFC 6455 §4.1"),
    "sec-websocket-protocol": ("what is to be spoken over the WebSocket", "RFC 6455 §1.9"),
    "sec-websocket-version": ("the version of WebSocket; there is one, 13", "RFC 6455 §4.1"),
    "server": ("the program that answered", "RFC 9110 §10.2.4"),
    "set-cookie": ("what the browser is asked to remember; blotted out here", "RFC 6265 §4.1"),
    "transfer-encoding": ("how the content is encoded for the transfer", "RFC 9112 §6.1"),
    "upgrade": ("another protocol to go on with on this connection", "RFC 9110 §7.8"),
    "user-agent": ("the program that asks", "RFC 9110 §10.1.5"),
    "vary": ("which request fields the answer depends on", "RFC 9110 §12.5.5"),
    "x-accel-buffering": ("asks a proxy not to hold the answer back", "nginx"),
    "x-forwarded-for": ("the client that a proxy passes this on for", "de facto"),
    "x-forwarded-prefix": ("the path under which a proxy offers this server", "de facto"),
    "x-forwarded-proto": ("how the browser reached the proxy", "de facto"),
}


def _meaning_of(name: str) -> tuple[str, str]:
    """Return what a header field is for and the section that defines it; two empty strings if it isn't known here."""
    known = _FIELD_MEANINGS.get(name.lower())
    if known is None and name.lower().startswith("sec-fetch-"):
        return "what the browser wants this for; set by the browser, not by the page", "W3C Fetch Metadata §2"
    return known or ("", "")
