"""A stand-in for MongoDB, where none is installed: MongoDB's wire protocol over mongomock, in a process of its own.

The chat's driver, the network and the sharing of a store by several processes are real. The stand-in is no MongoDB: it
knows the few commands that the chat sends, keeps everything in memory, and does one thing at a time.

    python -m lessons.chat.cluster.mongodb_stand_in [PORT]        prints its address, and serves until it is ended

A message of the protocol is a header and a body with BSON documents (MongoDB Wire Protocol, OP_MSG); drivers say hello
in the older OP_QUERY.
"""

from __future__ import annotations

import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import bson
import mongomock
import pymongo.errors

from lessons.serving.child_process import ChildProcess
from lessons.serving.end_signal import EndSignal

Document = dict[str, Any]

HEADER = struct.Struct("<iiii")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HELLO = {
    "helloOk": True,
    "ismaster": True,
    "isWritablePrimary": True,
    "maxBsonObjectSize": 16 * 1024 * 1024,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
}
NO_SUCH_COMMAND = 59
DUPLICATE_KEY = 11000


class Database:
    """The commands that the chat's driver sends, carried out by mongomock."""

    def __init__(self) -> None:
        self._client: Any = mongomock.MongoClient()
        self._lock = threading.Lock()

    def run(self, command: Document) -> Document:
        """Carry out a command, and return the answer; both are documents."""
        name = next(iter(command))
        handler: Callable[[Document], Document] | None = getattr(self, f"_{name.lower()}", None)
        if handler is None:
            return {"ok": 0, "errmsg": f"no such command: {name}", "code": NO_SUCH_COMMAND}
        with self._lock:
            return {**handler(command), "ok": 1}

    def _collection(self, command: Document) -> Any:  # noqa: ANN401  mongomock has no types
        return self._client[command["$db"]][command[next(iter(command))]]

    def _hello(self, command: Document) -> Document:
        return {**HELLO, "localTime": datetime.now(UTC)}

    _ismaster = _hello

    def _ping(self, command: Document) -> Document:
        return {}

    _endsessions = _ping

    def _createindexes(self, command: Document) -> Document:
        for index in command["indexes"]:
            options = {key: index[key] for key in ("unique", "expireAfterSeconds") if key in index}
            self._collection(command).create_index(list(index["key"].items()), **options)
        return {}

    def _insert(self, command: Document) -> Document:
        inserted = 0
        errors: list[Document] = []
        for index, document in enumerate(command["documents"]):
            try:
                self._collection(command).insert_one(document)
                inserted += 1
            except pymongo.errors.DuplicateKeyError as error:
                errors.append({"index": index, "code": DUPLICATE_KEY, "errmsg": str(error)})
                break
        return {"n": inserted, **({"writeErrors": errors} if errors else {})}

    def _find(self, command: Document) -> Document:
        found = self._collection(command).find(command.get("filter"), command.get("projection"))
        if command.get("sort"):
            found = found.sort(list(command["sort"].items()))
        found = found.limit(abs(command.get("limit", 0)))
        namespace = f"{command['$db']}.{command['find']}"
        return {"cursor": {"id": 0, "ns": namespace, "firstBatch": list(found)}}

    def _update(self, command: Document) -> Document:
        (update,) = command["updates"]
        change, collection = update["u"], self._collection(command)
        is_change = next(iter(change)).startswith("$")
        do = collection.update_one if is_change else collection.replace_one
        result = do(update["q"], change, upsert=update.get("upsert", False))
        upserted = [{"index": 0, "_id": result.upserted_id}] if result.upserted_id is not None else []
        matched = result.matched_count + len(upserted)
        return {
            "n": matched,
            "nModified": result.modified_count,
            **({"upserted": upserted} if upserted else {}),
        }

    def _delete(self, command: Document) -> Document:
        (delete,) = command["deletes"]
        return {"n": self._collection(command).delete_one(delete["q"]).deleted_count}

    def _dropdatabase(self, command: Document) -> Document:
        self._client.drop_database(command["$db"])
        return {}


class Server(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1, with a thread for each connection.

    Args:
        port: the port, 0 for a free one.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), DriverHandler)
        self.database = Database()


class DriverHandler(socketserver.BaseRequestHandler):
    """A driver's connection."""

    server: Server

    def handle(self) -> None:
        """Answer one command after the other, until the driver goes."""
        with suppress(ConnectionError):
            while header := self._read(HEADER.size):
                length, request, _, opcode = HEADER.unpack(header)
                self._answer(opcode, request, self._read(length - HEADER.size))

    def _answer(self, opcode: int, request: int, body: bytes) -> None:
        if opcode == OP_QUERY:
            answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(self.server.database.run(_query(body)))
            self._send(OP_REPLY, request, answer)
        elif opcode == OP_MSG:
            answer = struct.pack("<IB", 0, 0) + bson.encode(self.server.database.run(_message(body)))
            self._send(OP_MSG, request, answer)

    def _send(self, opcode: int, request: int, body: bytes) -> None:
        self.request.sendall(HEADER.pack(HEADER.size + len(body), 0, request, opcode) + body)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.request.recv(size - len(data))
            if not piece:
                return b""
            data += piece
        return data


def _query(body: bytes) -> Document:
    """Return the command in an OP_QUERY, with which drivers say hello."""
    start = body.index(b"\0", 4) + 1 + 8
    return bson.decode(body[start:])


def _message(body: bytes) -> Document:
    """Return the command in an OP_MSG: one document, and sequences of documents that belong in it."""
    command: Document = {}
    at = 4
    while at < len(body):
        kind, (size,) = body[at], struct.unpack_from("<i", body, at + 1)
        section = body[at + 1 : at + 1 + size]
        if kind == 0:
            command = {**bson.decode(section), **command}
        else:
            end = section.index(b"\0", 4)
            command[section[4:end].decode()] = bson.decode_all(section[end + 1 :])
        at += 1 + size
    return command


@contextmanager
def mongodb_stand_in() -> Iterator[str]:
    """Run the stand-in on a free port, in a process of its own, for a `with` block; yield its URL."""
    with ChildProcess([sys.executable, "-m", "lessons.chat.cluster.mongodb_stand_in"]) as process:
        yield process.read_line()


def main(port: int = 0) -> None:
    """Print the address, and serve until SIGTERM or SIGINT."""
    end = EndSignal()
    with Server(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"mongodb://127.0.0.1:{server.server_address[1]}/chat", flush=True)
        end.wait_until_told()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
