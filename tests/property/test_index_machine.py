"""The index against a model: a dict of articles and brute-force cosine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from assistant.index import Index
from assistant.splitting import embedded_text, split_passages
from assistant.types import Article
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings

TOKENS = 60


class IndexMachine(RuleBasedStateMachine):
    """Adds, edits, removes, reopens and rebuilds; compares whole rows."""

    numbers = Bundle("numbers")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.embeddings = WordEmbeddings()
        self.articles: dict[int, Article] = {}
        self.index = self.open()

    def open(self) -> Index:
        return Index.open(Path(self.folder.name), self.embeddings, passage_tokens=TOKENS)

    def teardown(self) -> None:
        self.index.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        self.articles[99] = make_article(99)
        self.sync()

    def sync(self, *, rebuild: bool = False) -> None:
        before = (
            {item.article_id for item in self.index.articles()} if self.index.exists() else set()
        )
        wanted = {article.id for article in self.articles.values()}
        report = self.index.sync(list(self.articles.values()), rebuild=rebuild)
        assert set(report.added) == wanted - before
        assert set(report.removed) == before - wanted
        assert set(report.unchanged) == wanted & before

    @rule(target=numbers, number=st.integers(0, 12), revision=st.integers(0, 2))
    def add_or_edit(self, number: int, revision: int) -> int:
        self.articles[number] = make_article(number, revision=revision, sentences=12)
        self.sync()
        return number

    @rule(target=numbers, first=st.integers(0, 6), size=st.integers(2, 6))
    def add_several(self, first: int, size: int) -> object:
        for number in range(first, first + size):
            self.articles[number] = make_article(number)
        self.sync()
        return multiple(*range(first, first + size))

    @rule(number=numbers)
    def remove(self, number: int) -> None:
        self.articles.pop(number, None)
        self.sync()

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = self.open()

    @rule()
    def rebuild(self) -> None:
        self.sync(rebuild=True)

    @invariant()
    def equals_the_model(self) -> None:
        if not self.index.exists():
            return
        wanted = {}
        for article in self.articles.values():
            for passage in split_passages(
                article,
                count_tokens=self.embeddings.count_tokens,
                passage_tokens=TOKENS,
                limit_tokens=self.embeddings.limit_tokens,
            ):
                text = embedded_text(
                    article,
                    passage,
                    count_tokens=self.embeddings.count_tokens,
                    limit_tokens=self.embeddings.limit_tokens,
                )
                wanted[passage.id] = (passage, article, self.embeddings.embed_query(text))
        everything = len(wanted) + 10
        question = np.asarray(self.embeddings.embed_query("harbour report 0-1 of town 3"))
        dense = self.index.search_dense(question.tolist(), k=everything)
        lexical = self.index.search_lexical("report", k=everything)
        assert {hit.passage_id for hit in dense} == set(wanted)
        assert {hit.passage_id for hit in lexical} == set(wanted)
        for hit in dense:
            assert hit.score == pytest.approx(float(question @ wanted[hit.passage_id][2]), abs=1e-4)
        assert [hit.score for hit in dense] == sorted((hit.score for hit in dense), reverse=True)
        for found in self.index.passages(list(wanted)):
            passage, article, _ = wanted[found.passage.id]
            assert found.passage == passage
            assert found.article.title == article.title
            assert found.article.source == article.source
            assert found.article.published == article.published
            assert found.sentence_vectors.shape == (len(passage.sentences), 32)
        assert len(self.index.passages(list(wanted))) == len(wanted)
        for article in self.articles.values():
            assert self.index.article(article.id) == article


IndexMachine.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.integration
class TestIndexMachine(IndexMachine.TestCase):  # type: ignore[misc]
    """Runs the machine."""
