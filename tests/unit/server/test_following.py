"""A server whose corpus is elsewhere: what others put there is found while it runs."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from assistant.server import app as app_module
from assistant.server.app import create_app
from assistant.server.options import ServeOptions
from tests.support.scripted import ScriptedAssistant, answer_from_first_line, open_scripted

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FERRY = b"Ferry\n\nThe ferry Lark-2 crosses the strait in 41 minutes.\n"
BRIDGE = b"Bridge\n\nThe Marlow bridge is 7 kilometres long.\n"


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    store = fsspec.filesystem("memory")
    store.makedirs(f"/{uuid.uuid4().hex}")
    yield store
    store.store.clear()
    store.pseudo_dirs[:] = [""]


@pytest.fixture
def folder(store: MemoryFileSystem) -> str:
    folder = f"/{uuid.uuid4().hex}"
    store.pipe(f"{folder}/bridge.txt", BRIDGE)
    return folder


@pytest.fixture
def assistant(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScriptedAssistant]:
    monkeypatch.setattr(app_module, "_LOOKS_EVERY_S", 0.02)
    with open_scripted(
        tmp_path / "data",
        answer_from_first_line,
        corpus=f"memory:/{folder}",
        corpus_look_s=0.05,
    ) as assistant:
        yield assistant


def titles(assistant: ScriptedAssistant) -> set[str]:
    return {item.title for item in assistant.articles()}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)


async def test_articles_that_others_put_and_delete_are_noticed_while_it_runs(
    assistant: ScriptedAssistant, store: MemoryFileSystem, folder: str, tmp_path: Path
) -> None:
    app = create_app(assistant, ServeOptions(runs=tmp_path))
    async with app.router.lifespan_context(app):
        assert titles(assistant) == {"Bridge"}
        store.pipe(f"{folder}/ferry.txt", FERRY)
        await until(lambda: titles(assistant) == {"Bridge", "Ferry"})
        found = await asyncio.to_thread(
            assistant.search, "In how many minutes does the Lark-2 cross?"
        )
        assert found[0].article.title == "Ferry"
        store.rm(f"{folder}/bridge.txt")
        await until(lambda: titles(assistant) == {"Ferry"})


async def test_a_look_that_fails_is_told_of_once_and_mended_by_a_later_one(
    assistant: ScriptedAssistant,
    store: MemoryFileSystem,
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks = 0
    refresh = assistant.refresh

    def failing() -> object:
        nonlocal looks
        looks += 1
        if looks <= 3:
            raise OSError("the store is away")
        return refresh()

    monkeypatch.setattr(assistant, "refresh", failing)
    app = create_app(assistant, ServeOptions(runs=tmp_path))
    async with app.router.lifespan_context(app):
        store.pipe(f"{folder}/ferry.txt", FERRY)
        await until(lambda: titles(assistant) == {"Bridge", "Ferry"})
    assert looks > 3
    told = [record.getMessage() for record in caplog.records if "does not follow" in record.msg]
    assert told == ["the index does not follow the corpus: the store is away"]
