"""Socket.IO packets: by the document's examples, and against python-socketio's."""

import pytest
import socketio.packet
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.engineio_packets import PacketError, parse_engine_packet, parse_payload
from lessons.protocols.socketio_packets import (
    SocketPacket,
    SocketType,
    parse_socket_packet,
)
from tests.protocols.packet_writers import encode_socket_packet, join_attachments, split_attachments

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "_placeholder"), inner),
    max_leaves=6,
)
arguments = st.lists(json_values, max_size=4)
event_data = st.builds(lambda name, args: [name, *args], st.text(), arguments)
namespaces = st.just("/") | st.from_regex(r"/[a-z0-9_-]{1,10}", fullmatch=True)
ids = st.integers(0, 10**17)
socket_packets = st.one_of(
    st.tuples(st.just(SocketType.EVENT), namespaces, st.none() | ids, event_data),
    st.tuples(st.just(SocketType.ACK), namespaces, ids, arguments),
    st.tuples(st.just(SocketType.CONNECT), namespaces, st.none(), st.none() | st.just({"sid": "x"})),
    st.tuples(st.just(SocketType.DISCONNECT), namespaces),
    st.tuples(st.just(SocketType.CONNECT_ERROR), namespaces, st.none(), st.just({"message": "no"})),
).map(lambda parts: SocketPacket(*parts))


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("0", SocketPacket(SocketType.CONNECT)),
        ('0/admin,{"token":"123"}', SocketPacket(SocketType.CONNECT, "/admin", data={"token": "123"})),
        ('0{"sid":"oSO0"}', SocketPacket(SocketType.CONNECT, data={"sid": "oSO0"})),
        ("1/admin,", SocketPacket(SocketType.DISCONNECT, "/admin")),
        ("1/admin", SocketPacket(SocketType.DISCONNECT, "/admin")),
        ('2["hello",1]', SocketPacket(SocketType.EVENT, data=["hello", 1])),
        ('2/admin,456["hello"]', SocketPacket(SocketType.EVENT, "/admin", 456, ["hello"])),
        ("3/admin,456[]", SocketPacket(SocketType.ACK, "/admin", 456, [])),
        ('4{"message":"no"}', SocketPacket(SocketType.CONNECT_ERROR, data={"message": "no"})),
        (
            '51-["hello",{"_placeholder":true,"num":0}]',
            SocketPacket(SocketType.BINARY_EVENT, data=["hello", {"_placeholder": True, "num": 0}], attachments=1),
        ),
        (
            '61-/admin,456[{"_placeholder":true,"num":0}]',
            SocketPacket(SocketType.BINARY_ACK, "/admin", 456, [{"_placeholder": True, "num": 0}], 1),
        ),
    ],
)
def test_socket_packets(text, packet):
    assert parse_socket_packet(text) == packet
    if text != "1/admin":
        assert encode_socket_packet(packet) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "7",
            "x",
            "٢[]",
            "2",
            "2[",
            "2[]",
            "2{}",
            '2"x"',
            "2null",
            "2[{}]",
            "2[true]",
            '2["x"]y',
            "2[NaN]",
            '21-["x"]',
        ),
        *(
            "3[]",
            "31",
            "31{}",
            "0[]",
            "1[]",
            "4",
            "4[]",
            '5["x"]x',
            "2" + "1" * 19 + '["x"]',
            "2" + "[" * 9000,
        ),
    ],
)
def test_what_is_no_socket_packet(text):
    with pytest.raises(PacketError):
        parse_socket_packet(text)


@given(st.text() | st.from_regex(r"[0-6][0-9]*-?(/[a-z]*,?)?[0-9]*[\[{].*", fullmatch=True))
def test_any_text_is_a_packet_or_an_error(text):
    for parse in (parse_engine_packet, parse_payload, parse_socket_packet):
        try:
            parse(text)
        except PacketError as error:
            assert str(error)


@given(socket_packets)
def test_python_socketio_reads_what_we_write(packet):
    theirs = socketio.packet.Packet(encoded_packet=encode_socket_packet(packet))
    assert (theirs.packet_type, theirs.namespace or "/", theirs.id, theirs.data) == packet[:4]


@given(socket_packets)
def test_we_read_what_python_socketio_writes(packet):
    theirs = socketio.packet.Packet(int(packet.type), packet.data, packet.namespace, packet.id, binary=False)
    assert parse_socket_packet(theirs.encode()) == packet


@given(st.lists(json_values | st.binary(), min_size=1, max_size=4))
def test_attachments_agree_with_python_socketio(args):
    data, attachments = split_attachments(["event", *args])
    assert (data, attachments) == socketio.packet.Packet.deconstruct_binary(["event", *args])
    packet = SocketPacket(SocketType.BINARY_EVENT, data=data, attachments=len(attachments))
    assert join_attachments(parse_socket_packet(encode_socket_packet(packet)), attachments) == [
        "event",
        *args,
    ]


@pytest.mark.parametrize("number", [1, -1, "0", None, 0.0])
def test_a_placeholder_must_have_its_attachment(number):
    data = ["x", {"_placeholder": True, "num": number}]
    with pytest.raises(PacketError):
        join_attachments(SocketPacket(SocketType.BINARY_EVENT, data=data, attachments=1), [b"\x01"])


def test_attachments_must_be_as_many_as_announced():
    packet = SocketPacket(SocketType.BINARY_EVENT, data=["x"], attachments=2)
    with pytest.raises(PacketError, match="2 attachments were announced and 1 came"):
        join_attachments(packet, [b"\x01"])
