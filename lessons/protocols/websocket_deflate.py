"""Compression a message at a time: permessage-deflate (RFC 7692), its negotiation and its streams."""

import re
import zlib
from dataclasses import dataclass

from lessons.protocols.http_head import TOKEN
from lessons.protocols.websocket_close import CloseCode, ProtocolError

NAME = "permessage-deflate"
MAX_WINDOW_BITS = 15
MIN_WINDOW_BITS = 9
"""RFC 7692 allows 8, which zlib can't compress with: an offer that needs it is declined."""

TAIL = b"\x00\x00\xff\xff"
"""What ends a flushed deflate block, and is left out on the wire (RFC 7692, section 7.2.1)."""

STEP = 1024
"""How many bytes are inflated at once."""

NO_TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
WINDOW_BITS = ("server_max_window_bits", "client_max_window_bits")
LEGAL_BITS = re.compile("[89]|1[0-5]")


class ExtensionError(Exception):
    """A `Sec-WebSocket-Extensions` header breaks a rule, said in one sentence that names the section."""


Parameters = list[tuple[str, str | None]]
"""The parameters of one extension, in order, each with its value; None stands for one without a value."""


@dataclass(frozen=True)
class Deflate:
    """The four parameters of permessage-deflate (RFC 7692, section 7.1).

    Attributes:
        server_no_context_takeover: whether the server compresses each message afresh.
        client_no_context_takeover: whether the client does.
        server_max_window_bits: the base-2 logarithm of the server's window, in bytes.
        client_max_window_bits: that of the client's.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = MAX_WINDOW_BITS
    client_max_window_bits: int = MAX_WINDOW_BITS

    def compressor(self, *, server: bool) -> "Compressor":
        """Make the compressor of one side: the server's or the client's."""
        return Compressor(*self._half(server))

    def decompressor(self, *, server: bool) -> "Decompressor":
        """Make the decompressor for what one side sends: the server or the client."""
        return Decompressor(*self._half(server))

    def _half(self, server: bool) -> tuple[int, bool]:
        if server:
            return self.server_max_window_bits, self.server_no_context_takeover
        return self.client_max_window_bits, self.client_no_context_takeover


def parse_extensions(values: list[str]) -> list[tuple[str, Parameters]]:
    """Read a `Sec-WebSocket-Extensions` header (RFC 6455, section 9.1).

    Args:
        values: the header's values, one a line of the head.

    Raises:
        ExtensionError: if it breaks the grammar.
    """
    return [_parse_extension(text) for text in ",".join(values).split(",") if text.strip(" \t")]


def _parse_extension(text: str) -> tuple[str, Parameters]:
    name, *pieces = (piece.strip(" \t") for piece in text.split(";"))
    parameters: Parameters = []
    for piece in pieces:
        key, equals, value = (part.strip(" \t") for part in piece.partition("="))
        if re.fullmatch('".*"', value):  # a quoted string; what it says is a token again
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
    """Write a client's offer: any parameters that the server likes (RFC 7692, section 7.1.2.2)."""
    return f"{NAME}; client_max_window_bits"


def format_answer(deflate: Deflate) -> str:
    """Write a server's answer: each parameter that is not at its default (RFC 7692, section 7.1)."""
    words = [NAME]
    words += [name for name in NO_TAKEOVER if getattr(deflate, name)]
    words += [f"{name}={bits}" for name in WINDOW_BITS if (bits := getattr(deflate, name)) < MAX_WINDOW_BITS]
    return "; ".join(words)


def check_answer(values: list[str], offered: bool) -> Deflate | None:
    """Read the server's choice, and refuse what was not offered (RFC 7692, section 5.1).

    Args:
        values: the values of the response's `Sec-WebSocket-Extensions`.
        offered: whether permessage-deflate was offered.

    Raises:
        ExtensionError: if the server chose something else, or parameters that can't be met.
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
    """Judge the parameters of one offer or answer; None if one is unknown, comes twice or has a value it may not have.

    An offer with such parameters is declined, not refused (RFC 7692, section 7).
    """
    parameters = dict(given)
    if len(parameters) < len(given) or not parameters.keys() <= {*NO_TAKEOVER, *WINDOW_BITS}:
        return None
    if any(parameters.get(name) is not None for name in NO_TAKEOVER):
        return None
    server_bits = parameters.get("server_max_window_bits", "15")
    client_bits = parameters.get("client_max_window_bits") or "15"  # an offer may leave the choice to the server
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
        window_bits: the base-2 logarithm of the window, in bytes.
        fresh: whether each message starts with an empty window again.
    """

    def __init__(self, window_bits: int, fresh: bool) -> None:
        self._window_bits = window_bits
        self._fresh = fresh
        self._stream: zlib._Compress | None = None

    def compress(self, payload: bytes) -> bytes:
        """Return a message's payload compressed, without the four bytes that end every flush."""
        stream = self._stream or zlib.compressobj(wbits=-self._window_bits)
        self._stream = None if self._fresh else stream
        return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[: -len(TAIL)]


class Decompressor:
    """Inflates the payloads of messages, never beyond a limit (RFC 7692, section 7.2.2).

    Args:
        window_bits: the base-2 logarithm of the window, in bytes.
        fresh: whether each message starts with an empty window again.
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
            limit: the most bytes wanted; of a bomb, one byte beyond it is inflated, and no more.

        Raises:
            ProtocolError: with 1007 if this is no deflate stream.
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
        """Inflate step by step: a block may call itself the last (section 7.2.3.4), and zlib copies what follows it."""
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
