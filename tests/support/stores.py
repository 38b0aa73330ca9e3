"""Files of a corpus as somebody else changes them, and a store that counts and fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from assistant.location import FolderUrl, Location


class Files:
    """Writes, deletes and lists files of a corpus, whatever it lies on, without its code."""

    def __init__(self, location: Location) -> None:
        full = location.full if isinstance(location, FolderUrl) else str(location)
        self.fs, self.root = fsspec.url_to_fs(full)

    def write(self, name: str, text: str | bytes) -> None:
        path = f"{self.root}/{name}"
        self.fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self.fs.pipe_file(path, text if isinstance(text, bytes) else text.encode())

    def delete(self, name: str) -> None:
        self.fs.rm_file(f"{self.root}/{name}")

    def names(self) -> list[str]:
        return sorted(name.removeprefix(f"{self.root}/") for name in self.fs.find(self.root))

    def content(self, name: str) -> bytes:
        content: bytes = self.fs.cat_file(f"{self.root}/{name}")
        return content


class CountedFileSystem(MemoryFileSystem):
    """Memory under `counted://` whose listings have digests, as those of object stores have.

    `reads` are the names of files that were read. An error in `failing` is raised by what it is
    named for: `ls`, `cat_file`, `pipe_file` or `rm_file`.
    """

    protocol = "counted"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    reads: ClassVar[list[str]] = []
    failing: ClassVar[dict[str, Exception]] = {}

    @classmethod
    def reset(cls) -> None:
        cls.store.clear()
        cls.pseudo_dirs[:] = [""]
        cls.reads.clear()
        cls.failing.clear()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return MemoryFileSystem._strip_protocol(path.removeprefix("counted://"))

    def _maybe_fail(self, act: str) -> None:
        if act in self.failing:
            raise self.failing[act]

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        self._maybe_fail("ls")
        found = super().ls(path, detail=True, **options)
        for entry in found:
            if entry["type"] == "file":
                entry["etag"] = f"{hash(self.store[entry['name']].getvalue())}"
        return found if detail else [entry["name"] for entry in found]

    def cat_file(self, path: str, *args: Any, **options: Any) -> bytes:
        self._maybe_fail("cat_file")
        self.reads.append(path.rpartition("/")[2])
        content: bytes = super().cat_file(path, *args, **options)
        return content

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None:
        self._maybe_fail("pipe_file")
        super().pipe_file(path, value, **options)

    def rm_file(self, path: str) -> None:
        self._maybe_fail("rm_file")
        super().rm_file(path)


fsspec.register_implementation("counted", CountedFileSystem, clobber=True)


def local_path(folder: Path, name: str, text: str) -> Path:
    """Write a file of this machine, to be added to a corpus."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
