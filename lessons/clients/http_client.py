"""How the lessons' clients in Python ask over HTTP, and what they accept as an answer, whoever sends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping

import httpx

from lessons.clients.base import Client, PeerError, peer_errors

CONNECT_SECONDS = 5.0
"""How long it may take to reach a server."""
MAX_REDIRECTS = 20
"""How many redirects are followed in a row (WHATWG Fetch, section 4.4)."""
MAX_CONTENT = 4 * 1024 * 1024
"""The longest answer, and the longest event or block of a stream, that a client accepts, in bytes."""


def http_client() -> httpx.AsyncClient:
    """Return a client that talks to servers on this machine, and waits for their answers as long as it takes.

    It ignores the proxies that the environment names. It asks for content without compression: the lessons look at
    bytes, and compressed bytes tell nothing. It loads no certificates, which can block the loop for half a second: no
    server of the lessons speaks TLS.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )


class HTTPClient(Client):
    """A client that asks over HTTP, again and again.

    Whatever is wrong with an answer or the line ends in `trying again` and a reason. An error in the client's own code
    stops the client, and is shown.

    Attributes:
        failures: how many attempts have failed since the last one that succeeded.
    """

    failures = 0

    async def run(self) -> None:
        """Ask, wait, and ask again until cancelled."""
        async with http_client() as http:
            while True:
                try:
                    await self.ask(http)
                except PeerError as error:
                    self.failures += 1
                    self.feed.report("trying again", str(error))
                await asyncio.sleep(self.pause())

    @abstractmethod
    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask once, and handle the answer.

        Args:
            http: the client to ask with.

        Raises:
            PeerError: if no answer comes, or it can't be used.
            LessonError: if there is no point in asking again.
        """

    @abstractmethod
    def pause(self) -> float:
        """Return the seconds to wait before the next attempt."""


class Answer:
    """A server's answer, of which only the head has come so far.

    Args:
        response: the answer as httpx has it.
        seconds: how long all of it may take, counted from the request; a stream, read by `pieces`, may take longer.
        deadline: when that time is over, in seconds on the loop's clock.

    Attributes:
        status: the status code.
        headers: the header fields.
    """

    def __init__(self, response: httpx.Response, seconds: float, deadline: float) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._response = response
        self._seconds = seconds
        self._deadline = deadline

    @property
    def media_type(self) -> str:
        """The media type in lower case, without its parameters; empty if the server gives none."""
        content_type: str = self.headers.get("Content-Type", "")
        return content_type.partition(";")[0].strip().lower()

    async def text(self) -> str:
        """Read the content to its end, as UTF-8 whatever its `charset` says, just as `fetch` in a page does.

        Raises:
            PeerError: if the content is too long, late or compressed, or breaks off.
        """
        self._refuse_coding()
        content = bytearray()
        with peer_errors(f"no answer within {self._seconds:g} s"):
            async with asyncio.timeout_at(self._deadline):
                async for piece in self._response.aiter_raw():
                    content += piece
                    if len(content) > MAX_CONTENT:
                        raise PeerError(f"the answer is longer than {MAX_CONTENT:,} bytes")
        return content.decode(errors="replace")

    async def fields(self) -> dict[str, object]:
        """Read the content to its end, and return the members of its JSON object; none if it isn't an object.

        Raises:
            PeerError: if the content is too long, late or compressed, or breaks off.
        """
        text = await self.text()
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):  # not JSON, a number of too many digits, too many brackets
            return {}
        return value if isinstance(value, dict) else {}

    async def pieces(self, silence: float) -> AsyncIterator[bytes]:
        """Yield the content of a stream as it comes.

        Args:
            silence: the seconds without a byte after which the line counts as dead.

        Raises:
            PeerError: if nothing comes for that long, the line breaks, or the content is compressed.
        """
        self._refuse_coding()
        stream = self._response.aiter_raw()
        while True:
            with peer_errors(f"nothing has come for {silence:g} s"):
                async with asyncio.timeout(silence):
                    piece = await anext(stream, b"")
            if not piece:
                return
            yield piece

    async def refusal(self) -> str:
        """Return what the server says when it doesn't give what was asked for, such as `404: nothing is here`.

        Content that isn't plain text, such as a proxy's page, is left out: `504 Gateway Timeout` says enough.
        """
        words = ""
        if self.media_type in ("", "text/plain"):
            with contextlib.suppress(PeerError):  # the status alone will do
                words = (await self.text()).strip()
        if words:
            return f"{self.status}: {words}"
        return f"{self.status} {httpx.codes.get_reason_phrase(self.status)}".strip()

    def _refuse_coding(self) -> None:
        """Refuse content that is compressed although nobody asked for that (RFC 9110, section 12.5.3)."""
        coding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            raise PeerError(f"the answer is compressed ({coding[:40]}), which wasn't asked for")


@contextlib.asynccontextmanager
async def get(
    http: httpx.AsyncClient,
    url: str,
    seconds: float,
    *,
    headers: Mapping[str, bytes] | None = None,
    params: Mapping[str, str] | None = None,
) -> AsyncIterator[Answer]:
    """Send a GET request, and yield the answer as soon as its head has come; it is closed after the block.

    Redirects are followed, as browsers do; their content isn't read.

    Args:
        http: the client to ask with.
        url: what to ask for.
        seconds: how long the head may take, and the rest as well unless it is read by `Answer.pieces`.
        headers: header fields to add, such as `If-None-Match`.
        params: the query.

    Raises:
        PeerError: if no answer comes in time, or it breaks HTTP.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    fields = [(name.encode(), value) for name, value in (headers or {}).items()]
    with peer_errors(f"no answer within {seconds:g} s"):
        request = http.build_request("GET", url, headers=fields, params=params)
        async with asyncio.timeout_at(deadline):
            response = await _send(http, request)
    try:
        yield Answer(response, seconds, deadline)
    finally:
        with contextlib.suppress(httpx.HTTPError):
            await response.aclose()


async def _send(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    for _ in range(MAX_REDIRECTS + 1):
        response = await http.send(request, stream=True)
        if response.next_request is None:
            return response
        await response.aclose()
        request = response.next_request
    raise PeerError(f"the server redirects more than {MAX_REDIRECTS} times")
