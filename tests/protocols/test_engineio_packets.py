"""Engine.IO packets: by the document's examples, and against python-engineio's."""

import json

import engineio.packet
import engineio.payload
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.engineio_packets import (
    EnginePacket,
    EngineType,
    PacketError,
    parse_engine_packet,
    parse_payload,
)
from tests.protocols.packet_writers import encode_engine_packet, encode_payload

texts = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
engine_packets = st.builds(EnginePacket, st.sampled_from(EngineType), texts) | st.builds(
    EnginePacket, st.just(EngineType.MESSAGE), st.binary()
)


@pytest.mark.parametrize(
    ("message", "packet"),
    [
        ('0{"sid":"x"}', EnginePacket(EngineType.OPEN, '{"sid":"x"}')),
        ("2probe", EnginePacket(EngineType.PING, "probe")),
        ("3", EnginePacket(EngineType.PONG)),
        ('42["hello"]', EnginePacket(EngineType.MESSAGE, '2["hello"]')),
        (b"\x01\x02", EnginePacket(EngineType.MESSAGE, b"\x01\x02")),
    ],
)
def test_engine_packets(message, packet):
    assert parse_engine_packet(message) == packet
    assert encode_engine_packet(packet) == message


def test_a_payload_of_the_document():
    packets = [
        EnginePacket(EngineType.MESSAGE, "hello"),
        EnginePacket(EngineType.MESSAGE, b"\x01\x02\x03\x04"),
    ]
    assert encode_payload(packets) == "4hello\x1ebAQIDBA=="
    assert parse_payload("4hello\x1ebAQIDBA==") == packets


@pytest.mark.parametrize("message", ["", "7", "x", "٤", "b!", "b===="])
def test_what_is_no_engine_packet(message):
    with pytest.raises(PacketError):
        parse_engine_packet(message)


@given(engine_packets)
def test_python_engineio_reads_what_we_write(packet):
    theirs = engineio.packet.Packet(encoded_packet=encode_engine_packet(packet))
    assert theirs.packet_type == packet.type
    if isinstance(theirs.data, str | bytes):
        assert theirs.data == packet.data
    else:  # it takes data that happens to be JSON for JSON
        assert repr(theirs.data) == repr(json.loads(packet.data))


@given(st.lists(engine_packets, min_size=1, max_size=5))
def test_payloads_agree_with_python_engineio(packets):
    theirs = engineio.payload.Payload([engineio.packet.Packet(int(each.type), each.data) for each in packets])
    assert theirs.encode() == encode_payload(packets)
    assert parse_payload(theirs.encode()) == packets
