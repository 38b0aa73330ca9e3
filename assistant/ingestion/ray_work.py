"""The work of a sync as Ray Data pipelines."""

from __future__ import annotations

import functools
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.corpus.kept import KeptFiles
from assistant.corpus.storage import StoredFile
from assistant.corpus.store import CorpusFolder, CorpusReading
from assistant.errors import CorpusStoreError, WorkersError
from assistant.index.preparing import LocalWork, PreparedArticle
from assistant.ingestion.carrying import from_json
from assistant.ingestion.cluster import Cluster
from assistant.ingestion.worker import EmbedTexts, ReadFile, proxies
from assistant.location import FolderUrl
from assistant.settings import Settings
from assistant.types import Article, FailedSource, Progress

if TYPE_CHECKING:
    from ray.data import Dataset

    from assistant.models.embeddings import EmbeddingModel

logger = logging.getLogger(__name__)

_FILES_A_BLOCK = 16
_MOST_BLOCKS = 2000
_ROUND = 4096
"""Batches that are handed to the workers at once: what of the texts is in memory twice."""


class RayWork:
    """Reads, splits and embeds on the workers of a cluster; `index.preparing.Work`.

    Ray Data hands out blocks as workers get free and holds back when results are not taken.
    Files that were read are kept in the journal, embeddings in the catalogue of the index.
    """

    def __init__(
        self,
        cluster: Cluster,
        settings: Settings,
        embeddings: EmbeddingModel,
        journal: KeptFiles,
        progress: Progress,
    ) -> None:
        self._cluster = cluster
        self._settings = settings.model_copy(update={"threads": cluster.threads})
        self._embeddings = embeddings
        self._journal = journal
        self._progress = progress
        self._local = LocalWork(embeddings, passage_tokens=settings.passage_tokens)
        self._prepared: dict[str, PreparedArticle] = {}

    def read(self, corpus: CorpusFolder, files: Sequence[StoredFile]) -> CorpusReading:
        """Read and split every file, except those that were before this job was killed.

        Of a corpus at a URL, files that did not change since an earlier sync are not read either.

        Raises:
            CorpusStoreError: a worker cannot reach the corpus.
        """
        results: dict[int, Article | FailedSource] = {}
        for index, file in enumerate(files):
            if text := self._journal.find(file):
                results[index] = self._take(text)
            elif article := corpus.find_kept(file):
                results[index] = article
        waiting = [index for index in range(len(files)) if index not in results]
        for block in (_FILES_A_BLOCK, 1):
            # A reader that is killed takes its block with it: the block's files are read again,
            # each by itself.
            for row in self._read_rows(files, waiting, block):
                index = int(row["index"])
                if row["away"]:
                    message, hint = json.loads(row["away"])
                    raise CorpusStoreError(message, hint=hint)
                if row["reason"]:
                    reason = row["reason"].decode("utf-8", "surrogateescape")
                    results[index] = FailedSource(files[index].name, reason)
                else:
                    text = row["prepared"].decode()
                    article = self._take(text)
                    results[index] = article
                    self._journal.keep([(files[index], text)])
                    corpus.keep(files[index], article)
                self._progress("Reading files", len(results), len(files))
            waiting = [index for index in range(len(files)) if index not in results]
            if not waiting:
                break
        for index in waiting:
            name = files[index].name
            results[index] = FailedSource(
                name, f"{Path(name).name} ended the process that read it."
            )
        return corpus.gather((file, results[index]) for index, file in enumerate(files))

    def prepare(self, articles: Sequence[Article]) -> Iterator[PreparedArticle]:
        """Yield what `read` split; what it did not read is split here."""
        for article in articles:
            found = self._prepared.pop(article.id, None)
            yield found if found is not None else next(iter(self._local.prepare([article])))

    def embed(
        self, batches: Sequence[list[str]]
    ) -> Iterator[tuple[int, Sequence[Sequence[float]]]]:
        """Embed each batch whole on one worker, so that its vectors do not depend on the others.

        Raises:
            WorkersError: a worker failed, again and again.
        """
        for start in range(0, len(batches), _ROUND):
            part = batches[start : start + _ROUND]
            done = 0
            for row in self._embed_rows(part):
                index = int(row["index"])
                vectors = np.frombuffer(row["vectors"], dtype=np.float32)
                done += 1
                yield start + index, vectors.reshape(len(part[index]), -1)  # type: ignore[misc]
            if done != len(part):
                raise WorkersError(
                    f"Ray embedded {done} of {len(part)} batches.",
                    hint="Run the same command again: what is done is kept.",
                )

    def _take(self, text: str) -> Article:
        prepared = from_json(text)
        self._prepared.setdefault(prepared.article.id, prepared)
        return prepared.article

    def _read_rows(
        self, files: Sequence[StoredFile], wanted: Sequence[int], block: int
    ) -> Iterator[dict[str, Any]]:
        if not wanted:
            return
        rows = [
            {"index": index, "name": os.fsencode(files[index].name), "size": files[index].size}
            for index in wanted
        ]
        dataset = _dataset(rows, max(block, -(-len(rows) // _MOST_BLOCKS)), errored_blocks=-1)
        read = ReadFile(
            self._settings,
            self._embeddings.tokenizer,
            self._embeddings.limit_tokens,
            proxies=self._proxies(),
        )
        task = functools.partial(_call, read)
        yield from _rows(
            dataset.map(
                task,
                num_cpus=1,
                concurrency=self._cluster.workers,
                ray_remote_args_fn=_two_tries,  # Ray's own default is to try for ever
            )
        )

    def _proxies(self) -> Mapping[str, str] | None:
        """Return this process's proxies where workers need them: see `cluster.py` for theirs."""
        is_elsewhere = isinstance(self._settings.corpus_location, FolderUrl)
        return proxies() if is_elsewhere and self._settings.ray_address is None else None

    def _embed_rows(self, batches: Sequence[list[str]]) -> Iterator[dict[str, Any]]:
        if not batches:
            return
        rows = [
            {"index": index, "texts": json.dumps(texts).encode()}
            for index, texts in enumerate(batches)
        ]
        dataset = _dataset(rows, max(1, -(-len(rows) // _MOST_BLOCKS)), errored_blocks=0)
        yield from _rows(
            dataset.map(
                EmbedTexts,  # type: ignore[arg-type]
                fn_constructor_args=(self._settings, self._embeddings.digest),
                concurrency=min(self._cluster.workers, len(rows)),
                num_cpus=self._cluster.threads,
            )
        )


def _two_tries() -> dict[str, Any]:
    return {"max_retries": 1}


def _call(read: ReadFile, row: dict[str, Any]) -> dict[str, Any]:
    return read(row)


def _dataset(rows: list[dict[str, Any]], block: int, *, errored_blocks: int) -> Dataset:
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = errored_blocks
    return ray.data.from_items(rows, override_num_blocks=-(-len(rows) // block))


def _rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Yield rows as blocks are done; those that nobody took yet wait in Ray's store."""
    try:
        for batch in dataset.iter_batches(
            batch_size=None, batch_format="pyarrow", prefetch_batches=0
        ):
            yield from batch.to_pylist()  # type: ignore[union-attr]
    except Exception as error:  # Ray raises many kinds, most of them its own
        from ray.exceptions import RayError

        if not isinstance(error, (RayError, RuntimeError, OSError)):
            raise
        lines = [line for line in str(error).strip().splitlines() if line.strip()]
        raise WorkersError(
            f"A worker of Ray failed: {lines[-1] if lines else type(error).__name__}.",
            hint="Run the same command again: what is done is kept.",
        ) from error
