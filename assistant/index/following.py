"""Bring what this machine holds in step with the generation that a Chroma server publishes.

Texts, sentence embeddings and the lexical index are local; they come from the server alone, so
a replica needs no corpus and embeds nothing. Readers here see the new generation only when all
of it has come: the same pointer as that of an embedded index is swapped last.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import IndexDamagedError, IndexServerError
from assistant.index.catalogue import Catalogue, open_or_replace
from assistant.index.chroma_server import GoneError
from assistant.index.dense import batches
from assistant.index.lexical import begin_lexical, rows_of
from assistant.index.server_store import Manifest, Pointer, ServerStore, SharedSegment
from assistant.index.state import (
    CURRENT,
    LEXICAL,
    SEGMENTS,
    SegmentState,
    State,
    damage_of,
    damaged,
    mark_files,
    publish,
    read_state,
)
from assistant.index.store import remove_others
from assistant.types import Progress

logger = logging.getLogger(__name__)

_TRIES = 5
_LOST = (
    "The Chroma server has no index any more. Run `assistant ingest` where the articles are; "
    "what was embedded is kept."
)
_ARTICLES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Following:
    """How far the local state is behind the server, as it was when last looked.

    Generations count from 1; 0 means none. `error` says why the server could not be asked.
    """

    generation: int
    newest: int
    error: str = ""

    @property
    def behind(self) -> int:
        """Generations that are still to be caught up with."""
        return max(0, self.newest - self.generation)

    def __str__(self) -> str:
        """Say it in a sentence."""
        if self.error:
            return f"generation {self.generation}; {self.error}"
        return f"generation {self.generation}, {self.behind} behind the Chroma server"


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What catching up changed."""

    generation: int
    added: int
    removed: int
    seconds: float


class Follower:
    """Keeps a folder in step with a server, and remembers how it stands."""

    def __init__(self, folder: Path, store: ServerStore) -> None:
        self._folder = folder
        self._store = store
        self._lock = threading.Lock()
        self._is_checked = False
        self._newest = 0
        self._error = ""

    def newest(self) -> Pointer | None:
        """Ask the server for its newest generation, and remember how that went."""
        try:
            pointer = self._store.newest()
        except IndexServerError as error:
            self._error = str(error)
            raise
        self._newest = pointer.generation if pointer else 0
        self._error = "" if pointer or local_state(self._folder) is None else _LOST
        return pointer

    def status(self) -> Following:
        """Tell how the local state stood to the server when it was last asked."""
        local = local_state(self._folder)
        return Following(local.generation if local else 0, self._newest, self._error)

    def catch_up(
        self,
        locked: Callable[[], AbstractContextManager[None]] = nullcontext,
        *,
        progress: Progress,
    ) -> CaughtUp | None:
        """Fetch the newest generation if it is not here; `locked` holds the folder's lock.

        Raises:
            IndexLockedError: another process of this machine writes in the folder.
            IndexServerError: the server is down, slow or answers with errors.
        """
        with self._lock:
            try:
                pointer = self.newest()
                local = local_state(self._folder)
                is_same = pointer and local and pointer.name == local.lexical
                if pointer is None or (is_same and self._is_checked):
                    return None
                with locked():
                    done = catch_up(
                        self._folder,
                        self._store,
                        pointer,
                        thorough=not self._is_checked,
                        progress=progress,
                    )
                self._is_checked = True
            except (IndexServerError, IndexDamagedError) as error:
                self._error = str(error)
                raise
        if done is not None:
            self._newest = max(self._newest, done.generation)
            logger.info(
                "caught up with generation %d of the index in %.1f s: %d articles added, "
                "%d removed",
                done.generation,
                done.seconds,
                done.added,
                done.removed,
            )
        return done


def local_state(folder: Path) -> State | None:
    """Return what is published on this machine, None if there is nothing that can be read."""
    try:
        return read_state(folder)
    except IndexDamagedError:
        return None


def catch_up(
    folder: Path, store: ServerStore, pointer: Pointer, *, thorough: bool, progress: Progress
) -> CaughtUp | None:
    """Make the local state equal to what `pointer`, or a newer one, names.

    The caller holds the lock of the folder. With `thorough` local files are read first, and
    built anew where they are damaged. Returns None if nothing had to be done.
    """
    local = local_state(folder)
    if thorough and local is not None and damage_of(folder, local):
        local = None
    if local is not None and local.lexical == pointer.name:
        return None
    began = time.monotonic()
    for name in (SEGMENTS, LEXICAL):
        (folder / name).mkdir(parents=True, exist_ok=True)
    catalogue, _ = open_or_replace(folder / "catalogue.sqlite3", thorough=False)
    try:
        # A number that does not grow is of another history: of a server that began anew.
        # Readers are told that there is no index while its parts do not fit together.
        local = local if local is not None and local.generation < pointer.generation else None
        if local is None:
            (folder / CURRENT).unlink(missing_ok=True)
        with catalogue.transaction():
            if local is None:
                catalogue.restart()
            else:
                names = [segment.name for segment in local.segments]
                catalogue.forget_after(local.generation, names)
        for attempt in range(_TRIES):
            try:
                added, removed = _follow(folder, store, pointer, catalogue, local, progress)
                break
            except GoneError as error:
                # The writer has published twice meanwhile. What has come is kept.
                newest = store.newest()
                if newest is None or newest.name == pointer.name or attempt + 1 == _TRIES:
                    raise damaged(f"the Chroma server lost a part of it ({error})") from error
                pointer = newest
        return CaughtUp(pointer.generation, added, removed, time.monotonic() - began)
    finally:
        catalogue.close()


def _follow(
    folder: Path,
    store: ServerStore,
    pointer: Pointer,
    catalogue: Catalogue,
    local: State | None,
    progress: Progress,
) -> tuple[int, int]:
    """Fetch what is missing, change a copy of the lexical index, publish; returns the counts."""
    manifest = store.manifest(pointer)
    placed = {segment.name: store.article_ids(segment) for segment in manifest.segments}
    # Where several segments hold an article, the newest has its place in the corpus.
    home = {item: segment for segment in manifest.segments for item in placed[segment.name]}
    wanted = {item: segment for item, segment in home.items() if item not in manifest.gone}
    _fetch(store, wanted, manifest, pointer, catalogue, progress)
    known = catalogue.article_ids(pointer.generation)
    ended = [item for item in known if item not in wanted]
    with catalogue.transaction():
        catalogue.end_articles(ended, generation=pointer.generation)
        for name, members in placed.items():
            catalogue.place(name, members)

    before = set(catalogue.article_ids(local.generation)) if local else set()
    added = [item for item in catalogue.article_ids(pointer.generation) if item not in before]
    removed = sorted(before - set(wanted))
    path = folder / LEXICAL / pointer.name
    remove_others(folder / LEXICAL, {local.lexical} if local else set())
    lexical = begin_lexical(path, folder / LEXICAL / local.lexical if local else None)
    lexical.change(remove=removed, add=rows_of(catalogue, added, pointer.generation))
    count = catalogue.passage_count(list(wanted))
    if lexical.count() != count:
        raise damaged(f"tantivy holds {lexical.count()} of {count} passages")
    state = State(
        pointer.generation,
        pointer.digest,
        pointer.name,
        mark_files(path),
        tuple(SegmentState(item.name, item.count, ()) for item in manifest.segments),
    )
    publish(folder, state)
    keep = {pointer.name} | ({local.lexical} if local else set())
    remove_others(folder / LEXICAL, keep)
    segments = {segment.name for segment in (*state.segments, *(local.segments if local else ()))}
    with catalogue.transaction():
        catalogue.forget_before(local.generation if local else 0, sorted(segments))
    return len(added), len(removed)


def _fetch(
    store: ServerStore,
    wanted: dict[str, SharedSegment],
    manifest: Manifest,
    pointer: Pointer,
    catalogue: Catalogue,
    progress: Progress,
) -> None:
    """Write what the catalogue lacks of the wanted articles, as it comes."""
    known = set(catalogue.article_ids(pointer.generation))
    missing = [item for item in wanted if item not in known]
    done = 0
    for segment in manifest.segments:
        here = [item for item in missing if wanted[item] == segment]
        for batch in batches(store.parcels(segment, here) if here else (), _ARTICLES_AT_ONCE):
            with catalogue.transaction():
                for parcel in batch:
                    catalogue.keep_vectors(parcel.vectors.items())
                    catalogue.add_article(
                        parcel.article,
                        parcel.rows,
                        generation=pointer.generation,
                        position=parcel.position,
                    )
            done += len(batch)
            progress("Fetching articles", done, len(missing))
