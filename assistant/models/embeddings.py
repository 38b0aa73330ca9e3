"""The embedding model: sentence-transformers behind LangChain's interface."""

from __future__ import annotations

import hashlib
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from assistant.errors import ModelNotFoundError
from assistant.models.catalogue import in_catalogue, load_catalogue
from assistant.models.pull import digest_file, ensure_model
from assistant.settings import Settings
from assistant.types import Progress, no_progress

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 64
_PINNED_BY = ("model.safetensors", "pytorch_model.bin", "tokenizer.json", "modules.json")


class EmbeddingModel(Embeddings):
    """Embeds texts as L2-normalised float32 vectors. Safe to use from several threads.

    `digest` changes whenever vectors stop being comparable; `limit_tokens` is how many word
    pieces the model reads, its two special tokens included. `tokenizer` may be pickled.
    """

    def __init__(self, model: SentenceTransformer, *, name: str, digest: str) -> None:
        self._model = model
        self.tokenizer: Any = model.tokenizer
        self._lock = threading.Lock()
        self.name = name
        self.digest = digest
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.limit_tokens = int(model.max_seq_length or 256)

    def count_tokens(self, text: str) -> int:
        """Count the word pieces of a text, special tokens included, without truncation."""
        with self._lock:
            return count_word_pieces(self.tokenizer, text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts; shape (len(texts), dimension)."""
        if not texts:
            return []
        with self._lock:
            vectors = self._model.encode(
                texts,
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return [list(map(float, vector)) for vector in vectors]

    def embed_query(self, text: str) -> list[float]:
        """Embed a question; shape (dimension,)."""
        return self.embed_documents([text])[0]


def count_word_pieces(tokenizer: Any, text: str) -> int:
    """Count as `EmbeddingModel.count_tokens` does, with its tokenizer alone; one thread only."""
    return len(tokenizer(text, truncation=False, verbose=False)["input_ids"])


def load_embedding_model(settings: Settings, *, progress: Progress = no_progress) -> EmbeddingModel:
    """Load the model of the settings, pulling it first if the catalogue has it.

    Raises:
        ModelNotFoundError: neither the catalogue, nor a folder, nor the hub has it.
        SettingsError: the catalogue has it as a model of another kind.
        ModelDigestError, ModelPullError: see `ensure_model`.
    """
    named = settings.embedding_model
    is_ours = in_catalogue(named, "embedding")
    path = ensure_model(named, settings, progress=progress) if is_ours else Path(named)
    import torch
    from sentence_transformers import SentenceTransformer

    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    _silence_bars()
    torch.set_num_threads(settings.threads)
    try:
        if path.is_dir():
            model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
        else:
            model = SentenceTransformer(named, device="cpu")
    except (OSError, ValueError) as error:
        raise ModelNotFoundError(
            f"The embedding model {named!r} cannot be loaded: {error}.",
            hint="Give a catalogue name, a folder of sentence-transformers, or, with "
            "HF_HUB_OFFLINE=0, a name of the model hub.",
        ) from error
    return EmbeddingModel(model, name=named, digest=_digest(path, named, is_ours=is_ours))


def _digest(path: Path, named: str, *, is_ours: bool) -> str:
    if is_ours:
        parts = [file.sha256 for file in load_catalogue()[named].files]
    elif path.is_dir():
        files = [path / name for name in _PINNED_BY if (path / name).is_file()]
        parts = [digest_file(file) for file in files]
    else:
        parts = [named]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def _silence_bars() -> None:
    from transformers.utils import logging as untyped

    transformers_logging: Any = untyped
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
