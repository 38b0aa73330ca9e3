"""A corpus in a bucket of a real S3 server: commands, other processes, and what goes wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import Assistant, load_settings
from assistant.corpus.remote import RemoteStorage
from assistant.errors import CorpusEmptyError, CorpusStoreError
from assistant.location import FolderUrl
from tests.support.corpora import make_article
from tests.support.index_rows import read_rows
from tests.support.s3 import HOST, S3Server
from tests.support.scripted import ScriptedAssistant, answer_from_first_line
from tests.support.stores import local_path

s3fs = pytest.importorskip("s3fs")
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

LONGEST_S = 500


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "log") as started:
        yield started


@pytest.fixture(autouse=True)
def _clients_find_it(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASSISTANT_CORPUS_TIMEOUT_S", "3")
    monkeypatch.setenv("ASSISTANT_CORPUS_TRIES", "2")
    monkeypatch.setenv("ASSISTANT_THREADS", "2")


@pytest.fixture
def s3(server: S3Server) -> Any:
    """Somebody else's client, which is not what the assistant uses."""
    boto3 = pytest.importorskip("boto3")
    return boto3.client("s3", endpoint_url=server.environment["AWS_ENDPOINT_URL"])


def keys(s3: Any, bucket: str) -> list[str]:
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return [item["Key"] for item in found]


def put(s3: Any, bucket: str, key: str, text: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())


def command(*arguments: str, corpus: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run the assistant with its real embedding model, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"ASSISTANT_CORPUS_DIR": corpus, "ASSISTANT_DATA_DIR": str(data)},
        timeout=LONGEST_S,
    )


def open_here(corpus: str, data: Path) -> ScriptedAssistant:
    """Open the corpus in this process, with an embedding model that counts words."""
    return ScriptedAssistant(
        load_settings(corpus_dir=corpus, data_dir=data), answer_from_first_line
    )


def titles(assistant: Assistant) -> list[str]:
    return [article.title for article in assistant.articles()]


def test_what_one_process_adds_another_finds(s3: Any, tmp_path: Path) -> None:
    corpus, folder = "s3://shared/the articles/ü", "the articles/ü"
    s3.create_bucket(Bucket="shared")
    local_path(tmp_path, "in/bridge.txt", "Marlow bridge opens\n\nThe bridge is 40 metres high.")
    local_path(tmp_path, "in/ferry.md", "# Ferry line ends\n\nThe ferry stopped in May.")
    local_path(tmp_path, "in/picture.png", "no article")
    done = command("ingest", str(tmp_path / "in"), "--json", corpus=corpus, data=tmp_path / "one")
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert len(report["added"]) == 2
    assert [Path(item["name"]).name for item in report["failed"]] == ["picture.png"]
    stored = keys(s3, "shared")
    assert len([key for key in stored if key.startswith(f"{folder}/originals/")]) == 2
    assert len(stored) == 4

    with open_here(corpus, tmp_path / "two") as assistant:
        assert assistant.refresh() is not None
        assert assistant.refresh() is None
        assert assistant.search("When did the ferry stop?", k=1)[0].article.title == (
            "Ferry line ends"
        )
        assert all(entry.added is not None for entry in assistant.entries())

        put(s3, "shared", next(key for key in stored if "/ferry" in key), "# Ferry goes on\n\nYes.")
        s3.delete_object(Bucket="shared", Key=next(key for key in stored if "/marlow" in key))
        odd = "deep/er/tower [1]?#.md"
        put(s3, "shared", f"{folder}/{odd}", "# Tower shut\n\nIt is closed.")
        put(s3, "shared", f"{folder}/deep/", "")  # what consoles make for a folder
        put(s3, "shared", f"{folder}/../outside.md", "# Outside\n\nNot of this corpus.")
        report = assistant.refresh()
        assert report is not None
        assert (len(report.added), len(report.removed), report.failed) == (2, 2, ())
        assert titles(assistant) == ["Ferry goes on", "Tower shut"]
        tower = assistant.articles()[1].article_id
        assert assistant.article(tower).text == "It is closed."
        assert assistant.remove(tower) == odd
        assert titles(assistant) == ["Ferry goes on"]
    assert f"{folder}/{odd}" not in keys(s3, "shared")


def test_a_bucket_that_fails_loses_nothing(s3: Any, server: S3Server, tmp_path: Path) -> None:
    corpus, data = "s3://failing/articles", tmp_path / "data"
    s3.create_bucket(Bucket="failing")
    put(s3, "failing", "articles/a.md", "# Bridge opens\n\nIt is high.")
    with open_here(corpus, data) as assistant:
        assistant.refresh()
        kept = assistant.index.version()

    def try_all(corpus: str) -> list[str]:
        said = []
        with open_here(corpus, data) as assistant:
            for act in (assistant.refresh, assistant.sync, assistant.ingest):
                with pytest.raises(CorpusStoreError) as caught:
                    act()
                said.append(str(caught.value))
            assert assistant.index.version() == kept
            (article,) = assistant.articles()
            assert assistant.article(article.article_id).text == "It is high."
        assert "hush" not in "".join(said)
        return said

    server.know_keys(any_key=False)
    try:
        assert all("is refused" in text for text in try_all(corpus))
    finally:
        server.know_keys(any_key=True)
    assert all("does not exist" in text for text in try_all("s3://missing/articles"))
    server.stop()
    try:
        assert all("cannot be used" in text for text in try_all(corpus))
    finally:
        server.start()  # it has forgotten everything, as if the bucket had been deleted
    assert all("does not exist" in text for text in try_all(corpus))

    # The bucket is there and the folder is not: that is an empty corpus, which needs a yes.
    s3.create_bucket(Bucket="failing")
    with open_here(corpus, data) as assistant, pytest.raises(CorpusEmptyError):
        assistant.refresh()


def test_the_command_tells_what_to_do(server: S3Server, tmp_path: Path) -> None:
    done = command("ingest", corpus="s3://absent/articles", data=tmp_path)
    assert done.returncode == 35
    assert "does not exist" in done.stderr
    assert "ASSISTANT_CORPUS_DIR" in done.stderr


def test_a_server_that_does_not_reply_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0)) as mute:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{HOST}:{mute.getsockname()[1]}")
        s3fs.S3FileSystem.clear_instance_cache()
        storage = RemoteStorage(FolderUrl("s3://bucket/x"), timeout_s=1, tries=2)
        started = time.monotonic()
        with pytest.raises(CorpusStoreError, match="cannot be used"):
            list(storage.files())
        assert time.monotonic() - started < 60
    s3fs.S3FileSystem.clear_instance_cache()


def test_ray_and_the_local_engine_write_the_same_rows(s3: Any, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    corpus, local, ray = "s3://many/articles", tmp_path / "local", tmp_path / "ray"
    s3.create_bucket(Bucket="many")
    for number in range(12):
        article = make_article(number, sentences=4 + number)
        put(s3, "many", f"articles/{number:03d}.txt", f"{article.title}\n\n{article.text}")
    put(s3, "many", "articles/broken.pdf", "%PDF-1.7 and nothing else")
    by_ray = ("ingest", "--json", "--engine", "ray", "--workers", "2")
    one = command("ingest", "--json", corpus=corpus, data=local)
    other = command(*by_ray, corpus=corpus, data=ray)
    assert (one.returncode, other.returncode) == (3, 3), other.stderr
    assert json.loads(one.stdout) == json.loads(other.stdout)
    assert len(json.loads(other.stdout)["added"]) == 12
    rows, others = (read_rows(data / "index", ["harbour"]) for data in (local, ray))
    for name in ("digest", "articles", "passages", "metadata", "documents", "lexical"):
        assert getattr(rows, name) == getattr(others, name), name
    assert all(np.array_equal(rows.vectors[key], others.vectors[key]) for key in rows.vectors)

    again = command(*by_ray, corpus=corpus, data=ray)
    report = json.loads(again.stdout)
    assert (report["added"], len(report["unchanged"])) == ([], 12)
