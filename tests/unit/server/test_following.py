"""A server whose corpus is elsewhere: what others put there is found while it runs."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import fsspec
import httpx
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from assistant.location import FolderUrl
from assistant.server import app as app_module
from assistant.server.app import create_app
from assistant.server.options import ServeOptions
from tests.support.scripted import ScriptedAssistant, answer_from_first_line, open_scripted
from tests.support.stores import CountedFileSystem, Files

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


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """A corpus of one article on a store that can be made to fail."""
    monkeypatch.setattr(app_module, "_LOOKS_EVERY_S", 0.02)
    CountedFileSystem.reset()
    files = Files(FolderUrl("counted://bucket/articles"))
    files.write("bridge.txt", BRIDGE)
    yield files
    CountedFileSystem.reset()


@pytest.fixture
def listings(counted: Files, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that the store was asked to list, also in vain."""
    seen: list[str] = []
    plain = CountedFileSystem.ls

    def ls(self: CountedFileSystem, path: str, **options: Any) -> Any:
        seen.append(path)
        return plain(self, path, **options)

    monkeypatch.setattr(CountedFileSystem, "ls", ls)
    return seen


def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if "does not follow" in record.msg]


@asynccontextmanager
async def running(
    folder: Path, *, look_s: float
) -> AsyncIterator[tuple[ScriptedAssistant, httpx.AsyncClient]]:
    corpus = "counted://bucket/articles"
    with open_scripted(
        folder / "data", answer_from_first_line, corpus=corpus, corpus_look_s=look_s
    ) as assistant:
        app = create_app(assistant, ServeOptions(runs=folder))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield assistant, client


async def listed(client: httpx.AsyncClient) -> set[str]:
    return {item["title"] for item in (await client.get("/v1/articles")).json()["articles"]}


async def test_a_store_that_is_away_is_told_of_once_each_time_and_the_index_goes_on(
    counted: Files, listings: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, look_s=0.02) as (assistant, client):
        for number, name in enumerate(("ferry.txt", "again.txt"), start=1):
            CountedFileSystem.failing["ls"] = OSError("no route to the store")
            before = len(listings)
            await until(lambda before=before: len(listings) >= before + 5)
            assert len(complaints(caplog)) == number
            assert "Bridge" in await listed(client)
            reply = await client.post("/v1/search", json={"question": "Marlow bridge", "k": 1})
            assert reply.json()["passages"][0]["article"]["title"] == "Bridge"

            counted.write(name, FERRY.replace(b"Ferry", name[:5].title().encode()))
            CountedFileSystem.failing.clear()
            await until(lambda number=number: len(titles(assistant)) == number + 1)
        assert await listed(client) == {"Bridge", "Ferry", "Again"}
    for record in complaints(caplog):
        assert "no route to the store" in record.getMessage()
        assert "counted://bucket/articles" in record.getMessage()
        assert not record.exc_info


async def test_a_store_that_fails_in_the_middle_of_reading_takes_nothing_away(
    counted: Files, listings: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, look_s=0.02) as (assistant, client):
        CountedFileSystem.failing["cat_file"] = OSError("the store hung up")
        counted.write("ferry.txt", FERRY)
        await until(lambda: len(complaints(caplog)) == 1)
        before = len(listings)
        await until(lambda: len(listings) >= before + 5)
        assert await listed(client) == {"Bridge"}
        CountedFileSystem.failing.clear()
        await until(lambda: titles(assistant) == {"Bridge", "Ferry"})
    assert len(complaints(caplog)) == 1


async def test_a_store_is_listed_only_as_often_as_the_setting_says(
    counted: Files, listings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, look_s=3600) as (assistant, client):
        catch_up, turns = assistant.index.catch_up, []
        monkeypatch.setattr(assistant.index, "catch_up", lambda: (turns.append(1), catch_up()))
        before = len(listings)
        counted.write("ferry.txt", FERRY)
        await until(lambda: len(turns) >= 5)
        assert await listed(client) == {"Bridge"}
        assert len(listings) == before
