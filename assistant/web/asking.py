"""One question on its way: evidence at once, then a place in the queue, then the answer."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from assistant.admission import Admission, Ticket
from assistant.errors import AssistantError, BusyError
from assistant.streaming import iterate_in_thread
from assistant.types import Event, Finished, Token, Turn
from assistant.web.turns import TurnView, advance

if TYPE_CHECKING:
    from assistant.assistant import Assistant

logger = logging.getLogger(__name__)

_LONGEST_S = 900.0
_REDRAW_S = 0.08
_SEARCH_UNSEEN_S = 0.25
"""A search that takes no longer is not drawn."""

_TURNS_REMEMBERED = 6
_Given = TypeVar("_Given")


class Record(Protocol):
    """Counts one question for the server's figures and log."""

    def admit(self, waited_s: float) -> None:
        """Note that it has its place in the queue, for which it waited so long."""

    def see(self, event: Event) -> None:
        """Note an event of the answer."""

    def reject(self) -> None:
        """Note that the queue was full."""

    def close(self, outcome: str) -> None:
        """Note the end; `outcome` counts if there was no answer."""


class Unrecorded:
    """Counts nothing."""

    def admit(self, waited_s: float) -> None:
        """Do nothing."""

    def see(self, event: Event) -> None:
        """Do nothing."""

    def reject(self) -> None:
        """Do nothing."""

    def close(self, outcome: str) -> None:
        """Do nothing."""


class _Stopped(Exception):  # noqa: N818 - nobody failed
    """The asker does not want the answer any more."""


async def answer_turn(
    assistant: Assistant,
    admission: Admission,
    view: TurnView,
    history: Sequence[Turn],
    stop: asyncio.Event,
    record: Record,
) -> AsyncGenerator[TurnView, None]:
    """Yield what is known whenever it changed; the last view is live no more.

    The evidence does not wait for others' answers, only the drafting does. Whoever closes this
    iterator, or sets `stop`, ends the model's writing; the place is free again when the thread
    at work has ended.
    """
    gate = _Gate()
    events = iterate_in_thread(
        lambda: gate.stream(assistant.stream(view.question, history, where=view.where)),
        ended=gate.leave,
    )
    outcome = "abandoned"
    wait = _Wait(stop, time.monotonic() + _LONGEST_S)
    first = asyncio.ensure_future(anext(events))
    try:
        # To draw that it searches takes from the search what time it has on two cores.
        await asyncio.wait({first}, timeout=_SEARCH_UNSEEN_S)
        if not first.done():
            yield view
        retrieved = await wait.until(first)
        record.see(retrieved)
        view = advance(view, retrieved)
        yield view
        with admission.enter() as ticket:
            places = ticket.places()
            while (place := await wait.until(anext(places, 0))) > 0:
                yield dataclasses.replace(view, stage="waiting", place=place)
            record.admit(ticket.waited_s)
            gate.let_through(ticket)
        drawn = time.monotonic()
        while (event := await wait.until(anext(events, None))) is not None:
            record.see(event)
            view = advance(view, event)
            if not isinstance(event, Token) or time.monotonic() - drawn >= _REDRAW_S:
                drawn = time.monotonic()
                yield view
            if isinstance(event, Finished):
                return
    except _Stopped:
        yield dataclasses.replace(view, stage="stopped")
    except Exception as error:
        outcome = "failed"
        if isinstance(error, BusyError):
            record.reject()
        yield dataclasses.replace(view, stage="failed", problem=_problem_of(error))
    finally:
        if not first.done():
            first.cancel()
            await asyncio.wait({first})
        await events.aclose()
        gate.close()
        record.close(outcome)


def _problem_of(error: Exception) -> str:
    """Say what failed; what nobody foresaw is logged."""
    if isinstance(error, AssistantError):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"There was no answer within {_LONGEST_S / 60:.0f} minutes."
    logger.error("a question failed", exc_info=error)
    return "Something went wrong; the log of the server says what."


def history_of(turns: Sequence[TurnView]) -> tuple[Turn, ...]:
    """Return the answered turns that a follow-up may lean on."""
    return tuple(
        Turn(view.answer.rewritten or view.question, view.answer.text)
        for view in turns
        if view.answer is not None
    )[-_TURNS_REMEMBERED:]


class _Gate:
    """Holds the thread of an answer after its search until it has a place."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._ticket: Ticket | None = None

    def stream(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield the events; the thread waits here before the first that a model writes."""
        with contextlib.closing(events) as opened:  # type: ignore[type-var]
            for event in opened:
                yield event
                self._opened.wait()
                if self._ticket is None:
                    return

    def let_through(self, ticket: Ticket) -> None:
        """Let the thread go on; it has the place from now on."""
        ticket.hand_over()
        self._ticket = ticket
        self._opened.set()

    def leave(self) -> None:
        """Give the place up, from the thread."""
        if self._ticket is not None:
            self._ticket.leave_from_thread()

    def close(self) -> None:
        """Send a thread that still waits away."""
        self._opened.set()


class _Wait:
    """Waits for what is coming, but no longer than until `stop` is set or the deadline."""

    def __init__(self, stop: asyncio.Event, deadline: float) -> None:
        self._stop = stop
        self._deadline = deadline

    async def until(self, coming: Awaitable[_Given]) -> _Given:
        """Return what came.

        Raises:
            _Stopped, TimeoutError: it was not waited for any longer.
        """
        stopping = asyncio.ensure_future(self._stop.wait())
        awaited = asyncio.ensure_future(coming)
        left = max(self._deadline - time.monotonic(), 0)
        try:
            await asyncio.wait(
                {stopping, awaited}, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            if awaited.done():
                return awaited.result()
            if stopping.done():
                raise _Stopped
            raise TimeoutError
        finally:
            stopping.cancel()
            if not awaited.done():
                awaited.cancel()
                await asyncio.wait({awaited})
