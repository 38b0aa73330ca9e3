"""A deterministic embedding model that needs no weights."""

from __future__ import annotations

import hashlib
import re

import numpy as np

from assistant.models.embeddings import EmbeddingModel

DIMENSION = 32


class WordEmbeddings(EmbeddingModel):
    """Embeds a text as the normalised sum of a fixed random vector for each word."""

    def __init__(self, *, digest: str = "fake", limit_tokens: int = 256) -> None:
        self.name = "fake"
        self.digest = digest
        self.dimension = DIMENSION
        self.limit_tokens = limit_tokens
        self.embedded = 0

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text)) + 2

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        total = np.full(DIMENSION, 1e-3)
        for word in re.findall(r"\w+", text.lower()):
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            total += np.random.default_rng(seed).normal(size=DIMENSION)
        return [float(value) for value in total / np.linalg.norm(total)]
