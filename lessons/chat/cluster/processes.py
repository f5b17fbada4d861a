"""Several chat servers, each in a process of its own, that are one chat: they share a store, and a Redis."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from lessons.chat.cluster.local_redis import local_redis
from lessons.chat.cluster.mongodb_stand_in import mongodb_stand_in
from lessons.errors import LessonError
from lessons.serving.child_process import ChildProcess

NO_REDIS = (
    "redis-server isn't installed here (Debian and Ubuntu: apt-get install redis-server). The processes are one chat "
    "all the same: without a Redis to tell them, each looks into the store twice a second for what the others stored."
)

_former: ChatProcesses | None = None


class ChatProcesses:
    """Runs `lessons serve chat` several times. Making them again, as when a cell runs again, ends the former ones.

    They end with the kernel, however it ends, and so do the Redis and the store that are started for them.

    Args:
        count: how many.

    Raises:
        LessonError: if one doesn't start.

    Attributes:
        urls: where they are, such as `http://127.0.0.1:49152`.
    """

    def __init__(self, count: int = 2) -> None:
        global _former
        if _former is not None:
            _former.close()
        with ExitStack() as stack:
            command = [sys.executable, "-m", "lessons", "serve", "chat", *_shared(stack)]
            servers = [stack.enter_context(ChildProcess(command)) for _ in range(count)]
            self.urls = [server.read_line().removeprefix("chat: ").rstrip("/") for server in servers]
            self._ends = stack.pop_all()
        _former = self

    def close(self) -> None:
        """End them all, and what was started for them; a second call does nothing."""
        self._ends.close()

    def __repr__(self) -> str:
        return f"<{len(self.urls)} chat servers, each in a process of its own: {', '.join(self.urls)}>"


def _shared(stack: ExitStack) -> list[str]:
    """Start what the servers share, to end with the stack; return the options that name it."""
    store = ["--mongodb", stack.enter_context(_store())]
    redis = stack.enter_context(local_redis())
    if redis is None:
        print(NO_REDIS, file=sys.stderr)
        return store
    return [*store, "--redis", redis]


@contextmanager
def _store() -> Iterator[str]:
    """Yield the URL of an empty store, in the MongoDB that MONGODB_URL names or else in the stand-in."""
    url = os.environ.get("MONGODB_URL")
    if url is None:
        with mongodb_stand_in() as url:
            yield url
        return
    name = f"lessons-{uuid4().hex}"
    with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=3000) as client:
        try:
            client.admin.command("ping")
        except PyMongoError as error:
            raise LessonError(f"the MongoDB that MONGODB_URL names doesn't answer ({error})") from None
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        client.drop_database(name)
