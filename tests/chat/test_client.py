"""The client in Python when an answer doesn't come."""

from lessons.chat import client
from lessons.chat.client import ChatClient
from lessons.chat.server import ChatServer


def test_what_has_no_answer_is_sent_again_under_its_id(monkeypatch):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.1)
    with ChatServer() as server, ChatClient(server.url) as ann:
        ann.wait_until_connected()
        assert ann.send("Ann") == {"name": "Ann"}
        performer, unanswered = server.service._performer, []
        handle = performer.trigger_event

        async def leave_the_first_unanswered(*event):
            if unanswered:
                return await handle(*event)
            unanswered.append(event)
            return server.service.sio.not_handled

        monkeypatch.setattr(performer, "trigger_event", leave_the_first_unanswered)
        assert ann.send("hello")["id"] == 1
        assert [event[2] for event in unanswered] == ["hello"]
