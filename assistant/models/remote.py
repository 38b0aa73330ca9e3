"""A client of a chat model's server that may be restarting, busy, or gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from assistant.settings import Settings

logger = logging.getLogger(__name__)

_BUSY = {408, 409, 425, 429, 500, 502, 503, 504}
_FAILURES = 5
"""Tries that fail in a row before the server is left alone."""

_CONNECT_S = 10.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 20.0


class CircuitOpenError(Exception):
    """The server failed too often in a row and is left alone for a while."""

    def __init__(self, failures: int, rest_s: float) -> None:
        super().__init__(f"failed {failures} times in a row and is left alone for {rest_s:.0f} s")


class Circuit:
    """Opens after failures in a row; after `rest_s` one request tries whether to close it again.

    The pattern is Nygard's (Release It!, 2007). Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        failures: int = _FAILURES,
        rest_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_until = 0.0

    def check(self) -> None:
        """Let a request pass, or raise CircuitOpenError."""
        with self._lock:
            if self._failed < self._limit:
                return
            left = self._closed_until - self._clock()
            if left > 0:
                raise CircuitOpenError(self._failed, left)
            # This request is the one that tries; the others go on waiting.
            self._closed_until = self._clock() + self._rest_s

    def succeed(self) -> None:
        """Note that the server answered."""
        with self._lock:
            self._failed = 0

    def fail(self) -> None:
        """Note that the server did not answer, or was not able to serve."""
        with self._lock:
            self._failed += 1
            self._closed_until = self._clock() + self._rest_s


class _BusyError(Exception):
    """The server answered that it cannot serve now."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class SteadyClient(httpx.Client):
    """Repeats requests that did not reach a working server, with growing pauses.

    What may have been begun is not repeated: a response whose headers came, and a read that
    timed out. A streamed reply that lasts longer than `longest_s` is a time-out as well: with
    each word of a server that only says that it is alive, httpx's own begins anew.
    """

    def __init__(
        self,
        *,
        tries: int,
        circuit: Circuit,
        longest_s: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._longest_s = longest_s
        self._tries = tries
        self._circuit = circuit
        self._sleep = sleep

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request, perhaps more than once; the last response is returned as it is.

        Raises:
            CircuitOpenError: the server is left alone.
            httpx.TransportError: the server was not reached, or fell silent.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._tries),
            retry=retry_if_exception(_is_worth_repeating),
            wait=_pause,
            sleep=self._sleep,
            before_sleep=_log,
            reraise=True,
        )
        try:
            return retrying(self._send_once, request, options)
        except _BusyError as error:
            return error.response

    def _send_once(self, request: httpx.Request, options: dict[str, Any]) -> httpx.Response:
        self._circuit.check()
        try:
            response = super().send(request, **options)
        except httpx.TransportError:
            self._circuit.fail()
            raise
        if response.status_code in _BUSY:
            # 429 is an answer of a server that works: it is waited for, not left alone.
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                self._circuit.fail()
            response.read()
            raise _BusyError(response)
        self._circuit.succeed()
        if self._longest_s is not None and not response.is_closed:
            response.stream = _Bounded(response.stream, time.monotonic() + self._longest_s)
        return response


class _Bounded(httpx.SyncByteStream):
    """A stream that has to end by a moment of the clock."""

    def __init__(self, inner: Any, until: float) -> None:
        self._inner = inner
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            if time.monotonic() > self._until:
                raise httpx.ReadTimeout("The reply took too long.")
            yield piece

    def close(self) -> None:
        self._inner.close()


def steady_client(settings: Settings) -> SteadyClient:
    """Return the client for the chat model's server of these settings."""
    return SteadyClient(
        tries=settings.chat_tries,
        circuit=Circuit(rest_s=settings.chat_rest_s),
        longest_s=settings.chat_timeout_s,
        timeout=httpx.Timeout(settings.chat_timeout_s, connect=_CONNECT_S),
    )


def _is_worth_repeating(error: BaseException) -> bool:
    if isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout)):
        return False
    return isinstance(error, (_BusyError, httpx.TransportError))


def _pause(state: RetryCallState) -> float:
    """Double the pause with every try; wait as long as the server says where it does."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _BusyError):
        said = error.response.headers.get("retry-after", "")
        if said.isdecimal():
            return min(float(said), _LONGEST_WAIT_S)
    pause: float = _FIRST_WAIT_S * 2 ** (state.attempt_number - 1)
    return min(pause, _LONGEST_WAIT_S)


def _log(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    logger.warning("the chat model's server failed (%s); again in %.1f s", error, pause)
