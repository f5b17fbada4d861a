"""A server that answers whoever connects with bytes that no good server sends."""

import contextlib
import socket
import threading

PATIENCE = 10.0


class OddServer:
    """Answers each request with the same bytes and ends the connection; keeps the heads of the requests.

    Args:
        answer: what it sends, or a function that takes the request's head and returns that.
        port: where it listens, 0 for a free port.
    """

    def __init__(self, answer, port=0):
        self.heads = []
        self._answer = answer if callable(answer) else lambda head: answer
        self._connections = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):  # it is closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(PATIENCE)
        with contextlib.suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            connection.sendall(self._answer(head))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def answer(content=b"", *fields, status=b"200 OK"):
    """Write an answer: its content, its header fields, and its status."""
    lines = [b"HTTP/1.1 " + status, *fields, b"Content-Length: %d" % len(content), b"Connection: close", b"", content]
    return b"\r\n".join(lines)
