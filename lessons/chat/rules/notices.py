"""What the system says: each notice has a code, which a page can translate, and an English sentence."""

from datetime import datetime
from typing import Any

from lessons.chat.rules.message import iso_8601
from lessons.chat.rules.names import SYSTEM

SENTENCES = {
    "person-joined": "{name} joined the chat.",
    "person-left": "{name} left the chat.",
    "name-taken": "The name {name} is taken. Send another one.",
    "not-a-name": "Your first message is your name. A name is one word, such as Ann: no space, nothing invisible, the "
    "letters of one alphabet; and not system, which is the chat's own.",
    "name-too-long": "A name has at most {limit} characters; this one has {length}.",
    "empty": "An empty message isn't sent. Write something first.",
    "text-too-long": "A message has at most {limit} characters; this one has {length}.",
    "not-a-text": "A message is a text; after it may come an id of your own, a text of 1 to 64 characters.",
    "nobody": "Nobody here is called {name}, so nobody got your private message.",
    "no-addressee": "A private message begins with @ and a name, without a space between them: @Ann hello",
    "nothing-to-say": "Write the message for {name} behind the name: @{name} hello",
    "not-a-room": "A room's name is one word, such as red: no space, nothing invisible, the letters of one alphabet.",
    "too-many-rooms": "You can be in {limit} rooms at once. Leave one first.",
    "too-fast": "You are sending faster than this chat allows. Wait a moment, then send it again.",
    "unknown-event": "This chat knows the events message, getAllMessages, join and leave, and not that one.",
    "store-down": "The chat's store can't be reached, so it isn't known whether this was done. Send it again in a "
    "moment: it goes out under the same id, and is stored once.",
    "own-audience": "Your function {problem}, so nobody heard this.",
    "history-cut": "You were away for long: only the newest {limit} messages that you missed follow.",
}


def notice(code: str, create_at: datetime, **details: str | int) -> dict[str, Any]:
    """Write a notice as clients get it: the system's message, with its code and details beside the sentence.

    Args:
        code: a key of `SENTENCES`.
        create_at: when it happened, in UTC.
        details: what the sentence's placeholders stand for.
    """
    return {
        "username": SYSTEM,
        "content": SENTENCES[code].format(**details),
        "createAt": iso_8601(create_at),
        "notice": code,
        "details": details,
    }
