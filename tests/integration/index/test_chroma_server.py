"""An index whose vectors are on a real Chroma server, against one that is all embedded."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.errors import (
    CorpusEmptyError,
    IndexLockedError,
    IndexMissingError,
    IndexServerError,
)
from assistant.index import Index, ServerOptions
from assistant.index.chroma_server import ChromaServer
from assistant.index.lease import lease
from assistant.types import Article, SearchFilter
from tests.support.chroma import ChromaProcess
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings
from tests.support.serving import HEIGHT, BridgeAssistant, make_assistant

pytestmark = pytest.mark.integration
QUERIES = ("harbour report town 3", "town 0", "bridge", "the council of town 5")


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    server = ChromaProcess(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def options(chroma: ChromaProcess, request: pytest.FixtureRequest) -> ServerOptions:
    """Return how to reach a database of this test's own."""
    name = request.node.name.replace("_", "-")[-60:].strip("-")
    url = f"{chroma.url}/api/v2/tenants/default_tenant/databases"
    httpx.post(url, json={"name": name}, trust_env=False, timeout=20).raise_for_status()
    return ServerOptions(chroma.url, database=name, timeout_s=5, tries=2)


def open_index(folder: Path, options: ServerOptions | None = None) -> Index:
    return Index.open(folder, WordEmbeddings(), passage_tokens=60, server=options)


def rows(index: Index) -> list[tuple[object, ...]]:
    """Return every article, passage, sentence and embedding, bit for bit."""
    found: list[tuple[object, ...]] = []
    for reference in index.articles():
        article = index.article(reference.article_id)
        only = SearchFilter(article_ids=(reference.article_id,))
        vector = WordEmbeddings().embed_query(article.text)
        hits = index.search_dense(vector, k=1000, where=only)
        assert len(hits) == index.passage_count(reference.article_id)
        found.append((reference, article, [(hit.passage_id, round(hit.score, 5)) for hit in hits]))
        found += [
            (item.passage, item.article, item.sentence_vectors.tobytes())
            for item in index.passages(sorted(hit.passage_id for hit in hits))
        ]
    return found


def searches(index: Index) -> list[object]:
    """Return what both engines find, with the scores as they are printed."""
    found: list[object] = []
    for query in QUERIES:
        for where in (SearchFilter(), SearchFilter(sources=("Gazette",))):
            vector = WordEmbeddings().embed_query(query)
            dense = index.search_dense(vector, k=8, where=where)
            found.append([(hit.passage_id, round(hit.score, 5)) for hit in dense])
            found.append(index.search_lexical(query, k=8, where=where))
    return found


def histories() -> list[list[Article]]:
    """Return corpora in turn: a first one, some more, edits, removals, one that comes back."""
    articles = [make_article(number) for number in range(8)]
    edited = [make_article(1, revision=1), make_article(5, revision=1)]
    return [
        articles[:5],
        articles,
        [articles[0], edited[0], *articles[2:5], edited[1], *articles[6:]],
        [articles[0], edited[0], *articles[4:5], edited[1], articles[7]],
        [articles[0], edited[0], articles[2], *articles[4:5], edited[1], articles[7]],
    ]


@pytest.mark.timeout(300)
def test_local_server_and_replica_have_the_same_rows_and_find_the_same(
    tmp_path: Path, options: ServerOptions
) -> None:
    local = open_index(tmp_path / "local")
    writer = open_index(tmp_path / "writer", options)
    replica = open_index(tmp_path / "replica", options)
    for number, corpus in enumerate(histories(), start=1):
        report = writer.sync(corpus)
        assert report == local.sync(corpus)
        done = replica.catch_up()
        assert done is not None
        assert (done.generation, done.added) == (number, len(report.added))
        assert rows(writer) == rows(local)
        assert searches(writer) == searches(local)
        assert rows(replica) == rows(writer)
        assert searches(replica) == searches(writer)
        assert replica.version() == writer.version() == local.version()
    assert replica.catch_up() is None
    late = open_index(tmp_path / "late", options)
    late.catch_up()
    assert rows(late) == rows(local)
    for index in (writer, replica, late):
        assert [finding for finding in index.check() if not finding.ok] == []
    for index in (local, writer, replica, late):
        index.close()


@pytest.mark.timeout(300)
def test_a_replica_that_is_two_behind_says_so_and_catches_up(
    tmp_path: Path, options: ServerOptions
) -> None:
    writer, replica = open_index(tmp_path / "w", options), open_index(tmp_path / "r", options)
    with pytest.raises(IndexMissingError):
        replica.articles()
    writer.sync([make_article(0)])
    replica.catch_up()
    for count in (2, 3, 4):
        writer.sync([make_article(number) for number in range(count)])
    (finding,) = [item for item in replica.check() if item.subject == "Chroma server"]
    assert not finding.ok
    assert "3 behind" in finding.message
    assert len(replica.articles()) == 1
    # Its generation is gone from the server: the search itself fetches the newest.
    hits = replica.search_dense(WordEmbeddings().embed_query("town 3"), k=50)
    titles = {item.article.title for item in replica.passages([hit.passage_id for hit in hits])}
    assert titles == {"Town 0", "Town 1", "Town 2", "Town 3"}
    status = replica.following()
    assert status is not None
    assert status.behind == 0
    writer.close()
    replica.close()


@pytest.mark.timeout(300)
def test_writers_on_two_machines_take_turns(tmp_path: Path, options: ServerOptions) -> None:
    first, second = open_index(tmp_path / "1", options), open_index(tmp_path / "2", options)
    seen = []

    def while_writing(step: str) -> None:
        if step == "verified":
            with pytest.raises(IndexLockedError, match="lease ends in"):
                second.sync([make_article(2)])
            seen.append(step)

    first.sync([make_article(1)], step=while_writing)
    assert seen == ["verified"]
    report = second.sync([make_article(1), make_article(2)], wait_s=5)
    assert report.added == (make_article(2).id,)
    assert report.unchanged == (make_article(1).id,)
    first.close()
    second.close()


@pytest.mark.timeout(300)
def test_a_writer_that_slept_past_its_lease_cannot_publish(
    tmp_path: Path, options: ServerOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = open_index(tmp_path / "1", options), open_index(tmp_path / "2", options)
    quick.sync([make_article(0)])
    monkeypatch.setattr("assistant.index.lease.LEASE_S", 0.2)

    def while_writing(step: str) -> None:
        if step == "publish":
            quick.sync([make_article(0), make_article(2)], wait_s=5)

    monkeypatch.setattr("assistant.index.lease._renew", lambda *_: None)
    with pytest.raises(IndexLockedError, match="has published generation 2"):
        slow.sync([make_article(0), make_article(1)], step=while_writing)
    slow.catch_up()
    assert rows(slow) == rows(quick)
    slow.sync([make_article(0), make_article(1)], wait_s=5)
    quick.catch_up()
    assert rows(slow) == rows(quick)
    assert [item.title for item in quick.articles()] == ["Town 0", "Town 1"]
    slow.close()
    quick.close()


@pytest.mark.timeout(300)
def test_a_lease_that_is_not_renewed_ends(options: ServerOptions) -> None:
    server = ChromaServer(options)
    server.call(
        lambda client: client.create_collection(
            "assistant-x-w00000007",
            embedding_function=None,
            metadata={"owner": "dead", "who": "id 1 on elsewhere", "until": time.time() + 1.5},
        )
    )
    with (
        pytest.raises(IndexLockedError, match="id 1 on elsewhere"),
        lease(server, "assistant-x", wait_s=0),
    ):
        pass
    with lease(server, "assistant-x", wait_s=10):
        names = [item.name for item in server.call(lambda client: client.list_collections())]
        assert names == ["assistant-x-w00000008"]
    assert server.call(lambda client: client.count_collections()) == 0
    server.close()


@pytest.mark.timeout(300)
def test_a_server_that_lost_everything_is_filled_again_without_embedding(
    tmp_path: Path, options: ServerOptions
) -> None:
    embeddings = WordEmbeddings()
    writer = Index.open(tmp_path / "w", embeddings, passage_tokens=60, server=options)
    articles = [make_article(number) for number in range(3)]
    writer.sync(articles)
    before, embedded = rows(writer), embeddings.embedded
    server = ChromaServer(options)
    for item in server.call(lambda client: client.list_collections()):
        server.call(lambda client, name=item.name: client.delete_collection(name))
    server.close()
    writer.sync(articles)
    assert rows(writer) == before
    assert embeddings.embedded == embedded
    replica = open_index(tmp_path / "r", options)
    replica.catch_up()
    assert rows(replica) == before
    writer.close()
    replica.close()


@pytest.mark.timeout(300)
def test_a_server_that_is_down_or_silent_is_a_clear_error_and_no_hang(
    tmp_path: Path,
) -> None:
    chroma = ChromaProcess(tmp_path / "chroma")
    options = ServerOptions(chroma.url, timeout_s=1, tries=2)
    index = open_index(tmp_path / "index", options)
    vector = WordEmbeddings().embed_query("town 1")
    with pytest.raises(IndexServerError, match=r"cannot be reached.*chroma run"):
        index.catch_up()
    chroma.start()
    try:
        index.sync([make_article(1)])
        wanted = index.search_dense(vector, k=5)
        assert chroma.process is not None
        chroma.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(IndexServerError, match="did not reply within 1 s"):
            index.search_dense(vector, k=5)
        assert time.monotonic() - began < 10
        with pytest.raises(IndexServerError, match="did not reply"):
            index.catch_up()
        status = index.following()
        assert status is not None
        assert "did not reply" in status.error
        assert len(index.articles()) == 1
        chroma.process.send_signal(signal.SIGCONT)
        assert index.search_dense(vector, k=5) == wanted
        chroma.kill()
        with pytest.raises(IndexServerError, match="cannot be reached"):
            index.search_dense(vector, k=5)
        chroma.start()
        assert index.search_dense(vector, k=5) == wanted
        index.catch_up()
        status = index.following()
        assert status is not None
        assert not status.error
    finally:
        index.close()
        chroma.kill()


@pytest.mark.timeout(300)
def test_a_machine_that_is_new_to_a_shared_index_does_not_replace_it(
    tmp_path: Path, options: ServerOptions
) -> None:
    values = {"chroma_url": options.url, "chroma_database": options.database}
    team = make_assistant(tmp_path / "team", **values)
    newcomer = BridgeAssistant(tmp_path / "new", **values)
    with pytest.raises(CorpusEmptyError, match="ASSISTANT_REPLICA"):
        newcomer.refresh()
    newcomer.settings.corpus_location.mkdir()
    (newcomer.settings.corpus_location / "mine.md").write_text("# Mine\n\nA text of my own.")
    with pytest.raises(CorpusEmptyError, match="none of which is in"):
        newcomer.refresh()
    assert [item.title for item in newcomer.articles()] == [item.title for item in team.articles()]
    team.refresh()
    assert len(team.articles()) == 2
    assert newcomer.sync(rebuild=True).added
    team.refresh()
    assert [item.title for item in team.articles()] == ["Mine"]
    for assistant in (team, newcomer):
        assistant.close()


@pytest.mark.timeout(300)
def test_a_replica_answers_without_a_corpus_and_says_when_the_server_lost_its_index(
    tmp_path: Path, options: ServerOptions
) -> None:
    values = {"chroma_url": options.url, "chroma_database": options.database}
    team = make_assistant(tmp_path / "team", **values)
    replica = BridgeAssistant(tmp_path / "replica", replica=True, **values)
    replica.refresh()
    answer, wanted = replica.ask(HEIGHT), team.ask(HEIGHT)
    assert answer.text == wanted.text
    assert answer.citations == wanted.citations
    assert answer.index_digest == wanted.index_digest
    assert not replica.settings.corpus_location.exists()
    server = ChromaServer(options)
    for item in server.call(lambda client: client.list_collections()):
        server.call(lambda client, name=item.name: client.delete_collection(name))
    server.close()
    replica.refresh()
    status = replica.following()
    assert status is not None
    assert "no index any more" in status.error
    team.refresh()
    replica.refresh()
    assert replica.ask(HEIGHT).text == wanted.text
    team.close()
    replica.close()
