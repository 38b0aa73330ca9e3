"""A corpus in a bucket of a real S3 server: commands, other processes, and what goes wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.corpora import make_article
from tests.support.index_rows import read_rows
from tests.support.s3 import HOST, S3Server
from tests.support.stores import local_path

pytest.importorskip("s3fs")
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
LONGEST_S = 500
Command = Callable[..., subprocess.CompletedProcess[str]]

_BUCKET = """
import sys
import boto3
boto3.client("s3").create_bucket(Bucket=sys.argv[1])
"""
_PUT = """
import sys
import boto3
boto3.client("s3").put_object(Bucket=sys.argv[1], Key=sys.argv[2], Body=sys.argv[3].encode())
"""
_DELETE = """
import sys
import boto3
boto3.client("s3").delete_object(Bucket=sys.argv[1], Key=sys.argv[2])
"""
_LIST = """
import json, sys
import boto3
found = boto3.client("s3").list_objects_v2(Bucket=sys.argv[1]).get("Contents", [])
print(json.dumps([item["Key"] for item in found]))
"""
_SEARCH = """
import json, sys
from assistant import Assistant
with Assistant.open() as assistant:
    assistant.refresh()
    found = assistant.search(sys.argv[1], k=1)[0].article
    entries = [(item.title, item.added is not None) for item in assistant.entries()]
    print(json.dumps([found.title, entries]))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "log") as started:
        yield started


@pytest.fixture
def aws(server: S3Server) -> Callable[..., str]:
    """Run a script of boto3, which is not what the assistant uses."""

    def call(script: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | server.environment,
            timeout=120,
        )
        return done.stdout

    return call


@pytest.fixture
def command(server: S3Server, tmp_path: Path) -> Command:
    """Run the assistant, or Python, on a corpus in the bucket and a data folder by name."""

    def call(*arguments: str, data: str, corpus: str, **more: str) -> Any:
        python = ["-c"] if "\n" in arguments[0] else ["-m", "assistant"]
        return subprocess.run(
            [sys.executable, *python, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=os.environ
            | server.environment
            | {
                "ASSISTANT_CORPUS_DIR": corpus,
                "ASSISTANT_DATA_DIR": str(tmp_path / data),
                "ASSISTANT_CORPUS_TIMEOUT_S": "3",
                "ASSISTANT_CORPUS_TRIES": "2",
                "ASSISTANT_THREADS": "2",
                "PYTHONPATH": str(ROOT),
            }
            | more,
            timeout=LONGEST_S,
        )

    return call


def titles(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [item["title"] for item in json.loads(done.stdout)]


def test_what_one_process_adds_others_find(
    aws: Callable[..., str], command: Command, server: S3Server, tmp_path: Path
) -> None:
    bucket, corpus = "shared", "s3://shared/the articles/ü"
    aws(_BUCKET, bucket)
    local_path(tmp_path, "in/bridge.txt", "Marlow bridge opens\n\nThe bridge is 40 metres high.")
    local_path(tmp_path, "in/ferry.md", "# Ferry line ends\n\nThe ferry stopped in May.")
    local_path(tmp_path, "in/picture.png", "no article")
    done = command("ingest", "in", "--json", data="one", corpus=corpus)
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert len(report["added"]) == 2
    assert [Path(item["name"]).name for item in report["failed"]] == ["picture.png"]
    keys = json.loads(aws(_LIST, bucket))
    assert len([key for key in keys if key.startswith("the articles/ü/originals/")]) == 2
    assert len(keys) == 4

    done = command(_SEARCH, "When did the ferry stop?", data="two", corpus=corpus)
    assert done.returncode == 0, done.stderr
    found, entries = json.loads(done.stdout)
    assert found == "Ferry line ends"
    assert entries == [["Ferry line ends", True], ["Marlow bridge opens", True]]

    ferry = next(key for key in keys if "ü/ferry" in key)
    aws(_PUT, bucket, ferry, "# Ferry line goes on\n\nThe ferry did not stop.")
    aws(_DELETE, bucket, next(key for key in keys if "bridge" in key))
    aws(_PUT, bucket, "the articles/ü/deep/er/tower [1]?.md", "# Tower shut\n\nIt is closed.")
    listed = command("articles", "list", "--json", data="two", corpus=corpus)
    assert titles(listed) == ["Ferry line goes on", "Tower shut"]
    tower = json.loads(listed.stdout)[1]["article_id"]
    shown = command("articles", "show", tower, "--text", data="two", corpus=corpus)
    assert shown.stdout == "It is closed."
    removed = command("articles", "remove", tower, "--yes", data="one", corpus=corpus)
    assert removed.stdout == "Removed deep/er/tower [1]?.md.\n", removed.stderr
    assert "the articles/ü/deep/er/tower [1]?.md" not in json.loads(aws(_LIST, bucket))

    settings = command("settings", "--json", data="one", corpus=corpus)
    assert json.loads(settings.stdout)["corpus_dir"] == corpus
    assert "hush" not in settings.stdout


def test_a_bucket_that_fails_is_told_and_loses_nothing(
    aws: Callable[..., str], command: Command, server: S3Server, tmp_path: Path
) -> None:
    corpus = "s3://failing/articles"
    done = command("ingest", data="absent", corpus=corpus)
    assert done.returncode == 35
    assert "does not exist" in done.stderr
    assert "ASSISTANT_CORPUS_DIR" in done.stderr

    aws(_BUCKET, "failing")
    source = str(local_path(tmp_path, "one.txt", "Bridge opens\n\nIt is high."))
    assert command("ingest", source, data="one", corpus=corpus).returncode == 0
    kept = read_rows(tmp_path / "one" / "index", ["bridge"])

    server.know_keys(any_key=False)
    try:
        forbidden = command("ingest", data="one", corpus=corpus)
    finally:
        server.know_keys(any_key=True)
    assert forbidden.returncode == 35, forbidden.stderr
    assert "is refused" in forbidden.stderr

    other = command("ingest", data="one", corpus="s3://missing/articles")
    assert (other.returncode, "does not exist" in other.stderr) == (35, True), other.stderr
    # The bucket is there and the folder is not: that is an empty corpus, which needs a yes.
    emptied = command("ingest", data="one", corpus="s3://failing/other")
    assert emptied.returncode == 5, emptied.stderr

    server.stop()
    try:
        away = command("ingest", data="one", corpus=corpus)
        doctor = command("doctor", "--json", data="one", corpus=corpus)
    finally:
        server.start()  # it has forgotten everything, as a bucket that was deleted
    assert away.returncode == 35, away.stderr
    assert "cannot be used" in away.stderr
    (finding,) = [item for item in json.loads(doctor.stdout) if item["subject"] == "corpus"]
    assert "cannot be used" in finding["message"]
    assert command("ingest", data="one", corpus=corpus).returncode == 35
    for done in (forbidden, other, away, doctor):
        assert "hush" not in done.stdout + done.stderr
    after = read_rows(tmp_path / "one" / "index", ["bridge"])
    assert (after.digest, after.articles) == (kept.digest, kept.articles)


def test_a_server_that_does_not_reply_is_given_up(command: Command) -> None:
    with socket.create_server((HOST, 0)) as mute:
        address = f"http://{HOST}:{mute.getsockname()[1]}"
        started = time.monotonic()
        done = command("ingest", data="mute", corpus="s3://bucket/x", AWS_ENDPOINT_URL=address)
    assert done.returncode == 35, done.stderr
    assert "cannot be used" in done.stderr
    assert time.monotonic() - started < 120


def test_ray_and_the_local_engine_write_the_same_rows(
    aws: Callable[..., str], command: Command, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    corpus = "s3://many/articles"
    aws(_BUCKET, "many")
    for number in range(12):
        article = make_article(number, sentences=4 + number)
        local_path(tmp_path, f"in/{number:03d}.txt", f"{article.title}\n\n{article.text}")
    done = command("ingest", "in", "--json", data="local", corpus=corpus)
    assert done.returncode == 0, done.stderr
    aws(_PUT, "many", "articles/broken.pdf", "%PDF-1.7 and nothing else")
    local = command("ingest", "--json", data="local", corpus=corpus)
    ray = command(
        "ingest", "--json", "--engine", "ray", "--workers", "2", data="ray", corpus=corpus
    )
    assert (local.returncode, ray.returncode) == (3, 3), ray.stderr
    report = json.loads(ray.stdout)
    assert len(report["added"]) == 12
    assert report["failed"] == json.loads(local.stdout)["failed"]
    one, other = (read_rows(tmp_path / name / "index", ["harbour"]) for name in ("local", "ray"))
    for name in ("digest", "articles", "passages", "metadata", "documents", "lexical"):
        assert getattr(one, name) == getattr(other, name), name
    assert all(np.array_equal(one.vectors[key], other.vectors[key]) for key in one.vectors)

    again = command("ingest", "--json", "--engine", "ray", data="ray", corpus=corpus)
    assert len(json.loads(again.stdout)["unchanged"]) == 12, again.stderr
    none = command(
        "ingest", "--engine", "ray", data="ray", corpus=corpus, AWS_ENDPOINT_URL=f"http://{HOST}:9"
    )
    assert none.returncode == 35, none.stderr
    assert len(read_rows(tmp_path / "ray" / "index", ["harbour"]).articles) == 12
