"""Where a learner's own handshake and frame decoder are plugged into the running server.

Both functions have the same shape: they take all bytes that have come and are not used yet. They return what they made
of the beginning and how many bytes that took, or None while it isn't complete.
"""

from collections.abc import Callable, Iterator

from lessons.errors import LessonError
from lessons.protocols.websocket_close import CloseCode, ProtocolError
from lessons.protocols.websocket_frames import LONGEST_HEADER, Frame, RawFrame

Handshake = Callable[[bytes], tuple[bytes, int] | None]
"""Takes bytes; returns the response to the request in them and how many bytes that took, or None."""

Decode = Callable[[bytes], tuple[Frame, int] | None]
"""Takes bytes; returns the first frame in them and how many bytes it took, or None; raises ValueError at a bad one."""


class DecoderReader:
    """Cuts a stream into frames with a function that decodes one frame.

    Args:
        decode: the function.
        max_payload: the longest payload that a frame may have, in bytes; the connection changes it as it goes.
    """

    def __init__(self, decode: Decode, max_payload: int) -> None:
        self.max_payload = max_payload
        self._decode = decode
        self._held = b""

    def feed(self, data: bytes) -> Iterator[RawFrame]:
        """Yield the frames that `data` completes.

        Raises:
            ProtocolError: with 1002 and the same words if the function raises ValueError; with 1009 if it asks for more
                bytes than a frame may have.
            LessonError: if the function says that a frame took no bytes, or more than there are.
        """
        self._held += data
        while self._held and (decoded := self._try()) is not None:
            frame, size = decoded
            self._held = self._held[checked_size("decoder", size, self._held) :]
            yield frame.raw
        if len(self._held) > self.max_payload + LONGEST_HEADER:
            sentence = f"The decoder has found no frame in {len(self._held)} bytes."
            raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, sentence, "RFC 6455, section 10.4")

    def _try(self) -> tuple[Frame, int] | None:
        try:
            return self._decode(self._held)
        except ValueError as error:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, str(error), "so says the decoder") from error


def checked_size(who: str, size: int, data: bytes) -> int:
    """Return `size` if that many bytes can have been taken from the beginning of `data`.

    Args:
        who: the function that says so, such as `decoder`.
        size: how many bytes it says it took.
        data: the bytes that it was given.

    Raises:
        LessonError: if it is 0, or there aren't that many: going on would never end, or lose bytes.
    """
    if 0 < size <= len(data):
        return size
    raise LessonError(f"your {who} says it took {size} bytes of {len(data)}; return how many bytes it did take")
