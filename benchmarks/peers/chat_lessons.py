"""The lessons' chat, without limits on how much one may say, and with its messages in a dictionary.

mongomock looks through all messages at each insert, so that after some thousand it would be all that is measured.
Node's peer keeps its messages in an array: here, too, the store is the process's memory.
"""

import threading

import mongomock
from pymongo.errors import DuplicateKeyError

from benchmarks.peers.arguments import websocket_port
from lessons.chat.limits import Limits
from lessons.chat.server import ChatServer


class Messages:
    """As much of a collection as appending and catching up take, with both unique indexes."""

    def __init__(self):
        self._by_number = {}
        self._by_client_id = {}

    def create_index(self, keys, **options):
        """Both indexes are there from the beginning."""

    def insert_one(self, document):
        """Store a message, unless its number or its client id is taken."""
        client_id = document["sender"], document["clientId"]
        if document["_id"] in self._by_number or client_id in self._by_client_id:
            raise DuplicateKeyError("taken")
        self._by_number[document["_id"]] = self._by_client_id[client_id] = document

    def find_one(self, query, projection=None, sort=None):
        """Find a message by its client id, or the newest."""
        if query:
            return self._by_client_id.get((query["sender"], query["clientId"]))
        return self._by_number.get(len(self._by_number))


class Database:
    """A mongomock whose messages are in a dictionary."""

    def __init__(self):
        self._others = mongomock.MongoClient().get_database("chat")
        self._messages = Messages()

    def __getitem__(self, name):
        return self._messages if name == "messages" else self._others[name]


if __name__ == "__main__":
    unlimited = Limits(burst=10**9)
    with ChatServer(port=websocket_port(), database=Database(), limits=unlimited):
        threading.Event().wait()
