"""The index as the rest of the program sees it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from assistant.errors import (
    ArticleNotFoundError,
    IndexLockedError,
    IndexMissingError,
    IndexServerError,
)
from assistant.index.catalogue import Catalogue
from assistant.index.chroma_server import ChromaServer, GoneError, ServerOptions
from assistant.index.dense import METRIC
from assistant.index.following import CaughtUp, Follower, Following
from assistant.index.inspection import REBUILD, Finding, inspect
from assistant.index.preparing import LocalWork, Work
from assistant.index.server_store import ServerStore
from assistant.index.state import CURRENT, State, damaged, read_state, write_errors
from assistant.index.store import EmbeddedStore, SegmentStore
from assistant.index.view import Hit, IndexedPassage, View
from assistant.index.writing import Step, SyncPlan, sync
from assistant.types import (
    ANYWHERE,
    Article,
    ArticleReference,
    Progress,
    SearchFilter,
    SyncReport,
    no_progress,
)

if TYPE_CHECKING:
    from assistant.models.embeddings import EmbeddingModel

logger = logging.getLogger(__name__)

LAYOUT_VERSION = 2
"""Raise it when splitting, what is embedded, or the files change: old indexes are left aside."""

_REOPEN_TRIES = 5
_REOPEN_PAUSE_S = 0.2


def _ignore_step(_name: str) -> None:
    pass


class Index:
    """Finds passages by meaning and by words. Readers may share one between threads.

    `digest` names everything that makes vectors incomparable; each digest has a folder of its
    own, so changed settings mean "not indexed yet" and never a mixture.
    """

    def __init__(
        self,
        directory: Path,
        embeddings: EmbeddingModel,
        *,
        passage_tokens: int,
        server: ServerOptions | None = None,
    ) -> None:
        facts = (LAYOUT_VERSION, embeddings.digest, METRIC, passage_tokens)
        self.digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self.name = self.digest if server is None else f"{self.digest}-{_place(server)}"
        self._folder = directory / self.name
        self._local = LocalWork(embeddings, passage_tokens=passage_tokens)
        self._store: SegmentStore
        self._follower: Follower | None = None
        if server is None:
            self._store = EmbeddedStore(self._folder, f"passages-{self.digest}")
        else:
            self._store = shared = ServerStore(ChromaServer(server), self.digest)
            self._follower = Follower(self._folder, shared)
        self._lock = threading.Lock()
        self._view: View | None = None
        self._catalogue: Catalogue | None = None
        self._mark: tuple[int, int] | None = None
        self._users: dict[int, int] = {}
        self._retired: dict[int, View] = {}

    @classmethod
    def open(
        cls,
        directory: Path,
        embeddings: EmbeddingModel,
        *,
        passage_tokens: int,
        server: ServerOptions | None = None,
    ) -> Index:
        """Return the index of these settings; nothing is opened before it is used.

        With `server` the vectors are on a Chroma server that several processes share.
        """
        return cls(directory, embeddings, passage_tokens=passage_tokens, server=server)

    def exists(self) -> bool:
        """Tell whether a generation is published for these settings."""
        return (self._folder / CURRENT).is_file()

    def version(self) -> str:
        """Return the digest of the published content; equal content has equal digests."""
        with self._viewed() as view:
            return view.state.digest

    def sync(
        self,
        articles: Sequence[Article],
        *,
        wait_s: float = 0.0,
        rebuild: bool = False,
        allow_empty: bool = False,
        progress: Progress = no_progress,
        step: Step = _ignore_step,
        work: Work | None = None,
    ) -> SyncReport:
        """Make the index equal to `articles`, in one step that readers see whole or not at all.

        `work` splits and embeds; this process where absent. Vectors are kept as they come, so a
        sync that was killed does not embed them again.

        A damaged index is built anew, from kept embeddings where they are intact.

        Raises:
            CorpusEmptyError: no articles, while the index has some, and not `allow_empty`.
            IndexLockedError: another process writes and `wait_s` ran out.
            IndexWriteError: the disk is full or the folder cannot be written.
        """
        with write_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._writer(wait_s), self._store.writing(wait_s):
                if self._follower is not None:
                    self._follower.catch_up(progress=progress)
                plan = SyncPlan(
                    self._folder,
                    self.digest,
                    self._store,
                    self._local if work is None else work,
                    progress,
                    step,
                )
                return sync(plan, articles, rebuild=rebuild, allow_empty=allow_empty)

    def catch_up(self, *, progress: Progress = no_progress) -> CaughtUp | None:
        """Fetch the newest generation from the Chroma server; None if nothing was to be done.

        Raises:
            IndexServerError: the server is down, slow or answers with errors.
        """
        if self._follower is None:
            return None
        with write_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                return self._follower.catch_up(lambda: self._writer(0.0), progress=progress)
            except IndexLockedError:
                return None  # whoever writes in this folder brings it up to date

    def following(self) -> Following | None:
        """Tell how this machine stood to the Chroma server when last asked; None without one."""
        return self._follower.status() if self._follower is not None else None

    def search_dense(
        self, vector: Sequence[float], *, k: int, where: SearchFilter = ANYWHERE
    ) -> list[Hit]:
        """Return the `k` nearest passages by cosine similarity, best first, ties by id.

        Raises:
            IndexServerError: the Chroma server is down, slow or answers with errors.
        """
        for _ in range(_REOPEN_TRIES):
            try:
                with self._viewed() as view:
                    return view.search_dense(vector, k=k, where=where)
            except GoneError as error:
                # The server drops generations that are two behind.
                gone = error
                if self.catch_up() is None:
                    time.sleep(_REOPEN_PAUSE_S)
        raise damaged(f"the Chroma server lost a part of it ({gone})")

    def search_lexical(self, text: str, *, k: int, where: SearchFilter = ANYWHERE) -> list[Hit]:
        """Return the `k` best passages by BM25, best first, ties by id."""
        with self._viewed() as view:
            return view.search_lexical(text, k=k, where=where)

    def passages(self, passage_ids: Sequence[str]) -> list[IndexedPassage]:
        """Return passages in the order asked for; unknown ids are left out."""
        with self._viewed() as view:
            return view.passages(passage_ids)

    def missing_terms(
        self, terms: Sequence[str], *, where: SearchFilter = ANYWHERE
    ) -> tuple[str, ...]:
        """Return the terms that occur in no article that passes `where`, in order."""
        with self._viewed() as view:
            return tuple(term for term in terms if not view.lexical.has_term(term, where))

    def articles(self) -> list[ArticleReference]:
        """List the articles in the order of the corpus."""
        with self._viewed() as view:
            return self._reading().references(view.state.generation)

    def article(self, article_id: str) -> Article:
        """Return an article.

        Raises:
            ArticleNotFoundError: the index has none of this id.
        """
        with self._viewed() as view:
            found = self._reading().article(article_id, view.state.generation)
        if found is None:
            raise ArticleNotFoundError(
                f"No article has the id {article_id!r}.", hint="See `assistant articles list`."
            )
        return found

    def passage_count(self, article_id: str) -> int:
        """Count the passages of an article."""
        with self._viewed():
            return self._reading().passage_count([article_id])

    def passage_counts(self) -> dict[str, int]:
        """Count the passages of every article, of some that are gone as well."""
        with self._viewed():
            return self._reading().passage_counts()

    def check(self) -> list[Finding]:
        """Look at every file, row and engine; opens doubtful stores in a child process only."""
        if not self.exists():
            remedy = "Run `assistant ingest`."
            missing = Finding(False, "index", "there is none for these settings yet", remedy)
            return [*self._standing(), missing]
        try:
            state = read_state(self._folder)
            catalogue = Catalogue(self._folder / "catalogue.sqlite3", create=False)
        except Exception as error:  # any failure to open is the finding
            return [Finding(False, "index", str(error), REBUILD)]
        try:
            if state is None:
                return [Finding(False, "index", "its pointer vanished", REBUILD)]
            return [*self._standing(), *inspect(self._folder, state, catalogue, self._store)]
        except sqlite3.DatabaseError as error:
            return [Finding(False, "catalogue", str(error), REBUILD)]
        finally:
            catalogue.close()

    def _standing(self) -> list[Finding]:
        if self._follower is None:
            return []
        with suppress(IndexServerError):  # the status tells
            self._follower.newest()
        found = self._follower.status()
        remedy = "Mend the server." if found.error else "Ask something; that catches up."
        is_well = not found.error and not found.behind
        return [Finding(is_well, "Chroma server", str(found), remedy)]

    def close(self) -> None:
        """Release everything. The index opens again if it is used again."""
        with self._lock:
            views = list(self._retired.values())
            if self._view is not None:
                views.append(self._view)
            catalogue = self._catalogue
            self._view = self._catalogue = self._mark = None
            self._retired.clear()
            self._users.clear()
        for view in views:
            view.close()
        if catalogue is not None:
            catalogue.close()
        self._store.close()

    @contextmanager
    def _writer(self, wait_s: float) -> Iterator[None]:
        lock = FileLock(self._folder / "writer.lock", timeout=wait_s)
        owner = self._folder / "writer.pid"
        try:
            lock.acquire()
        except Timeout as error:
            who = owner.read_text().strip() if owner.is_file() else "unknown"
            raise IndexLockedError(
                f"Another process (id {who}) is writing the index.",
                hint="Wait until it is done, or let this one wait with `--wait SECONDS`.",
            ) from error
        try:
            owner.write_text(str(os.getpid()))
            yield
        finally:
            lock.release()

    @contextmanager
    def _viewed(self) -> Iterator[View]:
        """Use the newest generation; one that is replaced is closed after its last use."""
        with self._lock:
            view = self._newest()
            self._users[id(view)] = self._users.get(id(view), 0) + 1
        try:
            yield view
        finally:
            self._leave(view)

    def _leave(self, view: View) -> None:
        closing: View | None = None
        with self._lock:
            if id(view) in self._users:
                self._users[id(view)] -= 1
                if self._users[id(view)] == 0:
                    del self._users[id(view)]
                    if id(view) in self._retired:
                        closing = self._retired.pop(id(view))
        if closing is not None:
            closing.close()

    def _newest(self) -> View:
        """Return the view of the published generation, opening it if it is new."""
        for attempt in range(_REOPEN_TRIES):
            mark = self._current_mark()
            if self._view is not None and mark == self._mark:
                return self._view
            state = read_state(self._folder)
            if state is None:
                break
            try:
                view = self._open_view(state)
            except Exception:
                # The writer may have published again and cleaned up between two steps.
                if self._current_mark() != mark and attempt + 1 < _REOPEN_TRIES:
                    continue
                raise
            old, self._view, self._mark = self._view, view, mark
            if old is not None:
                if self._users.get(id(old)):
                    self._retired[id(old)] = old
                else:
                    old.close()
            return view
        raise IndexMissingError(
            "The corpus is not indexed yet with these settings.", hint="Run `assistant ingest`."
        )

    def _open_view(self, state: State) -> View:
        try:
            return View(self._folder, state, self._reading(), self._store)
        except sqlite3.DatabaseError as error:
            raise damaged(f"its catalogue cannot be read ({error})") from error

    def _reading(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = Catalogue(self._folder / "catalogue.sqlite3", create=False)
        return self._catalogue

    def _current_mark(self) -> tuple[int, int] | None:
        try:
            found = (self._folder / CURRENT).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns


def _place(server: ServerOptions) -> str:
    """Name a database of a server: what follows another one is another folder."""
    facts = (server.url, server.tenant, server.database)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]
