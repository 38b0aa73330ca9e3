"""A folder behind a URL, through fsspec. What it needs is imported when it is first used."""

from __future__ import annotations

import os
import posixpath
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any

from assistant.corpus.storage import StoredFile, may_be_article, may_hold_articles
from assistant.errors import (
    AssistantError,
    CorpusStoreError,
    ExtraMissingError,
    SettingsError,
    SourceError,
)
from assistant.location import FolderUrl

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs"}
_BUCKETS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss"})
"""Protocols of object stores: the first part of a path names a bucket, which is not made here,
and an object that is written is seen whole or not at all."""

_PLAIN_WRITES = _BUCKETS | {"memory"}
_DIGESTS = ("ETag", "etag", "generation", "md5Hash")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_SETTLED_AFTER = timedelta(minutes=1)
"""Age from which a time of change tells two versions apart, with clocks that differ a little."""

_READS_AT_ONCE = 8


class RemoteStorage:
    """A folder that fsspec reaches: an object store, a file server, this process's memory.

    One reply of an s3 or gs store is waited for `timeout_s` seconds; other protocols have limits
    of their own. Credentials come from the environment, each store's own way.
    """

    def __init__(self, url: FolderUrl, *, timeout_s: float, tries: int) -> None:
        self.url = url
        self._timeout_s = timeout_s
        self._tries = tries

    def files(self) -> Iterator[StoredFile]:
        """Yield the files that may be articles; none where the folder is missing in its bucket.

        Each folder is asked for once, with the sizes and times of its files.
        """
        self._fs.invalidate_cache()
        now = datetime.now(UTC)
        yield from self._below("", now)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with self._speaking(f"{name} cannot be read"):
            try:
                content: bytes = self._fs.cat_file(self._path(name))
            except FileNotFoundError as error:
                self._refuse_missing()
                raise SourceError(
                    f"{posixpath.basename(name)} cannot be read: it is gone.",
                    hint="Run the same command again.",
                ) from error
            return content

    def fetch(self, names: Sequence[str]) -> Iterator[Callable[[], bytes]]:
        """Yield what gives each content; some of the next ones are on their way meanwhile."""
        if not getattr(self._fs, "async_impl", False):  # others may not be used by two threads
            for name in names:
                yield partial(self.read, name)
            return
        pool = ThreadPoolExecutor(_READS_AT_ONCE, thread_name_prefix="corpus")
        waiting: deque[Future[bytes]] = deque()
        try:
            for name in names:
                waiting.append(pool.submit(self.read, name))
                if len(waiting) > _READS_AT_ONCE:
                    yield waiting.popleft().result
            while waiting:
                yield waiting.popleft().result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def write(self, name: str, content: bytes) -> None:
        """Put an object, or write a file beside it and rename that."""
        path = self._path(name)
        with self._speaking(f"{name} cannot be stored"):
            if self.url.protocol in _PLAIN_WRITES:
                self._fs.pipe_file(path, content)
                return
            folder, last = posixpath.split(path)
            beside = posixpath.join(folder, f".{last}.{os.getpid()}.partial")
            self._fs.makedirs(folder, exist_ok=True)
            self._fs.pipe_file(beside, content)
            self._fs.mv(beside, path)

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with self._speaking(f"{name} cannot be deleted"):
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                self._refuse_missing()

    @cached_property
    def _fs(self) -> Any:
        import fsspec

        check_protocol(self.url)
        if self._extra == "gs":
            # What it would ask for each bucket is not needed, and waits a minute where it may not.
            os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        try:
            fsspec.get_filesystem_class(self.url.protocol)
        except ImportError as error:
            raise SettingsError(
                f"The corpus {self.url} needs a package that is not installed.",
                hint=f"{_first_line(error)}.",
            ) from error
        with self._speaking("It cannot be opened"):
            found, _ = fsspec.core.url_to_fs(self.url.full, **self._options())
        if self._extra == "s3":
            found.retries = 2  # for a body that breaks off; requests are sent again below that
        return found

    @property
    def _extra(self) -> str | None:
        return _EXTRAS.get(self.url.protocol)

    @cached_property
    def _root(self) -> str:
        found: str = self._fs._strip_protocol(self.url.full)
        return found.rstrip("/")

    def _options(self) -> Mapping[str, Any]:
        match self._extra:
            case "s3":
                config = {
                    "connect_timeout": self._timeout_s,
                    "read_timeout": self._timeout_s,
                    "retries": {"mode": "standard", "max_attempts": self._tries},
                }
                # One stream a file saves the request that asks for its size.
                return {"config_kwargs": config, "max_concurrency": 1, "use_listings_cache": False}
            case "gs":
                return {"requests_timeout": self._timeout_s, "use_listings_cache": False}
        return {}

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _below(self, folder: str, now: datetime) -> Iterator[StoredFile]:
        """Yield the files of a folder, "" or a name that ends with "/", then those further down."""
        at_top = folder == ""
        folders: list[str] = []
        for name, entry in self._listed(folder):
            if entry["type"] == "directory":
                if may_hold_articles(name, at_top=at_top):
                    folders.append(name)
            elif may_be_article(name, at_top=at_top):
                yield _stored(folder + name, entry, now)
        for name in folders:
            yield from self._below(f"{folder}{name}/", now)

    def _listed(self, folder: str) -> list[tuple[str, dict[str, Any]]]:
        """List a folder by name, without what no path leads to, such as an empty name."""
        path = self._path(folder).rstrip("/")
        with self._speaking("It cannot be listed"):
            try:
                listed = self._fs.ls(path, detail=True)
            except FileNotFoundError:
                self._refuse_missing()
                return []
            if any(entry["name"] == path and entry["type"] != "directory" for entry in listed):
                raise NotADirectoryError("it is a file")
        names = [entry["name"].removeprefix(f"{path}/") for entry in listed]
        named = [
            (name, entry)
            for name, entry in zip(names, listed, strict=True)
            if name and "/" not in name
        ]
        return sorted(named, key=lambda item: item[0])

    def _refuse_missing(self) -> None:
        """Tell a missing bucket from a missing file or folder: only the latter may be made here."""
        bucket = self._root.partition("/")[0]
        if self._extra == "gs":
            self._fs.ls(bucket, max_results=1)  # to list is a right that it needs anyway
        elif self.url.protocol in _BUCKETS:
            self._fs.info(bucket)

    @contextmanager
    def _speaking(self, what: str) -> Iterator[None]:
        """Turn whatever fsspec and the libraries below it raise into a CorpusStoreError."""
        try:
            yield
        except AssistantError:
            raise
        except Exception as error:  # each store has errors of its own
            reason = self.url.hide(_first_line(error))
            if isinstance(error, FileNotFoundError):
                message = f"The corpus {self.url} does not exist. {what}: {reason}."
                hint = "Make its bucket or folder, or correct ASSISTANT_CORPUS_DIR."
            elif _is_refusal(error):
                message = f"Access to the corpus {self.url} is refused. {what}: {reason}."
                hint = (
                    "Give this process, by its environment, credentials that may list and read "
                    "there, and write and delete if it is to add and remove articles."
                )
            else:
                message = f"The corpus {self.url} cannot be used. {what}: {reason}."
                hint = "Check the network and the server's address, then do the same again."
            raise CorpusStoreError(message, hint=f"{hint} The index was left as it is.") from error


def check_protocol(url: FolderUrl) -> None:
    """Refuse a URL that cannot be opened here, without importing what would open it.

    Raises:
        ExtraMissingError: it needs an extra of this package.
        SettingsError: fsspec does not know the protocol.
    """
    from fsspec.registry import known_implementations, registry

    if url.protocol not in known_implementations and url.protocol not in registry:
        raise SettingsError(
            f"The corpus {url} has a protocol that is not known: {url.protocol}.",
            hint="Set ASSISTANT_CORPUS_DIR to a folder, to s3://BUCKET/FOLDER, gs://BUCKET/FOLDER "
            "or another URL that fsspec opens.",
        )
    extra = _EXTRAS.get(url.protocol)
    if extra is not None and find_spec(_PACKAGES[extra]) is None:
        raise ExtraMissingError(f"{_PACKAGES[extra]}, which opens {url.protocol}://,", extra)


def _stored(name: str, entry: Mapping[str, Any], now: datetime) -> StoredFile:
    size = int(entry.get("size") or 0)
    digest = next((str(entry[key]) for key in _DIGESTS if entry.get(key)), "")
    modified = next((found for key in _TIMES if (found := _time(entry.get(key)))), None)
    is_old = modified is not None and now - modified > _SETTLED_AFTER
    stamp = f"{size}-{digest}-{modified.isoformat() if modified else ''}"
    return StoredFile(name, size, stamp, settled=bool(digest) or is_old, modified=modified)


def _time(given: Any) -> datetime | None:
    """Read a time as stores give it: an aware or naive datetime, text, or seconds since 1970."""
    try:
        if isinstance(given, str):
            given = datetime.fromisoformat(given)
        if isinstance(given, (int, float)):
            return datetime.fromtimestamp(given, UTC)
    except (ValueError, OverflowError):
        return None
    if not isinstance(given, datetime):
        return None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def _is_refusal(error: BaseException) -> bool:
    """Tell whether it is about rights: a store's 401 or 403, or credentials that are missing."""
    words = f"{type(error).__name__} {error}".lower()
    return (
        isinstance(error, PermissionError)
        or str(getattr(error, "code", "")) in {"401", "403"}
        or any(word in words for word in ("credential", "forbidden", "unauthorized"))
    )


def _first_line(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    lines = text.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
