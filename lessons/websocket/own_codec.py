"""Where a learner's own handshake and frame decoder are plugged into the running server."""

from collections.abc import Callable, Iterator

from lessons.protocols.websocket_connection import NO_LIMIT
from lessons.protocols.websocket_frames import Frame

Handshake = Callable[[bytes], bytes]
"""Takes the head of a request, its blank line included, and returns the response to send."""

Decode = Callable[[bytes], tuple[Frame, int] | None]
"""Takes bytes; returns their first frame and how many bytes it took, or None if it isn't there in full."""


class DecoderReader:
    """Cuts a stream into frames by a function that decodes one frame.

    Attributes:
        max_payload: Set by the connection; a function of the learner's own is not held to it.
    """

    def __init__(self, decode: Decode) -> None:
        """Start with an empty buffer; `decode` is the function to call."""
        self.max_payload = NO_LIMIT
        self._decode = decode
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that `data` completes."""
        self._held += data
        while (decoded := self._decode(self._held)) is not None:
            frame, size = decoded
            self._held = self._held[size:]
            yield frame
