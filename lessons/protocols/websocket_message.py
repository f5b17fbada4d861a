"""A message in the making: fragments in, one message out (RFC 6455, sections 5.4, 5.6 and 8.1)."""

from codecs import getincrementaldecoder
from io import BytesIO, StringIO

from lessons.protocols.websocket_close import CloseCode, ProtocolError
from lessons.protocols.websocket_deflate import Decompressor
from lessons.protocols.websocket_events import BinaryMessage, Message, TextMessage
from lessons.protocols.websocket_frames import TEXT

UTF8_DECODER = getincrementaldecoder("utf-8")


class FragmentedMessage:
    """Collects the fragments of a message, and checks their UTF-8 and their size as they arrive.

    Args:
        opcode: TEXT or BINARY.
        room: the longest that the message may be, in bytes, inflated.
        decompressor: what inflates the payload; None if it isn't compressed.

    Attributes:
        room: how many more bytes the message may have.
        compressed: whether its payload is deflated.
    """

    def __init__(self, opcode: int, room: int, decompressor: Decompressor | None) -> None:
        self.room = room
        self._decompressor = decompressor
        self._collected = _Text() if opcode == TEXT else _Bytes()

    @property
    def compressed(self) -> bool:
        """Whether the payload is deflated, so that its length on the wire says little."""
        return self._decompressor is not None

    def add(self, payload: bytes, final: bool) -> Message | None:
        """Take the next fragment.

        Args:
            payload: its payload, unmasked.
            final: whether it is the last fragment.

        Returns:
            The message, once it is whole; None before.

        Raises:
            ProtocolError: with 1007 if the text isn't UTF-8 or the payload can't be inflated, with 1009 if the message
                is too long.
        """
        if self._decompressor is not None:
            payload = self._decompressor.decompress(payload, final, self.room)
        self.room -= len(payload)
        self._collected.add(payload, final and self.room >= 0)
        if self.room < 0:
            sentence = "The message is longer than allowed."
            raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, sentence, "RFC 6455, section 10.4")
        return self._collected.message() if final else None


class _Text:
    def __init__(self) -> None:
        self._decoder = UTF8_DECODER()
        self._text = StringIO(newline="")

    def add(self, payload: bytes, final: bool) -> None:
        try:
            self._text.write(self._decoder.decode(payload, final))
        except UnicodeDecodeError:
            raise not_utf8() from None

    def message(self) -> TextMessage:
        return TextMessage(self._text.getvalue())


class _Bytes:
    def __init__(self) -> None:
        self._data = BytesIO()

    def add(self, payload: bytes, final: bool) -> None:
        self._data.write(payload)

    def message(self) -> BinaryMessage:
        return BinaryMessage(self._data.getvalue())


def whole_message(opcode: int, payload: bytes) -> Message:
    """Make a message from its whole payload.

    Raises:
        ProtocolError: with 1007 if the opcode is TEXT and the payload isn't UTF-8.
    """
    if opcode != TEXT:
        return BinaryMessage(payload)
    try:
        return TextMessage(payload.decode())
    except UnicodeDecodeError:
        raise not_utf8() from None


def not_utf8() -> ProtocolError:
    """Make the error for text that isn't UTF-8 (RFC 6455, section 8.1)."""
    return ProtocolError(CloseCode.INVALID_PAYLOAD, "The text is not UTF-8.", "RFC 6455, section 8.1")
