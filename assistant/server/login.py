"""The login page: a plain form, throttled by address and by name."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Container
from dataclasses import dataclass
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.server.guard import COOKIE, LOGIN_LASTS_S, Logins, read_token
from assistant.server.users import User, password_fits
from assistant.web.limits import RateLimit

_BODY_BYTES = 4096
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>Log in · Article assistant</title><style>
:root {{ --ink: #1c1b19; --paper: #fbfaf7; --line: #8b877e; --accent: #1f4f82; --bad: #9b1c1c; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #eceae4; --paper: #171614; --line: #77736a; --accent: #9cc4ee; --bad: #f2a3a3 }}
}}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  display: grid; place-items: center; min-height: 100vh; margin: 0; }}
form {{ width: min(20rem, 86vw); display: grid; gap: .9rem; }}
h1 {{ font: 600 1.5rem/1.2 Charter, Georgia, serif; margin: 0; }}
label {{ display: grid; gap: .25rem; }}
input, button {{ font: inherit; padding: .55rem .7rem; border: 1px solid var(--line);
  border-radius: 6px; background: transparent; color: inherit; }}
button {{ background: var(--accent); color: var(--paper); border-color: var(--accent); }}
p {{ margin: 0; color: var(--bad); }}
</style></head><body><main><form method="post" action="/login"><h1>Article assistant</h1>{problem}
<label>Name <input name="name" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required>
</label><button>Log in</button></form></main></body></html>"""


@dataclass(frozen=True, slots=True)
class _Caller:
    address: str
    scheme: str


def login_router(
    users: dict[str, User],
    logins: Logins,
    *,
    tries_per_minute: int,
    trusted_proxies: Container[str] = (),
) -> APIRouter:
    """Build the routes by which people of a users file come and go.

    A proxy at one of `trusted_proxies` says in `X-Forwarded-For` and `X-Forwarded-Proto` who
    calls and how. Only tries that fail count against `tries_per_minute`.
    """
    router = APIRouter()

    def caller_of(request: Request) -> _Caller:
        address = request.client.host if request.client else ""
        if address not in trusted_proxies:
            return _Caller(address, request.url.scheme)
        told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
        return _Caller(told or address, scheme.strip().lower())

    tries = RateLimit(tries_per_minute)

    @router.get("/login")
    async def show_login() -> Response:
        return _page("")

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _BODY_BYTES:
                return _page("That is too long.", 413)
        form = parse_qs(body.decode("utf-8", "replace"))
        name, password = (form.get(field, [""])[0] for field in ("name", "password"))
        trying = (f"address {caller_of(request).address}", f"name {name[:64]}")
        if not all(map(tries.allows, trying)):
            return _page("Too many tries. Wait a minute.", 429)
        user = users.get(name)
        if not await asyncio.to_thread(
            password_fits, password, user.password_hash if user else None
        ):
            return _page("Name or password is wrong.", 401)
        for one in trying:
            tries.forget(one)
        reply = RedirectResponse("/", 303)
        reply.set_cookie(
            COOKIE,
            logins.begin(name),
            max_age=LOGIN_LASTS_S,
            httponly=True,
            samesite="lax",
            secure=caller_of(request).scheme == "https",
        )
        return reply

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        logins.end(read_token(request.headers.get("cookie", "")))
        reply = RedirectResponse("/login", 303)
        reply.delete_cookie(COOKIE)
        return reply

    return router


def _page(problem: str, status: int = 200) -> HTMLResponse:
    shown = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    return HTMLResponse(_PAGE.format(problem=shown), status)
