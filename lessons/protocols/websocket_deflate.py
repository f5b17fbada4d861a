"""Compression, message by message: permessage-deflate (RFC 7692), its negotiation and its streams."""

import re
import zlib
from dataclasses import dataclass

from lessons.protocols.http_head import TOKEN
from lessons.protocols.websocket_close import CloseCode, ProtocolError

NAME = "permessage-deflate"
MAX_WINDOW_BITS = 15
MIN_WINDOW_BITS = 9
"""RFC 7692 allows 8 as well, but zlib can't compress with that: an offer that asks for it is declined."""

TAIL = b"\x00\x00\xff\xff"
"""The end of every flush of a deflate stream, which is left out on the wire (RFC 7692, section 7.2.1)."""

STEP = 1024
"""How many compressed bytes are given to zlib at once."""

NO_TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
WINDOW_BITS = ("server_max_window_bits", "client_max_window_bits")
LEGAL_BITS = re.compile("[89]|1[0-5]")


class ExtensionError(Exception):
    """A `Sec-WebSocket-Extensions` header breaks a rule; the message is one sentence that names the section."""


Parameters = list[tuple[str, str | None]]
"""The parameters of one extension, in order, each with its value; None for one without."""


@dataclass(frozen=True)
class Deflate:
    """The four parameters of permessage-deflate (RFC 7692, section 7.1).

    Attributes:
        server_no_context_takeover: whether the server compresses each message afresh.
        client_no_context_takeover: whether the client does.
        server_max_window_bits: the base-2 logarithm of the size of the server's window in bytes.
        client_max_window_bits: the same for the client's window.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = MAX_WINDOW_BITS
    client_max_window_bits: int = MAX_WINDOW_BITS

    def compressor(self, *, server: bool) -> "Compressor":
        """Make the compressor of one side, the server or the client."""
        return Compressor(*self._half(server))

    def decompressor(self, *, server: bool) -> "Decompressor":
        """Make the decompressor for what one side sends, the server or the client."""
        return Decompressor(*self._half(server))

    def _half(self, server: bool) -> tuple[int, bool]:
        if server:
            return self.server_max_window_bits, self.server_no_context_takeover
        return self.client_max_window_bits, self.client_no_context_takeover


def parse_extensions(values: list[str]) -> list[tuple[str, Parameters]]:
    """Read a `Sec-WebSocket-Extensions` header (RFC 6455, section 9.1).

    Args:
        values: the header's values, one for each of its lines in the head.

    Raises:
        ExtensionError: if it breaks the grammar.
    """
    return [_parse_extension(text) for text in ",".join(values).split(",") if text.strip(" \t")]


def _parse_extension(text: str) -> tuple[str, Parameters]:
    name, *pieces = (piece.strip(" \t") for piece in text.split(";"))
    parameters: Parameters = []
    for piece in pieces:
        key, equals, value = (part.strip(" \t") for part in piece.partition("="))
        if re.fullmatch('".*"', value):  # a quoted string, which must hold a token once it is unquoted
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if not TOKEN.fullmatch(key) or (equals and not TOKEN.fullmatch(value)):
            raise ExtensionError(f"The extension {text.strip()!r} is malformed (RFC 6455, section 9.1).")
        parameters.append((key, value if equals else None))
    if not TOKEN.fullmatch(name):
        raise ExtensionError(f"The extension {text.strip()!r} is malformed (RFC 6455, section 9.1).")
    return name, parameters


def accept_offers(values: list[str]) -> Deflate | None:
    """Choose the first offer of permessage-deflate that this server can meet (RFC 7692, section 5).

    Args:
        values: the values of the request's `Sec-WebSocket-Extensions`.

    Returns:
        The parameters to answer with; None to go without compression.

    Raises:
        ExtensionError: if the header breaks the grammar.
    """
    offers = (_read_parameters(parameters) for name, parameters in parse_extensions(values) if name == NAME)
    return next((offer for offer in offers if offer and offer.server_max_window_bits >= MIN_WINDOW_BITS), None)


def format_offer() -> str:
    """Write a client's offer, which leaves the parameters to the server (RFC 7692, section 7.1.2.2)."""
    return f"{NAME}; client_max_window_bits"


def format_answer(deflate: Deflate) -> str:
    """Write a server's answer: every parameter that is not at its default (RFC 7692, section 7.1)."""
    words = [NAME]
    words += [name for name in NO_TAKEOVER if getattr(deflate, name)]
    words += [f"{name}={bits}" for name in WINDOW_BITS if (bits := getattr(deflate, name)) < MAX_WINDOW_BITS]
    return "; ".join(words)


def check_answer(values: list[str], offered: bool) -> Deflate | None:
    """Read the server's choice, and refuse what was not offered (RFC 7692, section 5.1).

    Args:
        values: the values of the response's `Sec-WebSocket-Extensions`.
        offered: whether permessage-deflate was offered.

    Returns:
        The parameters agreed on; None for no compression.

    Raises:
        ExtensionError: if the header breaks the grammar, or the server chose something else, or parameters that can't
            be met.
    """
    chosen = parse_extensions(values)
    if not chosen:
        return None
    name, parameters = chosen[0]
    if not offered or len(chosen) > 1 or name != NAME:
        raise ExtensionError(f"The server chose {', '.join(values)}, not offered (RFC 6455, section 9.1).")
    deflate = None if ("client_max_window_bits", None) in parameters else _read_parameters(parameters)
    if deflate is None or deflate.client_max_window_bits < MIN_WINDOW_BITS:
        raise ExtensionError(f"The answer {', '.join(values)} can't be met (RFC 7692, section 7.1).")
    return deflate


def _read_parameters(given: Parameters) -> Deflate | None:
    """Read the parameters of one offer or answer; None if one is unknown, comes twice or has a value it may not have.

    An offer with such a parameter is declined, but the handshake goes on (RFC 7692, section 7).
    """
    parameters = dict(given)
    if len(parameters) < len(given) or not parameters.keys() <= {*NO_TAKEOVER, *WINDOW_BITS}:
        return None
    if any(parameters.get(name) is not None for name in NO_TAKEOVER):
        return None
    server_bits = parameters.get("server_max_window_bits", "15")
    client_bits = parameters.get("client_max_window_bits") or "15"  # without a value, the server may choose
    if server_bits is None or not LEGAL_BITS.fullmatch(server_bits) or not LEGAL_BITS.fullmatch(client_bits):
        return None
    return Deflate(
        server_no_context_takeover="server_no_context_takeover" in parameters,
        client_no_context_takeover="client_no_context_takeover" in parameters,
        server_max_window_bits=int(server_bits),
        client_max_window_bits=int(client_bits),
    )


class Compressor:
    """Deflates the payloads of messages (RFC 7692, section 7.2.1).

    Args:
        window_bits: the base-2 logarithm of the window's size in bytes.
        fresh: whether each message starts with an empty window.
    """

    def __init__(self, window_bits: int, fresh: bool) -> None:
        self._window_bits = window_bits
        self._fresh = fresh
        self._stream: zlib._Compress | None = None

    def compress(self, payload: bytes) -> bytes:
        """Return the payload of a message, compressed, without the four bytes that end every flush."""
        stream = self._stream or zlib.compressobj(wbits=-self._window_bits)
        self._stream = None if self._fresh else stream
        return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[: -len(TAIL)]


class Decompressor:
    """Inflates the payloads of messages, up to a limit (RFC 7692, section 7.2.2).

    Args:
        window_bits: the base-2 logarithm of the window's size in bytes.
        fresh: whether each message starts with an empty window.
    """

    def __init__(self, window_bits: int, fresh: bool) -> None:
        self._window_bits = window_bits
        self._fresh = fresh
        self._stream: zlib._Decompress | None = None

    def decompress(self, data: bytes, final: bool, limit: int) -> bytes:
        """Return the next part of a message, inflated.

        Args:
            data: the next part of its payload.
            final: whether it is the last part.
            limit: the most bytes wanted. If there are more, as from a bomb, just one more byte is inflated.

        Raises:
            ProtocolError: with 1007 if this isn't a deflate stream.
        """
        try:
            inflated = self._inflate(data + TAIL if final else data, limit + 1)
        except zlib.error:
            sentence = "The compressed payload is not a deflate stream."
            raise ProtocolError(CloseCode.INVALID_PAYLOAD, sentence, "RFC 7692, section 7.2.2") from None
        if final and self._fresh:
            self._stream = None
        return inflated

    def _inflate(self, data: bytes, limit: int) -> bytes:
        """Inflate in small steps.

        A block may mark itself as the last of its stream (RFC 7692, section 7.2.3.4), and zlib then copies all that
        follows it: with many such blocks in one step, that would take quadratic time.
        """
        stream = self._stream or self._new_stream()
        inflated = bytearray()
        start = 0
        while start < len(data) and len(inflated) < limit:
            step = data[start : start + STEP]
            inflated += stream.decompress(step, limit - len(inflated))
            start += len(step) - len(stream.unused_data)
            if stream.eof:
                stream = self._new_stream()
        self._stream = stream
        return bytes(inflated)

    def _new_stream(self) -> "zlib._Decompress":
        return zlib.decompressobj(wbits=-self._window_bits)
