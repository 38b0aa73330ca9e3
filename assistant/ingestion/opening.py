"""Workers for one sync, and the journal of what they read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from assistant.corpus.kept import KeptFiles
from assistant.ingestion.cluster import open_cluster
from assistant.ingestion.ray_work import RayWork
from assistant.settings import APPLICATION, Settings
from assistant.types import Progress

if TYPE_CHECKING:
    from assistant.models.embeddings import EmbeddingModel


@contextmanager
def open_work(
    settings: Settings, embeddings: EmbeddingModel, index_digest: str, progress: Progress
) -> Iterator[RayWork]:
    """Give Ray's workers; the journal goes when the block ends without an error.

    Raises:
        ExtraMissingError, WorkersError: see `open_cluster`.
    """
    with open_cluster(settings) as cluster:
        # What else decides how a file reads: the limit of its size, and the readers.
        facts = (index_digest, settings.source_bytes, version(APPLICATION))
        name = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        journal = KeptFiles(settings.index_path / f"reading-{name}.sqlite3")
        try:
            yield RayWork(cluster, settings, embeddings, journal, progress)
        except BaseException:
            journal.close()
            raise
        journal.delete()
