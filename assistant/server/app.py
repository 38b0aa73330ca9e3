"""The FastAPI application: routers first, the web chat at the root, guards around all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response

from assistant.errors import AssistantError
from assistant.location import FolderUrl
from assistant.server.api import API_PATHS, ApiOptions, api_lifespan, include_api
from assistant.server.bodies import BodyLimit
from assistant.server.guard import LOCAL, VISITOR, Guard, Logins
from assistant.server.headers import SecurityHeaders
from assistant.server.hosts import TrustedHosts
from assistant.server.login import login_router
from assistant.server.mcp import include_mcp, mcp_lifespan
from assistant.server.options import ServeOptions, check_options
from assistant.server.originals import originals_router
from assistant.server.users import read_users
from assistant.web.rendering.evals import PAGE, newest_report
from assistant.web.sessions import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.assistant import Assistant

logger = logging.getLogger(__name__)

_REPORT_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data:; frame-ancestors 'self'; sandbox allow-scripts"
    ),
    "x-frame-options": "SAMEORIGIN",
}
_LOOKS_EVERY_S = 3.0


def create_app(assistant: Assistant, options: ServeOptions) -> FastAPI:
    """Build the application that serves one assistant.

    Routers are included before the web chat, which is mounted at the root and takes every path
    that is left. Middleware that is added last sees a request first.

    Raises:
        SettingsError: the options would open the assistant to anybody.
    """
    check_options(options)
    from assistant.web.app import WebOptions, mount_web

    users = read_users(options.users_file) if options.users_file else {}
    logins = Logins()

    def identify(name: str) -> Visitor | None:
        if options.users_file is not None and name in users:
            return Visitor(name, users[name].may_edit)
        if options.user_header is not None:
            return Visitor(name, may_edit=name in options.editors or not options.editors)
        return Visitor(LOCAL, may_edit=True) if not options.has_login and name == LOCAL else None

    def may_upload(name: str) -> bool:
        visitor = identify(name)
        return visitor is not None and visitor.may_edit

    app = FastAPI(
        title="Article assistant",
        description="Answers from a corpus of articles, cited to exact characters and checked.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.assistant = assistant
    app.state.options = options
    if options.users_file is not None:
        app.include_router(
            login_router(
                users,
                logins,
                tries_per_minute=options.login_tries_per_minute,
                trusted_proxies=options.trusted_proxies,
            )
        )
    app.include_router(_report_router(options.runs))
    app.include_router(originals_router())
    api = include_api(
        app, assistant, ApiOptions.of(assistant.settings, keys_required=options.is_reachable)
    )
    include_mcp(app)
    mount_web(
        app,
        assistant,
        WebOptions(
            identify=identify,
            name_of=lambda request: request.scope.get(VISITOR),
            questions_per_minute=options.questions_per_minute,
            changes_per_minute=options.changes_per_minute,
            admission=api.admission,
            has_login=options.has_login,
            record=api.answers.record,
            runs=options.runs,
        ),
    )
    app.add_middleware(
        BodyLimit,
        upload_bytes=assistant.settings.source_bytes,
        uploads_per_minute=options.changes_per_minute,
        may_upload=may_upload,
        open_paths=API_PATHS,
    )
    app.add_middleware(
        Guard,
        options=options,
        users=users,
        logins=logins,
        open_paths=("/login",),
        keyed_paths=API_PATHS,
    )
    app.add_middleware(TrustedHosts, allowed_hosts=list(options.allowed_hosts))
    app.add_middleware(SecurityHeaders)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with _following(app.state.assistant), mcp_lifespan(app), api_lifespan(app):
        yield


@contextlib.asynccontextmanager
async def _following(assistant: Assistant) -> AsyncIterator[None]:
    """Keep the index in step with the corpus folder while the server runs."""
    follower = asyncio.create_task(_follow(assistant))
    try:
        yield
    finally:
        follower.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await follower


async def _follow(assistant: Assistant) -> None:
    settings = assistant.settings
    # To list a folder elsewhere takes time and may cost money.
    every_s = settings.corpus_look_s if isinstance(settings.corpus_location, FolderUrl) else 0.0
    looked, said = time.monotonic(), ""
    while True:
        await asyncio.sleep(_LOOKS_EVERY_S)
        is_due = time.monotonic() - looked >= every_s
        try:
            await asyncio.to_thread(assistant.refresh if is_due else assistant.index.catch_up)
        except Exception as error:  # whatever happens once, the next look may find it mended
            if str(error) != said:
                known = isinstance(error, (AssistantError, OSError))
                logger.warning(
                    "the index does not follow the corpus: %s", error, exc_info=not known
                )
            said = str(error)
        else:
            said = "" if is_due else said
        if is_due:
            looked = time.monotonic()


def _report_router(runs: Path) -> APIRouter:
    router = APIRouter()

    @router.get("/evals/report", include_in_schema=False)
    def show_report() -> Response:
        report = newest_report(runs)
        page = report.folder / PAGE if report else None
        if page is None or not page.is_file():
            return PlainTextResponse("There is no report.", 404)
        return FileResponse(page, media_type="text/html", headers=_REPORT_HEADERS)

    return router
