"""Who is answered now, who waits, and who is sent away."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from typing import Self

from assistant.errors import AssistantError, BusyError, ClosingError

_FIRST_GUESS_S = 10.0
_MEMORY = 0.8
"""Weight of the past in the running mean of an answer's seconds."""

_LONGEST_RETRY_S = 120


class Admission:
    """Admits questions: `at_once` are answered, `waiting` more wait in order of arrival.

    Belongs to one event loop; only `Ticket.leave_from_thread` may be called elsewhere.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self.at_once = at_once
        self.waiting_limit = waiting
        self._running: set[Ticket] = set()
        self._queue: deque[Ticket] = deque()
        self._closing = False
        self._mean_s = _FIRST_GUESS_S
        self._idle = asyncio.Event()
        self._idle.set()
        self._moved = asyncio.Event()

    @property
    def running(self) -> int:
        """Questions that are being answered."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Questions that wait for their turn."""
        return len(self._queue)

    @property
    def closing(self) -> bool:
        """Whether nobody is admitted any more."""
        return self._closing

    def enter(self) -> Ticket:
        """Give a place at work or in the queue; whoever gets it must leave.

        Raises:
            BusyError: the queue is full.
            ClosingError: the server is shutting down.
        """
        if self._closing:
            raise ClosingError
        ticket = Ticket(self)
        if self.running < self.at_once:
            self._start(ticket)
        elif self.waiting < self.waiting_limit:
            self._queue.append(ticket)
        else:
            raise BusyError(self.retry_after_s())
        return ticket

    def retry_after_s(self) -> int:
        """Estimate the seconds until a place in the queue is free."""
        ahead = self.waiting + 1
        return max(1, min(math.ceil(self._mean_s * ahead / self.at_once), _LONGEST_RETRY_S))

    def stop(self) -> None:
        """Admit nobody any more, and send away those who wait."""
        self._closing = True
        for ticket in tuple(self._queue):
            ticket.refuse(ClosingError())
        self._queue.clear()
        self._tell()

    async def close(self, *, grace_s: float) -> bool:
        """Stop, and wait for those at work; False if some did not end."""
        self.stop()
        try:
            await asyncio.wait_for(self._idle.wait(), grace_s)
        except TimeoutError:
            return False
        return True

    def _start(self, ticket: Ticket) -> None:
        self._running.add(ticket)
        self._idle.clear()
        ticket.start()

    def _leave(self, ticket: Ticket) -> None:
        if ticket in self._running:
            self._running.remove(ticket)
            self._mean_s = _MEMORY * self._mean_s + (1 - _MEMORY) * ticket.worked_s
            while self._queue and self.running < self.at_once:
                self._start(self._queue.popleft())
            if not self._running:
                self._idle.set()
        elif ticket in self._queue:
            self._queue.remove(ticket)
        self._tell()

    def _place(self, ticket: Ticket) -> int:
        return self._queue.index(ticket) + 1

    def _tell(self) -> None:
        """Wake those who watch their place."""
        self._moved.set()
        self._moved = asyncio.Event()


class Ticket:
    """A place at work or in the queue. Used as a context, it is left at the end.

    Once `hand_over` was called, a thread has the place and leaves it.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._loop = asyncio.get_running_loop()
        self._turn: asyncio.Future[None] = self._loop.create_future()
        self._entered = self._loop.time()
        self._started = self._entered
        self._handed_over = False

    def start(self) -> None:
        """Begin the turn."""
        self._started = self._loop.time()
        if not self._turn.done():
            self._turn.set_result(None)

    def refuse(self, error: AssistantError) -> None:
        """End the wait with an error."""
        if not self._turn.done():
            self._turn.set_exception(error)
            self._turn.exception()  # it may be that nobody waits

    @property
    def waited_s(self) -> float:
        """Seconds in the queue, once the turn has begun."""
        return self._started - self._entered

    @property
    def worked_s(self) -> float:
        """Seconds since the turn began."""
        return self._loop.time() - self._started

    async def turn(self) -> None:
        """Wait for the turn. Raises ClosingError if it will not come."""
        await asyncio.shield(self._turn)

    async def places(self) -> AsyncIterator[int]:
        """Yield the place in the queue, from 1, whenever it changes; ends when the turn begins.

        Raises ClosingError if it will not come.
        """
        shown = 0
        while not self._turn.done():
            moved, place = self._admission._moved, self._admission._place(self)
            if place == shown:
                await moved.wait()
                continue
            shown = place
            yield place
        await self.turn()

    def hand_over(self) -> None:
        """Let `leave` do nothing from now on: a thread will call `leave_from_thread`."""
        self._handed_over = True

    def leave(self) -> None:
        """Give the place up, unless a thread has it; may be called more than once."""
        if not self._handed_over:
            self._admission._leave(self)

    def leave_from_thread(self) -> None:
        """Give the place up, from the thread that has it."""
        # RuntimeError: the event loop is closed, and with it everyone who could wait.
        try:
            self._loop.call_soon_threadsafe(self._admission._leave, self)
        except RuntimeError:
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
