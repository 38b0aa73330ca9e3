"""Who is answered, who waits, who is sent away, and who leaves."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import httpx
import pytest

from assistant.admission import Admission
from assistant.errors import BusyError, ClosingError
from assistant.server.app import create_app
from assistant.server.options import ServeOptions
from tests.support.doors import (
    ANSWER,
    API_DOORS,
    COMPLETION,
    DOORS,
    MCP_DOORS,
    Door,
    Gate,
    Served,
    answer_of,
    error_of,
)
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


async def test_a_full_queue_sends_away_at_every_door_and_says_when_to_come_again(
    served: Served, gate: Gate
) -> None:
    first = served.ask(ANSWER)
    await gate.someone_entered()
    second = served.ask(COMPLETION)
    await served.until(running=1, waiting=1)
    for door in API_DOORS:
        reply = await served.ask(door)
        assert reply.status_code == 429, door
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.json()["error"]["type"] == "busy_error"
    for door in MCP_DOORS:
        reply = await served.ask(door)
        assert reply.status_code == 200, door
        assert re.search(r"busy.*Ask again in \d+ seconds", error_of(reply)), door
    text = await served.metrics()
    assert "assistant_queue_running 1.0" in text
    assert "assistant_queue_waiting 1.0" in text
    assert f"assistant_rejected_total {len(DOORS)}.0" in text
    gate.open.set()
    for reply in (await first, await second):
        assert reply.status_code == 200
        assert answer_of(reply)["text"] == HEIGHT_DRAFT
    await served.until(running=0, waiting=0)


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_a_client_that_hangs_up_gives_its_place_back(
    served: Served, gate: Gate, scripted: BridgeAssistant, door: Door
) -> None:
    left = asyncio.Event()
    hanging = asyncio.create_task(served.hang_up_after(left, door))
    await gate.someone_entered()
    left.set()
    await hanging
    # The place is taken until the thread at work has noticed.
    assert served.api.admission.running == 1
    gate.open.set()
    await served.until(running=0, waiting=0)
    assert 'assistant_answers_total{outcome="abandoned"} 1.0' in await served.metrics()
    assert len(scripted.model.calls) == 1  # its draft; nothing was verified
    assert answer_of(await served.ask(door))["text"] == HEIGHT_DRAFT
    assert scripted.prompts.verify.system in [call[0].content for call in scripted.model.calls]


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_a_client_that_hangs_up_while_it_waits_leaves_the_queue(
    served: Served, gate: Gate, door: Door
) -> None:
    working = served.ask()
    await gate.someone_entered()
    left = asyncio.Event()
    hanging = asyncio.create_task(served.hang_up_after(left, door))
    await served.until(running=1, waiting=1)
    left.set()
    await hanging
    await served.until(running=1, waiting=0)
    gate.open.set()
    assert (await working).status_code == 200
    assert not gate.entered.acquire(blocking=False)


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_a_client_that_is_gone_before_its_answer_begins_keeps_no_place(
    served: Served, door: Door
) -> None:
    left = asyncio.Event()
    left.set()
    await served.hang_up_after(left, door)
    await served.until(running=0, waiting=0)
    assert (await served.ask(door)).status_code == 200


async def test_questions_of_one_server_do_not_mix(scripted: BridgeAssistant) -> None:
    app = make_app(scripted, answers_at_once=4, waiting=50)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
    asked = [HEIGHT, "What of the Marlow-3?", "Who wrote a letter about the Kestrel-9?"] * 6

    async def ask(question: str) -> str:
        reply = await client.post("/v1/answers", json={"question": question})
        found = reply.json()
        assert found["question"] == question
        return str(found["text"])

    texts = await asyncio.gather(*(ask(question) for question in asked))
    for question, text in zip(asked, texts, strict=True):
        name = question.split("the ")[-1].split()[0].strip("?")
        assert name in text
    await client.aclose()


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
