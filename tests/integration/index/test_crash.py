"""`kill -9` at random moments of a sync: readers and the next sync see a whole index."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.index import Index
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings
from tests.support.syncing import corpus

pytestmark = pytest.mark.integration
KILLS = 20


def open_index(folder: Path) -> Index:
    return Index.open(folder, WordEmbeddings(), passage_tokens=60)


def rows(index: Index) -> set[tuple[str, str]]:
    """Return every article the index tells of, with its text."""
    return {(item.article_id, index.article(item.article_id).text) for item in index.articles()}


def kill_a_writer(folder: Path, seed: int, *, after_s: float) -> tuple[int, int]:
    """Let a process sync and kill it; returns the first and the last corpus it began."""
    command = [sys.executable, "-m", "tests.support.syncing", str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = int(child.stdout.readline())
        time.sleep(after_s)
        child.kill()
        rest = child.stdout.read().split()
    return first, int(rest[-1]) if rest else first


@pytest.mark.timeout(600)
def test_a_killed_sync_leaves_the_old_or_the_new_state(tmp_path: Path) -> None:
    chooser = random.Random(20261123)
    seed = 0
    index = open_index(tmp_path)
    index.sync(corpus(seed))
    state = rows(index)
    index.close()
    for _ in range(KILLS):
        first, last = kill_a_writer(tmp_path, seed + 1, after_s=chooser.uniform(0.0, 2.5))
        index = open_index(tmp_path)
        found = rows(index)
        assert found in [
            state,
            *({(a.id, a.text) for a in corpus(s)} for s in range(first, last + 1)),
        ]
        for article in (make_article(3), make_article(7)):
            hits = index.search_dense(WordEmbeddings().embed_query(article.text), k=2)
            assert len(index.passages([hit.passage_id for hit in hits])) == len(hits) > 0
        index.close()
        seed, state = last, found
    index = open_index(tmp_path)
    index.sync(corpus(seed))
    assert rows(index) == {(a.id, a.text) for a in corpus(seed)}
    assert all(finding.ok for finding in index.check())
    index.close()


def test_a_reader_in_another_process_takes_up_the_new_state(tmp_path: Path) -> None:
    writer = open_index(tmp_path)
    writer.sync([make_article(1)])
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from assistant.index import Index\n"
        "from tests.support.embeddings import WordEmbeddings\n"
        "index = Index.open(Path(sys.argv[1]), WordEmbeddings(), passage_tokens=60)\n"
        "print(len(index.articles()), flush=True)\n"
        "sys.stdin.readline()\n"
        "told = time.monotonic()\n"
        "while len(index.articles()) < 2 and time.monotonic() - told < 20: time.sleep(0.05)\n"
        "print(time.monotonic() - told, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline().strip() == "1"
        writer.sync([make_article(1), make_article(2)])
        reader.stdin.write("synced\n")
        reader.stdin.flush()
        assert float(reader.stdout.readline()) < 5
    writer.close()


def test_a_second_writer_in_another_process_is_refused_within_a_second(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from assistant.errors import IndexLockedError\n"
        "from assistant.index import Index\n"
        "from tests.support.corpora import make_article\n"
        "from tests.support.embeddings import WordEmbeddings\n"
        "index = Index.open(Path(sys.argv[1]), WordEmbeddings(), passage_tokens=60)\n"
        "began = time.monotonic()\n"
        "try: index.sync([make_article(2)])\n"
        "except IndexLockedError as error: print(time.monotonic() - began, error)\n"
    )
    told: list[str] = []

    def while_writing(step: str) -> None:
        if step == "verified":
            command = [sys.executable, "-c", code, str(tmp_path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told.append(done.stdout)

    index.sync([make_article(1)], step=while_writing)
    seconds, message = told[0].split(" ", 1)
    assert float(seconds) < 1
    assert "is writing the index" in message
    index.close()
