"""The names that the server goes by: a request for another one is refused, and told why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware

from assistant.server.api import API_PATHS
from assistant.server.api.errors import ApiError, error_response
from assistant.server.guard import is_below

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SEND = "assistant.send"
_SHOWN_CHARS = 100


class TrustedHosts(TrustedHostMiddleware):
    """Starlette's check of the Host header, refusing in the words of this server."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        super().__init__(self._let_in, allowed_hosts=allowed_hosts, www_redirect=False)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 400."""

        async def refuse(message: Message) -> None:
            # Who is let in sends by another way: this is the middleware's own response.
            if message["type"].endswith("http.response.start"):  # a web socket's has a prefix
                await _refusal(scope)(scope, receive, send)

        await super().__call__({**scope, _SEND: send}, receive, refuse)

    async def _let_in(self, scope: Scope, receive: Receive, _: Send) -> None:
        send = scope.pop(_SEND)
        await self._app(scope, receive, send)


def _refusal(scope: Scope) -> ASGIApp:
    name = Headers(scope=scope).get("host", "")[:_SHOWN_CHARS]
    error = ApiError(
        400,
        "unknown_host",
        f"This server does not go by the name {name!r}.",
        hint="Use a name that it knows, or start it with --allowed-host and this one.",
    )
    if is_below(scope["path"], API_PATHS):
        return error_response(error, None)
    return PlainTextResponse(str(error), error.status)
