"""No WebSocket at all: what arrives after the handshake goes back as it came. The ceiling of the load."""

import select
import socket

from benchmarks.peers.arguments import websocket_port

HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


class BareServer:
    """Bytes in, bytes out, on one thread."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.connections: dict[int, socket.socket] = {}
        self.broadcast: set[socket.socket] = set()
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)

    def serve(self) -> None:
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.listener.fileno():
                    self.accept()
                else:
                    self.answer(self.connections[descriptor])

    def accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if b"/broadcast" in connection.recv(4096).partition(b"\r\n")[0]:
            self.broadcast.add(connection)
        self.connections[connection.fileno()] = connection
        self.poll.register(connection, select.EPOLLIN)
        connection.sendall(HANDSHAKE)

    def answer(self, connection: socket.socket) -> None:
        data = connection.recv(1 << 18)
        if not data:
            return self.forget(connection)
        for receiver in list(self.broadcast) if connection in self.broadcast else [connection]:
            receiver.sendall(data)
        return None

    def forget(self, connection: socket.socket) -> None:
        self.broadcast.discard(connection)
        del self.connections[connection.fileno()]
        connection.close()


if __name__ == "__main__":
    BareServer(websocket_port()).serve()
