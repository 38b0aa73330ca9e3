"""Run the application until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.server.options import ServeOptions

if TYPE_CHECKING:
    from socket import socket

    from assistant.assistant import Assistant

_LAST_ANSWERS_S = 30
"""Longest wait for answers that have begun, once the server is told to end."""


def serve(
    assistant: Assistant,
    options: ServeOptions,
    *,
    open_browser: bool = False,
    announce: Callable[[str], None] = lambda _address: None,
) -> None:
    """Listen until interrupted. Models are loaded before, so that no question waits for them.

    `announce` is called with the address once the server listens.
    """
    import uvicorn

    from assistant.server import mcp
    from assistant.server.app import create_app
    from assistant.web.app import end_streams

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                address = f"http://{_browsable(options.host)}:{options.port}"
                announce(address)
                if open_browser:
                    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            admission = app.state.api.admission
            admission.stop()
            end_streams(app)
            ending = asyncio.create_task(mcp.end_streams(admission, grace_s=_LAST_ANSWERS_S))
            await super().shutdown(sockets)
            ending.cancel()

    app = create_app(assistant, options)
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    mcp.keep_streams()
    with _ending_cleanly():
        Server(config).run()


@contextmanager
def _ending_cleanly() -> Iterator[None]:
    """Let what follows the server run as well: uvicorn raises the signal again that ended it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda _number, _frame: None) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _browsable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:
        return "localhost"
    return f"[{host}]" if ":" in host else host
