"""Around every request: an id, a size limit, a count, a line in the log, an honest failure."""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.server.api.errors import API_PATHS, ApiError, error_response, internal_error
from assistant.server.api.events import ClientLeftError
from assistant.server.guard import is_below
from assistant.server.metrics import Metrics
from assistant.tracing import RequestSpan, request_span

if TYPE_CHECKING:
    from assistant.tracing.recording import Tracing

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = {"/healthz", "/readyz", "/metrics"}
_MCP = "/mcp"
_ENVELOPE_BYTES = 1_000_000
"""What a multipart body may have beside its file."""


class ApiMiddleware:
    """Pure ASGI, so that streams stream and disconnections are seen. The web chat passes by."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        limits: Mapping[str, int],
        limit: int,
        tracing: Tracing | None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._limits = limits
        self._limit = limit
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not is_below(scope["path"], API_PATHS):
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        body = _LimitedBody(receive, self._limit_of(scope))

        replaced = False

        async def reply(message: Message) -> None:
            nonlocal status, replaced
            if replaced:
                return
            if message["type"] == "http.response.start":
                if body.too_large and message["status"] != 413:
                    # Whoever read the body made an error of its own of the one raised there.
                    await error_response(_TooLargeError(body.limit), request_id)(
                        scope, receive, reply
                    )
                    replaced = True
                    return
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        tracing = None if scope["path"] in _QUIET else self._tracing
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            request_span(tracing, scope["method"], headers, request_id) as span,
        ):
            try:
                body.check_declared(headers)
                await self._app(scope, body.receive, reply)
            except _TooLargeError as error:
                if status == 0:
                    await error_response(error, request_id)(scope, receive, reply)
            except ClientLeftError:
                return
            except Exception:
                log.exception("request failed", method=scope["method"], route=_route(scope))
                if status != 0:
                    raise
                await error_response(internal_error(), request_id)(scope, receive, reply)
            finally:
                self._record(scope, status, time.monotonic() - began, span)

    def _limit_of(self, scope: Scope) -> int | None:
        if scope["path"] == _MCP:  # has a limit of its own
            return None
        return self._limits.get(scope["path"], self._limit)

    def _record(self, scope: Scope, status: int, seconds: float, span: RequestSpan) -> None:
        route = _route(scope)
        # A client that left before the response began has no status of its own.
        known = int(status) or 499
        self._metrics.count_request(scope["method"], route, known, seconds)
        span.end(route, known)
        if route not in _QUIET:
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=known,
                seconds=round(seconds, 4),
                key=scope.get("state", {}).get("key_id"),
            )


class _LimitedBody:
    """A request's body, of which no more than the limit is read."""

    def __init__(self, receive: Receive, limit: int | None) -> None:
        self._receive = receive
        self._taken = 0
        self.limit = sys.maxsize if limit is None else limit

    @property
    def too_large(self) -> bool:
        return self._taken > self.limit

    def check_declared(self, headers: Headers) -> None:
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self.limit:
            raise _TooLargeError(self.limit)

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self.too_large:
            raise _TooLargeError(self.limit)
        return message


class _TooLargeError(ApiError):
    def __init__(self, limit: int) -> None:
        super().__init__(
            413,
            "too_large",
            f"The request has more than {limit:,} bytes.",
            hint="Send less at once, or raise ASSISTANT_SOURCE_BYTES for articles.",
        )


def upload_limit(source_bytes: int) -> int:
    """Return the limit of a request that brings a file of at most so many bytes."""
    return source_bytes + _ENVELOPE_BYTES


def _route(scope: Scope) -> str:
    """Return the template of the route, which has no words of the user in it."""
    path: str | Callable[[], str] | None = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "other"


def bind_key(request: Request, key_id: str | None) -> None:
    """Note under whose key a request runs, for the log."""
    request.scope.setdefault("state", {})["key_id"] = key_id
