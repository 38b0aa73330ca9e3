"""What runs on the workers: reading with splitting, and embedding.

Rows of Ray Data hold numbers and bytes only, so that no name or text is too strange for Arrow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.corpus.store import CorpusFolder
from assistant.errors import SourceError
from assistant.index.preparing import prepare_article
from assistant.ingestion.carrying import to_json
from assistant.models.embeddings import count_word_pieces, load_embedding_model
from assistant.offline import stay_offline
from assistant.settings import Settings

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Reads and splits one file. A file that cannot be read gives a reason, not an exception."""

    settings: Settings
    tokenizer: Any
    limit_tokens: int

    def __call__(self, row: Row) -> Row:
        """Turn `{index, name}` into `{index, prepared, reason}`; one of the two is empty."""
        stay_offline()
        try:
            article = CorpusFolder(self.settings.corpus_path).read_one(
                os.fsdecode(row["name"]), source_bytes=self.settings.source_bytes
            )
        except SourceError as error:
            reason = str(error).encode("utf-8", "surrogateescape")
            return {"index": row["index"], "prepared": b"", "reason": reason}
        prepared = prepare_article(
            article,
            count_tokens=lambda text: count_word_pieces(self.tokenizer, text),
            passage_tokens=self.settings.passage_tokens,
            limit_tokens=self.limit_tokens,
        )
        return {"index": row["index"], "prepared": to_json(prepared).encode(), "reason": b""}


class EmbedTexts:
    """Holds the embedding model and embeds whole batches, as they were cut."""

    def __init__(self, settings: Settings, digest: str) -> None:
        stay_offline()
        model = load_embedding_model(settings)
        if model.digest != digest:
            raise ValueError(f"the embedding model of this worker has the digest {model.digest}")
        self._embed: Callable[[list[str]], list[list[float]]] = model.embed_documents

    def __call__(self, row: Row) -> Row:
        """Turn `{index, texts}` into `{index, vectors}`, float32 in the order of the texts."""
        vectors = np.asarray(self._embed(json.loads(row["texts"])), dtype=np.float32)
        return {"index": row["index"], "vectors": vectors.tobytes()}
