"""The Socket.IO client in Python: python-socketio's, but every bad answer counts as a failure to connect."""

from __future__ import annotations

from typing import Any

import socketio

from lessons.clients.base import PeerError, peer_errors


class SocketIOClient(socketio.AsyncClient):  # type: ignore[misc]
    """A python-socketio client whose reconnection survives every bad answer.

    The original tries again after its own errors only. Another one ends it, such as the `KeyError` that an Engine.IO
    handshake without a `sid` raises. Here such errors are turned into its own.
    """

    async def connect(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - they are python-socketio's
        """Connect as `socketio.AsyncClient.connect` does.

        Raises:
            ConnectionError: python-socketio's, for whatever went wrong.
        """
        try:
            with peer_errors():
                await super().connect(*arguments, **options)
        except PeerError as error:
            if isinstance(error.__cause__, socketio.exceptions.ConnectionError):
                raise error.__cause__ from None
            raise socketio.exceptions.ConnectionError(str(error)) from error
