"""Where the segments of a generation are: the interface, and the embedded kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from assistant.index.catalogue import Catalogue
from assistant.index.dense import DenseSegment, open_embedded
from assistant.index.probe import probe
from assistant.index.state import SEGMENTS, FileMark, SegmentState, State, mark_files

_SAMPLES = 20


class SegmentStore(Protocol):
    """Holds the vectors of generations; `EmbeddedStore` here, `ServerStore` on a Chroma server."""

    def create(self, name: str, count: int) -> DenseSegment:
        """Begin a segment for `count` passages."""

    def seal(self, name: str) -> tuple[FileMark, ...]:
        """Make a segment durable after its last row; returns the files that readers rely on."""

    def open(self, segment: SegmentState) -> DenseSegment:
        """Open a segment for reading."""

    def writing(self, wait_s: float) -> Any:
        """Be the only writer of this store within the context.

        Raises:
            IndexLockedError: another one writes and `wait_s` ran out.
        """

    def next_generation(self, generation: int) -> int:
        """Return the number of the generation to write after `generation`."""

    def damage(self, state: State, catalogue: Catalogue) -> list[str]:
        """Return what is wrong with a generation besides its local files."""

    def examine(
        self, lexical: Path, state: State, catalogue: Catalogue, *, only: str | None = None
    ) -> dict[str, Any]:
        """Count and query the engines of a generation; the reply is that of `probe`."""

    def publish(self, state: State, catalogue: Catalogue) -> None:
        """Let readers elsewhere see a generation, in one step."""

    def clean(self, keep: set[str], generation: int) -> None:
        """Drop the segments that are not in `keep`, as far as `generation` made them useless."""

    def close(self) -> None:
        """Release what is held open."""


class EmbeddedStore:
    """Segments as Chroma stores of this process, each in a folder of its own."""

    def __init__(self, folder: Path, collection: str) -> None:
        self._folder = folder / SEGMENTS
        self._collection = collection

    def create(self, name: str, count: int) -> DenseSegment:
        """Begin a store."""
        return open_embedded(self._folder / name, self._collection, create_for=count)

    def seal(self, name: str) -> tuple[FileMark, ...]:
        """Write the files to disk and record them."""
        return mark_files(self._folder / name)

    def open(self, segment: SegmentState) -> DenseSegment:
        """Open a store."""
        return open_embedded(self._folder / segment.name, self._collection)

    @contextmanager
    def writing(self, wait_s: float) -> Iterator[None]:
        """Do nothing: the lock of the folder is enough."""
        del wait_s
        yield

    def next_generation(self, generation: int) -> int:
        """Count on."""
        return generation + 1

    def damage(self, state: State, catalogue: Catalogue) -> list[str]:
        """Find nothing: all it has are files, which `damage_of` looks at."""
        del state, catalogue
        return []

    def examine(
        self, lexical: Path, state: State, catalogue: Catalogue, *, only: str | None = None
    ) -> dict[str, Any]:
        """Look in a child process, which a damaged store may crash."""
        segments = [
            {"path": str(self._folder / name), "samples": samples}
            for name, samples in self_queries(state, catalogue, only=only)
        ]
        return probe(
            {"collection": self._collection, "lexical": str(lexical), "segments": segments}
        )

    def publish(self, state: State, catalogue: Catalogue) -> None:
        """Do nothing: the folder's pointer publishes."""

    def clean(self, keep: set[str], generation: int) -> None:
        """Remove the folders of other segments."""
        del generation
        remove_others(self._folder, keep)

    def close(self) -> None:
        """Do nothing: views close their segments."""


def self_queries(
    state: State, catalogue: Catalogue, *, only: str | None = None, samples: int = _SAMPLES
) -> list[tuple[str, list[tuple[str, list[float]]]]]:
    """Return for each segment, or `only` one, (passage id, vector) of evenly spread passages."""
    found = []
    for segment in state.segments:
        if only is not None and segment.name != only:
            continue
        rows = catalogue.passages_of(catalogue.placed(segment.name))
        chosen = rows[:: max(1, len(rows) // samples)]
        vectors = catalogue.vectors([key for _, _, key in chosen])
        queries = [(row[0], vectors[row[2]].tolist()) for row in chosen if row[2] in vectors]
        found.append((segment.name, queries))
    return found


def remove_others(parent: Path, keep: set[str]) -> None:
    """Remove the folders below `parent` that are not named in `keep`."""
    for child in parent.iterdir():
        if child.name not in keep:
            shutil.rmtree(child, ignore_errors=True)
