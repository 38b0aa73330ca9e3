"""What runs on the workers: reading with splitting, and embedding.

Rows of Ray Data hold numbers and bytes only, so that no name or text is too strange for Arrow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.corpus.storage import StoredFile
from assistant.corpus.store import CorpusFolder
from assistant.errors import AssistantError, SourceError
from assistant.index.preparing import prepare_article
from assistant.ingestion.carrying import to_json
from assistant.models.embeddings import count_word_pieces, load_embedding_model
from assistant.offline import stay_offline
from assistant.settings import Settings

Row = dict[str, Any]

_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Reads and splits one file. A file that cannot be read gives a reason, not an exception."""

    settings: Settings
    tokenizer: Any
    limit_tokens: int
    proxies: Mapping[str, str] | None = None
    """What to use instead of the proxies of the worker's environment."""

    def __call__(self, row: Row) -> Row:
        """Turn `{index, name, size}` into `{index, prepared, reason, away}`.

        One of the last three says what came of it: the prepared article, why the file cannot be
        read, or message and hint of an error that concerns all files and ends the job.
        """
        stay_offline()
        if self.proxies is not None:
            use_proxies(self.proxies)
        done = {"index": row["index"], "prepared": b"", "reason": b"", "away": b""}
        name = os.fsdecode(row["name"])
        file = StoredFile(name, row["size"], stamp="", settled=False, modified=None)
        try:
            corpus = CorpusFolder.of(self.settings)
            article = corpus.read_one(file, source_bytes=self.settings.source_bytes)
        except SourceError as error:
            return done | {"reason": str(error).encode("utf-8", "surrogateescape")}
        except AssistantError as error:
            return done | {"away": json.dumps([error.message, error.hint]).encode()}
        prepared = prepare_article(
            article,
            count_tokens=lambda text: count_word_pieces(self.tokenizer, text),
            passage_tokens=self.settings.passage_tokens,
            limit_tokens=self.limit_tokens,
        )
        return done | {"prepared": to_json(prepared).encode()}


def proxies() -> dict[str, str]:
    """Return what this process's environment says of proxies, by the variables' names."""
    names = [form for name in _PROXIES for form in (name, name.upper())]
    return {name: os.environ[name] for name in names if name in os.environ}


def use_proxies(given: Mapping[str, str]) -> None:
    """Let this process use these proxies and no others."""
    for name in _PROXIES:
        for form in (name, name.upper()):
            os.environ.pop(form, None)
    os.environ.update(given)


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
