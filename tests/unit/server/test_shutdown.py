"""The end of the server: who finishes, who is sent away, and what it says of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from assistant.server.app import create_app
from assistant.server.options import ServeOptions
from tests.support.doors import (
    ANSWER_STREAM,
    API_DOORS,
    COMPLETION_STREAM,
    DOORS,
    MCP,
    Door,
    Gate,
    Served,
    answer_of,
    error_of,
)
from tests.support.serving import HEIGHT_DRAFT, BridgeAssistant

STREAMS = (ANSWER_STREAM, COMPLETION_STREAM)
DONE = "data: [DONE]\n\n"


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_who_is_at_work_finishes_and_who_waits_is_sent_away(
    served: Served, gate: Gate, door: Door
) -> None:
    working = served.ask(door)
    await gate.someone_entered()
    waiting = served.ask(door)
    await served.until(running=1, waiting=1)
    served.api.admission.stop()
    for reply in (await waiting, await served.ask(door)):
        assert "shutting down" in error_of(reply)
    assert not working.done()
    gate.open.set()
    assert_whole(await working, door)


def assert_whole(reply: httpx.Response, door: Door) -> None:
    assert reply.status_code == 200
    assert answer_of(reply)["text"] == HEIGHT_DRAFT
    assert ("event: finished" in reply.text) == (door == ANSWER_STREAM)
    assert reply.text.endswith(DONE) == (door == COMPLETION_STREAM)


@pytest.mark.parametrize("door", API_DOORS, ids=str)
async def test_who_is_sent_away_is_told_when_to_come_again(
    served: Served, gate: Gate, door: Door
) -> None:
    working = served.ask()
    await gate.someone_entered()
    waiting = served.ask(door)
    await served.until(running=1, waiting=1)
    served.end()
    waited, late = await waiting, await served.ask(door)
    sent_away = [late]
    if door in STREAMS:
        # Its status was sent when it was let in, so that its error is its last event.
        assert waited.status_code == 200
        assert '"type": "closing_error"' in waited.text.split("\n\n")[-2]
    else:
        sent_away.append(waited)
    for reply in sent_away:
        assert reply.status_code == 503
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.json()["error"]["type"] == "closing_error"
    gate.open.set()
    assert (await working).status_code == 200


async def test_the_end_waits_for_who_is_at_work_and_says_so(served: Served, gate: Gate) -> None:
    working = served.ask(ANSWER_STREAM)
    await gate.someone_entered()
    assert (await served.client.get("/readyz")).json()["status"] == "ready"
    served.end()
    async with asyncio.timeout(5):
        while not served.api.admission.closing:
            await asyncio.sleep(0)
    ready = await served.client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["status"] == "closing"
    assert (await served.client.get("/healthz")).status_code == 200
    done, _ = await asyncio.wait({served.ended, working}, timeout=0.05)
    assert not done
    gate.open.set()
    assert_whole(await working, ANSWER_STREAM)
    await asyncio.wait_for(served.ended, 5)


@pytest.mark.parametrize("door", [COMPLETION_STREAM, MCP], ids=str)
async def test_the_whole_app_lets_answers_finish_before_it_ends(
    tmp_path: Path, scripted: BridgeAssistant, gate: Gate, door: Door
) -> None:
    served = Served(create_app(scripted, ServeOptions(runs=tmp_path)))
    async with served.lifespan():
        working = served.ask(door)
        await gate.someone_entered()
        served.end()
        done, _ = await asyncio.wait({served.ended}, timeout=0.05)
        assert not done
        assert served.api.admission.closing
        gate.open.set()
        assert_whole(await working, door)
        await asyncio.wait_for(served.ended, 5)
