"""A message as a line of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def line_of(message: Mapping[str, Any]) -> str:
    """Return a message as a line, such as `Ann, in red: hello` or `Ann, privately to Bob: hello`.

    Args:
        message: what clients get as `message`; any Socket.IO chat of this contract may have sent it.
    """
    speaker, content = message["username"], message["content"]
    if message.get("to"):
        return f"{speaker}, privately to {message['to']}: {content}"
    if message.get("rooms"):
        return f"{speaker}, in {' and '.join(message['rooms'])}: {content}"
    return f"{speaker}: {content}"
