"""Two clients that aren't ours behind one interface: the official one, in Node, and python-socketio's."""

import itertools
import json
import os
import subprocess
import threading
from pathlib import Path

import socketio

from tests.npm import npm_folder

SECONDS = 10
OFFICIAL = "socket.io-client@4"
HERE = Path(__file__).parent
OUR_CLIENT = HERE.parents[1] / "lessons" / "socket_io" / "page" / "socketio.js"


class Inbox:
    """What a client heard, in order; a test waits until it holds what it should."""

    def __init__(self):
        self._events = []
        self._changed = threading.Condition()

    def put(self, event, *args):
        with self._changed:
            self._events.append((event, *args))
            self._changed.notify_all()

    def all(self, event):
        """The first argument of each event of this name so far."""
        with self._changed:
            return [args[0] if args else None for name, *args in self._events if name == event]

    def wait_for(self, event, is_it=lambda arg: True):
        """The first argument of the first event of this name that is what was asked for."""
        with self._changed:
            self._changed.wait_for(lambda: self._find(event, is_it), SECONDS)
            found = self._find(event, is_it)
            assert found, f"no such {event!r} among {self._events}"
            return found[0]

    def _find(self, event, is_it):
        args = [args[0] if args else None for name, *args in self._events if name == event]
        return [arg for arg in args if is_it(arg)][:1]


class PythonClient:
    """python-socketio's client."""

    EVENTS = (
        "message",
        "allMessages",
        "joined",
        "leaved",
        "welcome",
        "people",
        "missed",
        "disconnect",
        "news",
    )

    def __init__(self, url, transports, auth=None, namespace="/"):
        self.inbox = Inbox()
        self._namespace = namespace
        self._client = socketio.Client(reconnection=False)
        for event in self.EVENTS:
            self._client.on(event, self._put(event), namespace=namespace)
        self._client.connect(url, transports=transports, auth=auth, namespaces=[namespace], wait_timeout=10)

    def _put(self, event):
        return lambda *args: self.inbox.put(event, *args)

    @property
    def transport(self):
        return self._client.transport()

    def call(self, event, *args):
        return self._client.call(event, args, namespace=self._namespace, timeout=SECONDS)

    def emit(self, event, *args):
        self._client.emit(event, args, namespace=self._namespace)

    def close(self):
        # Beside the test: it may wait for a parked GET, whose end it forgot to ask for.
        threading.Thread(target=self._client.disconnect, daemon=True).start()


class Node:
    """A Node process in which JavaScript clients run, told what to do by lines of JSON."""

    def __init__(self, *script, **environment):
        self._process = subprocess.Popen(
            ["node", *script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        self._ids = itertools.count()
        self._inboxes = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            client, event, *args = json.loads(line)
            self._inboxes[client].put(event, *args)

    def new_client(self, inbox):
        client = next(self._ids)
        self._inboxes[client] = inbox
        return client

    def tell(self, *command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def close(self):
        self._process.stdin.close()
        self._process.wait(SECONDS)


def official_node():
    """A Node process with npm's socket.io-client."""
    return Node(HERE / "official_client.cjs", NODE_PATH=str(npm_folder(OFFICIAL) / "node_modules"))


def our_node():
    """A Node process with the client of our own pages; Node 20 has a browser's WebSocket behind a flag."""
    return Node("--no-warnings", "--experimental-websocket", HERE / "our_client.mjs", OUR_CLIENT=str(OUR_CLIENT))


class JavaScriptClient:
    """A client in a Node process that several of them share."""

    def __init__(self, node, url, transports, auth=None, namespace="/"):
        self.inbox = Inbox()
        self._node = node
        self._id = node.new_client(self.inbox)
        self._calls = itertools.count()
        options = {"transports": transports, "auth": auth, "reconnection": False, "forceNew": True}
        node.tell("connect", self._id, url + namespace, options)
        self.inbox.wait_for("#connect")
        if len(transports) > 1:
            self.inbox.wait_for("#upgrade")

    @property
    def transport(self):
        self._node.tell("transport", self._id)
        return self.inbox.wait_for("#transport")

    def call(self, event, *args):
        call = next(self._calls)
        self._node.tell("call", self._id, call, event, *args)
        return self.inbox.wait_for("#answer", lambda answer: answer[0] == call)[1]

    def emit(self, event, *args):
        self._node.tell("emit", self._id, event, *args)

    def close(self):
        self._node.tell("close", self._id)
