"""`ask` is `stream` run to its last event, in both worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.assistant import Assistant
from assistant.settings import load_settings
from assistant.types import Answer, Event, Finished, SearchFilter, Turn

HEIGHT = "What height did the Marlow-2 bridge reach?"
Runner = Callable[..., Any]


class Replaying(Assistant):
    """An assistant whose stream replays recorded events."""

    def __init__(self, folder: Path, events: Sequence[Event]) -> None:
        super().__init__(load_settings(data_dir=folder))
        self.events = events
        self.asked: list[tuple[str, tuple[Turn, ...], SearchFilter | None]] = []

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        where: SearchFilter | None = None,
    ) -> Iterator[Event]:
        self.asked.append((question, tuple(history), where))
        yield from self.events


@pytest.fixture
def replaying(run: Runner, tmp_path: Path) -> Replaying:
    return Replaying(tmp_path, run(HEIGHT, "It reached a height of 45 metres. [1]").events)


def last_answer(assistant: Replaying) -> Answer:
    last = assistant.events[-1]
    assert isinstance(last, Finished)
    return last.answer


def test_ask_is_stream_run_to_its_last_event(replaying: Replaying) -> None:
    history, where = (Turn("Who?"),), SearchFilter(sources=("Gazette",))
    assert replaying.ask(HEIGHT, history, where=where) is last_answer(replaying)
    assert replaying.asked == [(HEIGHT, history, where)]


def test_the_asynchronous_twins_do_the_same(replaying: Replaying) -> None:
    async def both() -> tuple[Answer, list[Event]]:
        answer = await replaying.aask(HEIGHT)
        return answer, [event async for event in replaying.astream(HEIGHT)]

    answer, events = asyncio.run(both())
    assert answer is last_answer(replaying)
    assert events == list(replaying.events)


def test_an_assistant_is_a_step_of_an_expression(replaying: Replaying) -> None:
    step = replaying.as_runnable()
    turn = Turn("Who?")
    assert step.invoke(HEIGHT) is last_answer(replaying)
    assert step.invoke({"question": HEIGHT, "history": [turn]}) is last_answer(replaying)
    assert replaying.asked == [(HEIGHT, (), None), (HEIGHT, (turn,), None)]


def test_making_one_opens_nothing(tmp_path: Path) -> None:
    Assistant(load_settings(data_dir=tmp_path / "data")).close()
    assert not (tmp_path / "data").exists()
