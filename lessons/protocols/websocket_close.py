"""Why a WebSocket connection ends: close codes, the Close frame's payload, errors (RFC 6455, section 7)."""

from dataclasses import dataclass
from enum import IntEnum


class CloseCode(IntEnum):
    """The close codes of RFC 6455, section 7.4.1, and those that IANA has registered since."""

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    ABNORMAL = 1006
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015


NEVER_SENT = frozenset({CloseCode.NO_STATUS, CloseCode.ABNORMAL, CloseCode.TLS_HANDSHAKE})
REGISTERED = frozenset(CloseCode) - NEVER_SENT
MAX_REASON = 123
"""The longest reason, in bytes: a control frame's 125 less the two of the code."""


@dataclass(eq=False)
class ProtocolError(Exception):
    """The peer broke a rule.

    Attributes:
        code: the close code to fail the connection with.
        sentence: what happened, in plain words.
        section: where the rule stands, such as `RFC 6455, section 5.1`.
        field: the name of the field that is at fault, as `websocket_frames.Field` has it; in the payload of a Close
            frame, `close code` or `close reason`.
    """

    code: CloseCode
    sentence: str
    section: str
    field: str = "payload"

    def __str__(self) -> str:
        return f"{self.sentence} ({self.section})"


def may_be_sent(code: int) -> bool:
    """Tell whether a Close frame may carry `code` (RFC 6455, sections 7.4.1 and 7.4.2)."""
    return code in REGISTERED or 3000 <= code <= 4999


def encode_close(code: int | None, reason: str = "") -> bytes:
    """Write the payload of a Close frame (RFC 6455, section 5.5.1).

    Args:
        code: the close code, or None for an empty payload.
        reason: why, for people who read a log; at most 123 bytes of UTF-8.

    Raises:
        ValueError: if the code may not be sent, the reason is too long, or there is a reason without a code.
    """
    if code is None:
        if reason:
            raise ValueError("A reason needs a code before it: pass a code such as 1000 (RFC 6455, section 5.5.1).")
        return b""
    if not may_be_sent(code):
        raise ValueError(f"A Close frame may not carry {code}; use 1000 or 3000 to 4999 (RFC 6455, section 7.4).")
    payload = code.to_bytes(2, "big") + reason.encode()
    if len(payload) > MAX_REASON + 2:
        raise ValueError(f"The reason has {len(payload) - 2} bytes; at most 123 fit (RFC 6455, section 5.5).")
    return payload


def parse_close(payload: bytes) -> tuple[int | None, str]:
    """Read the payload of a Close frame (RFC 6455, section 5.5.1).

    Args:
        payload: its bytes, unmasked.

    Returns:
        The code and the reason; None and an empty one if there is no payload.

    Raises:
        ProtocolError: with 1002 for half a code or one that may not be sent, with 1007 for a reason that isn't UTF-8.
    """
    if not payload:
        return None, ""
    if len(payload) == 1:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "A close code needs two bytes.", "RFC 6455, section 5.5.1")
    code = int.from_bytes(payload[:2], "big")
    if not may_be_sent(code):
        sentence = f"The close code {code} may not be sent."
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, sentence, "RFC 6455, section 7.4", "close code")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        sentence = "The reason of the Close frame is not UTF-8."
        raise ProtocolError(CloseCode.INVALID_PAYLOAD, sentence, "RFC 6455, section 8.1", "close reason") from None


def shorten_reason(text: str) -> str:
    """Cut `text` between two characters so that it fits into a Close frame."""
    return text.encode()[:MAX_REASON].decode(errors="ignore")
