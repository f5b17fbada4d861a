"""Our server and our client with those of others: Python's `websockets`, Node's `ws`, and Chromium's WebSocket."""

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
import websockets
from playwright.async_api import Page, async_playwright
from websockets.asyncio.server import serve

from lessons.clients.websocket_client import WebSocketClient, connect
from lessons.protocols.websocket_events import BinaryMessage, Closed, Message, Ping, Pong, TextMessage
from lessons.serving.response import Response
from tests.chromium import OPTIONS, required_chromium
from tests.npm import npm_folder
from tests.serving.websocket_support import in_loop, running

TEXT = "Grüße, 世界 🌍 " * 1000
DATA = bytes(range(256)) * 1000
MESSAGES: list[Message] = [TextMessage(""), TextMessage(TEXT), BinaryMessage(b""), BinaryMessage(DATA)]


async def echoes(client: WebSocketClient) -> None:
    """Send every kind of message, whole and in fragments, and expect each of them back."""
    for fragment_size in (None, 1000):
        for message in MESSAGES:
            await client.send(message, fragment_size)
            assert await client.receive() == message


# --- Python's websockets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["deflate", None])
@in_loop
async def test_client_of_websockets_with_our_server(compression: str | None):
    async with (
        running(subprotocols=["clock"]) as (_, port),
        websockets.connect(f"ws://127.0.0.1:{port}/", compression=compression, subprotocols=["clock"]) as client,
    ):
        assert client.subprotocol == "clock"
        assert len(client.protocol.extensions) == (compression is not None)
        for message in (TEXT, DATA, "", b"", [TEXT, TEXT], [DATA, b"", DATA]):
            await client.send(message)
            whole = message if isinstance(message, str | bytes) else type(message[0])().join(message)
            assert await client.recv() == whole
        await (await client.ping(b"there?"))
        await client.close(4001, "enough")
        assert (client.close_code, client.close_reason) == (4001, "")


@pytest.mark.parametrize("compression", [True, False])
@in_loop
async def test_our_client_with_the_server_of_websockets(compression: bool):
    async def echo(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0, subprotocols=["clock"], max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        client = await connect(f"ws://127.0.0.1:{port}/", compression=compression, subprotocols=["clock"])
        assert client.agreement.subprotocol == "clock"
        assert (client.agreement.deflate is not None) == compression
        await echoes(client)
        await client.send(Ping(b"there?"))
        assert await client.receive() == Pong(b"there?")
        assert await client.close(4001, "enough") == Closed(4001, "enough")


# --- Node's ws ---------------------------------------------------------------------------------------------

NODE_SERVER = """
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: { threshold: 0 } });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
"""

NODE_CLIENT = """
const WebSocket = require("ws");
const options = { perMessageDeflate: process.argv[2] === "true" && { threshold: 0 } };
const socket = new WebSocket(process.argv[1], ["clock"], options);
const report = { echoes: [] };
socket.on("open", () => {
    Object.assign(report, { extensions: socket.extensions, protocol: socket.protocol });
    socket.send("Grüße 🌍");
    socket.send(Buffer.alloc(70000, "x"));
    for (const part of ["in ", "three ", "parts"]) socket.send(part, { fin: part === "parts" });
    socket.ping("there?");
});
socket.on("message", (data, isBinary) => report.echoes.push(isBinary ? data.length : data.toString()));
socket.on("pong", (data) => { report.pong = data.toString(); socket.close(4001, "enough"); });
socket.on("close", (code, reason) => console.log(JSON.stringify({ ...report, code, reason: reason.toString() })));
"""


@pytest.fixture(scope="session")
def node() -> list[str]:
    """Return the command that runs a script with `ws` at hand."""
    return ["env", f"NODE_PATH={npm_folder('ws@8') / 'node_modules'}", "node", "-e"]


@pytest.fixture
def node_server(node: list[str]) -> Iterator[int]:
    with subprocess.Popen([*node, NODE_SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()


@pytest.mark.parametrize("compression", [True, False])
@in_loop
async def test_our_client_with_the_server_of_node(node_server: int, compression: bool):
    client = await connect(f"ws://127.0.0.1:{node_server}/", compression=compression)
    assert (client.agreement.deflate is not None) == compression
    await echoes(client)
    await client.send(Ping(b"there?"))
    assert await client.receive() == Pong(b"there?")
    assert await client.close(4001, "enough") == Closed(4001, "enough")


@pytest.mark.parametrize("compression", [True, False])
@in_loop
async def test_client_of_node_with_our_server(node: list[str], compression: bool):
    async with running(subprotocols=["clock"]) as (_, port):
        command = [*node, NODE_CLIENT, f"ws://127.0.0.1:{port}/", str(compression).lower()]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        output, _ = await process.communicate()
    assert json.loads(output) == {
        "echoes": ["Grüße 🌍", 70000, "in three parts"],
        "extensions": "permessage-deflate" if compression else "",
        "protocol": "clock",
        "pong": "there?",
        "code": 4001,
        "reason": "",
    }


# --- Chromium ----------------------------------------------------------------------------------------------

IN_THE_PAGE = """
(url) => new Promise((resolve) => {
    const socket = new WebSocket(url, ["clock"]);
    socket.binaryType = "arraybuffer";
    const report = { echoes: [] };
    socket.onopen = () => {
        Object.assign(report, { extensions: socket.extensions, protocol: socket.protocol });
        socket.send("Grüße 🌍");
        socket.send(new Uint8Array(300000));
        socket.send("");
    };
    socket.onmessage = ({ data }) => {
        report.echoes.push(typeof data === "string" ? data : data.byteLength);
        if (report.echoes.length === 3) socket.close(4001, "enough");
    };
    socket.onclose = ({ code, reason, wasClean }) => resolve({ ...report, code, reason, wasClean });
})
"""


LISTEN_FOR_THE_END = """
(url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    window.ending = new Promise((done) => {
        socket.onclose = ({ code, reason }) => done([code, reason]);
    });
    socket.onopen = () => resolve(null);
})
"""

PAGE = {"/": lambda request: Response(200, b"<!doctype html>", {"Content-Type": "text/html"})}


@contextlib.asynccontextmanager
async def chromium_page(port: int) -> AsyncIterator[Page]:
    """Open the server's page in Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=required_chromium(), args=OPTIONS)
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{port}/")
        yield page
        await browser.close()


@pytest.mark.browser
@in_loop
async def test_chromium_with_our_server():
    async with running(subprotocols=["clock"], routes=PAGE) as (_, port), chromium_page(port) as page:
        assert await page.evaluate(IN_THE_PAGE, f"ws://127.0.0.1:{port}/echo") == {
            "echoes": ["Grüße 🌍", 300000, ""],
            "extensions": "permessage-deflate",
            "protocol": "clock",
            "code": 4001,
            "reason": "",
            "wasClean": True,
        }


@pytest.mark.browser
@in_loop
async def test_chromium_is_refused_with_a_page_of_another_origin():
    async with running(routes=PAGE) as (_, port), chromium_page(port) as page:
        refused = await page.evaluate(IN_THE_PAGE, f"ws://localhost:{port}/")
        assert (refused["code"], refused["wasClean"], refused["echoes"]) == (1006, False, [])


@pytest.mark.browser
@in_loop
async def test_chromium_hears_why_the_server_goes():
    async with running(routes=PAGE) as (service, port), chromium_page(port) as page:
        await page.evaluate(LISTEN_FOR_THE_END, f"ws://127.0.0.1:{port}/")
        await service.close()
        assert await page.evaluate("window.ending") == [1001, "The server is shutting down."]
