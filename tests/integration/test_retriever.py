"""The retriever is one of LangChain's."""

from __future__ import annotations

from datetime import date

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests

from assistant import Assistant
from assistant.retrieval import HybridRetriever
from assistant.types import SearchFilter

pytestmark = pytest.mark.integration


class TestHybridRetriever(RetrieversIntegrationTests):
    """LangChain's own tests of retrievers."""

    @pytest.fixture(autouse=True)
    def _use(self, assistant: Assistant) -> None:
        type(self).assistant = assistant  # type: ignore[attr-defined]

    @property
    def retriever_constructor(self) -> type[HybridRetriever]:
        return HybridRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, object]:
        assistant: Assistant = type(self).assistant  # type: ignore[attr-defined]
        return {"index": assistant.index, "embeddings": assistant.embeddings}

    @property
    def retriever_query_example(self) -> str:
        return "How high did the missile fly?"


def test_documents_carry_where_they_come_from(assistant: Assistant) -> None:
    retriever = HybridRetriever(index=assistant.index, embeddings=assistant.embeddings, k=2)
    documents = retriever.invoke("What height did the Hwasong-15 reach?")
    assert len(documents) == 2
    text = assistant.article(documents[0].metadata["article_id"]).text
    start, end = documents[0].metadata["start"], documents[0].metadata["end"]
    assert text[start:end] == documents[0].page_content
    assert "4,500 kilometres" in documents[0].page_content
    assert {"title", "source", "author", "published"} <= documents[0].metadata.keys()


def test_no_passage_is_longer_than_the_model_reads(assistant: Assistant) -> None:
    retriever = HybridRetriever(index=assistant.index, embeddings=assistant.embeddings, k=50)
    title = assistant.articles()[0].title
    for document in retriever.invoke("Korea"):
        tokens = assistant.embeddings.count_tokens(f"{title}\n{document.page_content}")
        assert tokens <= assistant.embeddings.limit_tokens == 256


def test_a_filter_on_dates_leaves_undated_articles_out(assistant: Assistant) -> None:
    where = SearchFilter(published_from=date(2000, 1, 1))
    retriever = HybridRetriever(index=assistant.index, embeddings=assistant.embeddings, where=where)
    assert retriever.invoke("Korea") == []
