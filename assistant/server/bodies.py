"""How much a request may carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.server.guard import VISITOR, is_below
from assistant.web.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD_PATHS = ("/gradio_api/upload", "/upload")
_MESSAGE_BYTES = 1_000_000
_FILES_AT_ONCE = 4


class _TooLongError(Exception):
    """The body grew beyond what it may be."""


class BodyLimit:
    """Refuses bodies that are too long, and uploads of those who may not or do so too often.

    `open_paths`, and all below them, have limits of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        upload_bytes: int,
        uploads_per_minute: int,
        may_upload: Callable[[str], bool],
        open_paths: tuple[str, ...] = (),
    ) -> None:
        self.app = app
        self._upload_bytes = upload_bytes * _FILES_AT_ONCE
        self._uploads = RateLimit(uploads_per_minute)
        self._may_upload = may_upload
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, 413 or 429, or pass on while counting."""
        if (
            scope["type"] != "http"
            or scope["method"] in {"GET", "HEAD", "OPTIONS"}
            or is_below(scope["path"], self._open_paths)
        ):
            await self.app(scope, receive, send)
            return
        is_upload = scope["path"].rstrip("/").endswith(UPLOAD_PATHS)
        visitor = scope.get(VISITOR) or ""
        most = self._upload_bytes if is_upload else _MESSAGE_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if is_upload and not self._may_upload(visitor):
            await _refuse(403, "You may not add articles.", scope, receive, send)
        elif is_upload and not self._uploads.allows(visitor):
            await _refuse(429, "Too many uploads. Wait a minute.", scope, receive, send)
        elif not declared.isdigit() or int(declared) > most:
            await _refuse(413, "That is too long.", scope, receive, send)
        else:
            await self._count(scope, receive, send, most)

    async def _count(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        seen, started = 0, False

        async def receive_counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise _TooLongError
            return message

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            if seen > most and message["type"] == "http.response.start":
                message = {**message, "status": 413}  # the framework took it for a broken body
            await send(message)

        try:
            await self.app(scope, receive_counting, send_noting)
        except _TooLongError:
            if not started:
                await _refuse(413, "That is too long.", scope, receive, send)


async def _refuse(status: int, words: str, scope: Scope, receive: Receive, send: Send) -> None:
    from starlette.responses import JSONResponse

    await JSONResponse({"error": words}, status)(scope, receive, send)
