"""The index through its public interface: real Chroma, real tantivy, invented vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.errors import (
    ArticleNotFoundError,
    CorpusEmptyError,
    IndexLockedError,
    IndexMissingError,
    SearchIndexError,
)
from assistant.index import Index
from assistant.types import Article, SearchFilter
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings


def open_index(folder: Path, *, digest: str = "fake", passage_tokens: int = 60) -> Index:
    return Index.open(folder, WordEmbeddings(digest=digest), passage_tokens=passage_tokens)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    found = open_index(tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Six articles of two sources; they are only read, as a sync takes seconds."""
    found = open_index(tmp_path_factory.mktemp("towns"))
    found.sync([make_article(number) for number in range(6)])
    yield found
    found.close()


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """One article with names; it is only read."""
    found = open_index(tmp_path_factory.mktemp("named"))
    text = "The Hwasong-15 of North Korea rose 4,500 kilometers, the United States said."
    found.sync([Article("A bridge", text, "Northline Wire", published=date(2031, 12, 31))])
    yield found
    found.close()


def test_before_the_first_sync_nothing_is_indexed(index: Index) -> None:
    assert not index.exists()
    with pytest.raises(IndexMissingError, match="assistant ingest"):
        index.articles()


def test_a_sync_reports_what_it_changed(index: Index) -> None:
    one, two, three = (make_article(number) for number in range(3))
    assert index.sync([one, two]).added == (one.id, two.id)
    edited = make_article(0, revision=1)
    report = index.sync([edited, two, three])
    assert report.added == (edited.id, three.id)
    assert report.removed == (one.id,)
    assert report.unchanged == (two.id,)
    assert {item.article_id for item in index.articles()} == {edited.id, two.id, three.id}


def test_the_passages_of_an_edited_article_are_replaced(index: Index) -> None:
    index.sync([make_article(0), make_article(1)])
    index.sync([make_article(0, revision=7), make_article(1)])
    texts = [
        item.passage.text
        for item in index.passages([hit.passage_id for hit in index.search_lexical("town 0", k=50)])
    ]
    assert any("report 7-0" in text for text in texts)
    assert not any("town 0 had report 0-" in text for text in texts)
    assert all(finding.ok for finding in index.check())


def test_order_and_repetition_change_nothing(tmp_path: Path) -> None:
    articles = [make_article(number) for number in range(5)]
    versions = set()
    for order in (articles, articles[::-1], articles[2:] + articles[:2] + articles[:1]):
        index = open_index(tmp_path)
        index.sync(order)
        assert len(index.articles()) == 5
        versions.add(index.version())
        index.close()
    assert len(versions) == 1


def test_a_corpus_that_reads_as_empty_is_no_order_to_delete(index: Index) -> None:
    index.sync([make_article(1)])
    with pytest.raises(CorpusEmptyError):
        index.sync([])
    assert len(index.articles()) == 1
    assert len(index.sync([], allow_empty=True).removed) == 1
    assert index.articles() == []


def test_changed_settings_mean_not_indexed_yet(tmp_path: Path) -> None:
    first = open_index(tmp_path)
    first.sync([make_article(1)])
    assert not open_index(tmp_path, digest="other").exists()
    assert not open_index(tmp_path, passage_tokens=61).exists()
    assert open_index(tmp_path).exists()
    first.close()


def test_a_second_writer_is_refused_and_a_patient_one_waits(tmp_path: Path) -> None:
    first, second = open_index(tmp_path), open_index(tmp_path)

    def while_writing(step: str) -> None:
        if step == "verified":
            with pytest.raises(IndexLockedError, match="writing"):
                second.sync([make_article(2)])
            steps.append(step)

    steps: list[str] = []
    first.sync([make_article(1)], step=while_writing)
    assert steps == ["verified"]
    assert second.sync([make_article(2)], wait_s=5).added
    first.close()
    second.close()


def test_a_reader_sees_the_old_state_until_the_new_one_is_published(tmp_path: Path) -> None:
    writer, reader = open_index(tmp_path), open_index(tmp_path)
    writer.sync([make_article(1)])
    assert [item.title for item in reader.articles()] == ["Town 1"]
    seen: list[list[str]] = []
    writer.sync(
        [make_article(1), make_article(2)],
        step=lambda _: seen.append([item.title for item in reader.articles()]),
    )
    assert seen[0] == ["Town 1"]
    assert [item.title for item in reader.articles()] == ["Town 1", "Town 2"]
    writer.close()
    reader.close()


def test_nothing_is_embedded_twice(tmp_path: Path) -> None:
    embeddings = WordEmbeddings()
    index = Index.open(tmp_path, embeddings, passage_tokens=60)
    index.sync([make_article(1), make_article(2)])
    first = embeddings.embedded
    index.sync([make_article(1), make_article(2)], rebuild=True)
    assert embeddings.embedded == first
    index.close()


@pytest.mark.parametrize(
    ("where", "titles"),
    [
        (SearchFilter(sources=("Gazette",)), {"Town 0", "Town 3"}),
        (SearchFilter(published_from=date(2022, 1, 1)), {"Town 2", "Town 3"}),
        (SearchFilter(published_to=date(2021, 12, 31)), {"Town 1", "Town 5"}),
        (SearchFilter(sources=("Courier",), published_from=date(2021, 1, 1)), {"Town 1"}),
    ],
)
def test_filters_hold_in_both_engines(towns: Index, where: SearchFilter, titles: set[str]) -> None:
    vector = WordEmbeddings().embed_query("harbour report")
    for hits in (
        towns.search_dense(vector, k=100, where=where),
        towns.search_lexical("harbour report town", k=100, where=where),
    ):
        found = towns.passages([hit.passage_id for hit in hits])
        assert {item.article.title for item in found} == titles


def test_any_text_is_a_query(towns: Index) -> None:
    for text in ('"', "a AND (b", "title:", "[1 TO", "\\", "", "🚀 ~~^^", "x" * 5000):
        assert isinstance(towns.search_lexical(text, k=3), list)


@pytest.mark.parametrize(
    ("term", "there"),
    [
        ("Hwasong-15", True),
        ("Hwasong-14", False),
        ("Hwasong", True),
        ("15", True),
        ("kilometers", True),
        ("U.S.", True),
        ("America", True),
        ("Pyongyang", True),
        ("Korean", True),
        ("Mattis", False),
        ("Bridge", True),
        ("2031", True),
        ("2030", False),
        ("Northline", True),
        ("Wire", True),
        ("Southline", False),
    ],
)
def test_missing_terms_know_other_names_of_the_same(
    named: Index, term: str, *, there: bool
) -> None:
    assert named.missing_terms([term]) == (() if there else (term,))


def test_an_outlet_counts_only_among_its_articles_that_may_be_searched(named: Index) -> None:
    before = SearchFilter(published_to=date(2030, 1, 1))
    assert named.missing_terms(["Northline"], where=before) == ("Northline",)


def test_an_unknown_article_is_an_error(towns: Index) -> None:
    with pytest.raises(ArticleNotFoundError, match="nope"):
        towns.article("nope")


def test_an_unreadable_pointer_is_a_clear_error(index: Index, tmp_path: Path) -> None:
    index.sync([make_article(1)])
    (pointer,) = tmp_path.rglob("CURRENT")
    content = json.loads(pointer.read_text())
    pointer.write_text(json.dumps(content)[:-9])
    with pytest.raises(SearchIndexError, match="rebuild"):
        open_index(tmp_path).articles()
