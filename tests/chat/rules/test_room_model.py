"""The chat room against a naive model: who heard what, and each person's history, always agree."""

from collections import deque
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lessons.chat.rules.actions import Announce, Claim, Deliver, Enter, Leave, Recall, Release, Seek, Store, Tell
from lessons.chat.rules.limits import Limits
from lessons.chat.rules.message import ChatMessage
from lessons.chat.rules.names import Owner, name_key
from lessons.chat.rules.room import ChatRoom

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = ["p1", "p2", "p3"]
NAMES = ["Ann", "ann", "Bob", "Eve"]
ROOMS = ["red", "Red", "green"]

people = st.sampled_from(PEOPLE)
names = st.sampled_from(NAMES)
rooms = st.sampled_from(ROOMS)


class Driver:
    """Carries out what the room asks, at once, with dictionaries for a store."""

    def __init__(self):
        self.room = ChatRoom(Limits(burst=10**9), lambda: 0.0)
        self.store_is_down = False
        self.messages = []
        self.owners = {}
        self.listens = {}
        self.heard = {}
        self.recalled = {}
        self.notices = []

    def connect(self, connection, person):
        self.heard[connection] = []
        actions = self.room.connect(connection, person)
        self.listens[connection] = set(self.room.person_on(connection).channels)
        self.perform(actions)

    def disconnect(self, connection):
        del self.listens[connection]
        self.perform(self.room.disconnect(connection))

    def send(self, connection, event, *args):
        self.perform(self.room.receive(connection, event, args, NOW))

    def perform(self, actions):
        todo = deque(actions)
        while todo:
            action = todo.popleft()
            self.perform_one(action)
            todo.extend(self.find_out(action))

    def perform_one(self, action):
        match action:
            case Enter(connection, channel):
                self.listens[connection].add(channel)
            case Leave(connection, channel):
                self.listens[connection].discard(channel)
            case Tell(connection, "message", notice):
                self.notices.append((connection, notice["notice"]))
            case Announce(notice):
                self.notices.append((None, notice["notice"]))
            case Deliver(message):
                self.deliver(message)
            case Recall(connection, channels):
                mine = [m.draft.content for m in self.messages if set(m.draft.audience) & set(channels)]
                self.recalled[connection] = mine[-10:]

    def find_out(self, action):
        match action:
            case Claim():
                return self.claim(action)
            case Release(person, name):
                assert self.owners.pop(name_key(name)).person == person
                return self.room.name_released(action, NOW)
            case Seek():
                return self.room.addressee_found(action, self.owners.get(name_key(action.draft.to)), NOW)
            case Store():
                return self.store(action)
            case _:
                return []

    def deliver(self, message):
        for connection, channels in self.listens.items():
            if channels & set(message.draft.audience):
                self.heard[connection].append(message.draft.content)

    def claim(self, claim):
        owner = self.owners.setdefault(name_key(claim.name), Owner(claim.person, claim.name))
        if owner.person != claim.person:
            return self.room.name_refused(claim, NOW)
        return self.room.name_claimed(claim, is_new=True, now=NOW)

    def store(self, store):
        if self.store_is_down:
            return self.room.store_failed(store.connection, NOW)
        message = ChatMessage(len(self.messages) + 1, NOW, store.draft)
        self.messages.append(message)
        return self.room.message_stored(message)


class ChatMachine(RuleBasedStateMachine):
    """Random people, names, joins, leaves, messages, private messages, drops and failures."""

    @initialize()
    def begin(self):
        self.driver = Driver()
        self.connections = {}  # connection -> person
        self.name = {}  # person -> name
        self.rooms = {person: set() for person in PEOPLE}
        self.log = []  # (content, speaker, rooms, addressee)
        self.heard = {}
        self.count = 0

    def unique(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    def online(self, person):
        return [connection for connection, owner in self.connections.items() if owner == person]

    def may_hear(self, person, speaker, said_in, addressee):
        if addressee:
            return person in (speaker, addressee)
        if said_in:
            return person == speaker or bool(self.rooms[person] & said_in)
        return True

    def expect(self, content, speaker, said_in=frozenset(), addressee=None):
        if self.driver.store_is_down:
            return
        self.log.append((content, speaker, frozenset(said_in), addressee))
        for connection, person in self.connections.items():
            if self.may_hear(person, speaker, said_in, addressee):
                self.heard[connection].append(content)

    @rule(person=people)
    def connect(self, person):
        connection = self.unique("c")
        self.connections[connection] = person
        self.heard[connection] = []
        self.driver.connect(connection, person)

    @precondition(lambda self: self.connections)
    @rule(data=st.data())
    def drop(self, data):
        connection = data.draw(st.sampled_from(sorted(self.connections)))
        person = self.connections.pop(connection)
        self.driver.disconnect(connection)
        if not self.online(person):
            self.name.pop(person, None)
            self.rooms[person] = set()

    @precondition(lambda self: self.connections)
    @rule(data=st.data(), name=names)
    def give_a_name(self, data, name):
        connection = data.draw(st.sampled_from(sorted(self.connections)))
        person = self.connections[connection]
        if person in self.name:
            return
        self.driver.send(connection, "message", name)
        if name.lower() in {taken.lower() for taken in self.name.values()}:
            assert self.driver.notices[-1] == (connection, "name-taken")
        else:
            self.name[person] = name
            assert self.driver.notices[-1] == (None, "person-joined")

    @precondition(lambda self: self.name)
    @rule(data=st.data())
    def speak(self, data):
        person = data.draw(st.sampled_from(sorted(self.name)))
        content = self.unique("said ")
        self.expect(content, person, self.rooms[person])
        self.driver.send(self.online(person)[0], "message", content)

    @precondition(lambda self: self.name)
    @rule(data=st.data(), to=names)
    def speak_to_one(self, data, to):
        person = data.draw(st.sampled_from(sorted(self.name)))
        content = self.unique("private ")
        addressees = [other for other, name in self.name.items() if name.lower() == to.lower()]
        if addressees:
            self.expect(content, person, addressee=addressees[0])
        self.driver.send(self.online(person)[0], "message", f"@{to} {content}")
        if not addressees:
            assert self.driver.notices[-1] == (self.online(person)[0], "nobody")

    @precondition(lambda self: self.connections)
    @rule(data=st.data(), room=rooms, event=st.sampled_from(["join", "leave"]))
    def move(self, data, room, event):
        connection = data.draw(st.sampled_from(sorted(self.connections)))
        mine = self.rooms[self.connections[connection]]
        (mine.add if event == "join" else mine.discard)(room.lower())
        self.driver.send(connection, event, room)

    @rule()
    def break_or_mend_the_store(self):
        self.driver.store_is_down = not self.driver.store_is_down

    @invariant()
    def everybody_heard_what_he_should(self):
        assert self.driver.heard == self.heard

    @invariant()
    def everybody_reads_what_he_may(self):
        for connection, person in self.connections.items():
            self.driver.send(connection, "getAllMessages")
            mine = [content for content, *said in self.log if self.may_hear(person, *said)]
            assert self.driver.recalled[connection] == mine[-10:]


TestChatRoom = ChatMachine.TestCase
TestChatRoom.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
