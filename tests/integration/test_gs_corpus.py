"""A corpus in a bucket of an emulator of Google's store."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pytest

from assistant.corpus.store import CorpusFolder, fingerprint
from assistant.errors import CorpusStoreError
from assistant.settings import load_settings
from tests.support.stores import local_path

pytestmark = [
    pytest.mark.integration,
    # Not imported here: it looks at its environment, which the corpus sets, when it is.
    pytest.mark.skipif(find_spec("gcsfs") is None, reason="needs the extra gs"),
]

HOST = "127.0.0.2"
_START_S = 60
LIMIT = 1_000_000


@pytest.fixture
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start the emulator with one bucket, and let clients find it without credentials."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    program = Path(sys.executable).with_name("gcp-storage-emulator")
    options = [f"--host={HOST}", f"--port={port}", "--in-memory", "--default-bucket=bucket"]
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{HOST}:{port}")
    monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([program, "start", *options], stdout=log, stderr=log)
    try:
        until = time.monotonic() + _START_S
        while True:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.1)
        yield
    finally:
        server.kill()
        server.wait()


@pytest.mark.usefixtures("_store")
def test_articles_are_added_edited_and_removed(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data", corpus_dir="gs://bucket/articles")
    corpus = CorpusFolder.of(settings)
    assert corpus.files() == []
    local_path(tmp_path, "in/a.txt", "Bridge opens\n\nIt is 40 metres high.")
    local_path(tmp_path, "in/b.md", "# Ferry\n\nIt stopped.")
    assert len(corpus.add([tmp_path / "in"], settings).added) == 2
    files = corpus.files()
    assert all(file.settled and file.modified for file in files)
    reading = corpus.read(source_bytes=LIMIT)
    assert [article.title for article in reading.articles] == ["Bridge opens", "Ferry"]

    before = fingerprint(files)
    fsspec.filesystem("gs", token="anon").pipe_file(
        f"bucket/articles/{files[1].name}", b"# Ferry\n\nIt started."
    )
    assert fingerprint(corpus.files()) != before
    (bridge, ferry) = corpus.read(source_bytes=LIMIT).articles
    assert ferry.text == "It started."
    assert corpus.remove(bridge.id) == files[0].name
    assert [file.name for file in corpus.files()] == [files[1].name]
    corpus.close()

    absent = load_settings(data_dir=tmp_path / "data", corpus_dir="gs://missing/articles")
    with pytest.raises(CorpusStoreError, match="does not exist"):
        CorpusFolder.of(absent).files()
