"""A student's own function decides who hears a message, in the running chat."""

import pytest

from lessons import chat
from lessons.chat.solution import audience as right
from tests.chat.wrong_solutions import nobody, one_name, room_by_room


def unsolved(speaker, rooms, text):
    raise NotImplementedError


@pytest.fixture
def chat_by():
    """Ann, in red and green; Bob, in both; Eve, in none: in a chat whose audience a function decides."""
    opened = []

    def open_one(function):
        server = chat.Server(name="chat by your function", audience=function)
        people = [chat.Client(server.url).start() for _ in range(3)]
        opened.append((server, people))
        for person, name in zip(people, ("Ann", "Bob", "Eve"), strict=True):
            person.send(name)
        for person in people[:2]:
            person.join("red"), person.join("green")
        return people

    yield open_one
    for server, people in opened:
        for person in people:
            person.stop()
        server.close()


def who_heard(people, words):
    return [each.session.name for each in people if any(words in line for line in each.session.feed.news)]


def test_the_solution_lets_hear_whom_the_chat_lets_hear(chat_by):
    people = ann, _, eve = chat_by(right)
    ann.send("hello, both")
    ann.send("@Eve psst")
    eve.send("that was all")
    for each in people:
        each.wait_for("that was all")
    assert who_heard(people, "hello, both") == ["Ann", "Bob"]
    assert who_heard(people, "psst") == ["Ann", "Eve"]


def test_who_comes_later_was_named_by_nobody(chat_by):
    _, _, eve = chat_by(right)
    eve.send("hello, all who are here")
    with chat.Client(eve.url) as newcomer:
        newcomer.send("Zoe")
        newcomer.send("hello from Zoe")
        newcomer.wait_for("hello from Zoe")
        assert who_heard([newcomer], "all who are here") == []


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (unsolved, "raised NotImplementedError"),
        (nobody, "names nobody"),
        (one_name, "names 'A', who isn't there"),
        (room_by_room, "names Ann more than once"),
        (lambda speaker, rooms, text: None, "raised TypeError: 'NoneType' object is not iterable"),
        (lambda speaker, rooms, text: [["Ann"]], "names ['Ann'], who isn't there"),
    ],
)
def test_a_wrong_function_is_told_to_the_speaker_and_heard_by_nobody(chat_by, function, problem):
    people = chat_by(function)
    answer = people[0].send("hello")
    assert answer == {"error": "own-audience", "content": f"Your function {problem}, so nobody heard this."}
    assert who_heard(people, "Ann: hello") == []


def test_the_function_is_given_everybodys_rooms_and_cannot_change_them(chat_by):
    asked = []

    def note(speaker, rooms, text):
        asked.append((speaker, {name: list(theirs) for name, theirs in rooms.items()}, text))
        rooms["Ann"].clear()
        return [speaker]

    ann, _, _ = chat_by(note)
    ann.send("hello")
    ann.send("again")
    rooms = {"Ann": ["red", "green"], "Bob": ["red", "green"], "Eve": []}
    assert asked == [("Ann", rooms, "hello"), ("Ann", rooms, "again")]
