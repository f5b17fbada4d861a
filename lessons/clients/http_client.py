"""How the lessons' clients in Python ask over HTTP, and what they take of an answer, whoever gives it."""

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
"""How many redirects are followed, one after the other (WHATWG Fetch, section 4.4)."""
MAX_CONTENT = 4 * 1024 * 1024
"""The longest answer, and the longest event or block of a stream, that a client takes, in bytes."""


def http_client() -> httpx.AsyncClient:
    """Return a client that speaks to servers on this machine, and waits for their answers as long as it takes.

    It passes by the proxies that the environment names. It asks for content as it is: the lessons look at bytes, and
    compressed bytes tell nothing. And it loads no certificates, which would hold the loop for half a second on a busy
    machine: no server of the lessons speaks TLS.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )


class HTTPClient(Client):
    """A client that asks over HTTP, again and again.

    Whatever a server answers, or does to the line, ends in `trying again` and a reason. An error in the client's own
    code ends the client, and is shown.

    Attributes:
        failures: how many attempts have failed since the last one that went well.
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
        """Ask once, and take what comes.

        Args:
            http: what to ask by.

        Raises:
            PeerError: if the answer doesn't come, or can't be used.
            LessonError: if it is of no use to ask again.
        """

    @abstractmethod
    def pause(self) -> float:
        """Return the seconds to wait before the next attempt."""


class Answer:
    """A server's answer, of which only the head has come so far.

    Args:
        response: the answer as httpx has it.
        seconds: how long the whole of it may take, from the request on; a stream is read by `pieces`.
        deadline: when that time is over, on the loop's clock.

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
        """Read the content to its end. It is UTF-8, whatever its `charset` says: so `fetch` in a page takes it.

        Raises:
            PeerError: if the content is too long, late, coded, or breaks off.
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
        """Read the content to its end, and return the members of the JSON object that it is; none if it is no object.

        Raises:
            PeerError: if the content is too long, late, coded, or breaks off.
        """
        text = await self.text()
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):  # no JSON; a number of too many digits; too many brackets
            return {}
        return value if isinstance(value, dict) else {}

    async def pieces(self, silence: float) -> AsyncIterator[bytes]:
        """Yield the content of a stream as it comes.

        Args:
            silence: after how many seconds without a byte the line is taken for dead.

        Raises:
            PeerError: if nothing comes for so long, or the line breaks, or the content is coded.
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
        """Return what the server says in place of what was asked for, such as `404: nothing is here`.

        What isn't plain text, such as the page of a proxy, is left out: `504 Gateway Timeout` says enough.
        """
        words = ""
        if self.media_type in ("", "text/plain"):
            with contextlib.suppress(PeerError):  # the status has come
                words = (await self.text()).strip()
        if words:
            return f"{self.status}: {words}"
        return f"{self.status} {httpx.codes.get_reason_phrase(self.status)}".strip()

    def _refuse_coding(self) -> None:
        """Refuse content that is compressed though nobody asked for it (RFC 9110, section 12.5.3)."""
        coding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            raise PeerError(f"the answer is coded ({coding[:40]}), which wasn't asked for")


@contextlib.asynccontextmanager
async def get(
    http: httpx.AsyncClient,
    url: str,
    seconds: float,
    *,
    headers: Mapping[str, bytes] | None = None,
    params: Mapping[str, str] | None = None,
) -> AsyncIterator[Answer]:
    """Send a GET request, and yield the answer as soon as its head has come; behind the block it is closed.

    Redirects are followed, as browsers do, and what they carry isn't read.

    Args:
        http: what to ask by.
        url: what to ask for.
        seconds: how long the head may take, and all the rest too unless it is read by `Answer.pieces`.
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
