"""A real browser on the real app: headless Chromium against `assistant serve`.

Every page is watched: a request to another origin, an error on the console or an exception in
the page fails the test that had it open.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from assistant import Assistant
from assistant.server.app import create_app
from assistant.server.options import ServeOptions
from assistant.web.app import end_streams
from tests.integration.conftest import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_S = 240
ANSWER_MS = 120_000


@dataclass
class Watched:
    """A page and what went wrong on it."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)


def find_chromium() -> str | None:
    """Return where Chromium is on this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Open Chromium; closed after each module, as Playwright keeps an event loop running."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install the package chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `assistant serve` with its real models, in a process of its own.

    BROWSER_TEST_ADDRESS names one that runs already, to save its start while writing tests.
    """
    if running := os.environ.get("BROWSER_TEST_ADDRESS"):
        yield running
        return
    data = tmp_path_factory.mktemp("served")
    kept = ROOT / ".data" / "prefixes"
    if kept.is_dir():  # what the chat model has read already, if this checkout was used before
        shutil.copytree(kept, data / "prefixes")
    with serving(data) as address:
        yield address


@contextlib.contextmanager
def serving(data: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """Run `assistant serve` on a data folder and yield its address."""
    port = free_port()
    models = os.environ.get("ASSISTANT_MODELS_DIR")
    environment = {n: v for n, v in os.environ.items() if not n.startswith("ASSISTANT_")}
    environment |= {"ASSISTANT_DATA_DIR": str(data), "PYTHONPATH": str(ROOT), **variables}
    environment |= {"ASSISTANT_MODELS_DIR": models} if models else {}
    log = (data / "server.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", str(port), *arguments],
        cwd=data,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(port, process, data / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
        log.close()


@contextlib.contextmanager
def serving_here(
    assistant: Assistant, options: ServeOptions, *, port: int | None = None
) -> Iterator[str]:
    """Serve an assistant from a thread of this process, for those with scripted models."""
    port = port or free_port()
    server: list[uvicorn.Server] = []
    app = create_app(assistant, dataclasses.replace(options, port=port))

    async def run() -> None:
        server.append(uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning")))
        await server[0].serve()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    while not (server and server[0].started):
        thread.join(0.1)
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        end_streams(app)  # or it waits for the pages that are still open
        server[0].should_exit = True
        thread.join(20)


def wait_for(port: int, process: subprocess.Popen[Any], log: Path) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    pytest.fail(f"the server did not start: {log.read_text()}")


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Open watched pages, each in a browser profile of its own."""
    contexts: list[BrowserContext] = []
    opened: list[Watched] = []

    def open_one(address: str, **options: Any) -> Watched:
        options = {"viewport": {"width": 1400, "height": 860}, "locale": "en-GB"} | options
        context = browser.new_context(**options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        watched = Watched(context.new_page(), address)
        opened.append(watched)
        watch(watched)
        watched.page.goto(address)
        watched.page.wait_for_selector(".welcome, .turn", timeout=ANSWER_MS)
        return watched

    yield open_one
    problems = [problem for watched in opened for problem in watched.problems]
    for context in contexts:
        context.close()
    assert problems == []


def watch(watched: Watched) -> None:
    """Note requests that leave the origin, console errors and exceptions."""
    origin = urlsplit(watched.address).netloc

    def requested(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != origin:
            watched.problems.append(f"request to {request.url}")

    def said(message: Any) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            watched.problems.append(f"console: {message.text} {where}")

    watched.page.on("request", requested)
    watched.page.on("console", said)
    watched.page.on("pageerror", lambda error: watched.problems.append(f"exception: {error}"))
    watched.page.on("popup", lambda _: watched.problems.append("a page was opened"))


@pytest.fixture
def page(open_page: Callable[..., Watched], served: str) -> Page:
    return open_page(served).page


def ask(page: Page, question: str, *, stage: str = "done") -> None:
    """Type a question, press Enter and wait for the stage of its answer."""
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    shown = page.locator("#live .question")
    shown.filter(has_text=question.strip().splitlines()[0]).wait_for()
    page.wait_for_selector(f"#live .turn[data-stage={stage}]", timeout=ANSWER_MS)


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds serious or critical: its rule, and the markup it is about."""
    return [
        (item["id"], [node["html"][:200] for node in item["nodes"]])
        for item in Axe().run(page).response["violations"]
        if item["impact"] in {"serious", "critical"}
    ]
