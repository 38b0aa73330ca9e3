"""The FastAPI application: routers first, the web chat at the root, guards around all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from assistant.server.api import ApiOptions, api_lifespan, include_api
from assistant.server.headers import SecurityHeaders
from assistant.server.mcp import include_mcp, mcp_lifespan
from assistant.server.options import ServeOptions, check_options

if TYPE_CHECKING:
    from assistant.assistant import Assistant


def create_app(assistant: Assistant, options: ServeOptions) -> FastAPI:
    """Build the application that serves one assistant.

    Routers are included before the web chat, which is mounted at the root and takes every path
    that is left. Middleware that is added last sees a request first.

    Raises:
        SettingsError: the options would open the assistant to anybody.
    """
    check_options(options)
    from assistant.web.app import mount_web

    app = FastAPI(
        title="Article assistant",
        description="Answers from a corpus of articles, cited to exact characters and checked.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.assistant = assistant
    app.state.options = options
    include_api(
        app, assistant, ApiOptions.of(assistant.settings, keys_required=options.is_reachable)
    )
    include_mcp(app)
    mount_web(app, assistant, upload_bytes=options.upload_bytes)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(options.allowed_hosts))
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with mcp_lifespan(app), api_lifespan(app):
        yield
