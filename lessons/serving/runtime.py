"""Servers inside the kernel: started, stopped and restarted, on one event loop in a thread of its own.

A notebook cell may block (`requests.get`) while its server goes on answering, because the server doesn't run on the
kernel's loop. All servers, taps and clients in Python share the one loop of this module.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import functools
import importlib
import logging
import math
import os
import selectors
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

import tornado
from tornado.netutil import bind_sockets

from lessons.errors import LessonError
from lessons.protocols.origin import OriginPolicy, Refusal, is_loopback

CLOSE_SECONDS = 2.0
"""How long a server may take to close its connections before they are dropped."""
EXIT_SECONDS = 1.0
"""How long all servers together may take, when the kernel ends."""
BLOCKED_SECONDS = 0.5
"""How long a handler may block the loop before a notice names it."""

TELL_AGAIN_SECONDS = 10.0
"""The least time between two notices that clients are turned away for lack of a file descriptor."""

Result = TypeVar("Result")


class Service(Protocol):
    """What a lesson writes: it accepts connections on sockets that are bound already."""

    async def open(self, sockets: list[socket.socket], origins: OriginPolicy) -> None:
        """Begin to accept connections.

        Args:
            sockets: bound, listening sockets; the service closes them when it ends.
            origins: decides which pages may use it.
        """

    async def close(self) -> None:
        """Stop listening, then end every connection, without waiting long for any client."""


# --- notices: what went wrong outside the cells -----------------------------------------------------------------


@dataclass(frozen=True)
class Notice:
    """Something that people should see although no cell raised it.

    Attributes:
        server: the name of the server that it concerns; empty if that is unknown.
        text: what to show.
    """

    server: str
    text: str


class NoticeBoard:
    """The notices of this process, newest last; at most 100 are kept, but all are counted."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: deque[tuple[int, Notice]] = deque(maxlen=100)

    def post(self, notice: Notice) -> None:
        """Keep a notice, and show it where the student looks: under the cell that is running now."""
        self.count += 1
        self._kept.append((self.count, notice))
        print(notice.text, file=sys.stderr)

    def since(self, count: int) -> list[Notice]:
        """Return the notices that came after the first `count`."""
        return [notice for number, notice in list(self._kept) if number > count]


notices = NoticeBoard()
_current_server: ContextVar[str] = ContextVar("current_server", default="")


_PLUMBING = tuple(str(Path(module.__file__ or "").parent) + os.sep for module in (asyncio, tornado))


def _is_plumbing(filename: str) -> bool:
    """Tell whether a source file belongs to the event loop rather than to a lesson or a notebook."""
    return filename.startswith(_PLUMBING) or filename == selectors.__file__


def _is_cell(filename: str) -> bool:
    """Tell whether a source file is a cell of a notebook."""
    return "ipykernel_" in filename


def _own_frames_only(shown: traceback.TracebackException | None) -> None:
    """Drop an exception's frames in the event loop and, if it went through a cell, all frames before that."""
    if shown is None:
        return
    own_frames = [frame for frame in shown.stack if not _is_plumbing(frame.filename)]
    first_cell = next((at for at, frame in enumerate(own_frames) if _is_cell(frame.filename)), 0)
    shown.stack = traceback.StackSummary.from_list(own_frames[first_cell:])
    _own_frames_only(shown.__cause__)
    _own_frames_only(shown.__context__)


def _post_exception(error: BaseException, where: str) -> None:
    shown = traceback.TracebackException.from_exception(error)
    _own_frames_only(shown)
    server = _current_server.get()
    text = f"An error in the {server or 'lesson'}, {where}:\n{''.join(shown.format())}"
    notices.post(Notice(server, text))


def _post_error(record: logging.LogRecord) -> bool:
    """Post an error that tornado or asyncio logs on the lessons' loop; let all other log records through."""
    if threading.current_thread() is not _loop_thread() or record.levelno < logging.ERROR:
        return True
    if record.exc_info and record.exc_info[1]:
        _post_exception(record.exc_info[1], record.getMessage().partition("\n")[0])
    else:
        notices.post(Notice(_current_server.get(), record.getMessage()))
    return False


# --- the loop ---------------------------------------------------------------------------------------------------


class _LoopThread(threading.Thread):
    """The daemon thread whose event loop carries all servers of this process."""

    def __init__(self) -> None:
        super().__init__(name="lessons-loop", daemon=True)
        self.loop = _new_loop()

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop from uvloop if that is installed, for its speed."""
    with contextlib.suppress(ImportError):
        return cast("asyncio.AbstractEventLoop", importlib.import_module("uvloop").new_event_loop())
    return asyncio.new_event_loop()


_starting = threading.Lock()


def _loop_thread() -> _LoopThread:
    with _starting:  # two threads that ask at once get the same one
        return _the_loop_thread()


@functools.cache
def _the_loop_thread() -> _LoopThread:
    thread = _LoopThread()
    thread.start()
    for name in ("tornado.application", "asyncio"):
        logging.getLogger(name).addFilter(_post_error)
    _Watchdog(thread).start()
    atexit.register(_close_all)
    return thread


def loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of the lessons; the first call starts its thread."""
    return _loop_thread().loop


def run(coroutine: Coroutine[Any, Any, Result], timeout: float | None = 10.0) -> Result:
    """Run a coroutine on the lessons' loop and wait for its result, from any other thread.

    Args:
        coroutine: what to run.
        timeout: seconds to wait; `None` to wait forever.

    Raises:
        LessonError: if it is called on the lessons' loop, which would wait for itself, or after `timeout`.
    """
    try:
        _forbid_waiting()
    except LessonError:
        coroutine.close()
        raise
    future = asyncio.run_coroutine_threadsafe(coroutine, loop())
    try:
        return future.result(timeout)
    except FutureTimeoutError:
        if future.done():
            raise
        future.cancel()
        raise LessonError(f"no result within {timeout:g} s; is the server that it talks to running?") from None
    except KeyboardInterrupt:
        future.cancel()
        raise


def _forbid_waiting() -> None:
    """Raise `LessonError` if this runs on the lessons' loop, where nothing may wait for the loop."""
    if threading.current_thread() is _loop_thread():
        raise LessonError("this would wait for its own event loop: inside a handler use `await` instead")


def call(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function on the lessons' loop, from any other thread, and return its result.

    Raises:
        LessonError: if this is called on the lessons' loop itself.
    """

    async def on_the_loop() -> Result:
        return function(*arguments)

    return run(on_the_loop())


def call_soon(callback: Callable[..., object], *arguments: object) -> None:
    """Call a function on the lessons' loop soon, from any thread, without waiting for it."""
    loop().call_soon_threadsafe(callback, *arguments)


class _Watchdog(threading.Thread):
    """Posts a notice that names the handler when one blocks the loop."""

    def __init__(self, watched: _LoopThread) -> None:
        super().__init__(name="lessons-watchdog", daemon=True)
        self._watched = watched

    def run(self) -> None:
        while True:
            answered = threading.Event()
            asked = time.monotonic()
            self._watched.loop.call_soon_threadsafe(answered.set)
            if answered.wait(BLOCKED_SECONDS):
                time.sleep(BLOCKED_SECONDS / 2)
            elif time.monotonic() - asked < 1.5 * BLOCKED_SECONDS:  # else this thread didn't get to run either
                self._report()
                answered.wait()

    def _report(self) -> None:
        frame = sys._current_frames().get(self._watched.ident or 0)
        culprit = _outermost_own_frame(frame)
        if culprit is None:
            return
        name, line = culprit.f_code.co_qualname, culprit.f_lineno
        text = (
            f"{name} (line {line}) has held the event loop for over {BLOCKED_SECONDS:g} s; until it returns, "
            "every client of every server waits. In a handler, `await asyncio.sleep(…)`, not `time.sleep(…)`, and "
            "`await asyncio.to_thread(…)` for work that takes long."
        )
        notices.post(Notice("", text))


def _outermost_own_frame(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the handler that the loop has called; `None` if it is running none."""
    own = None
    while frame is not None and frame.f_code is not _LoopThread.run.__code__:
        if not _is_plumbing(frame.f_code.co_filename):
            own = frame
        frame = frame.f_back
    return own


# --- the handle -------------------------------------------------------------------------------------------------

_running: dict[str, Server] = {}


class Server:
    """A server that runs inside this process until it is closed or replaced, or the process ends.

    Making one starts it. Making another of the same name, as happens when a cell runs again, closes the first and
    takes over its port. It is a context manager that closes itself.

    Args:
        service: what accepts the connections.
        name: what it is called, such as `polling server`; only one server at a time runs under a name.
        host: the address to listen on.
        port: the port; 0 for a free one.

    Raises:
        LessonError: if the port is in use or not a port, if the host isn't this machine's, or on the lessons' loop.
    """

    def __init__(self, service: Service, *, name: str, host: str = "127.0.0.1", port: int = 0) -> None:
        check_port(port)
        _forbid_waiting()
        self.service = service
        self.name = name
        self.host = host
        self.origins = OriginPolicy()
        self._closed = False
        former = _running.get(name)
        sockets = bind(host, port) if former is None else self._replace(former, port)
        self.port: int = sockets[0].getsockname()[1]
        self.origins.loopback = all(is_loopback(each.getsockname()[0]) for each in sockets)
        try:
            run(self._open(sockets))
        except BaseException:
            for each in sockets:
                each.close()
            raise
        _running[name] = self

    def _replace(self, former: Server, port: int) -> list[socket.socket]:
        """Close a server and bind this one's sockets, on the former's port if no other is asked for and it is free.

        Whatever can fail is tried before the former server is closed.
        """
        self.origins.allowed = former.origins.allowed
        sockets = bind(self.host, 0 if port == former.port else port)
        former.close()
        if port not in (0, former.port):
            return sockets
        for each in sockets:
            each.close()
        with contextlib.suppress(LessonError):
            return bind(self.host, former.port)
        return bind(self.host, port)

    async def _open(self, sockets: list[socket.socket]) -> None:
        # Callbacks inherit the context in which they are registered, so an error in any handler finds its server.
        _current_server.set(self.name)
        await self.service.open(sockets, self.origins)

    @property
    def url(self) -> str:
        """Where to reach it, such as `http://127.0.0.1:49152`, without a slash at the end.

        Raises:
            LessonError: if it is closed.
        """
        self.check_running()
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it accepts connections."""
        return not self._closed

    def check_running(self) -> None:
        """Raise `LessonError` if it is closed."""
        if self._closed:
            raise LessonError(f"the {self.name} is closed; run the cell that starts it once more")

    def allow(self, origin: str) -> None:
        """Let the pages of one more origin, such as `http://localhost:8888`, use this server."""
        self.origins.allowed.add(origin)

    def refusal(self, origin: str | None, host: str) -> Refusal | None:
        """Return why a request with these `Origin` and `Host` values is refused; `None` if it is welcome."""
        return self.origins.refusal(origin, host)

    def close(self) -> None:
        """Stop listening and end all connections; clients that don't react are dropped after two seconds.

        Raises:
            LessonError: if it is closed already, or on the lessons' loop.
        """
        if self._closed:
            raise LessonError(f"the {self.name} is closed already; there is nothing left to close")
        _forbid_waiting()
        self._closed = True
        if _running.get(self.name) is self:
            del _running[self.name]
        run(_close_within(self.service, CLOSE_SECONDS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._closed:
            self.close()

    def __repr__(self) -> str:
        return f"<{self.name}, {'closed' if self._closed else f'running at {self.url}'}>"


async def _close_within(service: Service, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(service.close(), seconds)


def running() -> list[Server]:
    """Return the servers that run in this process, oldest first."""
    return list(_running.values())


def _close_all() -> None:
    """Close every server when the process ends, quickly and silently."""
    services = [server.service for server in running()]
    _running.clear()

    async def close_all() -> None:
        await asyncio.gather(*(_close_within(service, EXIT_SECONDS) for service in services), return_exceptions=True)

    with contextlib.suppress(Exception):
        run(close_all(), timeout=EXIT_SECONDS + 0.2)


def check_port(port: object) -> None:
    """Raise `LessonError` unless `port` is a whole number from 0 to 65535."""
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise LessonError(f"a port is a whole number from 0 (any free one) to 65535, not {port!r}")


def bind(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets on a host and port.

    Args:
        host: an address or name of this machine.
        port: the port; 0 for a free one.

    Raises:
        LessonError: if the port is in use or not permitted, or the host isn't this machine's.
    """
    try:
        return [Listener(each) for each in bind_sockets(port, address="" if host == "::" else host)]
    except (socket.gaierror, UnicodeError):
        raise LessonError(f"no address is known for the host {host!r}; use 127.0.0.1 (this machine only)") from None
    except OSError as error:
        raise LessonError(_why_not_bound(error, host, port)) from None


class Listener(socket.socket):
    """A listening socket that copes with a process that has run out of file descriptors.

    An event loop would try again at once, as long as a client waits to be accepted: it would do nothing else, and log
    it thousands of times a second. So one descriptor is kept in reserve, to accept such a client and hang up on it.

    Args:
        bound: the socket to take the place of.
    """

    def __init__(self, bound: socket.socket) -> None:
        super().__init__(fileno=bound.detach())
        self.setblocking(False)
        self._reserve = os.open(os.devnull, os.O_RDONLY)
        self._told = -math.inf

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a client.

        Raises:
            BlockingIOError: if no client is waiting, or there was no descriptor for the one that was.
        """
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._hang_up()
            raise BlockingIOError(errno.EAGAIN, "there is no file descriptor left") from error

    def _hang_up(self) -> None:
        os.close(self._reserve)
        with contextlib.suppress(OSError):
            super().accept()[0].close()
        self._reserve = os.open(os.devnull, os.O_RDONLY)
        if time.monotonic() - self._told > TELL_AGAIN_SECONDS:
            self._told = time.monotonic()
            text = f"{os.strerror(errno.EMFILE)}: clients are turned away until others have gone."
            notices.post(Notice(_current_server.get(), text))

    def detach(self) -> int:
        """Hand the socket's descriptor over to the caller, and free the one in reserve."""
        self._release()
        return super().detach()

    def close(self) -> None:
        """Stop listening."""
        self._release()
        super().close()

    def _release(self) -> None:
        if self._reserve >= 0:
            os.close(self._reserve)
            self._reserve = -1


def _why_not_bound(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use already; choose another port, or 0 for a free one"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host!r} is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all of its addresses"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"this user may not listen on port {port}; choose one from 1024 up, or 0 for a free one"
    return f"can't listen on {host!r} port {port}: {os.strerror(error.errno or 0)}"
