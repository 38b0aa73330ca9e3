"""What a vector costs in memory and on disk: `python -m evals.bench.vector_memory`.

Random unit vectors are put into a Chroma collection as the index configures it; a process that
opens it and searches once tells what it holds then. The collection of the smallest size is what
everything else costs, and is taken off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psutil
import typer

from assistant.index.dense import hnsw_configuration

_DIMENSION = 384
_NAME = "vectors"
_BATCH = 5_000
_FEW = 1_000


def main(
    vectors: Annotated[
        list[int] | None, typer.Option(help="Sizes of the collections that are built.")
    ] = None,
) -> None:
    """Print bytes a vector for each size."""
    least = _measure(_FEW)
    for count in vectors or (20_000, 50_000, 100_000):
        found = _measure(count)
        held, kept = (
            (more - less) / (count - _FEW) for more, less in zip(found, least, strict=True)
        )
        typer.echo(
            f"{count:>9,} vectors: {held:,.0f} bytes of memory and {kept:,.0f} on disk each; "
            f"the process holds {found[0] / 2**20:,.0f} MiB, of {_FEW:,} {least[0] / 2**20:,.0f}"
        )


def _measure(count: int) -> tuple[int, int]:
    """Return resident bytes after a search, and bytes on disk, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _in_process(_build, folder, count)
        held = _in_process(_search, folder)
        kept = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return held, kept


def _in_process(work: Any, *given: Any) -> int:
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(there, *given))
    process.start()
    there.close()
    found: int = here.recv()
    process.join()
    return found


def _open(folder: str) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))


def _build(told: Connection, folder: str, count: int) -> None:
    made = _open(folder).create_collection(
        _NAME, embedding_function=None, configuration=hnsw_configuration(count)
    )
    generator = np.random.default_rng(0)
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        made.add(ids=[str(start + n) for n in range(size)], embeddings=_units(generator, size))
    told.send(made.count())


def _search(told: Connection, folder: str) -> None:
    opened = _open(folder).get_collection(_NAME, embedding_function=None)
    opened.query(query_embeddings=_units(np.random.default_rng(1), 1), n_results=10)
    told.send(psutil.Process().memory_info().rss)


def _units(generator: np.random.Generator, count: int) -> Sequence[np.ndarray]:
    rows = generator.normal(size=(count, _DIMENSION)).astype(np.float32)
    return list(rows / np.linalg.norm(rows, axis=1, keepdims=True))


if __name__ == "__main__":
    typer.run(main)
