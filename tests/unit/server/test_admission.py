"""Who is answered, who waits, who is sent away, and who leaves."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from assistant.admission import Admission
from assistant.errors import BusyError, ClosingError
from assistant.server.api import Api
from assistant.server.app import create_app
from assistant.server.options import ServeOptions
from tests.support.serving import HEIGHT, HEIGHT_DRAFT, BridgeAssistant, make_app

ASK = {"question": HEIGHT}


async def test_places_are_told_in_order_and_those_who_leave_move_the_others_up() -> None:
    admission = Admission(at_once=1, waiting=3)
    log: list[str] = []
    leave = {name: asyncio.Event() for name in "abc"}

    async def visit(name: str) -> None:
        with admission.enter() as ticket:
            async for place in ticket.places():
                log.append(f"{name}{place}")  # noqa: PERF401 - seen while it is not complete
            log.append(f"{name} in")
            await leave[name].wait()

    tasks = []
    for name in "abc":
        tasks.append(asyncio.create_task(visit(name)))
        await asyncio.sleep(0.01)
    assert log == ["a in", "b1", "c2"]
    tasks[1].cancel()
    await asyncio.sleep(0.01)
    assert log[3:] == ["c1"]
    leave["a"].set()
    await asyncio.sleep(0.01)
    assert log[4:] == ["c in"]
    leave["c"].set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (admission.running, admission.waiting) == (0, 0)
    with admission.enter() as ticket:
        assert [place async for place in ticket.places()] == []


async def test_whoever_watches_a_place_is_told_that_the_server_closes() -> None:
    admission = Admission(at_once=1, waiting=1)
    admission.enter()
    places = admission.enter().places()
    assert await anext(places) == 1
    coming = asyncio.ensure_future(anext(places))
    await asyncio.sleep(0)
    admission.stop()
    with pytest.raises(ClosingError):
        await asyncio.wait_for(coming, 1)


async def test_places_are_given_in_order_and_the_rest_is_sent_away() -> None:
    admission = Admission(at_once=1, waiting=2)
    first, second, third = admission.enter(), admission.enter(), admission.enter()
    await asyncio.wait_for(first.turn(), 1)
    with pytest.raises(BusyError) as caught:
        admission.enter()
    assert 1 <= caught.value.retry_after_s <= 120
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(second.turn(), 0.01)
    first.leave()
    first.leave()
    await asyncio.wait_for(second.turn(), 1)
    assert (admission.running, admission.waiting) == (1, 1)
    third.leave()
    second.leave()
    assert (admission.running, admission.waiting) == (0, 0)


async def test_whoever_leaves_the_queue_makes_room() -> None:
    admission = Admission(at_once=1, waiting=1)
    admission.enter()
    waiting = admission.enter()
    waiting.leave()
    assert admission.enter() is not waiting


async def test_closing_refuses_those_who_wait_and_lets_those_at_work_finish() -> None:
    admission = Admission(at_once=1, waiting=1)
    working, waiting = admission.enter(), admission.enter()
    closing = asyncio.create_task(admission.close(grace_s=5))
    with pytest.raises(ClosingError):
        await waiting.turn()
    with pytest.raises(ClosingError):
        admission.enter()
    assert not closing.done()
    working.leave()
    assert await closing is True
    admission = Admission(at_once=1, waiting=1)
    admission.enter()
    assert await admission.close(grace_s=0.01) is False


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


@pytest.fixture
def gate(scripted: BridgeAssistant) -> Gate:
    return Gate(scripted)


class Served:
    """An app in this event loop, with clients that can hang up."""

    def __init__(self, assistant: BridgeAssistant) -> None:
        self.app = make_app(assistant, answers_at_once=1, waiting=1)
        self.api: Api = self.app.state.api
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://testserver")

    def ask(self) -> asyncio.Task[httpx.Response]:
        return asyncio.create_task(self.client.post("/v1/answers", json=ASK))

    async def hang_up_after(self, left: asyncio.Event, *, stream: bool) -> list[bytes]:
        """Speak ASGI by hand: ask, and disconnect when told to."""
        sent: list[bytes] = []
        body = httpx.Request("POST", "http://x", json=ASK | {"stream": stream})
        requests = [{"type": "http.request", "body": body.content, "more_body": False}]

        async def receive() -> dict[str, object]:
            if requests:
                return requests.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(bytes(message.get("body", b"")))  # type: ignore[arg-type]

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/v1/answers",
            "raw_path": b"/v1/answers",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"host", b"testserver")],
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        await self.app(scope, receive, send)
        return sent


@pytest.fixture
async def served(scripted: BridgeAssistant) -> AsyncIterator[Served]:
    served = Served(scripted)
    yield served
    await served.client.aclose()


async def settled(served: Served) -> None:
    for _ in range(500):
        if served.api.admission.running == served.api.admission.waiting == 0:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the places were not given back")


async def test_a_full_queue_answers_429_and_when_to_come_again(served: Served, gate: Gate) -> None:
    first = served.ask()
    await gate.someone_entered()
    second = served.ask()
    while served.api.admission.waiting == 0:
        await asyncio.sleep(0.01)
    for stream in (False, True):
        reply = await served.client.post("/v1/answers", json=ASK | {"stream": stream})
        assert reply.status_code == 429
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.json()["error"]["type"] == "busy_error"
    text = (await served.client.get("/metrics")).text
    assert "assistant_queue_running 1.0" in text
    assert "assistant_queue_waiting 1.0" in text
    assert "assistant_rejected_total 2.0" in text
    gate.open.set()
    assert (await first).status_code == (await second).status_code == 200
    await settled(served)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_a_client_that_hangs_up_gives_its_place_back(
    served: Served, gate: Gate, scripted: BridgeAssistant, stream: bool
) -> None:
    left = asyncio.Event()
    hanging = asyncio.create_task(served.hang_up_after(left, stream=stream))
    await gate.someone_entered()
    left.set()
    await hanging
    # The place is taken until the thread at work has noticed.
    assert served.api.admission.running == 1
    gate.open.set()
    await settled(served)
    text = (await served.client.get("/metrics")).text
    assert 'assistant_answers_total{outcome="abandoned"} 1.0' in text
    verified = [call for call in scripted.model.calls if "yes or no" in str(call).lower()]
    assert not verified
    assert (await served.ask()).status_code == 200


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_a_client_that_hangs_up_while_it_waits_leaves_the_queue(
    served: Served, gate: Gate, stream: bool
) -> None:
    working = served.ask()
    await gate.someone_entered()
    left = asyncio.Event()
    hanging = asyncio.create_task(served.hang_up_after(left, stream=stream))
    while served.api.admission.waiting == 0:
        await asyncio.sleep(0.01)
    left.set()
    await hanging
    for _ in range(200):
        if served.api.admission.waiting == 0:
            break
        await asyncio.sleep(0.01)
    assert served.api.admission.waiting == 0
    gate.open.set()
    assert (await working).status_code == 200


async def test_questions_of_one_server_do_not_mix(scripted: BridgeAssistant) -> None:
    served = Served(scripted)
    served.api.admission.at_once = 4
    served.api.admission.waiting_limit = 50
    asked = [HEIGHT, "What of the Marlow-3?", "Who wrote a letter about the Kestrel-9?"] * 6

    async def ask(question: str) -> str:
        reply = await served.client.post("/v1/answers", json={"question": question})
        found = reply.json()
        assert found["question"] == question
        return str(found["text"])

    texts = await asyncio.gather(*(ask(question) for question in asked))
    for question, text in zip(asked, texts, strict=True):
        name = question.split("the ")[-1].split()[0].strip("?")
        assert name in text
    await served.client.aclose()


async def test_the_web_chat_and_the_api_wait_in_one_queue(tmp_path: Path, template: Path) -> None:
    shutil.copytree(template, tmp_path / "data")
    with BridgeAssistant(tmp_path / "data", answers_at_once=1, answers_waiting=1) as assistant:
        gate = Gate(assistant)
        app = create_app(assistant, ServeOptions(runs=tmp_path))
        admission = app.state.api.admission
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=20
        )
        async with app.router.lifespan_context(app), client:
            of_api = asyncio.create_task(client.post("/v1/answers", json=ASK))
            await gate.someone_entered()
            of_web = asyncio.create_task(ask_over_the_web(client, HEIGHT))
            while not admission.waiting:
                await asyncio.sleep(0.01)
            assert (admission.running, admission.waiting) == (1, 1)
            assert (await client.post("/v1/answers", json=ASK)).status_code == 429
            assert not gate.entered.acquire(blocking=False)
            gate.open.set()
            assert (await of_api).status_code == 200
            told = await of_web
    assert "Place 1 in the queue" in told
    assert "45 metres" in told
    assert "done" in told


async def ask_over_the_web(client: httpx.AsyncClient, question: str) -> str:
    """Ask as the page does; return all that it is sent."""
    config = (await client.get("/config")).json()
    (box,) = [
        one["id"] for one in config["components"] if one["props"].get("elem_id") == "question"
    ]
    asks = next(one["id"] for one in config["dependencies"] if box in one["inputs"])
    page = {"session_hash": "page"}
    body = {"data": [question, ""], "fn_index": asks} | page
    joined = await client.post("/gradio_api/queue/join", json=body)
    assert joined.status_code == 200, joined.text
    return (await client.get("/gradio_api/queue/data", params=page)).text
