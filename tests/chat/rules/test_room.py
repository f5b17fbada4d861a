"""The chat room by itself: each rule of who may do and hear what, stated once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.chat.rules.actions import (
    Acknowledge,
    Announce,
    Claim,
    Deliver,
    Enter,
    Leave,
    Recall,
    Release,
    Remember,
    Seek,
    Store,
    Tell,
)
from lessons.chat.rules.limits import Limits
from lessons.chat.rules.message import ChatMessage
from lessons.chat.rules.names import Owner, name_key
from lessons.chat.rules.room import ChatRoom

NOW = datetime(2026, 11, 23, 12, 0, 5, 123000, tzinfo=UTC)


def chat(*names, timer=(0.0,), **limits):
    """A room with these people in it, each on a connection of the same name."""
    room = ChatRoom(Limits(**limits), lambda: timer[0])
    for name in names:
        room.connect(name, f"id-{name}")
        (claim,) = room.receive(name, "message", [name], NOW)
        room.name_claimed(claim, is_new=True, now=NOW)
    return room


def refusal(actions):
    """The code of a refusal, which must reach the sender as a notice and as the answer."""
    tell, answer = actions
    assert isinstance(tell, Tell) and tell.event == "message" and tell.data["username"] == "system"
    assert isinstance(answer, Acknowledge)
    assert answer.data == {"error": tell.data["notice"], "content": tell.data["content"]}
    return answer.data["error"]


def said(room, speaker, *args):
    """What the speaker's message asks to be stored."""
    (store,) = room.receive(speaker, "message", args, NOW)
    assert isinstance(store, Store)
    return store.draft


def test_the_first_message_is_the_name():
    room = chat()
    room.connect("c", "p")
    (claim,) = room.receive("c", "message", ["Ann"], NOW)
    assert claim == Claim("c", "p", "Ann")
    remember, answer, announce = room.name_claimed(claim, is_new=True, now=NOW)
    assert remember == Remember("p", "Ann", ())
    assert answer == Acknowledge({"name": "Ann"})
    assert isinstance(announce, Announce)
    assert announce.notice == {
        "username": "system",
        "content": "Ann joined the chat.",
        "createAt": "2026-11-23T12:00:05.123Z",
        "notice": "person-joined",
        "details": {"name": "Ann"},
    }


def test_a_taken_name_leaves_its_claimer_unnamed():
    room = chat()
    room.connect("c", "p")
    (claim,) = room.receive("c", "message", ["Ann"], NOW)
    assert refusal(room.name_refused(claim, NOW)) == "name-taken"
    assert isinstance(room.receive("c", "message", ["Bob"], NOW)[0], Claim)


def test_a_name_that_was_kept_is_not_announced_again():
    room = chat()
    (claim,) = room.connect("c", "p", name="Ann", rooms=["red"])
    actions = room.name_claimed(claim, is_new=False, now=NOW)
    assert actions == [Remember("p", "Ann", ("red",)), Acknowledge({"name": "Ann"})]


@pytest.mark.parametrize(
    "name",
    [
        "system",
        "System",
        "ＳＹＳＴＥＭ",
        "系统",
        "two words",
        "@Ann",
        "＠Ann",
        "a\u200bb",
        "a\tb",
        "x" * 33,
        "@",
        "@ Ann",
        "\ufe6bAnn",
        "\u200b@Ann",
    ],
)
def test_what_is_no_name_is_refused(name):
    room = chat()
    room.connect("c", "p")
    assert refusal(room.receive("c", "message", [name], NOW)) in ("not-a-name", "name-too-long")


@pytest.mark.parametrize("name", ["\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\ufe0f", "\u034f\u034f", "\u0301"])
def test_a_name_that_shows_nothing_is_refused(name):
    room = chat("Ann")
    room.connect("c", "p")
    assert refusal(room.receive("c", "message", [name], NOW)) == "not-a-name"
    assert refusal(room.receive("Ann", "join", [name], NOW)) == "not-a-room"


@pytest.mark.parametrize("name", ["\u0410nn", "An\u03bd", "\u0430nn"])
def test_a_name_of_two_alphabets_is_refused(name):
    room = chat()
    room.connect("c", "p")
    assert refusal(room.receive("c", "message", [name], NOW)) == "not-a-name"


@pytest.mark.parametrize("name", ["Ольга", "Ελένη", "王小明", "O'Neill", "Zoë", "Ann-2", "山田Taro", "❤\ufe0f", "नेहा"])
def test_a_name_of_any_language_is_taken(name):
    room = chat()
    room.connect("c", "p")
    assert room.receive("c", "message", [name], NOW) == [Claim("c", "p", name)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ANN"), ("Ann", "ａnn"), ("Ann", "Ann\ufe0f"), ("Ann", "A\u3164nn"), ("coco", "\u0441\u043e\u0441\u043e")],
)
def test_names_that_look_the_same_are_one(one, other):
    assert name_key(one) == name_key(other)


def test_a_speaker_in_no_room_speaks_to_everyone():
    assert said(chat("Ann"), "Ann", "hello").audience == ("everyone",)


def test_a_speaker_in_rooms_speaks_to_their_members_and_hears_it_too():
    room = chat("Ann")
    room.receive("Ann", "join", ["red"], NOW)
    room.receive("Ann", "join", ["green"], NOW)
    draft = said(room, "Ann", "hello")
    assert draft.audience == ("person:id-Ann", "room:red", "room:green")
    assert draft.rooms == ("red", "green")


def test_a_private_message_is_for_two():
    room = chat("Ann", "Bob")
    (seek,) = room.receive("Ann", "message", ["@bob hello"], NOW)
    assert isinstance(seek, Seek)
    (store,) = room.addressee_found(seek, Owner("id-Bob", "Bob"), NOW)
    assert store.draft.audience == ("person:id-Ann", "person:id-Bob")
    assert (store.draft.content, store.draft.to) == ("hello", "Bob")


def test_a_private_message_stays_private_in_a_room():
    room = chat("Ann", "Bob")
    room.receive("Ann", "join", ["red"], NOW)
    (seek,) = room.receive("Ann", "message", ["@Bob hello"], NOW)
    (store,) = room.addressee_found(seek, Owner("id-Bob", "Bob"), NOW)
    assert store.draft.rooms == ()


def test_a_private_message_to_nobody_is_refused():
    room = chat("Ann")
    (seek,) = room.receive("Ann", "message", ["@Nemo hello"], NOW)
    assert refusal(room.addressee_found(seek, None, NOW)) == "nobody"


def test_a_private_message_needs_a_text():
    assert refusal(chat("Ann").receive("Ann", "message", ["@Bob"], NOW)) == "nothing-to-say"


@pytest.mark.parametrize("text", ["write to @Bob now", "a@b.c", "Bob @"])
def test_an_at_sign_elsewhere_is_text(text):
    assert said(chat("Ann"), "Ann", text).audience == ("everyone",)


@pytest.mark.parametrize("text", ["@", "@ Bob hello", "@\u00a0Bob hello", "\ufe6b Bob", "@\u200b hello"])
def test_an_at_sign_without_a_name_is_refused(text):
    assert refusal(chat("Ann").receive("Ann", "message", [text], NOW)) == "no-addressee"


@pytest.mark.parametrize(
    "before",
    [
        "\u200b",
        "\ufeff",
        "\u200f",
        "\u2060",
        "\u00ad",
        "\u202e",
        "\u2800",
        "\ufe0f",
        "\u0301",
        "\u3164",
        "\x00",
        "\u200b \u200b",
        "\U000e0041",
    ],
)
@pytest.mark.parametrize("sign", ["@", "\ufe6b", "\uff20"])
def test_what_does_not_show_makes_no_address_public(before, sign):
    (seek,) = chat("Ann").receive("Ann", "message", [f"{before}{sign}Bob hello"], NOW)
    assert isinstance(seek, Seek) and (seek.draft.to, seek.draft.content) == ("Bob", "hello")


def test_a_full_width_at_sign_is_an_address_too():
    (seek,) = chat("Ann").receive("Ann", "message", ["＠Bob 你好"], NOW)
    assert isinstance(seek, Seek) and (seek.draft.to, seek.draft.content) == ("Bob", "你好")


def test_a_stored_message_is_heard_and_answered():
    room = chat("Ann")
    message = ChatMessage(7, NOW, said(room, "Ann", "hello", "c-1"))
    broadcast, answer = room.message_stored(message)
    assert broadcast == Deliver(message)
    assert answer == Acknowledge({"id": 7, "createAt": "2026-11-23T12:00:05.123Z"})
    assert message.as_event() == {
        "username": "Ann",
        "content": "hello",
        "createAt": "2026-11-23T12:00:05.123Z",
        "id": 7,
        "rooms": [],
        "to": None,
        "clientId": "c-1",
    }


def test_a_store_that_is_down_is_told_to_the_sender():
    assert refusal(chat("Ann").store_failed("Ann", NOW)) == "store-down"


def test_join_and_leave_move_all_of_a_persons_connections():
    room = chat("Ann")
    room.connect("second", "id-Ann")
    assert room.receive("second", "join", ["Red"], NOW) == [
        Enter("Ann", "room:red"),
        Enter("second", "room:red"),
        Remember("id-Ann", "Ann", ("red",)),
        Tell("Ann", "joined", "Red"),
        Tell("second", "joined", "Red"),
        Acknowledge({"rooms": ["red"]}),
    ]
    assert room.receive("Ann", "leave", ["RED"], NOW) == [
        Leave("Ann", "room:red"),
        Leave("second", "room:red"),
        Remember("id-Ann", "Ann", ()),
        Tell("Ann", "leaved", "RED"),
        Tell("second", "leaved", "RED"),
        Acknowledge({"rooms": []}),
    ]


def test_joining_twice_is_joining():
    room = chat("Ann")
    room.receive("Ann", "join", ["red"], NOW)
    assert room.receive("Ann", "join", ["red"], NOW)[-1] == Acknowledge({"rooms": ["red"]})


def test_rooms_have_a_limit():
    room = chat("Ann", rooms=1)
    room.receive("Ann", "join", ["red"], NOW)
    assert refusal(room.receive("Ann", "join", ["green"], NOW)) == "too-many-rooms"
    assert said(room, "Ann", "hello").rooms == ("red",)


def test_history_is_asked_for_what_the_person_may_hear():
    room = chat("Ann")
    room.receive("Ann", "join", ["red"], NOW)
    recall = Recall("Ann", ("everyone", "person:id-Ann", "room:red"))
    assert room.receive("Ann", "getAllMessages", [], NOW) == [recall]


def test_a_name_is_free_when_the_last_connection_has_ended():
    room = chat("Ann")
    room.connect("second", "id-Ann")
    assert room.disconnect("Ann") == []
    assert room.disconnect("second") == [Release("id-Ann", "Ann")]
    assert room.name_released(Release("id-Ann", "Ann"), NOW)[0].notice["content"] == "Ann left the chat."


def test_a_name_that_is_claimed_too_late_is_released():
    room = chat()
    room.connect("c", "p")
    (claim,) = room.receive("c", "message", ["Ann"], NOW)
    assert room.disconnect("c") == []
    assert room.name_claimed(claim, is_new=True, now=NOW)[-1] == Release("p", "Ann")


def test_two_names_at_once_end_as_one():
    room = chat()
    room.connect("one", "p")
    room.connect("two", "p")
    (ann,) = room.receive("one", "message", ["Ann"], NOW)
    (bob,) = room.receive("two", "message", ["Bob"], NOW)
    room.name_claimed(ann, is_new=True, now=NOW)
    assert room.name_claimed(bob, is_new=True, now=NOW)[-1] == Release("p", "Bob")
    assert room.person_on("two").name == "Ann"


def test_a_person_keeps_the_rooms_of_the_connection_that_is_still_open():
    room = chat("Ann")
    room.receive("Ann", "join", ["red"], NOW)
    assert room.connect("second", "id-Ann", name="Ann", rooms=["green"]) == []
    assert room.person_on("second").rooms == ["red"]


def test_too_many_events_are_refused_until_time_has_passed():
    timer = [0.0]
    room = chat("Ann", timer=timer, burst=2, per_second=1)
    said(room, "Ann", "the name took the first of two")
    assert refusal(room.receive("Ann", "message", ["hello"], NOW)) == "too-fast"
    timer[0] = 1.0
    assert isinstance(room.receive("Ann", "message", ["hello"], NOW)[0], Store)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_set_changes_no_limit(minutes):
    room = chat("Ann", burst=3, per_second=1)
    said(room, "Ann", "the second of three")
    then = NOW + timedelta(minutes=minutes)
    assert isinstance(room.receive("Ann", "message", ["the third"], then)[0], Store)
    assert refusal(room.receive("Ann", "message", ["too many"], then)) == "too-fast"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], "empty"),
        ([" \n\t "], "empty"),
        ([None], "not-a-text"),
        ([5], "not-a-text"),
        ([{"text": "hello"}], "not-a-text"),
        (["hello", 5], "not-a-text"),
        (["hello", "x" * 65], "not-a-text"),
        (["x" * 2001], "text-too-long"),
    ],
)
def test_what_is_no_message_is_refused(args, code):
    assert refusal(chat("Ann").receive("Ann", "message", args, NOW)) == code


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert said(chat("Ann"), "Ann", "a\ud800b").content == "a\ufffdb"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
events = st.sampled_from(["message", "getAllMessages", "join", "leave"]) | anything


@given(event=events, args=st.lists(anything, max_size=3), named=st.booleans())
def test_any_event_with_any_arguments_ends_in_an_answer_or_a_request(event, args, named):
    room = chat("Ann") if named else chat()
    room.connect("Ann", "id-Ann")
    actions = room.receive("Ann", event, args, NOW)
    assert isinstance(actions[-1], Acknowledge | Claim | Seek | Store | Recall)
    for action in actions:
        assert not isinstance(action, Claim | Seek | Store) or action.connection == "Ann"


def test_a_connection_that_has_ended_can_do_nothing():
    room = chat("Ann")
    room.disconnect("Ann")
    assert room.receive("Ann", "message", ["hello"], NOW) == []
    assert room.disconnect("Ann") == []
