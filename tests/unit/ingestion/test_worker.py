"""What a worker says of a file of a corpus at a URL."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.ingestion.carrying import from_json
from assistant.ingestion.worker import ReadFile, Row, proxies
from assistant.location import FolderUrl
from assistant.settings import load_settings
from tests.support.stores import CountedFileSystem, Files

URL = "counted://bucket/worker"


class Letters:
    """Counts letters as if they were word pieces."""

    def __call__(self, text: str, **_options: object) -> dict[str, list[int]]:
        return {"input_ids": [0] * len(text)}


@pytest.fixture
def files() -> Iterator[Files]:
    CountedFileSystem.reset()
    yield Files(FolderUrl(URL))
    CountedFileSystem.reset()


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadFile:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    settings = load_settings(data_dir=tmp_path, corpus_dir=URL)
    return ReadFile(settings, Letters(), 400, proxies={"https_proxy": "http://proxy:3128"})


def row(name: str) -> Row:
    return {"index": 7, "name": name.encode(), "size": 20}


def test_a_file_is_read_from_the_url_with_the_proxies_given(files: Files, read: ReadFile) -> None:
    files.write("a.md", "# One\n\nIts text.")
    done = read(row("a.md"))
    assert (done["index"], done["reason"], done["away"]) == (7, b"", b"")
    assert from_json(done["prepared"].decode()).article.title == "One"
    assert proxies() == {"https_proxy": "http://proxy:3128"}
    assert "http_proxy" not in os.environ


def test_a_file_that_is_gone_is_one_that_failed(files: Files, read: ReadFile) -> None:
    done = read(row("gone.md"))
    assert b"it is gone" in done["reason"]
    assert (done["prepared"], done["away"]) == (b"", b"")


def test_a_store_that_is_away_ends_the_job(files: Files, read: ReadFile) -> None:
    files.write("a.md", "# One\n\nIts text.")
    CountedFileSystem.failing["cat_file"] = OSError("no route to host")
    done = read(row("a.md"))
    message, hint = json.loads(done["away"])
    assert "no route to host" in message
    assert hint
    assert (done["prepared"], done["reason"]) == (b"", b"")
