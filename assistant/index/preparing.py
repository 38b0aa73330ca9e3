"""What a sync lets others do for it: splitting articles, and embedding texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.index.catalogue import vector_key
from assistant.splitting import embedded_text, passage_context, split_passages
from assistant.types import Article, Passage

if TYPE_CHECKING:
    from assistant.models.embeddings import EmbeddingModel


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """An article in passages, each with its vector's key and the keys of its sentences.

    `texts` are all texts whose embeddings it needs, in order, repeated ones included.
    """

    article: Article
    rows: list[tuple[Passage, bytes, list[bytes]]]
    texts: list[str]


class Work(Protocol):
    """Does the two long steps of a sync, here or on other processes.

    Whoever does them, the index must come out the same.
    """

    def prepare(self, articles: Sequence[Article]) -> Iterator[PreparedArticle]:
        """Yield each article prepared, in order."""

    def embed(
        self, batches: Sequence[list[str]]
    ) -> Iterator[tuple[int, Sequence[Sequence[float]]]]:
        """Yield the index and the vectors of each batch, in any order, as they are done."""


class LocalWork:
    """Work in this process, one article and one batch after the other."""

    def __init__(self, embeddings: EmbeddingModel, *, passage_tokens: int) -> None:
        self._embeddings = embeddings
        self._passage_tokens = passage_tokens

    def prepare(self, articles: Sequence[Article]) -> Iterator[PreparedArticle]:
        """Split one article after the other."""
        for article in articles:
            yield prepare_article(
                article,
                count_tokens=self._embeddings.count_tokens,
                passage_tokens=self._passage_tokens,
                limit_tokens=self._embeddings.limit_tokens,
            )

    def embed(
        self, batches: Sequence[list[str]]
    ) -> Iterator[tuple[int, Sequence[Sequence[float]]]]:
        """Embed one batch after the other."""
        for index, texts in enumerate(batches):
            yield index, self._embeddings.embed_documents(texts)


def prepare_article(
    article: Article,
    *,
    count_tokens: Callable[[str], int],
    passage_tokens: int,
    limit_tokens: int,
) -> PreparedArticle:
    """Split an article, and find for each passage and sentence the text that is embedded."""
    rows: list[tuple[Passage, bytes, list[bytes]]] = []
    texts: list[str] = []
    before = passage_context(article).strip()
    passages = split_passages(
        article,
        count_tokens=count_tokens,
        passage_tokens=passage_tokens,
        limit_tokens=limit_tokens,
    )
    for passage in passages:
        whole = embedded_text(
            article, passage, count_tokens=count_tokens, limit_tokens=limit_tokens
        )
        sentence_texts = []
        for sentence in passage.sentences:
            together = f"{before} {sentence.text}".strip()
            fits = count_tokens(together) <= limit_tokens
            sentence_texts.append(together if fits else sentence.text)
            before = sentence.text
        rows.append((passage, vector_key(whole), [vector_key(text) for text in sentence_texts]))
        texts += [whole, *sentence_texts]
    return PreparedArticle(article, rows, texts)
