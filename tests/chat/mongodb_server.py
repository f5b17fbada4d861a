"""A small server of MongoDB's wire protocol over mongomock, in a process of its own.

It makes the driver, the network and a store that two processes share real where no MongoDB can be had.
It is no MongoDB: it tests how the chat uses the driver, not what the database does. One lock stands
around every command.

    python -m tests.chat.mongodb_server        prints its port, and serves until its standard input ends
"""

import socketserver
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import bson
import mongomock
import pymongo.errors

ROOT = Path(__file__).parents[2]
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


class Database:
    """The commands that the chat's driver sends, carried out by mongomock."""

    def __init__(self):
        self._client = mongomock.MongoClient()
        self._lock = threading.Lock()

    def run(self, command):
        """Carry out a command document, and return the answer's document."""
        name = next(iter(command))
        handler = getattr(self, "_" + name.lower(), None)
        if handler is None:
            return {"ok": 0, "errmsg": f"no such command: {name}", "code": 59}
        with self._lock:
            return {**handler(command), "ok": 1}

    def _collection(self, command):
        return self._client[command["$db"]][command[next(iter(command))]]

    def _hello(self, command):
        return {**HELLO, "localTime": datetime.now()}

    _ismaster = _hello

    def _ping(self, command):
        return {}

    _endsessions = _ping

    def _createindexes(self, command):
        for index in command["indexes"]:
            options = {key: index[key] for key in ("unique", "expireAfterSeconds") if key in index}
            self._collection(command).create_index(list(index["key"].items()), **options)
        return {}

    def _insert(self, command):
        inserted, errors = 0, []
        for index, document in enumerate(command["documents"]):
            try:
                self._collection(command).insert_one(document)
                inserted += 1
            except pymongo.errors.DuplicateKeyError as error:
                errors.append({"index": index, "code": 11000, "errmsg": str(error)})
                break
        return {"n": inserted, **({"writeErrors": errors} if errors else {})}

    def _find(self, command):
        found = self._collection(command).find(command.get("filter"), command.get("projection"))
        if command.get("sort"):
            found = found.sort(list(command["sort"].items()))
        found = found.limit(abs(command.get("limit", 0)))
        namespace = f"{command['$db']}.{command['find']}"
        return {"cursor": {"id": 0, "ns": namespace, "firstBatch": list(found)}}

    def _update(self, command):
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

    def _delete(self, command):
        (delete,) = command["deletes"]
        return {"n": self._collection(command).delete_one(delete["q"]).deleted_count}


class Connection(socketserver.BaseRequestHandler):
    """One connection of a driver's."""

    def handle(self):
        while header := self._read(HEADER.size):
            length, request, _, opcode = HEADER.unpack(header)
            body = self._read(length - HEADER.size)
            if opcode == OP_QUERY:
                answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(self.server.database.run(_query(body)))
                self._send(OP_REPLY, request, answer)
            elif opcode == OP_MSG:
                answer = struct.pack("<IB", 0, 0) + bson.encode(self.server.database.run(_message(body)))
                self._send(OP_MSG, request, answer)

    def _send(self, opcode, request, body):
        self.request.sendall(HEADER.pack(HEADER.size + len(body), 0, request, opcode) + body)

    def _read(self, size):
        data = b""
        while len(data) < size:
            piece = self.request.recv(size - len(data))
            if not piece:
                return b""
            data += piece
        return data


def _query(body):
    """The command in an OP_QUERY, with which drivers say hello."""
    start = body.index(b"\0", 4) + 1 + 8
    return bson.decode(body[start:])


def _message(body):
    """The command in an OP_MSG: one document, and sequences of documents that belong into it."""
    command, at = {}, 4
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


class Server(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


@contextmanager
def mongodb_server(port=0):
    """Run the server in a process of its own for the time of a ``with`` block; its URL is given."""
    command = [sys.executable, "-m", "tests.chat.mongodb_server", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield f"mongodb://127.0.0.1:{process.stdout.readline().strip()}/chat"
        process.stdin.close()


def main():
    with Server(("127.0.0.1", int(sys.argv[1])), Connection) as server:
        server.database = Database()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
