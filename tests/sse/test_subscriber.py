"""What is written to a connection arrives whole and in order, however much of it the system takes at a time."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from lessons.sse.subscriber import Subscriber


class FakeStream:
    """Stands in for tornado's stream and its socket, which takes as many bytes of each write as it was told."""

    def __init__(self, accepted):
        self.socket = self
        self.arrived = b""
        self._accepted = iter(accepted)
        self._waiting = b""

    def send(self, data):
        assert not self._waiting, "this would overtake what waits"
        count = min(next(self._accepted), len(data))
        if count == 0:
            raise BlockingIOError
        self.arrived += data[:count]
        return count

    def write(self, data):
        self._waiting += data

    def let_through(self):
        self.arrived += self._waiting
        self._waiting = b""

    def writing(self):
        return bool(self._waiting)

    def closed(self):
        return False

    def read_until_close(self):
        return asyncio.get_running_loop().create_future()


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=12))
def test_events_arrive_whole_and_in_order(steps):
    async def arrived():
        stream = FakeStream([count for count, _ in steps])
        subscriber = Subscriber(stream, chunked=False, on_gone=lambda _: None)
        for number, (_, room) in enumerate(steps):
            subscriber.send(b"data: %d\n\n" % number)
            if room:
                stream.let_through()
        stream.let_through()
        return stream.arrived

    assert asyncio.run(arrived()) == b"".join(b"data: %d\n\n" % number for number in range(len(steps)))
