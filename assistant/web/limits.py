"""Bounds on how often, and on how much at a time."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_REMEMBERED = 10_000
_MINUTE_S = 60.0


class AtOnce:
    """Lets each name do so many things at a time. Belongs to one event loop."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._doing: Counter[str] = Counter()

    @contextmanager
    def one(self, name: str) -> Iterator[bool]:
        """Count one more thing that this name does; False, and not counted, if it does enough."""
        if self._doing[name] >= self.limit:
            yield False
            return
        self._doing[name] += 1
        try:
            yield True
        finally:
            self._doing[name] -= 1
            if not self._doing[name]:
                del self._doing[name]


class RateLimit:
    """Lets each name through so many times in any minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def forget(self, name: str) -> None:
        """Take back the last try of this name: what succeeds need not count."""
        with self._lock:
            if times := self._times.get(name):
                times.pop()

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
