"""Generations on a Chroma server: vectors, what else a replica needs, and the pointer.

A segment is two collections that never change again, `…-v-NAME` with the vectors and
`…-t-NAME` with the articles as parcels. A generation is a manifest, `…-m-NAME`, which lists
segments and the articles of them that are gone. It is published by making the collection
`…-g<number>`, which names the manifest: a server makes a name once, so of two writers who
build the same generation one is refused.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from assistant.errors import IndexDamagedError, IndexLockedError, IndexServerError
from assistant.index.catalogue import Catalogue
from assistant.index.chroma_server import ChromaServer, GoneError, TakenError
from assistant.index.dense import (
    DenseSegment,
    batches,
    examine,
    hnsw_configuration,
    ids_digest,
    list_ids,
)
from assistant.index.lease import lease
from assistant.index.lexical import LexicalIndex
from assistant.index.parcels import (
    BrokenParcelError,
    Parcel,
    Record,
    from_records,
    names_of,
    pack,
    to_records,
    unpack,
)
from assistant.index.state import FileMark, SegmentState, State, damaged
from assistant.index.store import self_queries

logger = logging.getLogger(__name__)

_ROWS_AT_ONCE = 500
_PARTS_AT_ONCE = 50
_ARTICLES_AT_ONCE = 20
_SAMPLES = 20
_KEPT_GENERATIONS = 2
_MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which manifest makes up a published generation."""

    generation: int
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class SharedSegment:
    """A segment on the server: its passages, and the records of its articles."""

    name: str
    count: int
    parts: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of; `gone` are articles that segments hold and it does not."""

    segments: tuple[SharedSegment, ...]
    gone: frozenset[str]


class ServerStore:
    """The segments and generations of one index on a Chroma server."""

    def __init__(self, server: ChromaServer, digest: str) -> None:
        self._server = server
        self._prefix = f"assistant-{digest}"

    # -- reading ---------------------------------------------------------------------------

    def newest(self) -> Pointer | None:
        """Return the pointer of the newest generation, None if there is none."""
        return next(iter(self._pointers()), None)

    def manifest(self, pointer: Pointer) -> Manifest:
        """Read what a generation is made of.

        Raises:
            GoneError: a newer one has taken its place.
        """
        content = next(iter(self._read(f"{self._prefix}-m-{pointer.name}", [_MANIFEST])))[1]
        plain = json.loads(content)
        segments = tuple(SharedSegment(*item) for item in plain["segments"])
        return Manifest(segments, frozenset(plain["gone"]))

    def article_ids(self, segment: SharedSegment) -> list[str]:
        """List the articles of a segment, those that are gone included.

        Raises:
            GoneError: the server has no such segment any more.
        """
        name = f"{self._prefix}-t-{segment.name}"
        return sorted(self._names(name, segment.parts))

    def parcels(self, segment: SharedSegment, article_ids: Iterable[str]) -> Iterator[Parcel]:
        """Read articles of a segment; what comes is what was written, or an error comes."""
        name = f"{self._prefix}-t-{segment.name}"
        for article_id, content in self._read(name, article_ids):
            try:
                yield unpack(content, article_id)
            except BrokenParcelError as error:
                raise damaged(f"of {name}, {error}") from error

    def open(self, segment: SegmentState) -> DenseSegment:
        """Open a segment; the server is asked at the first search."""
        return self._segment(segment.name, segment.count)

    # -- writing ---------------------------------------------------------------------------

    def writing(self, wait_s: float) -> AbstractContextManager[None]:
        """Hold the lease of this index."""
        return lease(self._server, self._prefix, wait_s=wait_s)

    def next_generation(self, generation: int) -> int:
        """Return a number that no pointer has, whether or not it can be read."""
        numbers = [number for number, _ in self._numbered()]
        return max([generation, *numbers]) + 1

    def create(self, name: str, count: int) -> DenseSegment:
        """Begin the vectors of a segment."""
        self._create(f"{self._prefix}-v-{name}", count)
        return self._segment(name, None)

    def seal(self, name: str) -> tuple[FileMark, ...]:
        """Do nothing: the server writes before it replies."""
        del name
        return ()

    def damage(self, state: State, catalogue: Catalogue) -> list[str]:
        """Compare what the server holds with what was published; search for some of it."""
        import httpx

        pointer = self.newest()
        if pointer is None or pointer.name != state.lexical:
            return ["the Chroma server has another generation, or none"]
        problems = []
        try:
            shared = {segment.name: segment for segment in self.manifest(pointer).segments}
            for name, samples in self_queries(state, catalogue, samples=5):
                found = examine(self._segment(name, None), samples)
                wanted = [row[0] for row in catalogue.passages_of(catalogue.placed(name))]
                if found["missed"] or found["ids"] != ids_digest(wanted):
                    problems.append(f"the Chroma server has other vectors of {name}")
                if self.article_ids(shared[name]) != catalogue.placed(name):
                    problems.append(f"the Chroma server has other articles of {name}")
        except GoneError as error:
            problems.append(f"the Chroma server lost a part of it ({error})")
        except (IndexDamagedError, IndexServerError) as error:
            # One that cannot be reached has lost nothing; one that replies with errors may have.
            if isinstance(error.__cause__, httpx.TransportError):
                raise
            problems.append(error.message)
        return problems

    def examine(
        self, lexical: Path, state: State, catalogue: Catalogue, *, only: str | None = None
    ) -> dict[str, Any]:
        """Look from here: a damaged collection may crash the server, but not who asks it."""
        words = LexicalIndex(lexical)
        reply: dict[str, Any] = {"segments": []}
        reply["lexical"] = {"count": words.count(), "ids": ids_digest(words.ids())}
        for name, samples in self_queries(state, catalogue, only=only):
            try:
                reply["segments"].append(examine(self._segment(name, None), samples))
            except (GoneError, IndexServerError) as error:
                return {"error": str(error)}
        return reply

    def publish(self, state: State, catalogue: Catalogue) -> None:
        """Write articles and manifest, read them back, then make the pointer.

        Raises:
            IndexLockedError: another writer has published this generation.
        """
        before = self.newest()
        known = {item.name: item for item in self.manifest(before).segments} if before else {}
        segments, placed = [], set()
        for segment in state.segments:
            members = catalogue.placed(segment.name)
            placed |= set(members)
            if segment.name in known:
                segments.append(known[segment.name])
            else:
                segments.append(self._write_articles(segment, members, catalogue, state))
        gone = sorted(placed - set(catalogue.article_ids(state.generation)))
        content = json.dumps(
            {"segments": [[item.name, item.count, item.parts] for item in segments], "gone": gone}
        ).encode()
        name = f"{self._prefix}-m-{state.lexical}"
        self._write(name, to_records(_MANIFEST, content))
        if [item[1] for item in self._read(name, [_MANIFEST])] != [content]:
            raise damaged(f"{name} does not read as it was written")
        self._point(state)

    def clean(self, keep: set[str], generation: int) -> None:
        """Drop what the newest two generations do not need and no later one can.

        A writer who was too slow to publish has names of `generation` or before, so that they
        go as well; names after it are the work of the next writer.
        """
        del keep
        try:
            self._clean(generation)
        except (GoneError, IndexServerError) as error:
            logger.warning("old collections stay on the Chroma server for now: %s", error)

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    # -- parts -----------------------------------------------------------------------------

    def _segment(self, name: str, count: int | None) -> DenseSegment:
        found: list[Any] = []

        def collection() -> Any:
            if not found:
                full = f"{self._prefix}-v-{name}"
                opened = self._server.client().get_collection(full, embedding_function=None)
                if count is not None and opened.count() != count:
                    raise damaged(f"{full} on the Chroma server lacks some of its {count} passages")
                found.append(opened)
            return found[0]

        return DenseSegment(
            collection,
            batch=lambda: _ROWS_AT_ONCE,
            run=lambda act: self._server.call(lambda _client: act()),
        )

    def _numbered(self) -> list[tuple[int, Mapping[str, Any]]]:
        """List (number, metadata) of all pointers, newest first."""
        pattern = re.compile(re.escape(self._prefix) + r"-g(\d{8})")
        found = [
            (int(match[1]), collection.metadata or {})
            for collection in self._server.call(lambda client: client.list_collections())
            if (match := pattern.fullmatch(collection.name))
        ]
        return sorted(found, key=lambda item: -item[0])

    def _pointers(self) -> list[Pointer]:
        # One without metadata is of a server that was killed while it made it.
        return [
            Pointer(number, str(metadata["manifest"]), str(metadata["digest"]))
            for number, metadata in self._numbered()
            if "manifest" in metadata and "digest" in metadata
        ]

    def _write_articles(
        self, segment: SegmentState, members: list[str], catalogue: Catalogue, state: State
    ) -> SharedSegment:
        name = f"{self._prefix}-t-{segment.name}"
        parcels = catalogue.parcels(members, state.generation)
        parts = self._write(
            name,
            (
                record
                for parcel in parcels
                for record in to_records(parcel.article.id, pack(parcel))
            ),
        )
        shared = SharedSegment(segment.name, segment.count, parts)
        if self.article_ids(shared) != sorted(members):
            raise damaged(f"{name} does not hold the articles that were written")
        for _ in self.parcels(shared, members[:: max(1, len(members) // _SAMPLES)]):
            pass
        return shared

    def _point(self, state: State) -> None:
        name = f"{self._prefix}-g{state.generation:08d}"
        metadata = {"manifest": state.lexical, "digest": state.digest}
        if not self._server.claim(name, secrets.token_hex(8), lambda: metadata):
            raise IndexLockedError(
                f"Another process has published generation {state.generation} meanwhile.",
                hint="Run the command again; nothing was lost.",
            )

    def _clean(self, generation: int) -> None:
        kept = self._pointers()[:_KEPT_GENERATIONS]
        keep = {f"g{pointer.generation:08d}" for pointer in kept}
        for pointer in kept:
            keep.add(f"m-{pointer.name}")
            for segment in self.manifest(pointer).segments:
                keep |= {f"v-{segment.name}", f"t-{segment.name}"}
        pattern = re.compile(re.escape(self._prefix) + r"-((?:[vtm]-)?g(\d+)(?:-\w+)?)")
        for collection in self._server.call(lambda client: client.list_collections()):
            match = pattern.fullmatch(collection.name)
            if match and match[1] not in keep and int(match[2]) <= generation:
                self._server.delete(collection.name)

    def _create(self, name: str, count: int) -> None:
        configuration = hnsw_configuration(count)
        # The name is random and ours: one that is taken was taken by a try whose reply was lost.
        with contextlib.suppress(TakenError):
            self._server.call(
                lambda client: client.create_collection(
                    name, embedding_function=None, configuration=configuration
                )
            )

    def _write(self, name: str, records: Iterable[Record]) -> int:
        """Write records to a new collection; returns how many."""
        self._create(name, _PARTS_AT_ONCE)
        written = 0
        for batch in batches(records, _PARTS_AT_ONCE):
            # An id that is there already, from a try whose reply was lost, is left alone.
            self._server.call(partial(_add_records, name=name, records=batch))
            written += len(batch)
        return written

    def _names(self, name: str, parts: int | None) -> dict[str, list[str]]:
        ids = list_ids(
            lambda: self._server.client().get_collection(name, embedding_function=None),
            run=lambda act: self._server.call(lambda _client: act()),
        )
        if parts is not None and len(ids) != parts:
            raise damaged(f"{name} on the Chroma server has {len(ids)} of {parts} records")
        try:
            return names_of(ids)
        except BrokenParcelError as error:
            raise damaged(f"of {name}, {error}") from error

    def _read(self, name: str, wanted: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (name, content) of what a collection holds under the names that are wanted."""
        parts = self._names(name, None)
        for chunk in batches(wanted, _ARTICLES_AT_ONCE):
            if missing := [item for item in chunk if item not in parts]:
                raise damaged(f"{name} on the Chroma server lacks {missing[0]}")
            ids = [part for item in chunk for part in parts[item]]
            metadata: dict[str, Any] = {}
            for some in batches(ids, _PARTS_AT_ONCE):
                found = self._server.call(partial(_get_records, name=name, ids=some))
                metadata |= dict(zip(found["ids"], found["metadatas"], strict=True))
            for item in chunk:
                try:
                    yield item, from_records([metadata[part] for part in parts[item]])
                except (BrokenParcelError, KeyError) as error:
                    raise damaged(f"{item} in {name} does not read as written") from error


def _add_records(client: Any, *, name: str, records: list[Record]) -> None:
    client.get_collection(name, embedding_function=None).add(
        ids=[record.id for record in records],
        embeddings=[record.vector for record in records],
        metadatas=[record.metadata for record in records],
    )


def _get_records(client: Any, *, name: str, ids: list[str]) -> Any:
    collection = client.get_collection(name, embedding_function=None)
    return collection.get(ids=ids, include=["metadatas"])
