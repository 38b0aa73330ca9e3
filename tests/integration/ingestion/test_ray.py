"""`assistant ingest --engine ray` on a local cluster: the same index as the local engine."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tests.support.corpora import make_article
from tests.support.index_rows import IndexRows, read_rows
from tests.support.process_log import hooked_environment, logged

pytest.importorskip("ray")
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]
QUESTIONS = ["harbour of town 7", "storm and ferry", "Überfähre", "report 0-3", "nothing at all"]
LONGEST_S = 500


def write_corpus(folder: Path, articles: int) -> None:
    """Write articles of three formats, and files that fail in every way that a file can."""
    folder.mkdir()
    for number in range(articles):
        article = make_article(number, sentences=4 + number % 9)
        (folder / f"sub{number % 3}").mkdir(exist_ok=True)
        target = folder / f"sub{number % 3}" / f"{number:03d}"
        if number % 3 == 0:
            target.with_suffix(".txt").write_text(f"{article.title}\n\n{article.text}")
        elif number % 3 == 1:
            body = f"---\ntitle: {article.title}\nsource: {article.source or ''}\n"
            body += f"published: {article.published or ''}\n---\n\n{article.text}\n"
            target.with_suffix(".md").write_text(body)
        else:
            page = f"<title>{article.title}</title><article><p>{article.text * 3}</p></article>"
            target.with_suffix(".html").write_text(f"<html><body>{page}</body></html>")
    (folder / "again.txt").write_text((folder / "sub0" / "000.txt").read_text())
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    (folder / "empty.md").touch()
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "out.txt").symlink_to(folder.parent / "outside.txt")
    (folder.parent / "outside.txt").write_text("Not an article of this corpus.")
    (folder / "deutsch.txt").write_text("Überfähre\n\nDie Überfähre fährt “um vier”. " * 40)
    (folder / "long.txt").write_text("Long\n\n" + "word " * 3000)
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt"))).write_text("Café\n\nIt opened.")


def command(engine: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "assistant", "ingest", "--engine", engine, "--json", *options]


def environment(corpus: Path, data: Path, **variables: str) -> dict[str, str]:
    return os.environ | {
        "ASSISTANT_CORPUS_DIR": str(corpus),
        "ASSISTANT_DATA_DIR": str(data),
        "ASSISTANT_THREADS": "2",
        **variables,
    }


def ingest(engine: str, *options: str, **variables: Any) -> dict[str, Any]:
    """Ingest in a process of its own and return the report."""
    done = subprocess.run(
        command(engine, *options),
        capture_output=True,
        text=True,
        check=False,
        env=environment(**variables),
        timeout=LONGEST_S,
    )
    assert done.returncode == 3, done.stderr  # the corpus has files that fail
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def assert_same(one: IndexRows, other: IndexRows) -> None:
    for name in ("digest", "articles", "passages", "metadata", "documents", "lexical"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("vectors", "embeddings"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.keys() == right.keys()
        assert all(np.array_equal(left[key], right[key]) for key in left), name


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "corpus"
    write_corpus(folder, 60)
    return folder


@pytest.fixture(scope="module")
def local(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    data = tmp_path_factory.mktemp("local")
    return ingest("local", corpus=corpus, data=data), data


def test_ray_writes_the_same_rows_and_reaches_nothing_but_loopback(
    corpus: Path, local: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    hook = hooked_environment(tmp_path / "hook", watched=corpus)
    report = ingest("ray", "--workers", "2", corpus=corpus, data=tmp_path / "data", **hook)
    assert report == local[0]
    assert len(report["failed"]) == 4
    assert len(report["added"]) == 63

    one = read_rows(local[1] / "index", QUESTIONS)
    assert_same(one, read_rows(tmp_path / "data" / "index", QUESTIONS))
    assert len(one.vectors) > 63
    assert one.lexical["harbour of town 7"]
    assert not list((tmp_path / "data" / "index").glob("reading-*"))

    events = logged(hook)
    opened = [what for event, what in events if event == "open"]
    assert any(what.endswith("000.txt") for what in opened), "the hook saw the workers read"
    names = {what for event, what in events if event.startswith("socket.get")}
    connected = {what for event, what in events if event == "socket.connect"}
    assert connected, "Ray talks over loopback, or the hook sees nothing"
    # To look up an address, such as its own, asks nobody; names do.
    assert [name for name in names if not is_address(name)] in ([], ["localhost"])
    here = ("('127.0.0.1'", "('localhost'", "('::1'", "/")
    assert [what for what in connected if not what.startswith(here)] == []


def is_address(name: str) -> bool:
    """Tell whether a look-up is of an address in figures, or of none (every one that is here)."""
    try:
        ipaddress.ip_address(name.removeprefix("b").strip("'"))
    except ValueError:
        return name == "None"
    return True


TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a-token-of-these-tests-alone-0123456789"}


@contextmanager
def running_cluster() -> Iterator[str]:
    """The address of a cluster of one node that runs by itself, as on machines of one's own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:  # paths of sockets: short
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ray")),
                *"start --head --block --node-ip-address=127.0.0.1 --num-cpus=2".split(),
                *"--num-gpus=0 --include-dashboard=false --disable-usage-stats".split(),
                f"--port={port}",
                f"--object-store-memory={256 << 20}",
                f"--temp-dir={folder}",
            ],
            env=os.environ | TOKEN,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"127.0.0.1:{port}"
        finally:
            # Told to end, Ray takes its time; whatever it started is a child of it.
            family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            psutil.wait_procs(family, 30)
            process.wait(30)


def is_up(address: str) -> bool:
    asked = [str(Path(sys.executable).with_name("ray")), "health-check", "--address", address]
    given = os.environ | TOKEN
    done = subprocess.run(asked, capture_output=True, check=False, timeout=60, env=given)
    return done.returncode == 0


def test_a_cluster_that_runs_by_itself_is_joined_and_left_running(
    corpus: Path, local: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    with running_cluster() as address:
        until = time.monotonic() + 90
        while not is_up(address):
            assert time.monotonic() < until, "the cluster did not start"
        variables = {"ASSISTANT_RAY_ADDRESS": address} | TOKEN
        report = ingest("ray", corpus=corpus, data=tmp_path / "data", **variables)
        assert is_up(address)
        stranger = subprocess.run(
            command("ray"),
            capture_output=True,
            text=True,
            check=False,
            env=environment(corpus, tmp_path / "other", **variables | {"RAY_AUTH_TOKEN": "x" * 64}),
            timeout=LONGEST_S,
        )
        assert stranger.returncode not in {0, 3}
        assert "RAY_AUTH_TOKEN" in stranger.stderr
    assert report == local[0]
    rows = read_rows(local[1] / "index", QUESTIONS)
    assert_same(rows, read_rows(tmp_path / "data" / "index", QUESTIONS))
    assert not is_up(address)


def test_a_file_that_kills_its_reader_is_reported_and_the_rest_goes_on(
    corpus: Path, local: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    deadly = corpus / "deadly.txt"
    deadly.write_text("Deadly\n\nNobody who opens this lives.")
    try:
        hook = hooked_environment(tmp_path / "hook", watched=corpus, deadly="deadly.txt")
        report = ingest("ray", "--workers", "2", corpus=corpus, data=tmp_path / "data", **hook)
    finally:
        deadly.unlink()
    failed = {item["name"]: item["reason"] for item in report["failed"]}
    assert "ended the process" in failed.pop("deadly.txt")
    assert failed == {item["name"]: item["reason"] for item in local[0]["failed"]}
    assert report["added"] == local[0]["added"]


def test_a_killed_job_goes_on_without_redoing_what_is_done(tmp_path: Path) -> None:
    corpus, data = tmp_path / "corpus", tmp_path / "data"
    write_corpus(corpus, 400)
    given = environment(corpus, data)
    with subprocess.Popen(command("ray", "--workers", "2"), env=given) as job:
        kept = 0
        until = time.monotonic() + LONGEST_S
        while kept < 200 and time.monotonic() < until and job.poll() is None:
            time.sleep(0.05)
            kept = count_embeddings(data)
        assert job.poll() is None, "it was done before it could be killed"
        job.send_signal(signal.SIGKILL)
    kept = count_embeddings(data)
    assert kept >= 200
    marked = mark_one_embedding(data)

    hook = hooked_environment(tmp_path / "hook", watched=corpus)
    report = ingest("ray", "--workers", "2", corpus=corpus, data=data, **hook)
    assert len(report["added"]) == 403
    assert count_embeddings(data) > kept, "there was something left to do"
    assert embedding_of(data, marked[0]) == marked[1], "what was embedded was embedded again"
    opened = {Path(what).name for event, what in logged(hook) if event == "open"}
    assert opened <= {"broken.pdf", "empty.md", "picture.png", "out.txt"}, "files were read again"


def count_embeddings(data: Path) -> int:
    found = query(data, "SELECT COUNT(*) FROM embeddings")
    return int(found[0][0]) if found else 0


def mark_one_embedding(data: Path) -> tuple[bytes, bytes]:
    """Turn a kept vector around, so that embedding its text again would show."""
    ((key, vector),) = query(data, "SELECT key, vector FROM embeddings LIMIT 1")
    turned = (-np.frombuffer(vector, dtype=np.float32)).tobytes()
    query(data, "UPDATE embeddings SET vector = ? WHERE key = ?", turned, key)
    return key, turned


def embedding_of(data: Path, key: bytes) -> bytes:
    found: bytes = query(data, "SELECT vector FROM embeddings WHERE key = ?", key)[0][0]
    return found


def query(data: Path, statement: str, *values: bytes) -> list[Any]:
    for path in data.glob("index/*/catalogue.sqlite3"):
        connection = sqlite3.connect(path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()
    return []
