"""Spans around what is done. Without a tracing in use each costs a look at a variable.

A span has no text of questions and articles. What an error says may hold some, so a span keeps
its kind alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from assistant.tracing.recording import Tracing

T = TypeVar("T")
Value = str | int | float | bool

_in_use: ContextVar[Tracing | None] = ContextVar("assistant_tracing", default=None)


class Span(Protocol):
    """A step that is going on."""

    def set_attribute(self, key: str, value: Value) -> None:
        """Note a fact about it."""


class RequestSpan(Protocol):
    """A request that is being served."""

    def end(self, route: str, status: int) -> None:
        """Note how it ended; `route` is a template, without words of the caller."""


class _NoSpan:
    def set_attribute(self, key: str, value: Value) -> None:
        """Note nothing."""

    def end(self, route: str, status: int) -> None:
        """Note nothing."""


_NO_SPAN = _NoSpan()


@contextmanager
def use(tracing: Tracing | None) -> Iterator[None]:
    """Have the steps of the block recorded, also those in threads that take its context along."""
    if tracing is None:
        yield
        return
    token = _in_use.set(tracing)
    try:
        with tracing.model_calls():
            yield
    finally:
        _in_use.reset(token)


@contextmanager
def span(name: str, attributes: Mapping[str, Value] | None = None) -> Iterator[Span]:
    """Record a step below the one that is going on."""
    tracing = _in_use.get()
    if tracing is None:
        yield _NO_SPAN
        return
    with tracing.step(name, attributes or {}) as found:
        yield found


@contextmanager
def request_span(
    tracing: Tracing | None, method: str, headers: Mapping[str, str], request_id: str
) -> Iterator[RequestSpan]:
    """Record a request, below the caller's span if `traceparent` among its headers names one."""
    if tracing is None:
        yield _NO_SPAN
        return
    with use(tracing), tracing.request(method, headers, request_id) as found:
        yield found


def stream_traced(tracing: Tracing | None, events: Generator[T, None, None]) -> Iterator[T]:
    """Yield the events, each made in a context of their own.

    So a span may stay open between two events, whoever reads them and wherever.
    """
    return events if tracing is None else _stream_traced(tracing, events)


def _stream_traced(tracing: Tracing, events: Generator[T, None, None]) -> Iterator[T]:
    context = copy_context()
    recorded = _recorded(tracing, events)
    try:
        while True:
            try:
                event = context.run(next, recorded)
            except StopIteration:
                return
            yield event
    finally:
        context.run(recorded.close)


def _recorded(tracing: Tracing, events: Generator[T, None, None]) -> Generator[T, None, None]:
    with use(tracing):
        yield from events
