"""The page of the hand-written server: on the same port as the WebSocket, and nothing else beside it."""

import asyncio

import pytest
import requests

from lessons import websocket
from lessons.clients.websocket_client import connect
from lessons.protocols.websocket_events import TextMessage
from tests.test_command_line import Serving


@pytest.fixture
def server():
    with websocket.Server() as server:
        yield server


@pytest.mark.parametrize(
    ("path", "media_type", "words"),
    [
        ("/", "text/html", "<title>WebSocket</title>"),
        ("/?from=elsewhere", "text/html", "<title>WebSocket</title>"),
        ("/page.js", "text/javascript", 'from "./client.js"'),
        ("/client.js", "text/javascript", "new WebSocket"),
    ],
)
def test_the_page_and_its_scripts(server, path, media_type, words):
    answer = requests.get(server.url + path, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media_type)
    assert words in answer.text


def test_what_is_not_there(server):
    assert requests.get(f"{server.url}/etc/passwd", timeout=5).status_code == 404


def test_a_websocket_on_the_same_port(server):
    async def talk():
        async with await connect(server.url.replace("http", "ws")) as socket:
            await socket.send(TextMessage("Hello"))
            return await socket.receive()

    assert asyncio.run(talk()) == TextMessage("Hello")


def test_a_server_without_a_page():
    with websocket.Server(with_page=False) as server:
        assert requests.get(f"{server.url}/", timeout=5).status_code == 426


def test_the_command_line_serves_page_and_websocket_on_one_port():
    async def talk(url, text):
        async with await connect(url) as socket:
            await socket.send(TextMessage(text))
            return await socket.receive()

    with Serving("websocket", "--max-message", "5") as serving:
        assert requests.get(serving.url, timeout=5).status_code == 200
        url = serving.url.replace("http", "ws")
        assert asyncio.run(talk(url, "Hello")) == TextMessage("Hello")
        assert asyncio.run(talk(url, "Hello!")).code == 1009
