"""Runs a server of the lessons in a thread of its own, as a kernel does, for tests that are its clients."""

import asyncio
import socket
import threading
from contextlib import contextmanager


def listening_socket(port=0):
    """A socket that listens on 127.0.0.1, on a free port unless one is given."""
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    listener.setblocking(False)
    return listener


class Serving:
    """A server that is open, on an event loop of its own."""

    def __init__(self, server, port=0):
        self.server = server
        self._listener = listening_socket(port)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(server.open([self._listener]))

    def run(self, coroutine, timeout=20):
        """Run a coroutine on the server's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def close(self):
        """Close the server, then its loop."""
        self.run(self.server.close())
        self.run(self._cancel_leftovers())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _cancel_leftovers(self):
        leftovers = asyncio.all_tasks() - {asyncio.current_task()}
        for task in leftovers:
            task.cancel()
        await asyncio.gather(*leftovers, return_exceptions=True)


@contextmanager
def serving(server, port=0):
    """Open a server for the time of a ``with`` block."""
    running = Serving(server, port)
    try:
        yield running
    finally:
        running.close()
