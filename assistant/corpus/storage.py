"""Where the files of a corpus lie: what a folder has to do, and a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Protocol

from assistant.errors import CorpusStoreError, SourceError

ORIGINALS = "originals"
"""The folder inside a corpus of what was added; its files are no articles."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a corpus as it was listed.

    `name` is relative to the corpus, with "/" between its parts; `size` counts bytes. `stamp`
    changes when the content does; where that is not certain, it is not `settled`. `modified` is in
    UTC.
    """

    name: str
    size: int
    stamp: str
    settled: bool
    modified: datetime | None


class Storage(Protocol):
    """A folder whose files are listed, read, written and deleted by name.

    Whatever fails for all files alike, such as a server that is away, is a CorpusStoreError, so
    that it is never taken for an empty folder.
    """

    def files(self) -> Iterator[StoredFile]:
        """Yield the files that may be articles, each folder's own before those below it."""

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            SourceError: this file cannot be read.
        """

    def fetch(self, names: Sequence[str]) -> Iterator[Callable[[], bytes]]:
        """Yield for each name, in order, what does as `read`; to be called before the next."""

    def write(self, name: str, content: bytes) -> None:
        """Make or replace a file, so that others see all of it or nothing.

        Raises:
            SourceError: it cannot be stored.
        """

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""


def may_be_article(name: str, *, at_top: bool) -> bool:
    """Tell whether a file of this name is to be read: no hidden one, no README of the corpus."""
    return not name.startswith(".") and not (at_top and name.lower().startswith("readme"))


def may_hold_articles(folder: str, *, at_top: bool) -> bool:
    """Tell whether to look for articles in a folder of this name."""
    return not folder.startswith(".") and not (at_top and folder == ORIGINALS)


class LocalStorage:
    """A folder of this machine. Links that lead out of it are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> Iterator[StoredFile]:
        """Yield the files that may be articles; none where there is no folder."""
        for folder, folders, files in os.walk(self.path, onerror=self._tell):
            here = PurePath(folder).relative_to(self.path).as_posix()
            at_top = here == "."
            folders[:] = sorted(name for name in folders if may_hold_articles(name, at_top=at_top))
            for name in sorted(files):
                if may_be_article(name, at_top=at_top):
                    yield _stored(Path(folder, name), name if at_top else f"{here}/{name}")

    def read(self, name: str) -> bytes:
        """Return the content of a file that is no link out of the folder."""
        path = self.path / name
        if path.is_symlink() and not path.resolve().is_relative_to(self.path.resolve()):
            raise SourceError(
                f"{path.name} is a link that leads out of the corpus.", hint="Copy the file in."
            )
        try:
            return path.read_bytes()
        except OSError as error:
            raise SourceError(
                f"{path.name} cannot be read: {_reason(error)}.",
                hint="Check that it exists and that you may read it.",
            ) from error

    def fetch(self, names: Sequence[str]) -> Iterator[Callable[[], bytes]]:
        """Yield what reads each file."""
        for name in names:
            yield partial(self.read, name)

    def write(self, name: str, content: bytes) -> None:
        """Write beside it, then rename."""
        path = self.path / name
        beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(path)
        except OSError as error:
            raise SourceError(
                f"{path.name} cannot be stored: {_reason(error)}.",
                hint="Check the corpus folder and its disk, and add it again.",
            ) from error

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise CorpusStoreError(
                f"{self.path / name} cannot be deleted: {_reason(error)}.",
                hint="Check that you may write to its folder.",
            ) from error

    def _tell(self, error: OSError) -> None:
        """Let a folder be missing, but not unreadable: its articles would seem to be gone."""
        if not isinstance(error, FileNotFoundError):
            raise CorpusStoreError(
                f"{error.filename} cannot be listed: {_reason(error)}.",
                hint="Check that you may read it; the index was left as it is.",
            ) from error


def _stored(path: Path, name: str) -> StoredFile:
    try:
        found = path.stat()
    except OSError:  # a link that leads nowhere, or a file that is gone already
        return StoredFile(name, 0, "gone", settled=False, modified=None)
    return StoredFile(
        name,
        found.st_size,
        f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}",
        settled=True,
        modified=datetime.fromtimestamp(found.st_mtime, UTC),
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
