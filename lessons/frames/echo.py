"""A short echo server's answers to decoded frames; each specimen of an echo gets one thing in it wrong."""

from __future__ import annotations

from lessons.frames.solution import decode_frame
from lessons.protocols.websocket_frames import CONTROL, Frame, Opcode, encode_frame

INVALID_PAYLOAD = (1007).to_bytes(2, "big")


class Echo:
    """Answers frames; it collects one message at a time.

    Attributes:
        ended: whether the server ends TCP now.
    """

    def __init__(self) -> None:
        self.ended = False
        self._kind = 0
        self._message = b""

    def answer(self, frame: Frame) -> bytes:
        """Return the bytes to send for a frame."""
        if frame.opcode < CONTROL:
            return self.data(frame)
        if frame.opcode == Opcode.CLOSE:
            return self.close(frame)
        return self.ping(frame) if frame.opcode == Opcode.PING else b""

    def ping(self, frame: Frame) -> bytes:
        """Answer with a pong with the same payload (RFC 6455, section 5.5.2)."""
        return encode_frame(Frame(Opcode.PONG, frame.payload))

    def close(self, frame: Frame) -> bytes:
        """Answer the Close, and end TCP after it (RFC 6455, section 7.1.1)."""
        self.ended = True
        return encode_frame(frame)

    def data(self, frame: Frame) -> bytes:
        """Collect fragments, and send the message back when the last one has come (RFC 6455, section 5.4)."""
        self._kind = self._kind or frame.opcode
        self._message += frame.payload
        if not frame.fin:
            return b""
        kind, message = self._kind, self._message
        self._kind, self._message = 0, b""
        return self._send_back(kind, message)

    def check(self, message: bytes) -> None:
        """Raise UnicodeDecodeError for what isn't UTF-8 (RFC 6455, section 8.1)."""
        message.decode()

    def _send_back(self, kind: int, message: bytes) -> bytes:
        try:
            if kind == Opcode.TEXT:
                self.check(message)
        except UnicodeDecodeError:
            self.ended = True
            return encode_frame(Frame(Opcode.CLOSE, INVALID_PAYLOAD))
        return encode_frame(Frame(kind, message))


def converse(echo: Echo, data: bytes) -> tuple[bytes, bool]:
    """Let an echo answer what a client sends; return its answer, and whether it then ends TCP."""
    sent = b""
    while not echo.ended and (decoded := decode_frame(data)) is not None:
        frame, size = decoded
        data = data[size:]
        sent += echo.answer(frame)
    return sent, echo.ended
