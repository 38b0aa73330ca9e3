"""The doors by which a question comes over HTTP, and an app whose clients can hang up."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

from assistant.server.api import Api, api_lifespan
from assistant.server.mcp import include_mcp, mcp_lifespan
from tests.support.serving import HEIGHT, HEIGHT_DRAFT, BridgeAssistant, make_app

_CALL = {"name": "ask", "arguments": {"question": HEIGHT}}
_META = {
    "io.modelcontextprotocol/protocolVersion": LATEST_MODERN_VERSION,
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True, slots=True)
class Door:
    """A request that asks for the height of the bridge."""

    name: str
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def _mcp(name: str, version: str, params: Mapping[str, Any], **headers: str) -> Door:
    sent = _MCP_HEADERS | {"MCP-Protocol-Version": version} | headers
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return Door(name, "/mcp", body, sent)


_CHAT = {"model": "article-assistant", "messages": [{"role": "user", "content": HEIGHT}]}

ANSWER = Door("answer", "/v1/answers", {"question": HEIGHT})
ANSWER_STREAM = Door("answer stream", ANSWER.path, ANSWER.body | {"stream": True})
COMPLETION = Door("completion", "/v1/chat/completions", _CHAT)
COMPLETION_STREAM = Door("completion stream", COMPLETION.path, _CHAT | {"stream": True})
MCP = _mcp(
    "mcp",
    LATEST_MODERN_VERSION,
    _CALL | {"_meta": _META},
    **{"Mcp-Method": "tools/call", "Mcp-Name": "ask"},
)
MCP_HANDSHAKE = _mcp("mcp of the handshake", LATEST_HANDSHAKE_VERSION, _CALL)

API_DOORS = (ANSWER, ANSWER_STREAM, COMPLETION, COMPLETION_STREAM)
MCP_DOORS = (MCP, MCP_HANDSHAKE)
DOORS = (*API_DOORS, *MCP_DOORS)


def answer_of(reply: httpx.Response) -> dict[str, Any]:
    """Return the answer, by whichever door it came; of a stream, the last event has it."""
    last = _last_json(reply)
    result = last.get("result", last)
    found: dict[str, Any] = result.get("structuredContent", result)
    return found.get("answer", found)


def error_of(reply: httpx.Response) -> str:
    """Return the message of an error, by whichever door it came."""
    last = _last_json(reply)
    if "result" not in last:
        return str(last["error"]["message"])
    assert last["result"]["isError"]
    return str(last["result"]["content"][0]["text"])


def _last_json(reply: httpx.Response) -> dict[str, Any]:
    if not reply.headers["content-type"].startswith("text/event-stream"):
        found = reply.json()
    else:
        lines = [line for line in reply.text.splitlines() if line.startswith("data: {")]
        found = json.loads(lines[-1].removeprefix("data: "))
    assert isinstance(found, dict)
    return found


class Gate:
    """Holds the scripted model in the middle of its draft."""

    def __init__(self, assistant: BridgeAssistant) -> None:
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        assistant.draft = self._draft

    def _draft(self) -> str:
        self.entered.release()
        assert self.open.wait(20)
        return HEIGHT_DRAFT

    async def someone_entered(self) -> None:
        assert await asyncio.to_thread(self.entered.acquire, timeout=10)


def make_doors(assistant: BridgeAssistant) -> FastAPI:
    """Return an app with API and MCP, which answers one question while one waits."""
    app = make_app(assistant, lifespan=_lifespan, answers_at_once=1, waiting=1)
    include_mcp(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with mcp_lifespan(app), api_lifespan(app):
        yield


class Served:
    """An app in this event loop. Its lifespan is a task of its own, as in uvicorn."""

    ended: asyncio.Task[None]

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.api: Api = app.state.api
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=20
        )
        self._ending = asyncio.Event()

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Run the lifespan of the app; `end` begins its end."""
        begun = asyncio.Event()

        async def live() -> None:
            async with self.app.router.lifespan_context(self.app):
                begun.set()
                await self._ending.wait()

        self.ended = asyncio.create_task(live())
        async with self.client:
            await begun.wait()
            try:
                yield
            finally:
                self.end()
                await self.ended

    def end(self) -> None:
        self._ending.set()

    def ask(self, door: Door = ANSWER) -> asyncio.Task[httpx.Response]:
        asking = self.client.post(door.path, json=door.body, headers=door.headers)
        return asyncio.create_task(asking)

    async def hang_up_after(self, left: asyncio.Event, door: Door) -> None:
        """Speak ASGI by hand: ask, and disconnect when told to."""
        asked = self.client.build_request("POST", door.path, json=door.body, headers=door.headers)
        requests = [{"type": "http.request", "body": asked.content, "more_body": False}]

        async def receive() -> dict[str, object]:
            if requests:
                return requests.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None: ...

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "path": door.path,
            "raw_path": door.path.encode(),
            "query_string": b"",
            "headers": [(name.lower(), value) for name, value in asked.headers.raw],
            "scheme": "http",
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        await self.app(scope, receive, send)

    async def until(self, *, running: int, waiting: int) -> None:
        """Wait until so many questions are at work, and so many wait for their turn."""
        admission = self.api.admission
        async with asyncio.timeout(10):
            while (admission.running, admission.waiting) != (running, waiting):
                await asyncio.sleep(0.005)

    async def metrics(self) -> str:
        return (await self.client.get("/metrics")).text
