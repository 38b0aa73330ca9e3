"""The corpus folder: the truth from which everything else is derived."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import posixpath
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from assistant.corpus.examples import read_questions
from assistant.corpus.kept import KeptFiles
from assistant.corpus.markdown import (
    is_markdown,
    markdown_name,
    original_name,
    original_of,
    to_markdown,
)
from assistant.corpus.readers import READERS, READING_VERSION, check_source, read_content
from assistant.corpus.remote import RemoteStorage, check_protocol
from assistant.corpus.sources import Source, expand_source
from assistant.corpus.storage import LocalStorage, Storage, StoredFile
from assistant.errors import ArticleNotFoundError, SourceError
from assistant.fields import article_fields, article_of
from assistant.location import FolderUrl, Location
from assistant.settings import APPLICATION, Settings
from assistant.types import AddReport, Article, FailedSource, Original

_KEPT = "articles.sqlite3"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """The articles of a folder in the order of their names, and the files that failed."""

    articles: tuple[Article, ...]
    failed: tuple[FailedSource, ...]
    files: Mapping[str, StoredFile]
    """The first file of each article, by the article's id."""


class CorpusFolder:
    """A folder of articles, here or elsewhere. Originals of what was added lie in `originals/`.

    Whatever is asked of it may raise a CorpusStoreError where the folder cannot be used, a
    SettingsError or ExtraMissingError where its URL has a protocol that cannot be opened here.
    """

    def __init__(self, location: Location, storage: Storage, *, kept: Path | None = None) -> None:
        """Take what reaches the folder. With `kept` articles that were read are kept there."""
        self.location = location
        self._storage = storage
        self._kept_path = kept

    @classmethod
    def of(cls, settings: Settings) -> CorpusFolder:
        """Return the corpus of the settings; nothing is opened yet.

        Articles of a folder elsewhere are kept beside the index, so that they are fetched once.
        """
        location = settings.corpus_location
        if isinstance(location, Path):
            return cls(location, LocalStorage(location))
        storage = RemoteStorage(
            location, timeout_s=settings.corpus_timeout_s, tries=settings.corpus_tries
        )
        return cls(location, storage, kept=settings.index_path / _KEPT)

    def close(self) -> None:
        """Close what keeps the articles that were read."""
        if "_kept" in self.__dict__ and self._kept is not None:
            self._kept.close()
            del self.__dict__["_kept"]

    def check(self) -> None:
        """Refuse a URL that cannot be opened here; nobody is asked.

        Raises:
            ExtraMissingError, SettingsError: see `check_protocol`.
        """
        if isinstance(self.location, FolderUrl):
            check_protocol(self.location)

    def files(self) -> list[StoredFile]:
        """List the files that may be articles, in the order of reading."""
        return list(self._storage.files())

    def read(
        self, *, source_bytes: int, files: Sequence[StoredFile] | None = None
    ) -> CorpusReading:
        """Read every article. A file that cannot be read is listed, never fatal."""
        listed = self.files() if files is None else files
        reading = self.gather(self._read_each(listed, source_bytes=source_bytes))
        if self._kept is not None:
            self._kept.retain(listed)
        return reading

    def read_one(self, file: StoredFile, *, source_bytes: int) -> Article:
        """Read one file of the folder.

        Raises:
            SourceError: it leads out of the folder, or see `read_file`.
        """
        check_source(file.name, file.size, source_bytes=source_bytes)
        return read_content(self._storage.read(file.name), posixpath.basename(file.name))

    def find_kept(self, file: StoredFile) -> Article | None:
        """Return what was read of a file that has not changed since."""
        text = self._kept.find(file) if self._kept is not None else None
        return article_of(json.loads(text)) if text is not None else None

    def keep(self, file: StoredFile, article: Article) -> None:
        """Keep what was read of a file, if this folder is one of which articles are kept."""
        if self._kept is not None:
            self._kept.keep([(file, json.dumps(article_fields(article)))])

    def forget(self) -> None:
        """Forget what was read, so that every file is read again."""
        if self._kept is not None:
            self._kept.retain([])

    def gather(self, results: Iterable[tuple[StoredFile, Article | FailedSource]]) -> CorpusReading:
        """Make a reading of what was read, by file; of equal articles the first counts."""
        articles: dict[str, Article] = {}
        files: dict[str, StoredFile] = {}
        failed: list[FailedSource] = []
        for file, result in results:
            if isinstance(result, FailedSource):
                failed.append(result)
            elif (article_id := result.id) not in articles:
                articles[article_id] = result
                files[article_id] = file
        return CorpusReading(tuple(articles.values()), tuple(failed), files)

    def questions(self, files: Mapping[str, StoredFile]) -> dict[str, tuple[str, ...]]:
        """Return the questions that articles bring, by id, given the file of each article."""
        named = {key: file for key, file in files.items() if is_markdown(file.name)}
        found = {}
        for article_id, content in zip(named, self._fetch(list(named.values())), strict=True):
            try:
                found[article_id] = read_questions(content())
            except SourceError:
                continue
        return found

    def add(
        self,
        sources: Sequence[str | Path],
        settings: Settings,
        *,
        progress: Callable[[str], None] | None = None,
    ) -> AddReport:
        """Store files, folders (with all below them) and URLs.

        The original goes to `originals/` under its digest, the text beside it as Markdown with
        front matter. What the corpus has already is left alone.
        """
        known = set(self.read(source_bytes=settings.source_bytes).files)
        added: list[str] = []
        unchanged: list[str] = []
        failed: list[FailedSource] = []
        for source in sources:
            for name, read in expand_source(source, settings):
                if progress is not None:
                    progress(name)
                try:
                    found = read()
                    if found.article.id in known:
                        unchanged.append(found.article.id)
                        continue
                    self._store(found)
                except SourceError as error:
                    failed.append(FailedSource(name, str(error)))
                    continue
                known.add(found.article.id)
                added.append(found.article.id)
        return AddReport(tuple(added), tuple(dict.fromkeys(unchanged)), tuple(failed))

    def original(self, file: StoredFile) -> Original:
        """Return what was added where this file holds its text, else the file itself.

        Raises:
            SourceError: it cannot be read.
        """
        content = self._storage.read(file.name)
        name = posixpath.basename(file.name)
        kept = original_of(file.name, content)
        if kept is None:
            return Original(name, content)
        suffix = posixpath.splitext(kept)[1]
        return Original(posixpath.splitext(name)[0] + suffix, self._storage.read(kept))

    def remove(self, article_id: str) -> str:
        """Delete every file of an article, and the original that was kept for it.

        Returns the name of the first file that held it.

        Raises:
            ArticleNotFoundError: no file holds it.
        """
        removed: list[str] = []
        originals: set[str] = set()
        others: list[str] = []
        for file, found in self._read_each(self.files(), source_bytes=sys.maxsize):
            if isinstance(found, FailedSource) or found.id != article_id:
                others.append(file.name)
                continue
            original = original_of(file.name, self._storage.read(file.name))
            self._storage.delete(file.name)
            if original is not None:
                originals.add(original)
            removed.append(file.name)
        for name in others if originals else ():
            # Several articles may be of one original: a page under two addresses.
            originals.discard(original_of(name, self._storage.read(name)) or "")
        for original in sorted(originals):
            self._storage.delete(original)
        if not removed:
            raise ArticleNotFoundError(
                f"No file of {self.location} holds the article {article_id}.",
                hint="Run `assistant ingest` to bring the index in step with the folder.",
            )
        return removed[0]

    def _has(self, path: Path | None) -> bool:
        here = self.location
        return (
            path is not None
            and isinstance(here, Path)
            and path.resolve().is_relative_to(here.resolve())
        )

    @cached_property
    def _kept(self) -> KeptFiles | None:
        if self._kept_path is None:
            return None
        facts = json.dumps([str(self.location), version(APPLICATION), READING_VERSION])
        try:
            return KeptFiles(self._kept_path, facts=facts)
        except (OSError, sqlite3.Error) as error:
            logger.warning("articles are not kept in %s: %s", self._kept_path, error)
            return None

    def _read_each(
        self, files: Sequence[StoredFile], *, source_bytes: int
    ) -> list[tuple[StoredFile, Article | FailedSource]]:
        """Read files, or take what is kept of those that did not change."""
        results: dict[str, Article | FailedSource] = {}
        for file in files:
            try:
                check_source(file.name, file.size, source_bytes=source_bytes)
            except SourceError as error:
                results[file.name] = FailedSource(file.name, str(error))
            else:
                if kept := self.find_kept(file):
                    results[file.name] = kept
        waiting = [file for file in files if file.name not in results]
        for file, content in zip(waiting, self._fetch(waiting), strict=True):
            try:
                article = read_content(content(), posixpath.basename(file.name))
            except SourceError as error:
                results[file.name] = FailedSource(file.name, str(error))
            else:
                results[file.name] = article
                self.keep(file, article)
        return [(file, results[file.name]) for file in files]

    def _fetch(self, files: Sequence[StoredFile]) -> Iterator[Callable[[], bytes]]:
        return self._storage.fetch([file.name for file in files])

    def _store(self, found: Source) -> None:
        if self._has(found.path):
            return
        article = found.article
        name = markdown_name(article)
        original = original_name(found.content, found.suffix)
        text = to_markdown(article, original)
        if read_content(text, name).id != article.id:
            raise SourceError(
                f"The text of “{article.title}” does not survive being stored as Markdown.",
                hint="Please report this with the file.",
            )
        self._storage.write(original, found.content)
        self._storage.write(name, text)


def fingerprint(files: Iterable[StoredFile]) -> str:
    """Return a digest of names and stamps, which changes when a file does."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(b"%s\0%s\0" % (os.fsencode(file.name), file.stamp.encode()))
    return digest.hexdigest()


def supported_suffixes() -> tuple[str, ...]:
    """List the suffixes of files that can be read."""
    return tuple(sorted(READERS))
