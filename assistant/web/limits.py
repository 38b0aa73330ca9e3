"""Bounds on how often, and on how many at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_REMEMBERED = 10_000
_MINUTE_S = 60.0


class RateLimit:
    """Lets each name through so many times in any minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, name: str) -> bool:
        """Count one more try of this name; False if it had its share of the last minute."""
        with self._lock:
            return self._counts(name, self._clock())

    def _counts(self, name: str, now: float) -> bool:
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        while times and now - times[0] >= _MINUTE_S:
            times.popleft()
        if len(times) >= self.per_minute:
            return False
        times.append(now)
        return True


class Turnstile:
    """Lets so many through at once, the others in the order in which they came."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._queue: deque[object] = deque()
        self._changed = asyncio.Condition()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[Ticket]:
        """Take a ticket; it gives its place back at the end, also if it never got through."""
        ticket = Ticket(self)
        self._queue.append(ticket)
        try:
            yield ticket
        finally:
            async with self._changed:
                if ticket.through:
                    self._free += 1
                else:
                    self._queue.remove(ticket)
                self._changed.notify_all()


class Ticket:
    """One who waits at a turnstile."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self.through = False

    @property
    def place(self) -> int:
        """How many are let through until this one is, itself counted."""
        return self._turnstile._queue.index(self) + 1

    async def places(self) -> AsyncIterator[int]:
        """Yield the place in the queue whenever it changes; ends when it is one's turn."""
        turnstile = self._turnstile
        shown = 0
        while True:
            async with turnstile._changed:
                while True:
                    if self.place <= turnstile._free:
                        turnstile._queue.remove(self)
                        turnstile._free -= 1
                        self.through = True
                        turnstile._changed.notify_all()
                        return
                    place = self.place - turnstile._free
                    if place != shown:
                        break
                    await turnstile._changed.wait()
            shown = place
            yield place
