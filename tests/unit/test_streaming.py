"""A blocking iterator, read from an event loop, and put down at any moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from assistant.streaming import iterate_in_thread


class Steps:
    """An iterator whose second step waits until the test lets it go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.waiting = threading.Event()
        self.closed_in: str | None = None
        self.ended = threading.Event()

    def stream(self) -> Iterator[int]:
        try:
            yield 1
            self.waiting.set()
            self.go_on.wait(10)
            yield 2
            yield 3
        finally:
            self.closed_in = threading.current_thread().name


async def test_every_item_comes_in_order() -> None:
    steps = Steps()
    steps.go_on.set()
    found = [item async for item in iterate_in_thread(steps.stream, ended=steps.ended.set)]
    assert found == [1, 2, 3]
    assert steps.ended.is_set()


async def test_an_error_reaches_the_reader() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise OSError("broken")

    items = iterate_in_thread(fail)
    assert await anext(items) == 1
    with pytest.raises(OSError, match="broken"):
        await anext(items)


async def test_a_reader_cancelled_in_the_middle_of_a_step_closes_the_iterator() -> None:
    steps = Steps()

    async def read() -> None:
        async for _ in iterate_in_thread(steps.stream, ended=steps.ended.set):
            pass

    reading = asyncio.create_task(read())
    await asyncio.to_thread(steps.waiting.wait, 10)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not steps.ended.is_set()
    steps.go_on.set()
    assert await asyncio.to_thread(steps.ended.wait, 10)
    assert steps.closed_in == "stream"


async def test_a_reader_that_stops_closes_the_iterator() -> None:
    steps = Steps()
    steps.go_on.set()
    items = iterate_in_thread(steps.stream, ended=steps.ended.set)
    assert await anext(items) == 1
    await items.aclose()
    assert await asyncio.to_thread(steps.ended.wait, 10)
    assert steps.closed_in == "stream"
