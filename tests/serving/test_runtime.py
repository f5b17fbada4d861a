"""Servers inside this process: started, replaced, closed, and what is told when something goes wrong."""

import asyncio
import ctypes
import errno
import logging
import socket
import threading
import time

import pytest
import requests

from lessons.errors import LessonError
from lessons.serving import runtime
from lessons.serving.runtime import Server
from lessons.serving.tornado_service import Handler, TornadoService, application
from tests.waiting import wait_until

PATIENCE = 10.0


class Echo:
    """The smallest service there is: answers each line with itself."""

    def __init__(self):
        self.servers = []

    async def open(self, sockets, origins):
        self.servers = [await asyncio.start_server(self.serve, sock=each) for each in sockets]

    async def serve(self, reader, writer):
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def close(self):
        for server in self.servers:
            server.close()


def echo(name="echo", **options) -> Server:
    return Server(Echo(), name=name, **options)


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def answers(server) -> bool:
    with connect(server) as client:
        client.sendall(b"hello\n")
        return client.recv(6) == b"hello\n"


class Faulty(Handler):
    """`GET /ACTION` does what went wrong in many a handler."""

    def get(self, action):
        getattr(self, action)()

    def fine(self):
        self.finish("fine")

    def fail(self):
        raise ValueError("a mistake of the student's")

    def fail_because(self):
        try:
            self.fail()
        except ValueError as error:
            raise RuntimeError("a second one on top") from error

    def block(self):
        time.sleep(0.8)
        self.finish("late")

    def short_nap(self):
        self.settings["napping"].set()
        time.sleep(0.4)
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass
        self.finish("rested")


class FaultyServer(Server):
    def __init__(self, **options):
        self.napping = threading.Event()
        routes = [(r"/(\w+)", Faulty)]
        service = TornadoService(application(routes, napping=self.napping))
        super().__init__(service, name="faulty server", **options)


@pytest.fixture
def notices():
    """The notices that are posted from now on."""
    count = runtime.notices.count
    return lambda: runtime.notices.since(count)


# --- calls on the loop ---


def test_a_function_is_called_on_the_loop_and_what_it_returns_or_raises_comes_back():
    assert runtime.call(threading.current_thread) is not threading.current_thread()
    assert runtime.call(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        runtime.call(lambda: 1 / 0)
    with pytest.raises(LessonError, match="would wait for its own event loop"):
        runtime.call(runtime.call, max, 1, 2)


# --- started and closed ---


def test_making_a_server_starts_it():
    server = echo()
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.running
    assert answers(server)
    assert server in runtime.running()
    assert repr(server) == f"<echo, running at {server.url}>"


def test_closing_it_frees_its_port_and_leaves_no_thread():
    server = echo()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    assert server not in runtime.running()
    assert not server.running
    assert repr(server) == "<echo, closed>"
    threads = {thread.name for thread in threading.enumerate() if thread.name.startswith("lessons")}
    assert threads == {"lessons-loop", "lessons-watchdog"}


def test_a_closed_server_says_so():
    server = echo()
    server.close()
    with pytest.raises(LessonError, match="the echo is closed already; there is nothing left to close"):
        server.close()
    with pytest.raises(LessonError, match="the echo is closed; run the cell that starts it once more"):
        _ = server.url


def test_a_server_closes_itself_behind_its_block():
    with echo() as server:
        assert server.running
    assert not server.running
    with echo() as server:
        server.close()


def test_a_server_closes_itself_though_its_block_fails():
    with pytest.raises(ZeroDivisionError), echo() as server:
        _ = 1 / 0
    assert not server.running


# --- made again ---


def test_a_cell_that_runs_five_times_leaves_one_server_on_one_port():
    servers = [echo() for _ in range(5)]
    assert [server.running for server in servers] == [False] * 4 + [True]
    assert {server.port for server in servers} == {servers[0].port}
    assert [server for server in runtime.running() if server.name == "echo"] == [servers[-1]]
    assert answers(servers[-1])


def test_servers_of_different_names_run_side_by_side():
    first, second = echo("one"), echo("other")
    assert first.port != second.port
    assert answers(first)
    assert answers(second)


def test_a_replaced_server_passes_on_who_may_use_it():
    echo().allow("http://localhost:8888")
    assert echo().origins.allowed == {"http://localhost:8888"}
    free = runtime.bind("127.0.0.1", 0)
    port = free[0].getsockname()[1]
    free[0].close()
    moved = echo(port=port)
    assert (moved.port, moved.origins.allowed) == (port, {"http://localhost:8888"})


def test_a_server_may_be_replaced_on_its_own_port_by_number_and_on_all_addresses():
    first = echo()
    second = echo(port=first.port)
    third = echo(port=first.port, host="0.0.0.0")
    assert {first.port, second.port, third.port} == {first.port}
    assert answers(third)


@pytest.mark.parametrize("options", [{"port": "abc"}, {"host": "no.such.host.invalid"}, {"host": "192.0.2.1"}])
def test_a_bad_replacement_leaves_the_server_that_runs(options):
    server = echo()
    with pytest.raises(LessonError):
        echo(**options)
    assert server.running
    assert answers(server)


def test_a_replacement_on_a_port_in_use_leaves_the_server_that_runs():
    server, other = echo(), echo("other")
    with pytest.raises(LessonError, match="in use"):
        echo(port=other.port)
    assert answers(server)


def test_a_replacement_finds_another_port_if_the_former_one_is_lost():
    first = echo()
    first.close()
    with socket.create_server(("127.0.0.1", first.port)):
        assert echo().port != first.port


# --- addresses ---


def test_a_given_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert echo(port=port).port == port


def test_a_port_in_use_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LessonError, match=f"port {port} on 127.0.0.1 is in use already; choose another port, or 0"):
            echo(port=port)
    assert not [server for server in runtime.running() if server.name == "echo"]


@pytest.mark.parametrize("port", ["abc", "80", -1, 65536, 70000, True, 1.5, None])
def test_a_bad_port_is_told(port):
    with pytest.raises(LessonError) as error:
        echo(port=port)
    assert str(error.value) == f"a port is a whole number from 0 (any free one) to 65535, not {port!r}"


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("no.such.host.invalid", "no address is known for the host 'no.such.host.invalid'; use 127.0.0.1"),
        ("a..b", "no address is known for the host 'a..b'"),
        ("x" * 70, "no address is known for the host 'xxx"),
        ("192.0.2.1", "'192.0.2.1' is not an address of this machine; use 127.0.0.1, or 0.0.0.0"),
    ],
)
def test_a_bad_host_is_told(host, message):
    with pytest.raises(LessonError) as error:
        echo(host=host)
    assert str(error.value).startswith(message)


def test_a_port_below_1024_is_explained():
    """As root any port may be had, so the words are tested alone."""
    words = runtime._why_not_bound(PermissionError(errno.EACCES, ""), "127.0.0.1", 80)
    assert words == "this user may not listen on port 80; choose one from 1024 up, or 0 for a free one"


def test_any_other_trouble_is_told_as_the_system_tells_it():
    words = runtime._why_not_bound(OSError(errno.ENOBUFS, ""), "127.0.0.1", 80)
    assert words == "can't listen on '127.0.0.1' port 80: No buffer space available"


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("localhost", "localhost"), ("::1", "[::1]")])
def test_the_url_can_be_opened_whatever_the_host(host, shown):
    if ":" in host and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    server = echo(host=host)
    assert server.url == f"http://{shown}:{server.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "LocalHost", "127.0.0.2"])
def test_a_server_of_this_machine_alone_answers_to_no_other_name(host):
    server = echo(host=host)
    assert server.refusal(None, f"evil.example:{server.port}").section == "RFC 9110 §7.2"
    assert server.refusal(None, f"{host}:{server.port}") is None


def test_a_server_for_all_answers_to_any_name():
    assert echo(host="0.0.0.0").refusal(None, "class.example") is None


def test_pages_that_are_allowed_may_use_it():
    server = echo()
    assert server.refusal("http://localhost:8888", f"127.0.0.1:{server.port}").status == 403
    server.allow("http://localhost:8888")
    assert server.refusal("http://localhost:8888", f"127.0.0.1:{server.port}") is None


def test_a_service_that_cannot_begin_leaves_no_port_behind():
    class Broken(Echo):
        async def open(self, sockets, origins):
            self.port = sockets[0].getsockname()[1]
            raise RuntimeError("can't begin")

    service = Broken()
    with pytest.raises(RuntimeError, match="can't begin"):
        Server(service, name="broken")
    socket.create_server(("127.0.0.1", service.port)).close()
    assert not [server for server in runtime.running() if server.name == "broken"]


# --- clients ---


def test_a_cell_may_block_while_its_server_answers():
    with FaultyServer() as server:
        assert requests.get(f"{server.url}/fine", timeout=PATIENCE).text == "fine"


def test_closing_ends_the_connections_of_idle_and_of_parked_clients():
    with FaultyServer() as server:
        clients = [connect(server) for _ in range(3)]
        clients[1].sendall(b"GET /fine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert clients[1].recv(9) == b"HTTP/1.1 "
        clients[2].sendall(b"GET /fi")
    for client in clients:
        while client.recv(65536):
            pass
        client.close()


def test_a_service_that_will_not_end_is_left_after_a_while(monkeypatch):
    class Stubborn(Echo):
        async def close(self):
            await super().close()
            await asyncio.sleep(3600)

    monkeypatch.setattr(runtime, "CLOSE_SECONDS", 0.05)
    server = Server(Stubborn(), name="stubborn")
    server.close()
    assert not server.running


# --- the loop ---


async def value(result):
    return result


async def fail(error):
    raise error


def test_run_returns_the_result_or_raises_the_error():
    assert runtime.run(value(5)) == 5
    with pytest.raises(KeyError):
        runtime.run(fail(KeyError("x")))
    with pytest.raises(TimeoutError):
        runtime.run(fail(TimeoutError()))


def test_run_gives_up_in_words():
    cancelled = threading.Event()

    async def wait():
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(LessonError, match=r"no result within 0\.05 s; is the server that it talks to running\?"):
        runtime.run(wait(), timeout=0.05)
    assert cancelled.wait(PATIENCE)


def on_the_loop(action):
    """Call something on the lessons' loop and return what it raised."""

    async def call():
        try:
            action()
        except LessonError as error:
            return str(error)

    return runtime.run(call())


def test_waiting_for_the_loop_on_the_loop_is_refused():
    words = "this would wait for its own event loop: inside a handler use `await` instead"
    server = echo()
    assert on_the_loop(lambda: runtime.run(value(1))) == words
    assert on_the_loop(server.close) == words
    assert on_the_loop(echo) == words
    assert server.running, "what was refused has changed nothing"
    assert answers(server)


def test_call_soon_doesnt_wait():
    called = threading.Event()
    runtime.call_soon(called.set)
    assert called.wait(PATIENCE)


def test_threads_that_ask_at_once_get_one_loop():
    loops = []
    threads = [threading.Thread(target=lambda: loops.append(runtime.loop())) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, loops))) == 1


# --- what goes wrong behind the cells ---


def test_an_error_in_a_handler_is_told_with_its_own_lines_only(notices, capsys):
    with FaultyServer() as server:
        assert requests.get(f"{server.url}/fail", timeout=PATIENCE).status_code == 500
        (notice,) = notices()
    assert notice.server == "faulty server"
    assert notice.text.startswith("An error in the faulty server, Uncaught exception GET /fail (127.0.0.1):\n")
    assert 'raise ValueError("a mistake of the student\'s")' in notice.text
    assert notice.text.endswith("ValueError: a mistake of the student's\n")
    assert __file__ in notice.text
    assert "site-packages" not in notice.text
    assert notice.text in capsys.readouterr().err


def test_the_error_behind_an_error_is_told_without_the_frames_of_the_loop(notices, monkeypatch):
    async def through_the_loop():
        await asyncio.gather(fail(ValueError("the first")))

    class Service(Echo):
        async def serve(self, reader, writer):
            try:
                await asyncio.wait_for(through_the_loop(), 5)
            except ValueError as error:
                raise RuntimeError("the second") from error

    server = Server(Service(), name="chained")
    with connect(server):
        wait_until(notices)
    text = notices()[0].text
    assert "the first" in text
    assert "the second" in text
    assert "asyncio/" not in text
    assert notices()[0].server == "chained"


def test_what_is_logged_elsewhere_goes_its_usual_way_once(notices, caplog, capsys):
    runtime.loop()
    logging.getLogger("tornado.application").error("from a cell")
    assert [record.getMessage() for record in caplog.records] == ["from a cell"]
    assert capsys.readouterr().err == ""
    assert not notices()


def test_what_a_task_leaves_behind_is_told_without_an_exception_too(notices):
    runtime.call_soon(lambda: runtime.loop().call_exception_handler({"message": "something is odd"}))
    wait_until(notices)
    assert notices()[0].text == "something is odd"


def test_a_handler_that_blocks_the_loop_is_named(notices):
    with FaultyServer() as server:
        assert requests.get(f"{server.url}/block", timeout=PATIENCE).text == "late"
        wait_until(notices)
    (notice,) = notices()
    assert notice.text.startswith("Faulty.get (line ")
    assert "has held the event loop for over 0.5 s" in notice.text
    assert "`await asyncio.sleep(…)`" in notice.text


def test_a_process_that_is_merely_busy_blames_no_handler(notices):
    """A long call into C keeps all threads from running: the loop's, which is in a handler, and the watchdog's."""
    hog = ctypes.PyDLL(None).usleep  # a PyDLL keeps the interpreter's lock while it sleeps
    with FaultyServer() as server:
        asked = threading.Thread(target=requests.get, args=(f"{server.url}/short_nap",), kwargs={"timeout": PATIENCE})
        asked.start()
        assert server.napping.wait(PATIENCE)
        time.sleep(0.3)  # in which the watchdog asks
        hog(900_000)
        asked.join()
    assert not notices()


def test_a_loop_that_idles_is_not_blamed_while_a_cell_computes(notices):
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        sum(range(100_000))
    assert not notices()


def test_the_board_keeps_the_newest_and_counts_all(capsys):
    board = runtime.NoticeBoard()
    for number in range(130):
        board.post(runtime.Notice("", str(number)))
    assert board.count == 130
    assert [notice.text for notice in board.since(127)] == ["127", "128", "129"]
    assert len(board.since(0)) == 100
