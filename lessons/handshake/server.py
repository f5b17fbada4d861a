"""The server on one page, lessons/handshake/simple_server.py, run inside the kernel like any other server."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any
from weakref import WeakSet

from lessons.handshake.simple_server import serve
from lessons.protocols.origin import OriginPolicy
from lessons.serving.runtime import Listener, Server


class SimpleServer(Server):
    """A WebSocket echo server on blocking sockets, with a thread for each client.

    Args:
        host: the address to listen on.
        port: the port, 0 for a free one.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(_Threads(), name="simple websocket", host=host, port=port)


class _Threads:
    """Runs `serve` on a thread for each listening socket, and ends its clients, which `serve` never does."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        for each in sockets:
            listener = _Listener(each)
            listener.setblocking(True)
            self._listeners.append(listener)
            threading.Thread(target=serve, args=(listener, origins.refusal), daemon=True).start()

    async def close(self) -> None:
        for listener in self._listeners:
            _shut_down(listener)
            listener.close()
            for client in list(listener.clients):
                _shut_down(client)


class _Listener(Listener):
    """A listening socket that waits for clients, and remembers those that it has accepted."""

    def __init__(self, bound: socket.socket) -> None:
        super().__init__(bound)
        self.clients: WeakSet[socket.socket] = WeakSet()

    def accept(self) -> tuple[socket.socket, Any]:
        while True:
            with contextlib.suppress(BlockingIOError):
                client, address = super().accept()
                self.clients.add(client)
                return client, address


def _shut_down(sock: socket.socket) -> None:
    """Wake the thread that waits for a socket: its `accept` fails, its reads find the end."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
