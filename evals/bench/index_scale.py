"""What one more article costs in a large index: `python -m evals.bench.index_scale`.

Articles and vectors are invented (unit vectors seeded by the text), so that only the index is
measured. The alternative in the same run is building everything anew from kept embeddings.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from assistant.index import Index
from assistant.models.embeddings import EmbeddingModel
from assistant.types import Article

_DIMENSION = 384
_SENTENCES = 20
_PASSAGE_TOKENS = 60


class SeededEmbeddings(EmbeddingModel):
    """A random unit vector for each text, the same for the same text."""

    def __init__(self) -> None:
        self.name = self.digest = "seeded"
        self.dimension = _DIMENSION
        self.limit_tokens = 256

    def count_tokens(self, text: str) -> int:
        """Count words."""
        return len(text.split()) + 2

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the text's vector."""
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).normal(size=_DIMENSION)
        unit: list[float] = (vector / np.linalg.norm(vector)).tolist()
        return unit


def main(passages: Annotated[int, typer.Option(help="Passages of the index.")] = 100_000) -> None:
    """Build, add one article, remove one, reopen and search; print seconds and the ratio."""
    count = passages * 6 // _SENTENCES
    articles = [_article(number) for number in range(count)]
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(Path(folder), SeededEmbeddings(), passage_tokens=_PASSAGE_TOKENS)
        with _timed(seconds, "build, with embedding"):
            index.sync(articles)
        held = sum(index.passage_count(item.article_id) for item in index.articles())
        with _timed(seconds, "add one article"):
            index.sync([*articles, _article(count)])
        with _timed(seconds, "remove one article"):
            index.sync(articles)
        index.close()
        index = Index.open(Path(folder), SeededEmbeddings(), passage_tokens=_PASSAGE_TOKENS)
        vector = SeededEmbeddings().embed_query("harbour")
        _search(index, vector, seconds)
        with _timed(seconds, "build anew from kept embeddings"):
            index.sync(articles, rebuild=True)
        index.close()
    typer.echo(f"{held:,} passages of {count:,} articles")
    for what, value in seconds.items():
        typer.echo(f"{what:35} {value:8.2f} s")
    ratio = seconds["build anew from kept embeddings"] / seconds["add one article"]
    typer.echo(f"building anew takes {ratio:.0f} times as long as adding one article")


def _search(index: Index, vector: list[float], seconds: dict[str, float]) -> None:
    searches: dict[str, Callable[[], object]] = {
        "open and first dense search": lambda: index.search_dense(vector, k=10),
        "second dense search": lambda: index.search_dense(vector, k=10),
        "lexical search": lambda: index.search_lexical("harbour of town 17", k=10),
    }
    for what, search in searches.items():
        with _timed(seconds, what):
            search()


def _article(number: int) -> Article:
    words = "harbour bridge council ferry letter mayor storm market election river".split()
    body = " ".join(
        f"The {words[(number + i) % 10]} of town {number} was told in report {i} about the "
        f"{words[(number * 3 + i) % 10]}."
        for i in range(_SENTENCES)
    )
    return Article(f"Town {number}", body)


@contextmanager
def _timed(seconds: dict[str, float], what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[what] = time.monotonic() - began


if __name__ == "__main__":
    typer.run(main)
