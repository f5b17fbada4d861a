"""A chat client that comes back, as our page does, in few lines and light enough for hundreds of them."""

import asyncio
import contextlib
import json
import random

import websockets.asyncio.client
import websockets.exceptions

from lessons.protocols.engineio_packets import EngineType, parse_engine_packet
from lessons.protocols.socketio_packets import SocketPacket, SocketType, parse_socket_packet
from tests.protocols.packet_writers import encode_socket_packet

GONE = (OSError, TimeoutError, websockets.exceptions.WebSocketException)
PATIENCE = 20


class ReturningClient:
    """Connects to any of the servers, again and again, with its token and the last message that it saw.

    Attributes:
        heard: The numbers of the messages that it heard, in the order in which it heard them.
        acknowledged: What it said and got an acknowledgement for: client id to (number, text).
    """

    def __init__(self, name, urls):
        self.name = name
        self.rooms = []
        self.heard = []
        self.acknowledged = {}
        self.history = None
        self.drops = 0
        self.is_welcome = asyncio.Event()
        self._urls = urls
        self._token = f"token of {name} ".ljust(24, ".")
        self._websocket = None
        self._answers = {}
        self._next_call = 0

    async def run(self):
        """Stay connected until cancelled."""
        while True:
            with contextlib.suppress(*GONE):
                await self._stay()
            self._lost()
            await asyncio.sleep(random.uniform(0.05, 0.5))

    def drop(self):
        """Cut the line, without a word."""
        if self._websocket is not None:
            self.drops += 1
            self._websocket.transport.abort()

    async def call(self, event, *args):
        """Send an event until it is answered, over however many lines that takes; return the answer."""
        while True:
            await self.is_welcome.wait()
            with contextlib.suppress(*GONE):
                return await self._call_once(event, *args)
            await asyncio.sleep(0.05)  # the line may be lost and nobody have noticed yet

    async def say(self, client_id, text):
        """Say something, under one client id however often it must be sent."""
        answer = await self.call("message", text, client_id)
        if "error" not in answer:
            self.acknowledged[client_id] = (answer["id"], text)
        return answer

    async def _call_once(self, event, *args):
        call, self._next_call = self._next_call, self._next_call + 1
        answer = self._answers[call] = asyncio.get_running_loop().create_future()
        await self._send(SocketPacket(SocketType.EVENT, id=call, data=[event, *args]))
        return await asyncio.wait_for(answer, PATIENCE)

    async def _stay(self):
        url = random.choice(self._urls).replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        async with websockets.asyncio.client.connect(url, ping_interval=None, compression=None) as self._websocket:
            async for message in self._websocket:
                await self._receive(parse_engine_packet(message))

    async def _receive(self, packet):
        if packet.type is EngineType.OPEN:
            auth = {"token": self._token, "since": self.heard[-1] if self.heard else 0}
            await self._send(SocketPacket(SocketType.CONNECT, data=auth))
        elif packet.type is EngineType.PING:
            await self._websocket.send("3")
        elif packet.type is EngineType.MESSAGE:
            self._receive_event(parse_socket_packet(packet.data))

    def _receive_event(self, packet):
        if packet.type is SocketType.ACK:
            answer = self._answers.pop(packet.id)
            if not answer.done():
                answer.set_result(packet.data[0])
        elif packet.type is SocketType.EVENT:
            handler = getattr(self, f"_on_{packet.data[0]}", None)
            if handler:
                handler(*packet.data[1:])

    def _on_welcome(self, welcome):
        self.welcome = welcome
        self.is_welcome.set()

    def _on_message(self, message):
        if "id" in message:
            self.heard.append(message["id"])

    def _on_missed(self, missed):
        self.heard.extend(message["id"] for message in missed)

    def _on_allMessages(self, messages):  # noqa: N802 - the contract's spelling
        self.history = [message["id"] for message in messages]

    def _lost(self):
        self._websocket = None
        self.is_welcome.clear()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the line was lost"))
        self._answers.clear()

    async def _send(self, packet):
        if self._websocket is None:
            raise ConnectionError("no line")
        await self._websocket.send("4" + encode_socket_packet(packet))

    def __repr__(self):
        return f"<{self.name} {json.dumps(self.rooms)}>"
