"""A blocking iterator, read from an event loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


async def iterate_in_thread(
    open_stream: Callable[[], Iterator[T]], *, ended: Callable[[], None] | None = None
) -> AsyncGenerator[T]:
    """Yield what an iterator yields, from a thread that runs all of its steps.

    A reader that stops or is cancelled has the thread close the iterator after the step it is in,
    which cannot be interrupted and is not waited for. A slow reader does not hold the thread up.
    `ended` is called in the thread when the iterator is closed.
    """
    loop = asyncio.get_running_loop()
    came: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
    stopped = threading.Event()

    def tell(action: Callable[..., None], *values: Any) -> None:
        try:
            loop.call_soon_threadsafe(action, *values)
        except RuntimeError:  # the loop is closed: nobody reads any more
            stopped.set()

    def run() -> None:
        failure: BaseException | None = None
        try:
            stream = open_stream()
            try:
                for item in stream:
                    if stopped.is_set():
                        break
                    tell(came.put_nowait, (True, item))
            finally:
                _close(stream)
        except BaseException as error:  # handed to the reader
            failure = error
        finally:
            if ended is not None:
                ended()
            tell(came.put_nowait, (False, failure))

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="stream", daemon=True).start()
    try:
        while True:
            going_on, item = await came.get()
            if going_on:
                yield item
            elif item is not None:
                raise item
            else:
                return
    finally:
        stopped.set()


def _close(stream: Iterator[Any]) -> None:
    close = getattr(stream, "close", None)
    if close is not None:
        close()
