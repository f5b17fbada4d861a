"""The clock with tornado, as a handler is first written: each client waits, formats and sends for itself."""

import asyncio
import time

from tornado.iostream import StreamClosedError
from tornado.locks import Condition
from tornado.web import Application, RequestHandler

from benchmarks.peers.arguments import http_arguments


def now() -> str:
    return time.strftime("%H:%M:%S")


class News:
    """What the waiting clients share."""

    def __init__(self) -> None:
        self.sequence = 0
        self.condition = Condition()

    async def tick(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self.sequence += 1
            self.condition.notify_all()


news = News()


class Polling(RequestHandler):
    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(now())


class LongPolling(RequestHandler):
    async def get(self) -> None:
        await news.condition.wait()
        self.write({"cursor": news.sequence, "time": now()})


class EventStream(RequestHandler):
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        await self.flush()
        try:
            while True:
                await news.condition.wait()
                self.write(f"id: {news.sequence}\ndata: {now()}\n\n")
                await self.flush()
        except StreamClosedError:
            return


HANDLERS = {"polling": Polling, "long-polling": LongPolling, "sse": EventStream}


async def main() -> None:
    arguments = http_arguments()
    application = Application([("/clock", HANDLERS[arguments.mode])])
    application.listen(arguments.port, "127.0.0.1", backlog=1024)
    await news.tick(arguments.interval)


asyncio.run(main())
