"""Where a student's own handshake and frame decoder are plugged into the running server.

Both functions have the same shape: they take all bytes that have come and are not used yet. They return what they made
of the beginning and how many bytes that took, or None while it isn't complete.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from lessons.errors import LessonError
from lessons.protocols.websocket_close import CloseCode, ProtocolError
from lessons.protocols.websocket_frames import LONGEST_HEADER, Frame, RawFrame

Handshake = Callable[[bytes], tuple[bytes, int] | None]
"""Takes bytes; returns the response to the request in them and how many bytes that took, or None."""

Decode = Callable[[bytes], tuple[Frame, int] | None]
"""Takes bytes; returns the first frame in them and how many bytes it took, or None; raises ValueError at a bad one."""

Taken = TypeVar("Taken")


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
            LessonError: if the function returns something other than a frame and the number of bytes it took.
        """
        self._held += data
        while self._held and (decoded := self._try()) is not None:
            frame, size = checked_pair("decoder", decoded, Frame, self._held)
            if not isinstance(frame.payload, bytes):
                raise LessonError(f"your decoder returned a payload of {_kind_of(frame.payload)}; make bytes of it")
            self._held = self._held[size:]
            yield frame.raw
        if len(self._held) > self.max_payload + LONGEST_HEADER:
            sentence = f"The decoder has found no frame in {len(self._held)} bytes."
            raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, sentence, "RFC 6455, section 10.4")

    def _try(self) -> tuple[Frame, int] | None:
        try:
            return self._decode(self._held)
        except ValueError as error:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, str(error), "so says the decoder") from error


def checked_pair(who: str, returned: object, kind: type[Taken], data: bytes) -> tuple[Taken, int]:
    """Return what a function returned, if it is what it must be: a pair, whose size can have been taken from the data.

    Args:
        who: the function, such as `decoder`.
        returned: what it returned.
        kind: what the first of the pair must be.
        data: the bytes that the function was given.

    Raises:
        LessonError: if it is no such pair, or if the size is none or more than there is: going on would lose bytes, or
            never end.
    """
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise LessonError(f"your {who} returned {_kind_of(returned)}; return a pair: what it read, and how many bytes")
    taken, size = returned
    if not isinstance(taken, kind) or not isinstance(size, int):
        kinds = f"{_kind_of(taken)} and {_kind_of(size)}"
        raise LessonError(f"your {who} returned a pair of {kinds}; return one of type {kind.__name__} and int")
    if not 0 < size <= len(data):
        raise LessonError(f"your {who} says it took {size} bytes of {len(data)}; return how many bytes it did take")
    return taken, size


def _kind_of(value: object) -> str:
    return f"type {type(value).__name__}"
