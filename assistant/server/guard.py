"""Who is let in: a pure ASGI guard around every path that is not said to be open."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.server.options import ServeOptions
from assistant.server.users import User

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

VISITOR = "assistant.visitor"
"""Key of the scope under which the guard leaves the name of whoever it let in."""

LOCAL = "local"
"""The visitor of a server that only this machine reaches and that has no login."""

COOKIE = "article-assistant"
LOGIN_LASTS_S = 12 * 3600
_LOGINS = 10_000
_LOGGED_OUT = "You are not logged in any more. Load the page again to log in."
_SAFE = {"GET", "HEAD", "OPTIONS"}
_NAME_CHARS = 64


class Logins:
    """The tokens of those who have logged in, in memory: a restart logs everybody out."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, float]] = {}

    def begin(self, name: str) -> str:
        """Return a new token for a user."""
        while len(self._names) >= _LOGINS:
            self._names.pop(next(iter(self._names)))
        token = secrets.token_urlsafe(32)
        self._names[token] = (name, time.monotonic() + LOGIN_LASTS_S)
        return token

    def name(self, token: str) -> str | None:
        """Return whose token it is; None if nobody's, or no longer."""
        name, until = self._names.get(token, ("", 0.0))
        if time.monotonic() < until:
            return name
        self._names.pop(token, None)
        return None

    def end(self, token: str) -> None:
        """Forget a token."""
        self._names.pop(token, None)


class Guard:
    """Lets those in who are known, names them in the scope, and refuses writes of other origins.

    Paths below `open_paths` need no login; those below `keyed_paths` look after themselves
    altogether, and say in their own words what they refuse.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        options: ServeOptions,
        users: dict[str, User],
        logins: Logins,
        open_paths: tuple[str, ...],
        keyed_paths: tuple[str, ...],
    ) -> None:
        self.app = app
        self._keyed_paths = keyed_paths
        self._options = options
        self._users = users
        self._logins = logins
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or send to the login page, or pass on."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        from starlette.responses import JSONResponse, RedirectResponse, Response

        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refused: Response | None = None
        name = self._name(scope, headers)
        path = scope["path"]
        is_keyed = is_below(path, self._keyed_paths)
        is_open = is_keyed or is_below(path, self._open_paths)
        if not is_keyed and _is_foreign_write(scope, headers):
            refused = JSONResponse({"error": "This request comes from another site."}, 403)
        elif name is None and not is_open:
            if scope["type"] == "http" and "text/html" in headers.get("accept", ""):
                refused = RedirectResponse("/login", 303)
            else:
                refused = JSONResponse({"error": _LOGGED_OUT}, 401)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self.app({**scope, VISITOR: name}, receive, send)

    def _name(self, scope: Scope, headers: dict[str, str]) -> str | None:
        options = self._options
        if not options.has_login:
            return LOCAL
        if options.user_header is not None:
            client = scope.get("client")
            named = headers.get(options.user_header.lower(), "").strip()
            if client and client[0] in options.trusted_proxies and 0 < len(named) <= _NAME_CHARS:
                return named if named.isprintable() else None
        if options.users_file is not None:
            name = self._logins.name(read_token(headers.get("cookie", "")))
            return name if name in self._users else None
        return None


def read_token(cookies: str) -> str:
    """Return the token of a Cookie header; empty if there is none."""
    from starlette.requests import cookie_parser

    return cookie_parser(cookies).get(COOKIE, "")


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Tell whether a path is one of these places or below one."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


def is_foreign(origin: str, host: str) -> bool:
    """Tell whether an Origin header is of another site than the Host header."""
    try:
        return urlsplit(origin).netloc.lower() != host.lower()
    except ValueError:
        return True


def _is_foreign_write(scope: Scope, headers: dict[str, str]) -> bool:
    """Tell whether a page of another origin wants to change something with our cookies."""
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in _SAFE):
        return False
    return is_foreign(origin, headers.get("host", ""))
