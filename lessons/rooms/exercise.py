"""The exercise on Socket.IO's packets: read an event by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from lessons.exercise import Case, Exercise, Hints, expect, given

Event: TypeAlias = tuple[str, int | None, str, list[Any]]
"""Its namespace, its acknowledgement id (None if it asks for none), its name, its arguments."""
NO_ID: tuple[object, ...] = ("", 0, -1)
"""What is often returned for an id where there is none."""
NO_EVENTS: tuple[object, ...] = ("", [], (), False)
"""What is often returned where there is no event."""
ReadEvent: TypeAlias = Callable[[str], Event | None]


def read_event(packet: str) -> Event | None:
    """Return what an event says: `(namespace, acknowledgement id, name, arguments)`; None if the packet is no event.

    Args:
        packet: an Engine.IO packet of text, such as `42["message","hello"]`.
    """
    raise NotImplementedError


BEGIN: Hints = (
    'Look at `42["message","hello"]`. Which part of it does Python have a reader for?',
    "From the `[` on it is JSON: `json.loads` makes a list of it. The first item is the event's name.",
    "Cut off what stands before the list piece by piece: first `42`, then a namespace, then digits.",
)


def reads_an_event(read_event: ReadEvent) -> None:
    """Expect the parts of an event without a namespace and without an acknowledgement id."""
    whole = ("/", None, "message", ["message", "hello"])
    mistakes = [(whole, NAME_AS_ARGUMENT), *[(("/", none, "message", ["hello"]), NOT_NONE) for none in NO_ID]]
    _expect(read_event, '42["message","hello"]', ("/", None, "message", ["hello"]), BEGIN, mistakes)


NAME_AS_ARGUMENT: Hints = (
    "A handler of `message` is called with the arguments alone. Is the name one of them?",
    "No: `name, *arguments = json.loads(...)`.",
)
NOT_NONE: Hints = (
    "This event asks for no acknowledgement. What is its id?",
    "It has none, and none is `None`: an empty text is a text, and 0 is an id.",
    "`int(digits) if digits else None`",
)
ARGUMENTS: Hints = (
    "How many arguments may an event have, and of which types?",
    "Any number, none too, and whatever JSON can say. Leave the cutting at commas to `json.loads`.",
)


def reads_any_arguments(read_event: ReadEvent) -> None:
    """Expect no argument, and several of different types."""
    _expect(read_event, '42["tick"]', ("/", None, "tick", []), ARGUMENTS)
    _expect(read_event, '42["move",3,{"to":[1,2]}]', ("/", None, "move", [3, {"to": [1, 2]}]), ARGUMENTS)


NO_EVENT: Hints = (
    "Which two digits begin an event, and what do other packets begin with?",
    "`4` is Engine.IO's message and `2` in it Socket.IO's event. `2` alone is a ping, `43` an acknowledgement.",
    'Begin with `if not packet.startswith("42"): return None`.',
)


def passes_over_other_packets(read_event: ReadEvent) -> None:
    """Expect None for a ping, an acknowledgement, a connection and others."""
    for packet in ("2", "3probe", '40{"sid":"x"}', "41", "437[]", "6", '0{"sid":"x"}', '22["x"]'):
        _expect(read_event, packet, None, NO_EVENT, [(none, NOTHING_IS_NONE) for none in NO_EVENTS])


NOTHING_IS_NONE: Hints = (
    "What is the sign for `no event`, and what did you return?",
    "An empty text or list is a value too. Whoever calls your function asks whether it is `None`.",
    "`return None`",
)
ID: Hints = (
    "What may stand between `42` and the list, and what is it for?",
    "Digits: the number by which the answer finds this event. Take them all, as one whole number: `int(digits)`.",
)
ONE_DIGIT: Hints = (
    "Your id is a single digit. What comes after the ninth event?",
    "The tenth, with two digits. Take everything before the `[`.",
)
ID_AS_TEXT: Hints = (
    "Is the id that you return a number, or text that looks like one?",
    "Text. `int(digits)` makes a number of it.",
)


def reads_an_id(read_event: ReadEvent) -> None:
    """Expect an acknowledgement id of several digits, as a number."""
    one_digit = [(("/", each, "join", ["red"]), ONE_DIGIT) for each in (1, 7)]
    mistakes = [*one_digit, (("/", "17", "join", ["red"]), ID_AS_TEXT)]
    _expect(read_event, '4217["join","red"]', ("/", 17, "join", ["red"]), ID, mistakes)


ZERO: Hints = (
    "Many clients begin to count at 0. Is 0 the same as no id at all?",
    "No: the client waits for an answer to 0. Ask whether there are digits, not whether the number is true.",
)


def knows_zero(read_event: ReadEvent) -> None:
    """Expect that 0 is an id."""
    _expect(read_event, '420["join","red"]', ("/", 0, "join", ["red"]), ZERO)


NAMESPACE: Hints = (
    "In which namespace is this event, and where does the packet say so?",
    "Between `42` and the rest, from a `/` to a comma: `/news,`. The comma isn't part of the name.",
)


def reads_a_namespace(read_event: ReadEvent) -> None:
    """Expect another namespace than `/`."""
    _expect(read_event, '42/news,["message","hello"]', ("/news", None, "message", ["hello"]), NAMESPACE)


BOTH: Hints = (
    "Here are a namespace and an id. Which comes first?",
    "The namespace, up to its comma; the digits stand between that comma and the list.",
)


def reads_both(read_event: ReadEvent) -> None:
    """Expect a namespace, which may hold digits, and an id."""
    _expect(read_event, '42/v2,5["join","red"]', ("/v2", 5, "join", ["red"]), BOTH)


IN_THE_TEXT: Hints = (
    "Whose are the comma, the slash and the bracket in this text?",
    "The writer's: they are inside the JSON. A namespace begins right behind `42`, and the list at the first `[`.",
    "Look with `startswith('/')`, and cut with `partition`, which stops at the first place.",
)


def leaves_the_text_alone(read_event: ReadEvent) -> None:
    """Expect that what looks like a namespace or a list in a text is text."""
    text = "go to /news, room [3], 42"
    _expect(read_event, f'42["message","{text}"]', ("/", None, "message", [text]), IN_THE_TEXT)


def _expect(
    read_event: ReadEvent,
    packet: str,
    expected: Event | None,
    hints: Hints,
    mistakes: Sequence[tuple[object, Hints]] = (),
) -> None:
    """Expect what a packet says; values that typical mistakes lead to have hints of their own."""
    with given(repr(packet)):
        expect(read_event(packet), expected, hints, mistakes)


EXERCISE = Exercise(
    read_event,
    [
        Case("it reads an event", reads_an_event),
        Case("it reads any arguments", reads_any_arguments),
        Case("it passes over what is no event", passes_over_other_packets),
        Case("it reads an acknowledgement id", reads_an_id),
        Case("it knows that 0 is an id", knows_zero),
        Case("it reads a namespace", reads_a_namespace),
        Case("it reads a namespace and an id", reads_both),
        Case("it leaves the text alone", leaves_the_text_alone),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
