"""The client of Socket.IO in Python: python-socketio's, for which whatever a server answers is a failure to connect."""

from __future__ import annotations

from typing import Any

import socketio

from lessons.clients.base import PeerError, peer_errors


class SocketIOClient(socketio.AsyncClient):  # type: ignore[misc]
    """python-socketio's client.

    That one tries again after its own errors. It ends of others, such as the `KeyError` of an Engine.IO handshake
    without a `sid`: here they are its own.
    """

    async def connect(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - they are python-socketio's
        """Connect as `socketio.AsyncClient.connect` does.

        Raises:
            ConnectionError: python-socketio's, whatever went wrong.
        """
        try:
            with peer_errors():
                await super().connect(*arguments, **options)
        except PeerError as error:
            if isinstance(error.__cause__, socketio.exceptions.ConnectionError):
                raise error.__cause__ from None
            raise socketio.exceptions.ConnectionError(str(error)) from error
