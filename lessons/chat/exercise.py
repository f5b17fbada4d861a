"""The exercise of lesson 9: decide who hears a message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError, given

Rooms = Mapping[str, Collection[str]]
Audience = Callable[[str, Rooms, str], Iterable[str]]


def audience(speaker: str, rooms: Mapping[str, Collection[str]], text: str) -> Iterable[str]:
    """Decide who hears a message.

    Args:
        speaker: the name of who says it.
        rooms: for each person who is there, by name, the rooms that this person is in; the speaker is among them.
        text: what is said, such as `hello`, or `@Bob hello` in private.

    Returns:
        The names of those who hear it, each once, in any order; none if it is private to somebody who isn't there.
    """
    raise NotImplementedError


BEGIN = (
    "A speaker who is in no room: who hears what is said?",
    "Everybody. `rooms` has an entry for each person who is there, so its keys are the names of them all.",
    "Begin with `return list(rooms)`. Then check, and go on from there.",
)
FORGETS_THE_SPEAKER = (
    "How do you know, in a chat, that what you said has been said?",
    "You see it in the list like everybody else. The speaker is one of the audience.",
    "Leave the speaker in: all who are there hear it.",
)
ONLY_WHO_IS_OUTSIDE = (
    "Somebody sits in the red room. Do words that are said to all pass by the door?",
    "What is said to all reaches members of rooms too; it is what is said in a room that stays there.",
    "If the speaker is in no room, return everybody, whatever rooms they are in.",
)


def no_room_means_everybody(function: Audience) -> None:
    """Expect everybody to hear who is in no room."""
    rooms: Rooms = {"Ann": [], "Bob": ["red"], "Eve": []}
    mistakes = [({"Bob", "Eve"}, FORGETS_THE_SPEAKER), ({"Ann", "Eve"}, ONLY_WHO_IS_OUTSIDE)]
    _expect(function, "Ann", rooms, "hello", ["Ann", "Bob", "Eve"], BEGIN, mistakes)


LEAKS_OUT_OF_THE_ROOM = (
    "The speaker is in the red room now. Who must not hear what is said there?",
    "Whoever is in none of the speaker's rooms. `rooms[speaker]` is the list of them.",
    "If `rooms[speaker]` has entries, keep those who share one: `set(rooms[name]) & set(rooms[speaker])`.",
)


def rooms_keep_what_is_said(function: Audience) -> None:
    """Expect the members of the speaker's rooms to hear it, and nobody else."""
    rooms: Rooms = {"Ann": ["red"], "Bob": ["red"], "Eve": ["green"], "Zoe": []}
    _expect(function, "Ann", rooms, "hello", ["Ann", "Bob"], LEAKS_OUT_OF_THE_ROOM)


FIRST_ROOM_ONLY = (
    "The speaker is in two rooms. Which of them do you look at?",
    "All of them count: who shares any one of the speaker's rooms hears it.",
    "Don't stop at the first room. `set(rooms[name]) & set(rooms[speaker])` looks at all of them.",
)
HEARS_IT_TWICE = (
    "Somebody is in both of the speaker's rooms. How often should this person hear the message?",
    "Once. If you go from room to room and add the members, who is in two rooms is added twice.",
    "Collect the names in a set, or go from person to person instead: each has one turn.",
)


def two_rooms_hear_once(function: Audience) -> None:
    """Expect the members of two rooms to hear it once."""
    rooms: Rooms = {"Ann": ["red", "green"], "Bob": ["red", "green"], "Eve": ["green"], "Zoe": []}
    mistakes = [({"Ann", "Bob"}, FIRST_ROOM_ONLY)]
    _expect(function, "Ann", rooms, "hello", ["Ann", "Bob", "Eve"], HEARS_IT_TWICE, mistakes)


NOT_PRIVATE = (
    "The text begins with `@Bob `. Who is it for?",
    "For Bob, whatever rooms the two are in. `text.startswith('@')` tells a private message.",
    "Look for the `@` before you look at rooms. The name ends at the first blank: `text[1:].partition(' ')[0]`.",
)
SENDER_SEES_NOTHING = (
    "You wrote to Bob in private. What do you see in your own list?",
    "Your own message: else you would write it again. The speaker is in the audience of a private message, too.",
    "Return the addressee and the speaker.",
)


def private_is_for_two(function: Audience) -> None:
    """Expect a private message to be heard by its addressee and its speaker."""
    rooms: Rooms = {"Ann": ["red"], "Bob": [], "Eve": ["red"]}
    mistakes = [({"Bob"}, SENDER_SEES_NOTHING)]
    _expect(function, "Ann", rooms, "@Bob hello", ["Ann", "Bob"], NOT_PRIVATE, mistakes)


MID_SENTENCE = (
    "`Ask @Bob about it`: is this a message to Bob, or a message about Bob?",
    "It is about Bob, and to all. Only an `@` at the very beginning is an address.",
    "`text.startswith('@')`, not `'@' in text`.",
)


def mid_sentence_is_no_address(function: Audience) -> None:
    """Expect an @ in mid-sentence to be an ordinary word."""
    rooms: Rooms = {"Ann": [], "Bob": [], "Eve": []}
    _expect(function, "Ann", rooms, "Ask @Bob about it", ["Ann", "Bob", "Eve"], MID_SENTENCE)


PART_OF_A_NAME = (
    "Bob and Bobby are both there. Does `@Bobby hello` begin with `@Bob`?",
    "It does, and it isn't for Bob. The name is all that stands between the `@` and the first blank.",
    "Cut the name out, `text[1:].partition(' ')[0]`, and compare the whole of it.",
)


def whole_names_count(function: Audience) -> None:
    """Expect a name that another one begins with not to be taken for it."""
    rooms: Rooms = {"Ann": [], "Bob": [], "Bobby": []}
    _expect(function, "Ann", rooms, "@Bobby hello", ["Ann", "Bobby"], PART_OF_A_NAME)


LEAKS_TO_ALL = (
    "The message is private, and its addressee has gone. Who may read it now?",
    "Nobody. Who takes it for a message to all shows everybody what was meant for one.",
    "If the name isn't in `rooms`, return an empty list; the chat then tells the speaker that nobody got it.",
)


def private_to_nobody_is_heard_by_nobody(function: Audience) -> None:
    """Expect a private message to somebody who isn't there to reach nobody."""
    rooms: Rooms = {"Ann": [], "Bob": [], "Eve": []}
    _expect(function, "Ann", rooms, "@Zoe hello", [], LEAKS_TO_ALL)


TWICE_TO_ONESELF = (
    "You write a note to yourself: who is the speaker, and who the addressee?",
    "They are one person, who hears it once.",
    "A set `{speaker, name}` has one element if the two are the same.",
)


def a_note_to_oneself_is_heard_once(function: Audience) -> None:
    """Expect a private message to oneself to be heard once."""
    _expect(function, "Ann", {"Ann": [], "Bob": []}, "@Ann buy milk", ["Ann"], TWICE_TO_ONESELF)


def _expect(
    function: Audience,
    speaker: str,
    rooms: Rooms,
    text: str,
    expected: Sequence[str],
    hints: Hints,
    mistakes: Sequence[tuple[set[str], Hints]] = (),
) -> None:
    """Expect an audience; a set of names that a typical mistake leads to has hints of its own."""
    with given(f"audience({speaker!r}, {rooms!r}, {text!r})"):
        heard = function(speaker, {name: list(theirs) for name, theirs in rooms.items()}, text)
        if heard is None:
            raise NothingReturnedError(repr(list(expected)), "None", hints)
        if isinstance(heard, str) or not isinstance(heard, Iterable):
            raise CaseFailedError(f"{list(expected)}, as a list or a set", repr(heard), hints)
        names = sorted(map(str, heard))
        if names != list(expected):
            made_for_it = next((special for mistake, special in mistakes if mistake == set(names)), hints)
            raise CaseFailedError(repr(list(expected)), repr(names), made_for_it)


EXERCISE = Exercise(
    audience,
    [
        Case("a speaker in no room is heard by everybody", no_room_means_everybody),
        Case("what is said in a room stays there", rooms_keep_what_is_said),
        Case("a speaker in two rooms is heard in both, by each person once", two_rooms_hear_once),
        Case("a private message is for two", private_is_for_two),
        Case("an @ in mid-sentence is no address", mid_sentence_is_no_address),
        Case("a whole name counts", whole_names_count),
        Case("a private message to nobody is heard by nobody", private_to_nobody_is_heard_by_nobody),
        Case("a note to oneself is heard once", a_note_to_oneself_is_heard_once),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
