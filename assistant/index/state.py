"""Which generation is published, and the files it is made of.

A generation is a set of folders that never change again. Publishing is one `os.replace` of
the file `CURRENT`, after everything it names is on disk.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import IndexDamagedError, IndexWriteError

CURRENT = "CURRENT"
PREVIOUS = "PREVIOUS"
SEGMENTS = "segments"
LEXICAL = "lexical"

_DIGESTED_BYTES = 64_000_000
"""Files up to this size are read whole when a generation is opened; larger ones measured."""

_CHROMA_DATABASE = "chroma.sqlite3"
"""Chroma writes to its database when it merely opens it, so it has no constant digest."""

_SQLITE_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class FileMark:
    """How a file was when its generation was published; no digest where it may change."""

    path: str
    bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class SegmentState:
    """A Chroma store with `count` passages."""

    name: str
    count: int
    files: tuple[FileMark, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A published generation. `digest` names its content, whatever its segments."""

    generation: int
    digest: str
    lexical: str
    lexical_files: tuple[FileMark, ...]
    segments: tuple[SegmentState, ...]


def read_state(folder: Path, name: str = CURRENT) -> State | None:
    """Return the published generation, None if there is none.

    Raises:
        IndexDamagedError: the pointer cannot be read.
    """
    try:
        plain = json.loads((folder / name).read_text(encoding="utf-8"))
        return State(
            generation=plain["generation"],
            digest=plain["digest"],
            lexical=plain["lexical"],
            lexical_files=_marks(plain["lexical_files"]),
            segments=tuple(
                SegmentState(item["name"], item["count"], _marks(item["files"]))
                for item in plain["segments"]
            ),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(f"{folder / name} cannot be read ({error})") from error


def publish(folder: Path, state: State) -> None:
    """Make `state` the one that readers see, in one step that outlives a crash."""
    current = folder / CURRENT
    if current.is_file():
        _write_durably(folder / PREVIOUS, current.read_bytes())
    _write_durably(current, json.dumps(asdict(state)).encode("utf-8"))


def mark_files(folder: Path) -> tuple[FileMark, ...]:
    """Record and fsync every file below a folder that readers rely on."""
    marks = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if file.name.endswith(".lock"):
            continue
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
        constant = file.name != _CHROMA_DATABASE
        digest = _digest(file) if constant else None
        marks.append(FileMark(str(file.relative_to(folder)), file.stat().st_size, digest))
    for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        fsync_folder(inner)
    fsync_folder(folder.parent)
    return tuple(marks)


def find_damage(folder: Path, marks: tuple[FileMark, ...], *, whole: bool) -> list[str]:
    """Return what is wrong with files that were marked; with `whole` large ones are read too."""
    problems = []
    for mark in marks:
        file = folder / mark.path
        try:
            size = file.stat().st_size
        except OSError:
            problems.append(f"{mark.path} is missing")
            continue
        if mark.sha256 is None:
            with file.open("rb") as stream:
                intact = size >= mark.bytes and stream.read(16) == _SQLITE_MAGIC
            if not intact:
                problems.append(f"{mark.path} is truncated or overwritten")
        elif size != mark.bytes:
            problems.append(f"{mark.path} has {size} bytes instead of {mark.bytes}")
        elif (whole or size <= _DIGESTED_BYTES) and _digest(file) != mark.sha256:
            problems.append(f"{mark.path} has other content than was published")
    return problems


def damage_of(folder: Path, state: State, *, whole: bool = False) -> list[str]:
    """Return what is wrong with the files of a generation."""
    problems = find_damage(folder / LEXICAL / state.lexical, state.lexical_files, whole=whole)
    for segment in state.segments:
        problems += find_damage(folder / SEGMENTS / segment.name, segment.files, whole=whole)
    return problems


def damaged(what: str) -> IndexDamagedError:
    """Return the error for an index that must not be read."""
    return IndexDamagedError(
        f"The index is damaged: {what}.", hint="Run `assistant ingest --rebuild`."
    )


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def write_errors(folder: Path) -> Iterator[None]:
    """Turn what disks and permissions raise into our error; the old index stays in force."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.EDQUOT}:
            raise
        raise _cannot_write(folder, error.strerror or str(error)) from error
    except sqlite3.OperationalError as error:
        known = ("full", "readonly", "read-only", "unable to open", "disk i/o")
        if not any(word in str(error).lower() for word in known):
            raise
        raise _cannot_write(folder, str(error)) from error


def _cannot_write(folder: Path, reason: str) -> IndexWriteError:
    return IndexWriteError(
        f"The index in {folder} cannot be written: {reason}.",
        hint="Free some space or correct the permissions, then run the command again; "
        "what was indexed before still answers.",
    )


def _marks(plain: list[dict[str, object]]) -> tuple[FileMark, ...]:
    return tuple(
        FileMark(str(item["path"]), int(str(item["bytes"])), item["sha256"])  # type: ignore[arg-type]
        for item in plain
    )


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_durably(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    fsync_folder(path.parent)
