"""Bringing an index in step with the corpus folder, one writer at a time."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.corpus.storage import StoredFile
from assistant.corpus.store import CorpusFolder, fingerprint
from assistant.errors import CorpusEmptyError, CorpusStoreError, ReplicaError, SettingsError
from assistant.settings import Engine, Settings
from assistant.types import Progress, SyncReport

if TYPE_CHECKING:
    from assistant.index import Index
    from assistant.ingestion import RayWork
    from assistant.models.embeddings import EmbeddingModel

logger = logging.getLogger(__name__)


class Syncing:
    """Makes an index equal to a corpus folder, and remembers which files it was made of.

    Threads of this process take turns; other processes are locked out. `embeddings` loads the
    model that workers need.

    Raises:
        SettingsError: a replica without a Chroma server to follow.
    """

    def __init__(
        self,
        settings: Settings,
        corpus: CorpusFolder,
        index: Callable[[], Index],
        embeddings: Callable[[], EmbeddingModel],
    ) -> None:
        if settings.replica and settings.chroma_url is None:
            raise SettingsError(
                "A replica follows a Chroma server, and none is named.",
                hint="Set ASSISTANT_CHROMA_URL, or leave ASSISTANT_REPLICA out.",
            )
        self._settings = settings
        self._corpus = corpus
        self._index = index
        self._embeddings = embeddings
        self._writing = threading.RLock()
        self._files: tuple[str | None, Mapping[str, StoredFile]] | None = None

    def sync(
        self, engine: Engine, *, rebuild: bool, allow_empty: bool, progress: Progress
    ) -> SyncReport:
        """Read the corpus and make the index equal to it; see `Assistant.sync` for the errors."""
        self.refuse_as_replica()
        with self._writing, self._work(engine, progress) as work:
            if rebuild:
                self._corpus.forget()
            files = self._corpus.files()
            if work is None:
                reading = self._corpus.read(source_bytes=self._settings.source_bytes, files=files)
            else:
                reading = work.read(self._corpus, files)
            if self._settings.chroma_url is not None and not (rebuild or allow_empty):
                self._refuse_to_replace_others({article.id for article in reading.articles})
            report = self._index().sync(
                reading.articles,
                wait_s=self._settings.lock_wait_s,
                rebuild=rebuild,
                allow_empty=allow_empty,
                progress=progress,
                work=work,
            )
            self._mark_path.write_text(mark := fingerprint(files))
            self._files = (mark, reading.files)
        return dataclasses.replace(report, failed=reading.failed)

    def is_due(self) -> bool:
        """Tell whether a file of the corpus changed since the last sync, or the index is gone."""
        following = self._index().following()
        # A server that lost its index is filled again.
        is_whole = following is None or following.newest >= following.generation
        is_same = self._read_mark() == fingerprint(self._corpus.files())
        return not (self._index().exists() and is_whole and is_same)

    def article_files(self) -> Mapping[str, StoredFile]:
        """Return each article's file, as of the last sync; none where the corpus is away."""
        mark = self._read_mark()
        if self._files is None or self._files[0] != mark:
            try:
                reading = self._corpus.read(source_bytes=self._settings.source_bytes)
            except CorpusStoreError as error:
                logger.warning("articles are shown without their files: %s", error)
                return {}
            self._files = (mark, reading.files)
        return self._files[1]

    def refuse_as_replica(self) -> None:
        """Refuse to change anything where this process only follows.

        Raises:
            ReplicaError: it does.
        """
        if self._settings.replica:
            raise ReplicaError

    @contextmanager
    def _work(self, engine: Engine, progress: Progress) -> Iterator[RayWork | None]:
        """Give the workers that read, split and embed; None for this process alone."""
        if engine == "local":
            yield None
            return
        from assistant.ingestion import open_work, refuse_unready

        refuse_unready(self._settings)
        with open_work(self._settings, self._embeddings(), self._index().digest, progress) as work:
            yield work

    @property
    def _mark_path(self) -> Path:
        return self._settings.index_path / f"synced-{self._index().name}"

    def _read_mark(self) -> str | None:
        """Return the fingerprint of the files that were last synced."""
        return self._mark_path.read_text() if self._mark_path.is_file() else None

    def _refuse_to_replace_others(self, wanted: set[str]) -> None:
        """Keep a machine that is new to a shared index from replacing it with what it has."""
        index = self._index()
        index.catch_up()
        if self._mark_path.is_file() or not index.exists():
            return
        shared = {item.article_id for item in index.articles()}
        if shared and not shared & wanted:
            raise CorpusEmptyError(
                f"The shared index has {len(shared)} articles, none of which is in "
                f"{self._settings.corpus_location}. Nothing was changed.",
                hint="Set ASSISTANT_REPLICA=true to follow that index, correct "
                "ASSISTANT_CORPUS_DIR, or replace all of it by `assistant ingest --rebuild`.",
            )
