"""Calls to the store: carried out in their order beside the loop, with their results and errors for the caller."""

import asyncio
import threading

import pytest
from pymongo.errors import AutoReconnect, PyMongoError

from lessons.chat.storage.store import ChatStore, open_database


def with_store(play):
    async def run():
        store = ChatStore(open_database())
        try:
            return await play(store)
        finally:
            store.close()

    return asyncio.run(run())


def fail():
    raise PyMongoError("down")


def test_calls_are_carried_out_in_their_order_on_a_thread_of_their_own():
    called = []

    def note(number):
        called.append(number)
        return number, threading.current_thread()

    async def play(store):
        return await asyncio.gather(*(store.call(note, number) for number in range(100)))

    numbers, threads = zip(*with_store(play), strict=True)
    assert called == list(numbers) == list(range(100))
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()


def test_an_error_is_its_callers_alone():
    async def play(store):
        before, failing, after = store.call(str, 1), store.call(fail), store.call(str, 2)
        return await asyncio.gather(before, failing, after, return_exceptions=True)

    before, error, after = with_store(play)
    assert (before, after) == ("1", "2")
    with pytest.raises(PyMongoError, match="down"):
        raise error


def test_a_caller_that_has_gone_is_no_error():
    may_go_on = threading.Event()
    errors = []

    async def play(store):
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context))
        impatient = asyncio.create_task(store.call(may_go_on.wait, 10))
        await asyncio.sleep(0)
        impatient.cancel()
        may_go_on.set()
        return await asyncio.wait_for(store.call(str, "result"), 10)

    assert with_store(play) == "result"
    assert errors == []


def test_a_result_does_not_wait_for_the_calls_behind_it():
    may_go_on = threading.Event()

    async def play(store):
        first, second = (
            asyncio.create_task(store.call(str, "first")),
            asyncio.create_task(store.call(may_go_on.wait, 10)),
        )
        result = await asyncio.wait_for(first, 10)
        assert not second.done()
        may_go_on.set()
        await second
        return result

    assert with_store(play) == "first"


def test_a_store_that_does_not_answer_is_waited_for_once():
    go_on = threading.Event()

    def find_nobody():
        go_on.wait(10)
        raise AutoReconnect("no answer")

    async def play(store):
        waiting = asyncio.gather(
            store.call(find_nobody), *(store.call(str, n) for n in range(3)), return_exceptions=True
        )
        await asyncio.sleep(0)
        go_on.set()
        return await waiting, await store.call(str, 4)

    told, later = with_store(play)
    assert [type(each) for each in told] == [AutoReconnect] * 4
    assert later == "4"


def test_a_store_that_is_closed_behind_a_failure_ends_its_thread():
    async def play(store):
        first = store.call(fail_to_connect)
        task = asyncio.ensure_future(first)
        await asyncio.sleep(0)
        store.close()
        await asyncio.gather(task, return_exceptions=True)

    def fail_to_connect():
        raise AutoReconnect("no answer")

    with_store(play)
