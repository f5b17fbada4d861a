"""How fast the chat's history answers when it is long: `python -m benchmarks.history`.

Where MONGODB_URL names a MongoDB, that is measured too, in a database of its own that is dropped afterwards.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import uuid4

import mongomock
from pymongo import DESCENDING, MongoClient
from pymongo.collection import Collection

from benchmarks.harness import show_progress
from benchmarks.report import describe_machine, markdown, publish, with_version
from lessons.chat.rules.message import Draft, channels_of, person_channel, room_channel
from lessons.chat.storage.history import Document, History, to_message
from lessons.chat.storage.indexed_history import IndexedHistory

SIZES = (10_000, 1_000_000)
PEOPLE, ROOMS = 1_000, 100
READER = channels_of("person7", ["room7"])
AWAY, LIMIT = 1_000, 501  # how many messages ago the reader left, and how many he is sent at most
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BATCH = 10_000
PATIENCE = 2.0  # seconds in which a call is repeated

Row = list[str]


def document(number: int) -> Document:
    """Return a stored message: of ten, three are said to all, five in a room, two in private."""
    sender = f"person{number % PEOPLE}"
    place = number * 7919 % 10
    room = f"room{number // 10 % ROOMS}"
    other = person_channel(f"person{number // 10 % PEOPLE}")
    audience = ["everyone"] if place < 3 else [person_channel(sender), room_channel(room) if place < 8 else other]
    return {
        "_id": number,
        "username": sender,
        "content": "What somebody says in a chat isn't long, as a rule.",
        "createAt": NOW.replace(tzinfo=None),
        "sender": sender,
        "clientId": f"client-{number}",
        "rooms": [room] if 3 <= place < 8 else [],
        "to": "somebody" if place >= 8 else None,
        "audience": audience,
    }


# -- The stores ------------------------------------------------------------------------------------


def mongomock_collection(size: int) -> Collection[Document]:
    """Return a mongomock collection that holds so many messages, put in behind its back to save minutes."""
    collection: Any = mongomock.MongoClient()["chat"]["messages"]
    for number in range(1, size + 1):
        collection._store[number] = document(number)
    return collection


def indexed_history(size: int) -> History:
    """Return the history that a chat in memory has after so many messages; they are put in as above."""
    store: Any = mongomock_collection(0)
    history: Any = IndexedHistory(store)
    for number in range(1, size + 1):
        store._store[number] = document(number)
        history._add(to_message(document(number)))
    return history


@contextmanager
def mongodb_collection(url: str, size: int) -> Iterator[Collection[Document]]:
    """Keep a MongoDB collection of so many messages as long as the block lasts."""
    with MongoClient[Document](url) as client:
        database = client[f"benchmark-{uuid4().hex}"]
        try:
            for first in range(1, size + 1, BATCH):
                database["messages"].insert_many(map(document, range(first, min(first + BATCH, size + 1))))
            yield database["messages"]
        finally:
            client.drop_database(database)


# -- What is measured ------------------------------------------------------------------------------


def measure(title: str, history: History) -> Row:
    """Return a history's row of the table."""
    show_progress(title)
    size = history.last_number()
    numbers = itertools.count()
    calls: list[Callable[[], object]] = [
        lambda: history.append(Draft("person1", "Ann", "hello", f"new-{next(numbers)}", (), None, ("everyone",)), NOW),
        lambda: history.newest(READER, 10),
        lambda: history.missed(READER, size - AWAY, size, LIMIT),
    ]
    return [title, *(f"{milliseconds(call):,.2f} ms" for call in calls)]


def milliseconds(call: Callable[[], object]) -> float:
    """Return the median of the times that a call takes, once at least."""
    times: list[float] = []
    deadline = time.perf_counter() + PATIENCE
    while not times or time.perf_counter() < deadline:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return median(times) * 1000


def explain(store: Collection[Document]) -> str:
    """Return in a sentence by what MongoDB finds the newest ten."""
    found = store.find({"audience": {"$in": list(READER)}}, sort=[("_id", DESCENDING)], limit=10)
    stats = found.explain()["executionStats"]
    return (
        f"For the newest ten of {store.estimated_document_count():,} MongoDB looks at {stats['totalKeysExamined']:,} "
        f"keys of its index and {stats['totalDocsExamined']:,} messages."
    )


def main() -> None:
    """Measure, print the table, and put it into README.md."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows, remarks = [], []
    for size in SIZES:
        rows.append(measure(f"mongomock alone, {size:,}", History(mongomock_collection(size))))
        rows.append(measure(f"mongomock with the lessons' indexes, {size:,}", indexed_history(size)))
        if url := os.environ.get("MONGODB_URL"):
            with mongodb_collection(url, size) as store:
                rows.append(measure(f"MongoDB, {size:,}", History(store)))
                remarks.append(explain(store))
    show_progress("")
    heading = ["", "send", "newest ten", f"missed of the last {AWAY:,}"]
    versions = f"{with_version('mongomock')}, {with_version('pymongo')}."
    text = "\n\n".join([f"{describe_machine()} {versions}", markdown(heading, rows), *remarks])
    print(text)
    publish("history", text)


if __name__ == "__main__":
    main()
