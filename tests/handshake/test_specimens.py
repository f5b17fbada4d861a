"""Each specimen does on its bytes what the real handshake doesn't, and behaves on the standard's example."""

import pytest

from lessons.exercise.answer import State
from lessons.handshake.exercise import EXERCISE
from lessons.handshake.requests import REQUEST
from lessons.handshake.solution import answer_handshake
from lessons.handshake.specimens import SPECIMENS
from lessons.protocols.http_head import split_head
from lessons.protocols.websocket_handshake import UpgradeRefusedError, accept_request, read_request

every = pytest.mark.parametrize(
    ("specimen", "exposing"), SPECIMENS.items(), ids=lambda each: getattr(each, "__name__", "")
)


def status(response):
    return int(response.split(b" ")[1]) if response else None


def really_answered(received):
    """What the lessons' own handshake makes of the bytes: status and size, or None for more."""
    split = split_head(received, 16 * 1024)
    if split is None:
        return None
    head, rest = split
    try:
        response, _ = accept_request(read_request(head))
    except UpgradeRefusedError as error:
        response = error.response()
    accept = next((line for line in response.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Accept")), None)
    return status(response), len(received) - len(rest), accept


def answered_by(handshake, received):
    answered = handshake(received)
    if answered is None:
        return None
    response, size = answered
    accept = next((line for line in response.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Accept")), None)
    return status(response), size, accept


@every
def test_the_bytes_expose_it(specimen, exposing):
    seen, right = answered_by(specimen, exposing), really_answered(exposing)
    both_refuse = seen and right and seen[0] and min(seen[0], right[0]) >= 400
    assert seen != right
    assert not both_refuse


@every
def test_the_solution_passes_on_the_same_bytes(specimen, exposing):
    right = really_answered(exposing)
    seen = answered_by(answer_handshake, exposing)
    assert (seen and seen[1:]) == (right and right[1:])
    assert (seen and seen[0] < 400) == (right and right[0] < 400)


@every
def test_it_looks_right_on_the_standards_example(specimen, exposing):
    assert answered_by(specimen, REQUEST) == really_answered(REQUEST)


@every
def test_the_exercise_finds_it(specimen, exposing):
    assert EXERCISE.check(specimen).state is State.FAILED
