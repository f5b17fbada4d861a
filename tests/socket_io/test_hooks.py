"""What we lean on though it isn't public: if a new version moves it, the test that fails here says what it was."""

import inspect
import time

import engineio.async_server
import engineio.async_socket
import engineio.payload
import pytest
import socketio
import socketio.async_pubsub_manager

from lessons.socket_io import engineio_driver
from lessons.socket_io.limits import MAX_PACKETS


@pytest.fixture
def sio():
    """A server of python-socketio's, with our driver and our queue."""
    server = socketio.AsyncServer(async_mode="tornado")
    engineio_driver.install(server)
    return server


def test_engineio_makes_each_session_a_queue_by_create_queue(sio):
    session = engineio.async_socket.AsyncSocket(sio.eio, "sid")
    assert isinstance(session.queue, engineio_driver.StraightQueue)


def test_engineio_finds_the_driver_of_websockets_in_async(sio):
    assert "_async['websocket']" in inspect.getsource(engineio.async_socket.AsyncSocket._upgrade_websocket)
    driver = sio.eio._async["websocket"](engineio.async_socket.AsyncSocket(sio.eio, "sid")._websocket_handler, sio.eio)
    assert isinstance(driver._session, engineio.async_socket.AsyncSocket), "the handler is a method of the session"


@pytest.mark.parametrize("name", ["upgraded", "upgrading", "closed", "connected", "last_ping"])
def test_a_session_of_engineios_has(sio, name):
    assert hasattr(engineio.async_socket.AsyncSocket(sio.eio, "sid"), name)


def test_engineios_sessions_measure_time_by_the_module_time(sio):
    session = engineio.async_socket.AsyncSocket(sio.eio, "sid")
    assert abs(session.last_ping - time.monotonic()) < 60
    assert "time.time() - last_ping" in inspect.getsource(engineio.async_socket.AsyncSocket.check_ping_timeout)


def test_engineio_keeps_its_sessions_in_sockets(sio):
    assert sio.eio.sockets == {}


def test_engineio_drops_posts_of_more_packets_than_max_decode_packets():
    assert engineio.payload.Payload.max_decode_packets == MAX_PACKETS


@pytest.mark.parametrize("name", ["_send_eio_packet", "packet_class", "manager", "_handle_eio_connect"])
def test_a_server_of_socketios_has(sio, name):
    assert hasattr(sio, name)


@pytest.mark.parametrize("name", ["get_participants", "is_connected", "emit", "get_namespaces", "sid_from_eio_sid"])
def test_a_manager_of_socketios_has(name):
    assert callable(getattr(socketio.AsyncManager, name))


def test_a_server_of_socketios_makes_packets_of_its_serializer():
    class Packet(socketio.packet.Packet):
        pass

    assert socketio.AsyncServer(async_mode="tornado", serializer=Packet).packet_class is Packet


@pytest.mark.parametrize("name", ["_handle_emit", "_publish"])
def test_a_manager_for_several_processes_has(name):
    assert inspect.iscoroutinefunction(getattr(socketio.async_pubsub_manager.AsyncPubSubManager, name))


def test_a_manager_for_several_processes_listens_in_a_task_named_thread():
    assert "self.thread = " in inspect.getsource(socketio.async_pubsub_manager.AsyncPubSubManager.initialize)
